#include "gwd/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"

#define DATA_FILE 3 /* there */
#define LOOK_MS 100 /* whether it is wanted */
#define LEAST_NICE 19
#define ENDS_FIRST "1000" /* oom_score_adj */

/* Returns a descriptor of a file that has it, or a negative errno. */
static int file_of(const char *data, size_t size)
{
	const int file = memfd_create("apart", MFD_CLOEXEC);

	if (file < 0)
		return -errno;
	while (size > 0) {
		const ssize_t written = write(file, data, size);

		if (written <= 0) {
			const int status = written < 0 ? -errno : -EIO;

			close(file);
			return status;
		}
		data += written;
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

/* What it has when it makes threads is what they have. Where memory runs out, it ends first. */
static void have_it_yield(pid_t process)
{
	char path[48];

	(void)setpriority(PRIO_PROCESS, (id_t)process, LEAST_NICE);
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)process);
	const int file = open(path, O_WRONLY | O_CLOEXEC);

	if (file < 0)
		return;
	(void)!write(file, ENDS_FIRST, strlen(ENDS_FIRST));
	close(file);
}

/* Returns 0 or a negative errno. */
static int start(const struct apart *apart, int data, int answer, pid_t *process)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	begin_anew(&attributes);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, answer, STDOUT_FILENO);
	if (apart->complains)
		posix_spawn_file_actions_adddup2(&actions, answer, STDERR_FILENO);
	else
		posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, data, DATA_FILE);
	const int status = posix_spawn(
		process, "/proc/self/exe", &actions, &attributes, apart->words, environ);

	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (status == 0 && apart->yields)
		have_it_yield(*process);
	return -status;
}

/* Reads until the other end is closed; what finds no room is thrown away. */
static ssize_t read_answer(const struct apart *apart, int from, char *answer, size_t room)
{
	const int64_t deadline = gw_now() + apart->seconds * GW_NS_PER_S;
	char rest[512];
	size_t size = 0;

	for (;;) {
		struct pollfd ready = {.fd = from, .events = POLLIN};

		if (gw_now() >= deadline)
			return -ETIMEDOUT;
		if (apart->ending && *apart->ending)
			return -ECANCELED;
		if (poll(&ready, 1, LOOK_MS) <= 0)
			continue;
		const bool fits = size < room;
		const ssize_t come =
			read(from, fits ? answer + size : rest, fits ? room - size : sizeof(rest));

		if (come > 0)
			size += fits ? (size_t)come : 0;
		else if (come == 0 || errno != EINTR)
			return (ssize_t)size;
	}
}

ssize_t apart_run(const struct apart *apart, char *answer, size_t room)
{
	int ends[2], data = file_of(apart->data, apart->size), status = data < 0 ? data : 0;
	pid_t process = 0;

	if (status == 0 && pipe2(ends, O_CLOEXEC) != 0)
		status = -errno;
	else if (status == 0) {
		status = start(apart, data, ends[1], &process);
		close(ends[1]);
		if (status != 0)
			close(ends[0]);
	}
	if (data >= 0)
		close(data);
	if (status != 0)
		return status;
	const ssize_t come = read_answer(apart, ends[0], answer, room);

	if (come < 0)
		kill(process, SIGKILL);
	close(ends[0]);
	while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
	return come;
}
