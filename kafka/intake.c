#include "kafka/intake.h"

#include <assert.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/health.h"

#define SHARE_OF_FAILURE 0.5
/* Below, somebody sends a broken picture now and then. */
#define SHARE_OF_NOTICE 0.05
/* Fewer are no more than a notice, whatever their share is. */
#define LEAST_REFUSED 5

void intake_used(struct intake *intake)
{
	intake->total.used++;
}

void intake_refused(struct intake *intake, enum gw_drop reason)
{
	assert(reason >= GW_DROP_RECORD_KEY && reason <= GW_DROP_RECORD_TOO_LARGE);
	intake->total.refused++;
	intake->total.reason[reason - GW_DROP_RECORD_KEY]++;
}

struct intake_sum intake_lately(struct intake *intake, int64_t now)
{
	const uint32_t size = INTAKE_LATELY + 1;
	struct intake_sum lately = intake->total;
	const struct intake_sum *oldest;

	if (now >= intake->next_look) {
		intake->next_look = now + GW_NS_PER_S;
		intake->history[intake->looks % size] = intake->total;
		intake->looks++;
	}
	oldest = &intake->history[intake->looks < size ? 0 : intake->looks % size];
	lately.used -= oldest->used;
	lately.refused -= oldest->refused;
	for (uint32_t i = 0; i < INTAKE_REASONS; i++)
		lately.reason[i] -= oldest->reason[i];
	return lately;
}

double intake_share(const struct intake_sum *lately)
{
	const uint64_t all = lately->used + lately->refused;

	return all > 0 ? (double)lately->refused / (double)all : 0;
}

/* The most frequent reason that is not in `told`; -1: none. */
static int most_frequent(const struct intake_sum *lately, uint32_t told)
{
	int most = -1;

	for (int i = 0; i < INTAKE_REASONS; i++)
		if (lately->reason[i] > 0 && !(told & 1u << i) &&
			(most < 0 || lately->reason[i] > lately->reason[most]))
			most = i;
	return most;
}

/* "120 record_bad, 3 record_key", the most frequent first. */
static void list_reasons(const struct intake_sum *lately, char *text, size_t size)
{
	uint32_t told = 0;
	size_t used = 0;
	int reason;

	text[0] = '\0';
	while ((reason = most_frequent(lately, told)) >= 0 && used < size) {
		const int added = snprintf(text + used, size - used, "%s%lu %s", told ? ", " : "",
			lately->reason[reason], gw_drops[GW_DROP_RECORD_KEY + reason].name);

		told |= 1u << reason;
		used += (size_t)added;
	}
}

static enum gw_severity severity_of(const struct intake_sum *lately)
{
	const double share = intake_share(lately);

	if (lately->refused < LEAST_REFUSED || share < SHARE_OF_NOTICE)
		return GW_NOTICE;
	return share >= SHARE_OF_FAILURE ? GW_FAILED : GW_DEGRADED;
}

void intake_health(const struct intake_sum *lately, const char *topic, struct gw_health *health)
{
	const double share = intake_share(lately);
	char reasons[128];
	const int most = most_frequent(lately, 0);

	if (most < 0)
		return;
	list_reasons(lately, reasons, sizeof(reasons));
	gw_health_add(health, severity_of(lately), "source.%s.refused", topic,
		"%.3g %% of the records of the last %d s were refused (%s): look at who sends "
		"them: %s",
		share * 100, INTAKE_LATELY, reasons, gw_drops[GW_DROP_RECORD_KEY + most].meaning);
}
