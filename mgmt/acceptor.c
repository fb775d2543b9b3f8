#include "mgmt/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"
#include "mgmt/socket.h"

#define LOOK_EVERY_NS GW_NS_PER_S
#define PAUSE_MS 20 /* while there is no descriptor, or no place, for whoever waits */

struct acceptor {
	struct api_socket *socket;
	struct acceptor_door door;
	pthread_t thread;
	int stop; /* an eventfd */
	int spare; /* is given up for a client when there is no other descriptor; -1: it was */
	bool short_told; /* it was said that there is no other, for this time */
	bool file_missed; /* it was said that the file cannot be made again */
};

static void keep_spare(struct acceptor *acceptor)
{
	if (acceptor->spare < 0)
		acceptor->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Returns a descriptor or -1 and errno. */
static int take_one(struct acceptor *acceptor)
{
	const int listening = acceptor->socket->fd;
	const int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		acceptor->short_told = false;
	if (fd >= 0 || (errno != EMFILE && errno != ENFILE) || acceptor->spare < 0)
		return fd;
	if (!acceptor->short_told)
		gw_warn("api",
			"no descriptor is left, the last one is for a client: raise LimitNOFILE=");
	acceptor->short_told = true;
	close(acceptor->spare);
	acceptor->spare = -1;
	return accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* False: he cannot be taken now. */
static bool let_in(struct acceptor *acceptor)
{
	const struct acceptor_door *door = &acceptor->door;

	if (!door->open(door->arg))
		return false;
	const int fd = take_one(acceptor);
	const int number = errno;

	door->enter(door->arg, fd);
	return fd >= 0 || number == EAGAIN || number == ECONNABORTED;
}

static void look_at_file(struct acceptor *acceptor)
{
	struct gw_error error;
	const int status = api_socket_look(acceptor->socket, &error);

	if (status > 0)
		gw_warn("api", "%s was removed: it was made again", acceptor->socket->path);
	else if (status < 0 && !acceptor->file_missed)
		gw_error_log("api", "%s was removed: %s", acceptor->socket->path, error.text);
	acceptor->file_missed = status < 0;
}

static void *accept_clients(void *arg)
{
	struct acceptor *acceptor = arg;
	int64_t next_look = gw_now() + LOOK_EVERY_NS;
	bool paused = false;

	gw_thread_give_way();
	for (;;) {
		struct pollfd waiting[] = {
			{.fd = acceptor->stop, .events = POLLIN},
			{.fd = acceptor->socket->fd, .events = POLLIN},
		};
		const int count = poll(waiting, paused ? 1 : 2,
			paused ? PAUSE_MS : (int)(LOOK_EVERY_NS / GW_NS_PER_MS));

		if (waiting[0].revents)
			return NULL;
		paused = false;
		if (count > 0 && waiting[1].revents) {
			/* He waits in the queue of the socket, which stays readable. */
			paused = !let_in(acceptor);
		}
		keep_spare(acceptor);
		if (gw_now() >= next_look) {
			look_at_file(acceptor);
			next_look = gw_now() + LOOK_EVERY_NS;
		}
	}
}

struct acceptor *acceptor_start(
	struct api_socket *socket, const struct acceptor_door *door, struct gw_error *error)
{
	struct acceptor *acceptor = calloc(1, sizeof(*acceptor));

	if (!acceptor) {
		gw_error_set(error, -ENOMEM, "api: out of memory");
		return NULL;
	}
	acceptor->socket = socket;
	acceptor->door = *door;
	acceptor->spare = -1;
	keep_spare(acceptor);
	acceptor->stop = eventfd(0, EFD_CLOEXEC);
	const int status = acceptor->stop < 0
		? -errno
		: gw_thread_start(&acceptor->thread, "api-accept", -1, accept_clients, acceptor);

	if (status == 0)
		return acceptor;
	gw_error_set(error, status, "api: nobody can be let in: %s", strerror(-status));
	if (acceptor->stop >= 0)
		close(acceptor->stop);
	if (acceptor->spare >= 0)
		close(acceptor->spare);
	free(acceptor);
	return NULL;
}

void acceptor_stop(struct acceptor *acceptor)
{
	if (!acceptor)
		return;
	(void)eventfd_write(acceptor->stop, 1);
	pthread_join(acceptor->thread, NULL);
	close(acceptor->stop);
	if (acceptor->spare >= 0)
		close(acceptor->spare);
	free(acceptor);
}
