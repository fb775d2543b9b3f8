/* gwd: the daemon's whole life. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/config/history.h"
#include "core/log.h"
#include "core/standard_files.h"
#include "gwd/bench/command.h"
#include "gwd/camera/command.h"
#include "gwd/check.h"
#include "gwd/check_apart.h"
#include "gwd/command.h"
#include "gwd/gateway.h"
#include "gwd/last_resort.h"
#include "gwd/model/command.h"
#include "gwd/replay_report.h"
#include "gwd/try_apart.h"

static int fail(const struct gw_error *error, int code)
{
	gw_log_say("gwd: %s", error->text);
	if (code == 2)
		gw_log_say("gwd: `gwd --help` shows the usage");
	return code;
}

/* At once: not even exit handlers may run under a thread that still uses the gateway. */
_Noreturn static void leave(int code)
{
	gw_log_flush(GW_LOG_PATIENCE_NS);
	_exit(code);
}

/* Runs the gateway from start to end: as a daemon, or over a capture. */
static int live(const struct command *command, struct gw_config *config, struct gw_error *error)
{
	const struct gw_replay *replay = command->kind == COMMAND_REPLAY ? &command->replay : NULL;
	struct gw gw;

	gw_log_open(config->log->to, config->log->level);
	gw_log_start();
	int status = gw_open(&gw, config, replay, error);
	if (status != 0)
		return status;
	gw.config_path = command->config;
	if (!replay) {
		gw.check_text = check_apart;
		gw.try_picture = try_apart;
		gw_commit_start(&gw);
	}
	status = gw_run(&gw, error);
	/* A thread hangs that may touch anything: nothing can be freed. */
	if (status == -EDEADLK)
		leave(fail(error, 1));
	if (replay && status == 0)
		status = gw_replay_report(&gw, error);
	/* A request still uses it. */
	if (!gw_close(&gw))
		leave(status == 0 ? 0 : fail(error, 1));
	return status;
}

/* A history that is damaged keeps nobody from working. */
static void mend(const char *path)
{
	struct gw_error said, error;

	if (history_mend(path, &said, &error) != 0)
		gw_log_say("gwd: %s", error.text);
	else if (said.text[0])
		gw_log_say("gwd: %s", said.text);
}

/* The signals that whoever started it had blocked. The kernel's set. */
static uint64_t blocked_before;

/* A SIGHUP that comes while it starts, as when its file is changed, is answered when it runs.
 *
 * The loader calls it before the libraries' own beginnings, which are much of the time until main()
 * (System V gABI, "Initialization and Termination Functions": DT_PREINIT_ARRAY). Nothing of a
 * sanitizer works by then. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static void hold_hangup(void)
{
	const uint64_t hangup = UINT64_C(1) << (SIGHUP - 1);

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &hangup, &blocked_before, sizeof(hangup));
}

__attribute__((section(".preinit_array"), used)) static void (*hold_first)(void) = hold_hangup;

/* Those of the programs that are part of it do not run on. */
static void let_hangup(void)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked_before, NULL, sizeof(blocked_before));
}

int main(int argc, char **argv)
{
	const bool model = argc > 1 && strcmp(argv[1], "model") == 0;
	const bool camera = argc > 1 && strcmp(argv[1], "camera") == 0;
	const bool bench = argc > 1 && strcmp(argv[1], "bench") == 0;
	struct gw_config *config;
	struct command command;
	struct gw_error error;

	if (model || camera || bench)
		let_hangup();
	if (gw_standard_files("gwd", O_RDWR) != 0)
		return 1;
	if (model)
		return model_command(argc - 1, argv + 1);
	if (camera)
		return camera_command(argc - 1, argv + 1);
	if (bench)
		return bench_command(argc - 1, argv + 1);
	if (command_parse(argc, argv, &command, &error) != 0)
		return fail(&error, 2);
	if (command.kind == COMMAND_HELP) {
		command_help();
		return 0;
	}
	if (command.kind == COMMAND_VERSION) {
		puts("gwd " GW_VERSION);
		return 0;
	}
	if (command.kind == COMMAND_RUN)
		mend(command.config);
	if (command.kind == COMMAND_CHECK)
		return check_command(command.config, command.json);
	if (gw_config_load(command.config, &config, &error) != 0)
		return fail(&error, 1);
	const int code = live(&command, config, &error) == 0 ? 0 : fail(&error, 1);

	gw_log_stop(GW_LOG_PATIENCE_NS, last_resort_left(GW_LOG_REST_NS));
	return code;
}
