#include "core/result.h"

const char *gw_task_name(enum gw_task task)
{
	static const char *const names[] = {
		[GW_TASK_NONE] = "none",
		[GW_TASK_CLASSIFY] = "classify",
		[GW_TASK_DETECT] = "detect",
	};

	return names[task];
}
