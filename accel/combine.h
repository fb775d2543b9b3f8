#pragma once
#include "core/config/config.h"
#include "core/result.h"
#include <stdint.h>
float combine(enum gw_combine how, const struct gw_result *const *answers, uint32_t count,
	struct gw_result *result);
