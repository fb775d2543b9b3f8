#include "dataplane/coverage.h"

#include <errno.h>
#include <string.h>

int64_t coverage_add(struct coverage *coverage, uint32_t begin, uint32_t end)
{
	struct span *span = coverage->span;
	const uint32_t count = coverage->count;
	uint32_t from = count;
	uint32_t to;
	uint32_t known = 0;

	/* from .. to - 1 are the spans that touch the new bytes; they are most likely the last. */
	while (from > 0 && span[from - 1].end >= begin)
		from--;
	for (to = from; to < count && span[to].begin <= end; to++) {
		const uint32_t low = span[to].begin > begin ? span[to].begin : begin;
		const uint32_t high = span[to].end < end ? span[to].end : end;

		known += high > low ? high - low : 0;
	}
	if (from == to) {
		if (count == COVERAGE_SPANS)
			return -ENOSPC;
		memmove(&span[from + 1], &span[from], (count - from) * sizeof(*span));
		span[from] = (struct span){begin, end};
		coverage->count++;
		return end - begin;
	}
	if (span[from].begin > begin)
		span[from].begin = begin;
	span[from].end = span[to - 1].end > end ? span[to - 1].end : end;
	memmove(&span[from + 1], &span[to], (count - to) * sizeof(*span));
	coverage->count -= to - from - 1;
	return (int64_t)(end - begin) - known;
}
