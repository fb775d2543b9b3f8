#include "accel/device_health.h"

/* A linear congruential generator (Numerical Recipes): it only has to differ. */
static uint32_t draw(struct device_health *health)
{
	health->chance = health->chance * 1664525u + 1013904223u;
	return health->chance >> 16;
}

int64_t device_health_failed(struct device_health *health, int64_t now)
{
	int64_t pause = DEVICE_PAUSE_NS;

	for (uint32_t i = 0; i < health->failures && pause < DEVICE_PAUSE_MOST_NS; i++)
		pause *= 2;
	if (pause > DEVICE_PAUSE_MOST_NS)
		pause = DEVICE_PAUSE_MOST_NS;
	/* Three quarters to five quarters of it. */
	pause = pause * 3 / 4 + pause / 2 * draw(health) / UINT16_MAX;
	if (health->failures < UINT32_MAX)
		health->failures++;
	health->probing = false;
	health->retry_at = now + pause;
	return pause;
}
