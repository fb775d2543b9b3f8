#include "kafka/skips.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/health.h"

#define TOLD_NS (600 * GW_NS_PER_S)

bool skips_read(const char *text, int32_t *partition, int64_t *offset)
{
	static const char words[] = "]: offset reset (at offset ";
	const char *found = strstr(text, words), *number = found;
	char *end;

	while (number && number > text && number[-1] != '[')
		number--;
	if (!number || number == text)
		return false;
	*partition = (int32_t)strtol(number, &end, 10);
	if (end != found)
		return false;
	*offset = strtoll(found + strlen(words), &end, 10);
	return end != found + strlen(words);
}

void skips_heard(struct skips *skips, struct skip *skip, int64_t offset, int64_t now)
{
	skips->resets++;
	skips->last = now;
	if (skip->jump_to > offset && skip->jump_from <= offset) {
		skips->records += (uint64_t)(skip->jump_to - offset);
		skip->jump_to = 0;
	} else {
		skip->awaited = true;
		skip->reset = offset;
	}
}

void skips_taken(struct skips *skips, struct skip *skip, int64_t expected, int64_t offset)
{
	if (offset == expected)
		return;
	if (skip->awaited && offset > skip->reset) {
		skips->records += (uint64_t)(offset - skip->reset);
	} else if (!skip->awaited) {
		skip->jump_from = expected;
		skip->jump_to = offset;
	}
	skip->awaited = false;
}

void skips_health(
	const struct skips *skips, const char *topic, int64_t now, struct gw_health *health)
{
	const int64_t age = (now - skips->last) / GW_NS_PER_S;

	if (skips->last == 0 || now - skips->last > TOLD_NS)
		return;
	if (skips->records > 0)
		gw_health_add(health, GW_NOTICE, "source.%s.skipped", topic,
			"%lu records were gone before they were read (%lu times an offset was not "
			"there any more, %ld s ago the last one): raise the topic's retention, or "
			"start one more gateway",
			skips->records, skips->resets, age);
	else
		gw_health_add(health, GW_NOTICE, "source.%s.skipped", topic,
			"%lu times an offset was not there any more, %ld s ago the last one, as "
			"after "
			"a topic is made again: no record is known to be missing",
			skips->resets, age);
}
