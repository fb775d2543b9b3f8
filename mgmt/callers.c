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
enum { FREE = -1, EXPECTED = -2, STRANGER_EXPECTED = -3 };

struct caller {
	int fd; /* or FREE; or another of them: the place is kept for one who comes */
	int64_t since; /* when he was expected, or came, or his phase began */
	enum caller_phase phase;
	bool stranger;
	bool leaving;
};

struct callers {
	pthread_mutex_t lock; /* guards all of it */
	uint32_t most;
	bool know_later;
	uint32_t places;
	struct caller caller[]; /* as many */
};

struct callers *callers_create(uint32_t most)
{
	const uint32_t places = 2 * most + CALLERS_STRANGERS;
	struct callers *callers = calloc(1, sizeof(*callers) + places * sizeof(callers->caller[0]));

	if (!callers)
		return NULL;
	callers->most = most;
	callers->places = places;
	for (uint32_t i = 0; i < places; i++)
		callers->caller[i].fd = FREE;
	pthread_mutex_init(&callers->lock, NULL);
	return callers;
}

void callers_know_later(struct callers *callers)
{
	callers->know_later = true;
}

void callers_destroy(struct callers *callers)
{
	if (!callers)
		return;
	pthread_mutex_destroy(&callers->lock);
	free(callers);
}

/* Of the places that are FREE, or of one of the other kinds, the one that has been for longest.
 * NULL: there is none. Locked. */
static struct caller *oldest_place(struct callers *callers, int kind)
{
	struct caller *oldest = NULL;

	for (uint32_t i = 0; i < callers->places; i++) {
		struct caller *caller = &callers->caller[i];

		if (caller->fd == kind && (!oldest || caller->since < oldest->since))
			oldest = caller;
	}
	return oldest;
}

static int kind_of(bool stranger)
{
	return stranger ? STRANGER_EXPECTED : EXPECTED;
}

struct caller *callers_add(struct callers *callers, int fd, bool stranger, int64_t now)
{
	pthread_mutex_lock(&callers->lock);
	struct caller *caller = oldest_place(callers, kind_of(stranger));

	if (caller)
		*caller = (struct caller){.fd = fd,
			.stranger = stranger,
			.phase = callers->know_later ? CALLER_NEW : CALLER_IDLE,
			.since = now};
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

/* Of those who are in that phase since before `before`, and are no strangers, the one that is for
 * longest; or NULL. */
static struct caller *oldest_in(struct callers *callers, enum caller_phase phase, int64_t before)
{
	struct caller *oldest = NULL;

	for (uint32_t i = 0; i < callers->places; i++) {
		struct caller *caller = &callers->caller[i];

		if (caller->fd >= 0 && !caller->stranger && !caller->leaving &&
			caller->phase == phase && caller->since < before &&
			(!oldest || caller->since < oldest->since))
			oldest = caller;
	}
	return oldest;
}

/* Whether those of whom it is known who they are have to make room: others are still to come in,
 * and will go for one another. Locked. */
static bool must_known_go(const struct callers *callers)
{
	uint32_t known = 0;

	for (uint32_t i = 0; i < callers->places; i++) {
		const struct caller *caller = &callers->caller[i];

		known += caller->fd >= 0 && !caller->leaving && caller->phase != CALLER_NEW;
	}
	return !callers->know_later || known >= callers->most;
}

/* Ends one connection for one that comes. */
static void end_oldest(struct callers *callers, int64_t now)
{
	struct caller *oldest = oldest_in(callers, CALLER_NEW, INT64_MAX);

	if (!oldest && !must_known_go(callers))
		return;
	if (!oldest)
		oldest = oldest_in(callers, CALLER_IDLE, INT64_MAX);
	if (!oldest)
		oldest = oldest_in(callers, CALLER_TAKES, now - TAKE_NS);
	if (!oldest)
		return;
	oldest->leaving = true;
	/* The server hears of it as of a client who hangs up. The descriptor is his: the server
	 * closes it after callers_remove(). */
	shutdown(oldest->fd, SHUT_RDWR);
}

/* How many strangers are in, or of the others; who is about to go is not counted. Locked. */
static uint32_t count(const struct callers *callers, bool strangers)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < callers->places; i++) {
		const struct caller *caller = &callers->caller[i];

		if (caller->fd >= 0)
			taken += caller->stranger == strangers && !caller->leaving;
		else
			taken += caller->fd == kind_of(strangers);
	}
	return taken;
}

bool callers_expect(struct callers *callers, int64_t now)
{
	pthread_mutex_lock(&callers->lock);
	for (uint32_t i = 0; i < callers->places; i++) {
		struct caller *caller = &callers->caller[i];

		if (caller->fd < FREE && now - caller->since > EXPECT_NS)
			caller->fd = FREE;
	}
	struct caller *place = oldest_place(callers, FREE);

	if (place)
		*place = (struct caller){.fd = EXPECTED, .since = now};
	else if (count(callers, false) > callers->most)
		/* There were none to end when they came. */
		end_oldest(callers, now);
	pthread_mutex_unlock(&callers->lock);
	return place != NULL;
}

bool callers_admit(struct callers *callers, bool stranger, int64_t now)
{
	bool admitted = true;

	pthread_mutex_lock(&callers->lock);
	if (stranger) {
		struct caller *place = oldest_place(callers, EXPECTED);

		admitted = place && count(callers, true) < CALLERS_STRANGERS;
		if (place)
			*place = (struct caller){
				.fd = admitted ? STRANGER_EXPECTED : FREE, .since = now};
	} else if (count(callers, false) > callers->most) {
		end_oldest(callers, now);
	}
	pthread_mutex_unlock(&callers->lock);
	return admitted;
}

void callers_give_back(struct callers *callers, bool stranger)
{
	pthread_mutex_lock(&callers->lock);
	struct caller *caller = oldest_place(callers, kind_of(stranger));

	if (caller)
		caller->fd = FREE;
	pthread_mutex_unlock(&callers->lock);
}
