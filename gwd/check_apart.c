#include "gwd/check_apart.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"

#define TEXT_FILE 3 /* there */
#define TEXT_PATH "/proc/self/fd/3"
#define ANSWER 4096

/* Returns a descriptor of a file that has the text, or a negative errno. */
static int file_of(const char *text, size_t size)
{
	const int file = memfd_create("configuration", MFD_CLOEXEC);

	if (file < 0)
		return -errno;
	while (size > 0) {
		const ssize_t written = write(file, text, size);

		if (written <= 0) {
			const int status = written < 0 ? -errno : -EIO;

			close(file);
			return status;
		}
		text += written;
		size -= (size_t)written;
	}
	return file;
}

/* Signals are blocked on every thread of ours. */
static void begin_anew(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Returns 0 or a negative errno. */
static int start(int text, int answer, pid_t *process)
{
	char *const words[] = {"gwd", "check", "--config", TEXT_PATH, "--json", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	begin_anew(&attributes);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, answer, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, text, TEXT_FILE);
	const int status =
		posix_spawn(process, "/proc/self/exe", &actions, &attributes, words, environ);

	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -status;
}

/* Reads until the other end is closed. Returns how much came, or -ETIMEDOUT. */
static ssize_t read_answer(int from, char answer[ANSWER])
{
	const int64_t deadline = gw_now() + CHECK_APART_S * GW_NS_PER_S;
	size_t size = 0;

	for (;;) {
		const int64_t left = (deadline - gw_now()) / GW_NS_PER_MS;
		struct pollfd ready = {.fd = from, .events = POLLIN};

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&ready, 1, (int)left) <= 0)
			continue;
		const ssize_t come = read(from, answer + size, ANSWER - size);

		if (come > 0)
			size += (size_t)come;
		else if (come == 0 || errno != EINTR)
			return (ssize_t)size;
	}
}

/* A place in the text is one of no file. */
static int tell_line(const char *line, struct gw_error *error)
{
	const size_t path = strlen(TEXT_PATH);

	if (strncmp(line, TEXT_PATH, path) == 0)
		return gw_error_set(error, -EINVAL, "configuration%s", line + path);
	return gw_error_set(error, -EINVAL, "%s", line);
}

static int judge(const char *answer, ssize_t size, struct gw_error *error)
{
	json_t *verdict = size > 0 ? json_loadb(answer, (size_t)size, 0, NULL) : NULL;
	const char *line = NULL;
	int valid = 0, status = 0;

	if (size == -ETIMEDOUT)
		return gw_error_set(error, -ETIMEDOUT,
			"the configuration was looked at for %d s without an end", CHECK_APART_S);
	if (json_unpack(verdict, "{s:b, s?s}", "valid", &valid, "error", &line) != 0 && !verdict)
		status = gw_error_set(error, -EIO,
			"nobody could look at the configuration: `gwd check` gave no answer");
	else if (!valid)
		status = tell_line(line ? line : "a start would refuse it", error);
	json_decref(verdict);
	return status;
}

int check_apart(const char *text, size_t size, struct gw_error *error)
{
	char answer[ANSWER];
	int ends[2], file = file_of(text, size), status = file < 0 ? file : 0;
	pid_t process = 0;

	if (status == 0 && pipe2(ends, O_CLOEXEC) != 0)
		status = -errno;
	else if (status == 0) {
		status = start(file, ends[1], &process);
		close(ends[1]);
		if (status != 0)
			close(ends[0]);
	}
	if (file >= 0)
		close(file);
	if (status != 0)
		return gw_error_set(error, status, "nobody could look at the configuration: %s",
			strerror(-status));
	const ssize_t come = read_answer(ends[0], answer);

	if (come == -ETIMEDOUT)
		kill(process, SIGKILL);
	close(ends[0]);
	while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
	return judge(answer, come, error);
}
