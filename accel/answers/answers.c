#include "accel/answers/answers.h"

#include "accel/answers/own.h"

#define NOTHING UINT16_MAX /* the most likely label of who names none */

static uint16_t most_likely(const struct gw_result *result)
{
	return result->count > 0 ? result->findings[0].index : NOTHING;
}

float answers_apart(const struct answer *one, const struct answer *other)
{
	const struct gw_result *a = one->result, *b = other->result;

	if (a->task != b->task)
		return -1;
	switch (a->task) {
	case GW_TASK_CLASSIFY:
		return most_likely(a) == most_likely(b) ? 0 : 1;
	case GW_TASK_DETECT:
	case GW_TASK_TEXT:
		return objects_apart(a, b);
	case GW_TASK_SEGMENT:
		return masks_apart(a, b);
	case GW_TASK_READ:
		return lines_apart(a, b);
	case GW_TASK_RAW:
		return tensors_apart(a, b);
	case GW_TASK_ENHANCE:
		return one->windows && other->windows ? windows_apart(one->windows, other->windows)
						      : -1;
	case GW_TASK_NONE:
	case GW_TASK_PLAN:
		break;
	}
	return -1;
}
