#include "mgmt/audit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

/* Readings within one attempt: a camera is quiet most of the time, if only between two packets. */
#define READINGS 8

/* True when all counters of the camera were read as of one moment. */
static bool read_settled(const struct gw *gw, uint32_t camera, struct tally *tally)
{
	struct tally before;

	tally_read(gw, camera, tally);
	for (int i = 0; i < READINGS; i++) {
		before = *tally;
		tally_read(gw, camera, tally);
		if (memcmp(&before, tally, sizeof(before)) == 0)
			return true;
	}
	return false;
}

static bool judge(struct audit_subject *subject)
{
	bool all = true;

	for (int unit = 0; unit < API_UNITS; unit++) {
		struct tally_equation equation = tally_equation(&subject->tally, unit);

		subject->balanced[unit] = tally_balanced(&equation);
		all = all && subject->balanced[unit];
	}
	return all;
}

static bool all_balanced(const struct audit_subject *subject)
{
	return subject->balanced[GW_PACKET] && subject->balanced[GW_FRAME] &&
		subject->balanced[GW_SAMPLE];
}

static void sum_up(struct audit *audit)
{
	struct audit_subject *total = &audit->total;

	for (uint32_t i = 0; i < audit->count; i++)
		tally_add(&total->tally, &audit->subject[i].tally);
	audit->balanced = judge(total);
	/* Two leaks of opposite sign must not hide each other in the sum. */
	for (int unit = 0; unit < API_UNITS; unit++)
		for (uint32_t i = 0; i < audit->count; i++)
			total->balanced[unit] =
				total->balanced[unit] && audit->subject[i].balanced[unit];
	audit->balanced = all_balanced(total);
}

struct audit *audit_run(const struct gw *gw, int attempts)
{
	static const struct timespec pause = {.tv_nsec = 2 * GW_NS_PER_MS};
	uint32_t count = gw->camera_count + 1;
	struct audit *audit = calloc(1, sizeof(*audit) + count * sizeof(struct audit_subject));

	if (!audit)
		return NULL;
	audit->count = count;
	for (int attempt = 0; attempt < attempts; attempt++) {
		bool all = true;

		if (attempt > 0)
			nanosleep(&pause, NULL);
		for (uint32_t i = 0; i < count; i++) {
			struct audit_subject *subject = &audit->subject[i];

			if (all_balanced(subject))
				continue;
			if (!read_settled(gw, i, &subject->tally))
				all = false;
			else if (!judge(subject))
				all = false;
		}
		if (all)
			break;
	}
	sum_up(audit);
	return audit;
}
