#include "accel/visit.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/combine.h"
#include "accel/rollout/trial.h"

struct visit {
	struct gw_frame *frame;
	const struct plan *plan;
	const struct gw_region *region;
	struct job *first[GW_PLAN_STEPS], *last[GW_PLAN_STEPS]; /* the steps' jobs, by `sibling` */
	uint32_t left[GW_PLAN_STEPS]; /* jobs that are not back */
	uint32_t beside; /* jobs beyond those of the plan, to compare */
	bool keep; /* a canary looks: the picture may be needed again */
	struct visit *next; /* of the free ones */
};

struct visits {
	struct batcher *const *batchers;
	struct job_pool *jobs;
	uint32_t reserved; /* jobs that the frames inside may need, all together */
	struct trials *trials;
	struct visit *free;
	struct visit visit[JOBS]; /* each has a job at least */
};

/* A finding that a step may look at. */
struct candidate {
	struct job *job;
	uint16_t of;
	float confidence;
};

struct visits *visits_create(struct batcher *const *batchers)
{
	struct visits *visits = calloc(1, sizeof(*visits));

	if (!visits)
		return NULL;
	visits->batchers = batchers;
	visits->jobs = job_pool_create();
	visits->trials = calloc(1, sizeof(*visits->trials));
	for (uint32_t i = 0; i < JOBS; i++)
		visits->visit[i].next = i + 1 < JOBS ? &visits->visit[i + 1] : NULL;
	visits->free = &visits->visit[0];
	if (visits->jobs && visits->trials)
		return visits;
	visits_destroy(visits);
	return NULL;
}

void visits_destroy(struct visits *visits)
{
	if (!visits)
		return;
	job_pool_destroy(visits->jobs);
	free(visits->trials);
	free(visits);
}

struct figures *visits_figures(const struct visits *visits)
{
	return &visits->trials->figures;
}

static struct job *make_job(
	struct visits *visits, struct visit *visit, uint32_t step, struct job *parent, uint16_t of)
{
	struct job *job = job_take(visits->jobs);

	/* As many as it may need were reserved for the frame. */
	job->visit = visit;
	job->frame = visit->frame;
	job->step = (uint8_t)step;
	job->parent = parent;
	job->of = of;
	return job;
}

/* The box with its margin, as far as it lies within the picture, in whole pixels. */
static struct gw_region part_of(
	const struct gw_frame *frame, const struct gw_finding *box, float margin)
{
	const float wide = (box->x1 - box->x0) * margin / 2;
	const float high = (box->y1 - box->y0) * margin / 2;
	const float left = fminf(fmaxf(floorf(box->x0 - wide), 0), (float)frame->width - 1);
	const float top = fminf(fmaxf(floorf(box->y0 - high), 0), (float)frame->height - 1);
	const float right = fminf(fmaxf(ceilf(box->x1 + wide), left + 1), frame->width);
	const float bottom = fminf(fmaxf(ceilf(box->y1 + high), top + 1), frame->height);

	return (struct gw_region){.x = (uint16_t)left,
		.y = (uint16_t)top,
		.width = (uint16_t)(right - left),
		.height = (uint16_t)(bottom - top)};
}

/* Hands the job to the batcher of its model. */
static void send(struct visits *visits, struct job *job, int64_t now)
{
	job->arrival = now;
	job->surface = job->frame->surface;
	if (job->surface)
		gw_surface_ref(job->surface);
	batcher_add(visits->batchers[job->model], job);
}

/* ... which is one of the route's. */
static void send_by(struct visits *visits, struct job *job, const struct route *route, int64_t now)
{
	struct visit *visit = job->visit;
	bool tried;

	job->model = trial_pick(visits->trials, route, visit->frame, now, &tried);
	if (tried && batcher_is_stuck(visits->batchers[job->model])) {
		job->model = route_stable(route);
		tried = false;
	}
	job->route = route;
	job->seen = visit->region;
	if (job->parent) {
		job->part = part_of(visit->frame, &job->parent->result.findings[job->of],
			visit->plan->step[job->step].margin);
		job->seen = &job->part;
		job->once = true;
	}
	if (tried) {
		visit->keep = true;
		trial_begin(visits->trials, job, now);
		batcher_keep(visits->batchers[job->model], true);
	}
	send(visits, job, now);
}

/* Lets the stable version look, too, at what a canary was given. */
static void look_beside(struct visits *visits, struct job *job, int64_t now)
{
	struct visit *visit = job->visit;

	if (visits->reserved == JOBS || !trial_wants_pair(job))
		return;
	struct job *other = make_job(visits, visit, job->step, job->parent, job->of);

	visits->reserved++;
	visit->beside++;
	visit->left[job->step]++;
	other->model = route_stable(job->route);
	other->route = job->route;
	other->part = job->part;
	other->seen = job->parent ? &other->part : job->seen;
	other->once = job->once;
	other->all = job->all;
	other->beside = true;
	other->pair = job;
	job->pair = other;
	/* No batch was closed since the canary's was given its job. */
	other->compared = job->compared = true;
	send(visits, other, now);
}

/* One look of a step: a job, or one for each of its models and one that waits for them. */
static void look(struct visits *visits, struct visit *visit, uint32_t step, struct job *parent,
	uint16_t of, int64_t now)
{
	const struct plan_step *is = &visit->plan->step[step];
	struct job *job = make_job(visits, visit, step, parent, of);

	if (visit->last[step])
		visit->last[step]->sibling = job;
	else
		visit->first[step] = job;
	visit->last[step] = job;
	visit->left[step]++;
	if (is->model_count == 1) {
		send_by(visits, job, is->route[0], now);
		look_beside(visits, job, now);
		return;
	}
	for (uint32_t i = is->model_count; i-- > 0;) {
		struct job *part = make_job(visits, visit, step, parent, of);

		part->lead = job;
		part->all = true;
		part->sibling = job->parts;
		job->parts = part;
		send_by(visits, part, is->route[i], now);
		look_beside(visits, part, now);
	}
}

static bool is_due(const struct visit *visit, uint32_t step)
{
	const uint32_t every = visit->plan->step[step].every;

	return every <= 1 || visit->frame->sequence % every == 0;
}

static bool is_wanted(const struct plan_step *step, const struct gw_finding *finding)
{
	return finding->confidence >= step->least && (!step->only || step->only[finding->index]);
}

/* Keeps the best so many, the best first; of equals the one that came first. */
static uint32_t keep_best(
	struct candidate *best, uint32_t count, uint32_t most, const struct candidate *new)
{
	uint32_t at = count;

	while (at > 0 && best[at - 1].confidence < new->confidence)
		at--;
	if (at == most)
		return count;
	const uint32_t moved = (count < most ? count : most - 1) - at;

	memmove(&best[at + 1], &best[at], moved * sizeof(best[0]));
	best[at] = *new;
	return count < most ? count + 1 : count;
}

/* Begins what looks at the boxes of a step that has ended. */
static void follow(struct visits *visits, struct visit *visit, uint32_t ended, int64_t now)
{
	const struct plan *plan = visit->plan;

	for (uint32_t step = ended + 1; step < plan->step_count; step++) {
		const struct plan_step *is = &plan->step[step];
		struct candidate best[GW_STEP_CROPS];
		uint32_t count = 0;

		if (is->from != (int)ended || !is_due(visit, step))
			continue;
		for (struct job *job = visit->first[ended]; job; job = job->sibling) {
			for (uint16_t i = 0; job->drop == GW_DROP_NONE && i < job->result.count;
				i++) {
				const struct gw_finding *finding = &job->result.findings[i];
				const struct candidate new = {job, i, finding->confidence};

				if (is_wanted(is, finding))
					count = keep_best(best, count, is->most, &new);
			}
		}
		for (uint32_t i = 0; i < count; i++)
			look(visits, visit, step, best[i].job, best[i].of, now);
	}
}

bool visit_begin(struct visits *visits, struct gw_frame *frame, const struct plan *plan,
	const struct gw_region *region, int64_t now)
{
	struct visit *visit = visits->free;

	if (!visit || visits->reserved + plan->jobs_most > JOBS)
		return false;
	visits->free = visit->next;
	visits->reserved += plan->jobs_most;
	*visit = (struct visit){.frame = frame, .plan = plan, .region = region};
	gw_frame_begin_result(frame);
	for (uint32_t step = 0; step < plan->step_count; step++)
		if (plan->step[step].from < 0 && is_due(visit, step))
			look(visits, visit, step, NULL, 0, now);
	/* The jobs have references of their own, as long as they need them. */
	if (plan->single && !visit->keep)
		gw_frame_drop_surface(frame);
	return true;
}

/* Puts a job's findings behind the frame's. False: there is no room. */
static bool put_findings(struct gw_frame *frame, struct job *job)
{
	struct gw_result *result = &frame->result;

	job->first = result->count;
	for (uint16_t i = 0; i < job->result.count; i++) {
		const struct gw_finding *from = &job->result.findings[i];
		struct gw_finding *to = &result->findings[result->count];

		if (result->count == GW_FINDINGS) {
			result->truncated = true;
			return true;
		}
		*to = *from;
		to->model = job->model;
		to->parent = job->parent ? (uint16_t)(job->parent->first + job->of) : GW_NO_FINDING;
		if (from->extra_size > 0) {
			void *rest = gw_result_add(result, to, from->extra_size);

			if (!rest)
				return false;
			memcpy(rest, job->result.extra + from->extra, from->extra_size);
		}
		result->count++;
		job->kept++;
	}
	return true;
}

/* That a model has looked, well or not, and when. */
static void note(struct gw_frame *frame, const struct job *job)
{
	struct gw_result *result = &frame->result;
	int64_t *began = &frame->stamp[GW_STAMP_INFER], *ended = &frame->stamp[GW_STAMP_INFERRED];
	uint32_t i = 0;

	if (*began == 0 || (job->began > 0 && job->began < *began))
		*began = job->began;
	if (job->ended > *ended)
		*ended = job->ended;
	while (i < result->run_count && result->runs[i] != job->model)
		i++;
	if (i == result->run_count && i < GW_RUNS)
		result->runs[result->run_count++] = job->model;
}

/* In the order of the plan, whichever model was first. */
static void note_all(const struct visit *visit)
{
	for (uint32_t step = 0; step < visit->plan->step_count; step++) {
		for (const struct job *job = visit->first[step]; job; job = job->sibling) {
			const struct job *part = job->parts;

			if (!part)
				note(visit->frame, job);
			for (; part; part = part->sibling)
				note(visit->frame, part);
		}
	}
}

/* Whether the finding that it looks at is among the frame's. */
static bool is_kept(const struct job *job)
{
	return !job->parent || job->of < job->parent->kept;
}

static void put_all(struct visit *visit)
{
	struct gw_frame *frame = visit->frame;
	struct gw_result *result = &frame->result;

	for (uint32_t step = 0; step < visit->plan->step_count; step++) {
		for (struct job *job = visit->first[step]; job; job = job->sibling) {
			if (job->drop != GW_DROP_NONE || !is_kept(job))
				continue;
			if (job->parts && job->disagreement > result->disagreement)
				result->disagreement = job->disagreement;
			if (put_findings(frame, job))
				continue;
			gw_frame_fail(frame, GW_DROP_RESULT_TOO_LARGE);
			return;
		}
	}
}

/* A frame fails when nothing that looked at its picture has an answer. */
static void fail_if_blind(const struct visit *visit)
{
	enum gw_drop why = GW_DROP_NONE;

	for (uint32_t step = 0; step < visit->plan->step_count; step++) {
		for (const struct job *job = visit->first[step]; job && !job->parent;
			job = job->sibling) {
			if (job->drop == GW_DROP_NONE)
				return;
			why = job->drop;
		}
	}
	gw_frame_fail(visit->frame, why);
}

static void put_job(struct visits *visits, struct job *job)
{
	job_drop_surface(job);
	job_put(visits->jobs, job);
}

/* All jobs are back. */
static struct gw_frame *end(struct visits *visits, struct visit *visit)
{
	struct gw_frame *frame = visit->frame;
	struct gw_result *result = &frame->result;
	const struct job *only = visit->first[0];

	note_all(visit);
	put_all(visit);
	fail_if_blind(visit);
	result->task = visit->plan->single ? only->result.task : GW_TASK_PLAN;
	result->model = visit->plan->single ? only->model : GW_NO_MODEL;
	if (!gw_frame_failed(frame)) {
		frame->state = GW_FRAME_RESULT;
	} else {
		result->task = GW_TASK_NONE;
		result->count = 0;
	}
	for (uint32_t step = 0; step < visit->plan->step_count; step++) {
		for (struct job *job = visit->first[step], *next; job; job = next) {
			for (struct job *part = job->parts, *other; part; part = other) {
				other = part->sibling;
				if (part->pair)
					put_job(visits, part->pair);
				put_job(visits, part);
			}
			next = job->sibling;
			if (job->pair)
				put_job(visits, job->pair);
			put_job(visits, job);
		}
	}
	visits->reserved -= visit->plan->jobs_most + visit->beside;
	visit->next = visits->free;
	visits->free = visit;
	return frame;
}

/* Makes one answer of those of the models that have one. */
static void join(struct job *lead)
{
	const struct plan_step *step = &lead->visit->plan->step[lead->step];
	const struct gw_result *answers[GW_ENSEMBLE];
	enum gw_drop why = GW_DROP_NONE;
	uint32_t count = 0;

	for (struct job *part = lead->parts; part; part = part->sibling) {
		if (part->drop == GW_DROP_NONE)
			answers[count++] = &part->result;
		else
			why = part->drop;
	}
	assert(lead->parts);
	/* Whose labels they are: the first model's, as the others'. */
	lead->model = lead->parts->model;
	lead->drop = count > 0 ? GW_DROP_NONE : why;
	if (count == 0)
		return;
	job_begin_result(lead);
	combine(step->combine, answers, count, &lead->result);
	lead->disagreement = lead->result.disagreement;
}

/* Whether all the models of an ensemble have looked. */
static bool all_are_back(const struct job *lead)
{
	for (const struct job *part = lead->parts; part; part = part->sibling)
		if (!part->back)
			return false;
	return true;
}

/* Whether a step has ended, and all that looks at what it found. */
static bool is_over(const struct visit *visit)
{
	for (uint32_t step = 0; step < visit->plan->step_count; step++)
		if (visit->left[step] > 0)
			return false;
	return true;
}

void visits_look_after(struct visits *visits, uint32_t model, int64_t now)
{
	if (trial_stalls(visits->trials, model, now))
		batcher_let_go(visits->batchers[model]);
	else if (trial_rests(visits->trials, model, now))
		batcher_keep(visits->batchers[model], false);
}

struct gw_frame *visit_continue(struct visits *visits, struct job *job, int64_t now)
{
	struct visit *visit = job->visit;

	if (trial_end(visits->trials, job, now)) {
		send(visits, job, now);
		return NULL;
	}
	job->back = true;
	trial_compare(visits->trials, job);
	if (job->lead) {
		job = job->lead;
		if (!all_are_back(job))
			return NULL;
		join(job);
	}
	if (--visit->left[job->step] == 0)
		follow(visits, visit, job->step, now);
	return is_over(visit) ? end(visits, visit) : NULL;
}
