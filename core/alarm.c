#include "core/alarm.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

#define PLACES (GW_ALARM_SUBJECTS + 1)

const struct gw_alarm_facts gw_alarm_kinds[GW_ALARM_COUNT] = {
#define X(KIND, name, id, of_cameras, advice) [GW_ALARM_##KIND] = {name, id, of_cameras, advice},
	GW_ALARM_KINDS(X)
#undef X
};

/* Of one subject. One that is over is remembered until its place is needed. */
struct place {
	bool used, said, raised;
	int64_t said_from; /* the first of the looks one after the other that said it */
	int64_t said_last;
	struct gw_alarm_patience patience;
	struct gw_alarm alarm;
};

struct gw_alarms {
	/* Of the look that is under way. */
	int64_t now, utc;
	uint32_t others[GW_ALARM_COUNT]; /* subjects that found no place */
	enum gw_severity others_worst[GW_ALARM_COUNT];
	struct gw_alarm_patience others_patience[GW_ALARM_COUNT];

	pthread_mutex_t lock; /* of all that follows; held for copies alone */
	struct place place[GW_ALARM_COUNT][PLACES]; /* the last one is of the others */
	uint64_t raised[GW_ALARM_COUNT];
	uint64_t events;
	struct gw_alarm_event event[GW_ALARM_HISTORY];
};

struct gw_alarms *gw_alarms_create(void)
{
	struct gw_alarms *alarms = calloc(1, sizeof(*alarms));

	if (alarms)
		pthread_mutex_init(&alarms->lock, NULL);
	return alarms;
}

void gw_alarms_destroy(struct gw_alarms *alarms)
{
	if (!alarms)
		return;
	pthread_mutex_destroy(&alarms->lock);
	free(alarms);
}

void gw_alarms_begin(struct gw_alarms *alarms, int64_t now, int64_t utc)
{
	alarms->now = now;
	alarms->utc = utc;
	memset(alarms->others, 0, sizeof(alarms->others));
	pthread_mutex_lock(&alarms->lock);
	for (int kind = 0; kind < GW_ALARM_COUNT; kind++)
		for (int i = 0; i < PLACES; i++)
			alarms->place[kind][i].said = false;
	pthread_mutex_unlock(&alarms->lock);
}

/* `subject` as it is kept: cut. */
static struct place *find(struct gw_alarms *alarms, enum gw_alarm_kind kind, const char *subject)
{
	for (int i = 0; i < GW_ALARM_SUBJECTS; i++) {
		struct place *place = &alarms->place[kind][i];

		if (place->used && strcmp(place->alarm.subject, subject) == 0)
			return place;
	}
	return NULL;
}

/* A free place, or that of what has been over for longest. NULL: all are of what is not over. */
static struct place *take(struct gw_alarms *alarms, enum gw_alarm_kind kind, const char *subject)
{
	struct place *best = NULL;

	for (int i = 0; i < GW_ALARM_SUBJECTS; i++) {
		struct place *place = &alarms->place[kind][i];

		if (!place->used) {
			best = place;
			break;
		}
		if (!place->said && !place->raised && (!best || place->said_last < best->said_last))
			best = place;
	}
	if (!best)
		return NULL;
	*best = (struct place){.used = true, .alarm.kind = kind};
	strcpy(best->alarm.subject, subject);
	return best;
}

static void note(struct gw_alarms *alarms, struct place *place, enum gw_severity severity,
	uint32_t count, struct gw_alarm_patience patience, const char *text)
{
	/* Not at the look before: it begins anew. */
	if (place->said_from == 0 && !place->raised)
		place->alarm.since = alarms->utc;
	if (place->said_from == 0)
		place->said_from = alarms->now;
	place->said = true;
	place->said_last = alarms->now;
	place->patience = patience;
	place->alarm.severity = severity;
	place->alarm.count = count;
	place->alarm.last = alarms->utc;
	gw_utf8_copy(place->alarm.text, sizeof(place->alarm.text), text);
}

void gw_alarms_say(struct gw_alarms *alarms, enum gw_alarm_kind kind, const char *subject,
	enum gw_severity severity, struct gw_alarm_patience patience, const char *text, ...)
{
	char name[GW_ALARM_SUBJECT];
	/* One character more: a whole one gives way where it is too long, not a part of it. */
	char line[GW_TROUBLE_TEXT + 4];
	va_list args;

	gw_utf8_copy(name, sizeof(name), subject ? subject : "");
	va_start(args, text);
	vsnprintf(line, sizeof(line), text, args);
	va_end(args);
	pthread_mutex_lock(&alarms->lock);
	struct place *place = find(alarms, kind, name);

	if (!place)
		place = take(alarms, kind, name);
	/* Several troubles may be the same alarm: the worst is told. */
	if (place && (!place->said || severity > place->alarm.severity))
		note(alarms, place, severity, 1, patience, line);
	pthread_mutex_unlock(&alarms->lock);
	if (place)
		return;
	if (alarms->others[kind]++ == 0 || severity > alarms->others_worst[kind])
		alarms->others_worst[kind] = severity;
	alarms->others_patience[kind] = patience;
}

bool gw_alarms_is_raised(struct gw_alarms *alarms, enum gw_alarm_kind kind, const char *subject)
{
	char name[GW_ALARM_SUBJECT];

	gw_utf8_copy(name, sizeof(name), subject ? subject : "");
	pthread_mutex_lock(&alarms->lock);
	const struct place *place = find(alarms, kind, name);
	const bool raised = place && place->raised;

	pthread_mutex_unlock(&alarms->lock);
	return raised;
}

static void tell(struct gw_alarms *alarms, struct place *place, bool raised)
{
	struct gw_alarm_event *event = &alarms->event[alarms->events % GW_ALARM_HISTORY];

	place->raised = raised;
	if (raised) {
		place->alarm.times++;
		if (place->alarm.first == 0)
			place->alarm.first = alarms->utc;
		alarms->raised[place->alarm.kind]++;
	}
	*event = (struct gw_alarm_event){.number = ++alarms->events,
		.utc = alarms->utc,
		.raised = raised,
		.alarm = place->alarm};
}

static void age(struct gw_alarms *alarms, struct place *place)
{
	if (!place->used)
		return;
	if (!place->said)
		place->said_from = 0;
	if (!place->raised && place->said &&
		alarms->now - place->said_from >= place->patience.raise_ns)
		tell(alarms, place, true);
	else if (place->raised && !place->said &&
		alarms->now - place->said_last >= place->patience.clear_ns)
		tell(alarms, place, false);
}

uint64_t gw_alarms_end(struct gw_alarms *alarms)
{
	char line[GW_TROUBLE_TEXT];

	pthread_mutex_lock(&alarms->lock);
	for (int kind = 0; kind < GW_ALARM_COUNT; kind++) {
		struct place *others = &alarms->place[kind][GW_ALARM_SUBJECTS];

		if (alarms->others[kind] > 0) {
			others->used = true;
			others->alarm.kind = (enum gw_alarm_kind)kind;
			snprintf(line, sizeof(line), "%u further ones have it, too",
				alarms->others[kind]);
			note(alarms, others, alarms->others_worst[kind], alarms->others[kind],
				alarms->others_patience[kind], line);
		}
		for (int i = 0; i < PLACES; i++)
			age(alarms, &alarms->place[kind][i]);
	}
	const uint64_t events = alarms->events;

	pthread_mutex_unlock(&alarms->lock);
	return events;
}

static int compare(const void *left, const void *right)
{
	const struct gw_alarm *a = left, *b = right;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->since != b->since)
		return a->since < b->since ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->subject, b->subject);
}

size_t gw_alarms_list(struct gw_alarms *alarms, struct gw_alarm *list, size_t most)
{
	size_t count = 0;

	pthread_mutex_lock(&alarms->lock);
	for (int kind = 0; kind < GW_ALARM_COUNT; kind++)
		for (int i = 0; i < PLACES && count < most; i++)
			if (alarms->place[kind][i].raised)
				list[count++] = alarms->place[kind][i].alarm;
	pthread_mutex_unlock(&alarms->lock);
	qsort(list, count, sizeof(*list), compare);
	return count;
}

void gw_alarms_count(
	struct gw_alarms *alarms, uint32_t now[GW_ALARM_COUNT], uint64_t raised[GW_ALARM_COUNT])
{
	pthread_mutex_lock(&alarms->lock);
	for (int kind = 0; kind < GW_ALARM_COUNT; kind++) {
		now[kind] = 0;
		raised[kind] = alarms->raised[kind];
		for (int i = 0; i < PLACES; i++)
			if (alarms->place[kind][i].raised)
				now[kind] += alarms->place[kind][i].alarm.count;
	}
	pthread_mutex_unlock(&alarms->lock);
}

uint64_t gw_alarms_events(struct gw_alarms *alarms)
{
	pthread_mutex_lock(&alarms->lock);
	const uint64_t events = alarms->events;

	pthread_mutex_unlock(&alarms->lock);
	return events;
}

bool gw_alarms_next(struct gw_alarms *alarms, uint64_t *taken, struct gw_alarm_event *event,
	uint64_t *missed, bool busy_is_none)
{
	if (!busy_is_none)
		pthread_mutex_lock(&alarms->lock);
	else if (pthread_mutex_trylock(&alarms->lock) != 0)
		return false;
	const uint64_t oldest =
		alarms->events > GW_ALARM_HISTORY ? alarms->events - GW_ALARM_HISTORY : 0;
	const bool there = *taken < alarms->events;

	if (*taken < oldest) {
		*missed += oldest - *taken;
		*taken = oldest;
	}
	if (there)
		*event = alarms->event[(*taken)++ % GW_ALARM_HISTORY];
	pthread_mutex_unlock(&alarms->lock);
	return there;
}
