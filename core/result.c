#include "core/result.h"

#define ALIGNMENT 8

void *gw_result_add(struct gw_result *result, struct gw_finding *finding, size_t size)
{
	const size_t at = (result->extra_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	if (at > result->extra_room || size > result->extra_room - at)
		return NULL;
	finding->extra = (uint32_t)at;
	finding->extra_size = (uint32_t)size;
	result->extra_size = (uint32_t)(at + size);
	return result->extra + at;
}

const char *gw_task_name(enum gw_task task)
{
	static const char *const names[] = {
		[GW_TASK_NONE] = "none",
		[GW_TASK_CLASSIFY] = "classify",
		[GW_TASK_DETECT] = "detect",
		[GW_TASK_TEXT] = "text",
		[GW_TASK_SEGMENT] = "segment",
		[GW_TASK_RAW] = "raw",
		[GW_TASK_READ] = "read",
		[GW_TASK_ENHANCE] = "enhance",
		[GW_TASK_PLAN] = "plan",
	};

	return names[task];
}
