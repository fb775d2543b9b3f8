#include "sink/sampler.h"

bool sampler_due(struct sampler *sampler, uint32_t every, bool now)
{
	if (every == 0)
		return now;
	if (sampler->since == 0 || sampler->since >= every) {
		sampler->since = 1;
		return true;
	}
	sampler->since++;
	return now;
}
