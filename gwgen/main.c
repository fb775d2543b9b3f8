/* gwgen: a packet generator and simulator of cameras on DPDK. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/standard_files.h"
#include "gwgen/crew.h"
#include "gwgen/help.h"
#include "gwgen/line_rate.h"
#include "gwgen/send.h"

static atomic_bool stop;

static void on_signal(int number)
{
	atomic_store_explicit(&stop, true, memory_order_relaxed);
}

static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int print_configuration(const struct options *options)
{
	struct gw_error error = {""};
	struct crew crew;
	const int status = crew_open(&crew, options, &error);

	if (status != 0) {
		fprintf(stderr, "gwgen: %s\n", error.text);
		return status == -EINVAL ? GWGEN_USAGE : GWGEN_NOT_WELL;
	}
	crew_print_configuration(&crew, stdout);
	crew_close(&crew);
	return GWGEN_WELL;
}

static int help(const struct options *options)
{
	if (options_has(options, OPTION_MAN)) {
		help_manual(stdout);
		return GWGEN_WELL;
	}
	for (int i = 0; i < COMMAND_COUNT; i++) {
		if (options->argument && strcmp(command_facts[i].name, options->argument) == 0) {
			help_command(stdout, (enum command)i);
			return GWGEN_WELL;
		}
	}
	if (options->argument) {
		fprintf(stderr, "gwgen: there is no command '%s': gwgen help lists all\n",
			options->argument);
		return GWGEN_USAGE;
	}
	help_overview(stdout);
	return GWGEN_WELL;
}

static int completion(const struct options *options)
{
	if (!options->argument || strcmp(options->argument, "bash") != 0) {
		fputs("gwgen: there is a script for bash only: gwgen completion bash\n", stderr);
		return GWGEN_USAGE;
	}
	help_completion(stdout);
	return GWGEN_WELL;
}

static int run(const struct options *options)
{
	switch (options->command) {
	case COMMAND_CONFIG:
		return print_configuration(options);
	case COMMAND_LIST:
		if (options_has(options, OPTION_JSON))
			help_kinds_json(stdout);
		else
			help_kinds(stdout);
		return GWGEN_WELL;
	case COMMAND_HELP:
		return help(options);
	case COMMAND_COMPLETION:
		return completion(options);
	case COMMAND_SEARCH:
		catch_signals();
		return line_rate_run(options, &stop);
	default:
		catch_signals();
		return send_run(options, &stop);
	}
}

/* What could not be written was not said: the disk is full, or nobody reads any more. */
static int finish_output(int code)
{
	const bool failed = ferror(stdout) != 0;

	if (fclose(stdout) == 0 && !failed)
		return code;
	fprintf(stderr, "gwgen: the answer could not be written to the standard output\n");
	return code == GWGEN_WELL ? GWGEN_NOT_WELL : code;
}

int main(int argc, char **argv)
{
	struct gw_error error = {""};
	struct options options;

	if (gw_standard_files("gwgen", O_RDONLY) != 0)
		return GWGEN_NOT_WELL;
	gw_log_open(GW_LOG_STDERR, GW_LOG_WARNING);
	if (argc == 1) {
		help_overview(stderr);
		return GWGEN_USAGE;
	}
	if (options_parse(argc - 1, argv + 1, &options, &error) != 0) {
		fprintf(stderr, "gwgen: %s\n", error.text);
		return GWGEN_USAGE;
	}
	if (options_has(&options, OPTION_VERSION)) {
		puts("gwgen " GW_VERSION);
		return finish_output(GWGEN_WELL);
	}
	if (options_has(&options, OPTION_HELP)) {
		if (argc == 2)
			help_overview(stdout);
		else
			help_command(stdout, options.command);
		return finish_output(GWGEN_WELL);
	}
	return finish_output(run(&options));
}
