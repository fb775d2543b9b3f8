/* Alarms: what an operator is to be told, rather than having to look. A closed list of kinds, each
 * about a subject (a camera, a port, a topic), raised when it has lasted and cleared when it has
 * been away for a while.
 *
 * One thread looks, about once a second, and says what it sees; what is not said any more is over.
 * What is raised and cleared goes into a ring, from which each who tells it further (the journal, a
 * webhook, Kafka) takes on its own, at its own pace.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alarm_kinds.h"
#include "core/health.h"

#define GW_ALARM_SUBJECT 64
/* Of one kind; those of further subjects are one more alarm without a subject, which counts them.
 */
#define GW_ALARM_SUBJECTS 16
#define GW_ALARM_HISTORY 256 /* of what was raised and cleared */

enum gw_alarm_kind {
#define X(KIND, ...) GW_ALARM_##KIND,
	GW_ALARM_KINDS(X)
#undef X
		GW_ALARM_COUNT
};

#define GW_ALARMS (GW_ALARM_COUNT * (GW_ALARM_SUBJECTS + 1)) /* at a time */

struct gw_alarm_facts {
	const char *name; /* "camera_silent" */
	const char *message_id; /* of the journal: 32 hexadecimal digits */
	bool of_cameras;
	const char *advice;
};

extern const struct gw_alarm_facts gw_alarm_kinds[GW_ALARM_COUNT];

/* Another message id: something that was raised is over. */
#define GW_ALARM_CLEARED_ID "3d6f0a52c1b74e0f9a87b1c46e2d9500"

struct gw_alarm {
	enum gw_alarm_kind kind;
	enum gw_severity severity;
	char subject[GW_ALARM_SUBJECT]; /* empty: the gateway, or `count` further ones */
	char text[GW_TROUBLE_TEXT]; /* what is wrong, in figures */
	uint32_t count; /* subjects that it stands for */
	int64_t since, last; /* UTC, ns: when it began, and when it was last seen */
	int64_t first; /* ... and when it was raised the first time */
	uint64_t times; /* that it was raised, as far as is remembered */
};

struct gw_alarm_event {
	uint64_t number; /* from 1 */
	int64_t utc;
	bool raised; /* false: cleared */
	struct gw_alarm alarm;
};

struct gw_alarms;

/* How long something must last, and be away. */
struct gw_alarm_patience {
	int64_t raise_ns, clear_ns;
};

/* NULL when out of memory. Destroy accepts NULL. */
struct gw_alarms *gw_alarms_create(void);
void gw_alarms_destroy(struct gw_alarms *alarms);

/* A look begins; `now` as of gw_now(), `utc` as of gw_now_utc(). These four on the one thread that
 * looks. */
void gw_alarms_begin(struct gw_alarms *alarms, int64_t now, int64_t utc);

/* It is so now. A subject or text that is too long is cut, and a byte that is not UTF-8 becomes
 * '?', so that all of it can be told as JSON; NULL: the gateway. `patience` counts from the
 * first look of those one after the other that say so. */
__attribute__((format(printf, 6, 7))) void gw_alarms_say(struct gw_alarms *alarms,
	enum gw_alarm_kind kind, const char *subject, enum gw_severity severity,
	struct gw_alarm_patience patience, const char *text, ...);

/* Whether it is raised: what began at one threshold is over at another. */
bool gw_alarms_is_raised(struct gw_alarms *alarms, enum gw_alarm_kind kind, const char *subject);

/* The look ends: raises and clears what is due. Returns how many events there are now. */
uint64_t gw_alarms_end(struct gw_alarms *alarms);

/* Copies those that are raised, up to `most`, the worst and the oldest first. Any thread. */
size_t gw_alarms_list(struct gw_alarms *alarms, struct gw_alarm *list, size_t most);

/* Subjects of each kind that have it now, and how often each kind was raised. Any thread. */
void gw_alarms_count(
	struct gw_alarms *alarms, uint32_t now[GW_ALARM_COUNT], uint64_t raised[GW_ALARM_COUNT]);

/* Events that there have been. Any thread. */
uint64_t gw_alarms_events(struct gw_alarms *alarms);

/* Takes the event behind number `*taken`, and sets `*taken` to its number. Those that the ring has
 * no more are added to `*missed`. False: there is none yet, or with `busy_is_none` somebody else
 * looks right now: a lane does not wait. Any thread. */
bool gw_alarms_next(struct gw_alarms *alarms, uint64_t *taken, struct gw_alarm_event *event,
	uint64_t *missed, bool busy_is_none);
