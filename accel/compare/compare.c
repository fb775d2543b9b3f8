#include "accel/compare/compare.h"

#include "accel/compare/own.h"

#define NOTHING UINT16_MAX /* the most likely label of who names none */

static uint16_t most_likely(const struct gw_result *result)
{
	return result->count > 0 ? result->findings[0].index : NOTHING;
}

float compare_answers(const struct compare_answer *one, const struct compare_answer *other)
{
	const struct gw_result *a = one->result, *b = other->result;

	if (a->task != b->task)
		return -1;
	switch (a->task) {
	case GW_TASK_CLASSIFY:
		return most_likely(a) == most_likely(b) ? 0 : 1;
	case GW_TASK_DETECT:
	case GW_TASK_TEXT:
		return compare_objects(a, b);
	case GW_TASK_SEGMENT:
		return compare_masks(a, b);
	case GW_TASK_READ:
		return compare_lines(a, b);
	case GW_TASK_RAW:
		return compare_tensors(a, b);
	case GW_TASK_ENHANCE:
		return one->windows && other->windows ? windows_apart(one->windows, other->windows)
						      : -1;
	case GW_TASK_NONE:
	case GW_TASK_PLAN:
		break;
	}
	return -1;
}
