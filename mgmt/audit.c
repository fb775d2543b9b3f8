#include "mgmt/audit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

/* Readings within one attempt: even at millions of packets a second there are quiet moments. */
#define READINGS 100

/* True when all counters of the equation were read as of one moment. */
static bool read_settled(
	const struct gw *gw, uint32_t subject, enum gw_unit unit, struct tally *tally)
{
	struct tally before;

	tally_read_unit(gw, subject, unit, tally);
	for (int i = 0; i < READINGS; i++) {
		before = *tally;
		tally_read_unit(gw, subject, unit, tally);
		if (memcmp(&before, tally, sizeof(before)) == 0)
			return true;
	}
	return false;
}

static bool judge(const struct audit_subject *subject, enum gw_unit unit)
{
	struct tally_equation equation = tally_equation(&subject->tally[unit], unit);

	return tally_balanced(&equation);
}

static bool all_balanced(const struct audit_subject *subject)
{
	for (int unit = 0; unit < API_UNITS; unit++)
		if (!subject->balanced[unit])
			return false;
	return true;
}

/* Reads again what did not balance so far; true when all is well. */
static bool look_again(const struct gw *gw, struct audit_subject *subject)
{
	for (int i = 0; i < API_UNITS; i++) {
		enum gw_unit unit = (enum gw_unit)i;

		if (!subject->balanced[unit])
			subject->balanced[unit] =
				read_settled(gw, subject->id, unit, &subject->tally[unit]) &&
				judge(subject, unit);
	}
	return all_balanced(subject);
}

static void sum_up(struct audit *audit)
{
	struct audit_subject *total = &audit->total;

	for (int unit = 0; unit < API_UNITS; unit++) {
		/* Two leaks of opposite sign must not hide each other in the sum. */
		total->balanced[unit] = true;
		for (uint32_t i = 0; i < audit->count; i++) {
			tally_add(&total->tally[unit], &audit->subject[i].tally[unit]);
			total->balanced[unit] =
				total->balanced[unit] && audit->subject[i].balanced[unit];
		}
	}
	audit->balanced = all_balanced(total);
}

struct audit *audit_run(const struct gw *gw, int attempts)
{
	static const struct timespec pause = {.tv_nsec = 2 * GW_NS_PER_MS};
	uint32_t subjects[GW_SUBJECTS];
	const uint32_t count = tally_subjects(gw, subjects);
	struct audit *audit = calloc(1, sizeof(*audit) + count * sizeof(struct audit_subject));
	bool all = false;

	if (!audit)
		return NULL;
	audit->count = count;
	for (uint32_t i = 0; i < count; i++)
		audit->subject[i].id = subjects[i];
	for (int attempt = 0; attempt < attempts && !all; attempt++) {
		if (attempt > 0)
			nanosleep(&pause, NULL);
		all = true;
		for (uint32_t i = 0; i < count; i++)
			all = look_again(gw, &audit->subject[i]) && all;
	}
	sum_up(audit);
	return audit;
}
