#include "accel/combine.h"
float combine(enum gw_combine how, const struct gw_result *const *answers, uint32_t count,
	struct gw_result *result)
{
	*result = *answers[0];
	return 0;
}
