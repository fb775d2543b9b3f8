#include "accel/overload.h"

#include "core/clock.h"

#define LEAST_SHARE 0.01f

bool overload_is_due(const struct overload *overload, int64_t now)
{
	const struct overload_sample *newest =
		&overload->sample[(overload->next + OVERLOAD_SECONDS - 1) % OVERLOAD_SECONDS];

	return newest->when == 0 || now - newest->when >= GW_NS_PER_S;
}

void overload_look(
	struct overload *overload, const struct gw_credit *credit, uint64_t refused, int64_t now)
{
	struct overload_sample *oldest = &overload->sample[overload->next];
	const struct overload_sample sample = {.when = now,
		.came = refused + atomic_load_explicit(&credit->came, memory_order_relaxed),
		.shed = refused + atomic_load_explicit(&credit->shed, memory_order_relaxed),
		.done = atomic_load_explicit(&credit->done, memory_order_relaxed)};

	if (oldest->when > 0) {
		const float seconds = (float)(now - oldest->when) / (float)GW_NS_PER_S;

		overload->came = (float)(sample.came - oldest->came) / seconds;
		overload->shed = (float)(sample.shed - oldest->shed) / seconds;
		overload->done = (float)(sample.done - oldest->done) / seconds;
	}
	*oldest = sample;
	overload->next = (overload->next + 1) % OVERLOAD_SECONDS;
}

void overload_forget(struct overload *overload)
{
	for (uint32_t i = 0; i < OVERLOAD_SECONDS; i++)
		overload->sample[i] = (struct overload_sample){0};
	overload->next = 0;
	overload->came = overload->shed = overload->done = 0;
}

void overload_health(const struct overload *overload, const char *model, struct gw_health *health)
{
	const float came = overload->came, shed = overload->shed, done = overload->done;

	if (came <= 0 || shed < came * LEAST_SHARE)
		return;
	gw_health_add(health, GW_DEGRADED, "accel.%s.overload", model,
		"%.0f %% of the frames of model %s are shed: %.1f frames/s come, it makes %.1f/s: "
		"raise `accel.threads` or give it more processors, or lower the cameras' rates",
		(double)(shed < came ? shed / came * 100 : 100), model, (double)came, (double)done);
}
