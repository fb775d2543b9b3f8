#include "mgmt/callers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

struct caller {
	int fd; /* -1: a free place */
	int64_t since; /* when he came, or had his last answer */
	bool answered; /* a request of his is at work */
	bool leaving;
};

struct callers {
	pthread_mutex_t lock; /* guards all of it */
	uint32_t most;
	uint32_t expected;
	struct caller caller[]; /* 2 * most */
};

struct callers *callers_create(uint32_t most)
{
	struct callers *callers =
		calloc(1, sizeof(*callers) + 2 * most * sizeof(callers->caller[0]));

	if (!callers)
		return NULL;
	callers->most = most;
	for (uint32_t i = 0; i < 2 * most; i++)
		callers->caller[i].fd = -1;
	pthread_mutex_init(&callers->lock, NULL);
	return callers;
}

void callers_destroy(struct callers *callers)
{
	if (!callers)
		return;
	pthread_mutex_destroy(&callers->lock);
	free(callers);
}

struct caller *callers_add(struct callers *callers, int fd, int64_t now)
{
	struct caller *free_one = NULL;

	pthread_mutex_lock(&callers->lock);
	for (uint32_t i = 0; i < 2 * callers->most && !free_one; i++)
		if (callers->caller[i].fd < 0)
			free_one = &callers->caller[i];
	if (callers->expected == 0)
		free_one = NULL;
	else
		callers->expected--;
	if (free_one)
		*free_one = (struct caller){.fd = fd, .since = now};
	pthread_mutex_unlock(&callers->lock);
	return free_one;
}

void callers_remove(struct callers *callers, struct caller *caller)
{
	if (!caller)
		return;
	pthread_mutex_lock(&callers->lock);
	caller->fd = -1;
	pthread_mutex_unlock(&callers->lock);
}

void callers_note(struct callers *callers, struct caller *caller, bool answered, int64_t now)
{
	if (!caller)
		return;
	pthread_mutex_lock(&callers->lock);
	caller->answered = answered;
	caller->since = now;
	pthread_mutex_unlock(&callers->lock);
}

/* Ends the connection that has been idle for longest. */
static void end_oldest(struct callers *callers)
{
	struct caller *oldest = NULL;

	for (uint32_t i = 0; i < 2 * callers->most; i++) {
		struct caller *caller = &callers->caller[i];

		if (caller->fd >= 0 && !caller->leaving && !caller->answered &&
			(!oldest || caller->since < oldest->since))
			oldest = caller;
	}
	if (!oldest)
		return;
	oldest->leaving = true;
	/* The server hears of it as of a client who hangs up. The descriptor is his: the server
	 * closes it after callers_remove(). */
	shutdown(oldest->fd, SHUT_RDWR);
}

bool callers_expect(struct callers *callers)
{
	pthread_mutex_lock(&callers->lock);
	uint32_t taken = callers->expected, leaving = 0;

	for (uint32_t i = 0; i < 2 * callers->most; i++) {
		taken += callers->caller[i].fd >= 0;
		leaving += callers->caller[i].fd >= 0 && callers->caller[i].leaving;
	}
	const bool room = taken < 2 * callers->most;

	if (taken - leaving >= callers->most)
		end_oldest(callers);
	callers->expected += room;
	pthread_mutex_unlock(&callers->lock);
	return room;
}

void callers_give_back(struct callers *callers)
{
	pthread_mutex_lock(&callers->lock);
	callers->expected--;
	pthread_mutex_unlock(&callers->lock);
}
