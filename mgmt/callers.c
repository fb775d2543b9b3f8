#include "mgmt/callers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/clock.h"

/* Who was let in and has not come by then will not: the server failed at him. */
#define EXPECT_NS GW_NS_PER_S

/* Who has taken his answer by then is not in the way of others. */
#define TAKE_NS GW_NS_PER_S

/* In the place of a descriptor. */
enum { FREE = -1, EXPECTED = -2 };

struct caller {
	int fd; /* or FREE, or EXPECTED: the place is kept for one who comes */
	int64_t since; /* when he was expected, or came, or his phase began */
	enum caller_phase phase;
	bool leaving;
};

struct callers {
	pthread_mutex_t lock; /* guards all of it */
	uint32_t most;
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
		callers->caller[i].fd = FREE;
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

/* Of the places that are FREE, or of those that are EXPECTED, the one that has been for longest.
 * NULL: there is none. Locked. */
static struct caller *oldest_place(struct callers *callers, int kind)
{
	struct caller *oldest = NULL;

	for (uint32_t i = 0; i < 2 * callers->most; i++) {
		struct caller *caller = &callers->caller[i];

		if (caller->fd == kind && (!oldest || caller->since < oldest->since))
			oldest = caller;
	}
	return oldest;
}

struct caller *callers_add(struct callers *callers, int fd, int64_t now)
{
	pthread_mutex_lock(&callers->lock);
	struct caller *caller = oldest_place(callers, EXPECTED);

	if (caller)
		*caller = (struct caller){.fd = fd, .since = now};
	pthread_mutex_unlock(&callers->lock);
	return caller;
}

void callers_remove(struct callers *callers, struct caller *caller)
{
	if (!caller)
		return;
	pthread_mutex_lock(&callers->lock);
	caller->fd = FREE;
	pthread_mutex_unlock(&callers->lock);
}

void callers_note(
	struct callers *callers, struct caller *caller, enum caller_phase phase, int64_t now)
{
	if (!caller)
		return;
	pthread_mutex_lock(&callers->lock);
	caller->phase = phase;
	caller->since = now;
	pthread_mutex_unlock(&callers->lock);
}

/* Of those who are in that phase since before `before`, the one that is for longest; or NULL. */
static struct caller *oldest_in(struct callers *callers, enum caller_phase phase, int64_t before)
{
	struct caller *oldest = NULL;

	for (uint32_t i = 0; i < 2 * callers->most; i++) {
		struct caller *caller = &callers->caller[i];

		if (caller->fd >= 0 && !caller->leaving && caller->phase == phase &&
			caller->since < before && (!oldest || caller->since < oldest->since))
			oldest = caller;
	}
	return oldest;
}

/* Ends one connection for one that comes. */
static void end_oldest(struct callers *callers, int64_t now)
{
	struct caller *oldest = oldest_in(callers, CALLER_IDLE, INT64_MAX);

	if (!oldest)
		oldest = oldest_in(callers, CALLER_TAKES, now - TAKE_NS);
	if (!oldest)
		return;
	oldest->leaving = true;
	/* The server hears of it as of a client who hangs up. The descriptor is his: the server
	 * closes it after callers_remove(). */
	shutdown(oldest->fd, SHUT_RDWR);
}

bool callers_expect(struct callers *callers, int64_t now)
{
	uint32_t taken = 0, leaving = 0;

	pthread_mutex_lock(&callers->lock);
	for (uint32_t i = 0; i < 2 * callers->most; i++) {
		struct caller *caller = &callers->caller[i];

		if (caller->fd == EXPECTED && now - caller->since > EXPECT_NS)
			caller->fd = FREE;
		taken += caller->fd != FREE;
		leaving += caller->fd >= 0 && caller->leaving;
	}
	struct caller *place = oldest_place(callers, FREE);

	if (taken - leaving >= callers->most)
		end_oldest(callers, now);
	if (place)
		*place = (struct caller){.fd = EXPECTED, .since = now};
	pthread_mutex_unlock(&callers->lock);
	return place != NULL;
}

void callers_give_back(struct callers *callers)
{
	pthread_mutex_lock(&callers->lock);
	struct caller *caller = oldest_place(callers, EXPECTED);

	if (caller)
		caller->fd = FREE;
	pthread_mutex_unlock(&callers->lock);
}
