#include "accel/rollout/trial.h"

#include "accel/answers/answers.h"

/* A canary that has had pictures for so long, and given none back, is given no more. */
#define PATIENCE_NS (250 * GW_NS_PER_MS)

/* A canary's pictures may be so far apart, at small shares. */
#define REST_NS (10 * GW_NS_PER_S)

static bool is_busy(const struct trials *trials, uint16_t canary, int64_t now)
{
	return trials->canary[canary].out > 0 && now - trials->canary[canary].since > PATIENCE_NS;
}

uint16_t trial_pick(const struct trials *trials, const struct route *route,
	const struct gw_frame *frame, int64_t now, bool *tried)
{
	const uint16_t stable = route_stable(route), model = route_pick(route, frame);

	*tried = model != stable && !is_busy(trials, model, now);
	return *tried ? model : stable;
}

bool trial_stalls(const struct trials *trials, uint32_t canary, int64_t now)
{
	return trials->canary[canary].out > 0 &&
		now - trials->canary[canary].since >= TRIAL_STALL_NS;
}

bool trial_rests(const struct trials *trials, uint32_t canary, int64_t now)
{
	return trials->canary[canary].out == 0 && now - trials->canary[canary].since >= REST_NS;
}

void trial_begin(struct trials *trials, struct job *job, int64_t now)
{
	job->tried = true;
	if (trials->canary[job->model].out++ == 0)
		trials->canary[job->model].since = now;
}

bool trial_end(struct trials *trials, struct job *job, int64_t now)
{
	const uint16_t stable = route_stable(job->route);

	figures_note(&trials->figures, job);
	if (!job->tried)
		return false;
	job->tried = false;
	trials->canary[job->model].out--;
	trials->canary[job->model].since = now;
	if (job->drop == GW_DROP_NONE || job->model == stable || !job->frame->surface)
		return false;
	job->drop = GW_DROP_NONE;
	job->began = job->ended = 0;
	job->failed_on = 0;
	job->again = true;
	job->model = stable;
	return true;
}

bool trial_wants_pair(const struct job *job)
{
	return job->tried && job->model != route_stable(job->route) &&
		route_compares(job->route, job->frame);
}

void trial_compare(struct trials *trials, const struct job *job)
{
	const struct job *other = job->pair;

	if (!other || !other->back || job->again || other->again || job->drop != GW_DROP_NONE ||
		other->drop != GW_DROP_NONE)
		return;
	const float difference = answers_apart(&(struct answer){&job->result, job->windows},
		&(struct answer){&other->result, other->windows});

	if (difference >= 0)
		figures_compare(&trials->figures, job->route->index, difference);
}
