#include "accel/combine.h"

#include <string.h>

#define IOU 0.5f
#define NOTHING UINT16_MAX /* the most likely label of a member that names none */

bool combine_can(enum gw_task task)
{
	return task == GW_TASK_CLASSIFY || task == GW_TASK_DETECT;
}

/* Keeps the list sorted by confidence; of equals the first stays first. Beyond `room` the last one
 * goes. */
static void insert(struct gw_result *result, uint32_t room, const struct gw_finding *finding)
{
	uint32_t at = result->count;

	if (at < room)
		result->count++;
	else if (finding->confidence > result->findings[at - 1].confidence)
		at--;
	else
		return;
	for (; at > 0 && finding->confidence > result->findings[at - 1].confidence; at--)
		result->findings[at] = result->findings[at - 1];
	result->findings[at] = *finding;
}

/* What members say of one label. */
struct tally {
	uint16_t index;
	uint32_t votes; /* for being the most likely one */
	float sum; /* of confidences */
};

static struct tally *tally_of(struct tally *tallies, uint32_t *count, uint16_t index)
{
	for (uint32_t i = 0; i < *count; i++)
		if (tallies[i].index == index)
			return &tallies[i];
	tallies[*count] = (struct tally){.index = index};
	return &tallies[(*count)++];
}

static void combine_classes(enum gw_combine how, const struct gw_result *const *members,
	uint32_t count, struct gw_result *result)
{
	struct tally tallies[GW_ENSEMBLE * (GW_TOP_K + 1)];
	uint32_t labels = 0, most = 0;

	for (uint32_t m = 0; m < count; m++) {
		const struct gw_result *member = members[m];
		const uint16_t best = member->count > 0 ? member->findings[0].index : NOTHING;

		for (uint32_t i = 0; i < member->count && i < GW_TOP_K; i++)
			tally_of(tallies, &labels, member->findings[i].index)->sum +=
				member->findings[i].confidence;
		tally_of(tallies, &labels, best)->votes++;
	}
	for (uint32_t i = 0; i < labels; i++) {
		const struct tally *tally = &tallies[i];
		const float mean = tally->sum / (float)count;
		/* Equal shares in the order of their means, which are at most 1. */
		const struct gw_finding finding = {.index = tally->index,
			.confidence =
				how == GW_COMBINE_VOTE ? (float)tally->votes + mean / 2 : mean};

		most = tally->votes > most ? tally->votes : most;
		if (tally->index != NOTHING && (how == GW_COMBINE_MEAN || tally->votes > 0))
			insert(result, GW_TOP_K, &finding);
	}
	for (uint32_t i = 0; how == GW_COMBINE_VOTE && i < result->count; i++)
		result->findings[i].confidence =
			(float)(uint32_t)result->findings[i].confidence / (float)count;
	result->disagreement = 1 - (float)most / (float)count;
}

static float larger(float a, float b)
{
	return a > b ? a : b;
}

static float smaller(float a, float b)
{
	return a < b ? a : b;
}

static float iou(const struct gw_finding *a, const struct gw_finding *b)
{
	const float width = smaller(a->x1, b->x1) - larger(a->x0, b->x0);
	const float height = smaller(a->y1, b->y1) - larger(a->y0, b->y0);

	if (width <= 0 || height <= 0)
		return 0;
	const float both = width * height;

	return both /
		((a->x1 - a->x0) * (a->y1 - a->y0) + (b->x1 - b->x0) * (b->y1 - b->y0) - both);
}

/* Boxes that are left. */
struct boxes {
	const struct gw_result *const *members;
	uint32_t members_count;
	uint32_t count[GW_ENSEMBLE];
	bool taken[GW_ENSEMBLE][GW_BOXES];
};

/* The most confident one; NULL: none is left. */
static const struct gw_finding *take_best(struct boxes *boxes, uint32_t *of)
{
	const struct gw_finding *best = NULL;

	for (uint32_t m = 0; m < boxes->members_count; m++)
		for (uint32_t i = 0; i < boxes->count[m]; i++) {
			const struct gw_finding *box = &boxes->members[m]->findings[i];

			if (boxes->taken[m][i] || (best && box->confidence <= best->confidence))
				continue;
			best = box;
			*of = m;
		}
	if (best)
		boxes->taken[*of][best - boxes->members[*of]->findings] = true;
	return best;
}

/* What a member has where `best` is; NULL: nothing. */
static const struct gw_finding *take_alike(
	struct boxes *boxes, uint32_t m, const struct gw_finding *best)
{
	const struct gw_finding *findings = boxes->members[m]->findings, *alike = NULL;
	float most = 0;

	for (uint32_t i = 0; i < boxes->count[m]; i++) {
		if (boxes->taken[m][i] || findings[i].index != best->index)
			continue;
		const float overlap = iou(&findings[i], best);

		if (overlap < IOU || (alike && overlap <= most))
			continue;
		alike = &findings[i];
		most = overlap;
	}
	if (alike)
		boxes->taken[m][alike - findings] = true;
	return alike;
}

/* Boxes that belong together. */
struct group {
	uint32_t votes;
	float weight, x0, y0, x1, y1; /* sums of confidences, and of sides times confidences */
};

static void add(struct group *group, const struct gw_finding *box)
{
	const float weight = box->confidence;

	group->votes++;
	group->weight += weight;
	group->x0 += weight * box->x0;
	group->y0 += weight * box->y0;
	group->x1 += weight * box->x1;
	group->y1 += weight * box->y1;
}

/* Takes the best box that is left, and what belongs to it. False: none is left. */
static bool take_group(struct boxes *boxes, struct group *group, struct gw_finding *box)
{
	uint32_t of;
	const struct gw_finding *best = take_best(boxes, &of);

	if (!best)
		return false;
	*group = (struct group){0};
	add(group, best);
	for (uint32_t m = 0; m < boxes->members_count; m++) {
		const struct gw_finding *alike = m != of ? take_alike(boxes, m, best) : NULL;

		if (alike)
			add(group, alike);
	}
	*box = (struct gw_finding){.index = best->index,
		.x0 = best->x0,
		.y0 = best->y0,
		.x1 = best->x1,
		.y1 = best->y1};
	if (group->weight > 0) {
		box->x0 = group->x0 / group->weight;
		box->y0 = group->y0 / group->weight;
		box->x1 = group->x1 / group->weight;
		box->y1 = group->y1 / group->weight;
	}
	return true;
}

static void combine_boxes(enum gw_combine how, const struct gw_result *const *members,
	uint32_t count, struct gw_result *result)
{
	struct boxes boxes = {.members = members, .members_count = count};
	uint32_t all = 0, shared = 0;
	struct gw_finding box;
	struct group group;

	for (uint32_t m = 0; m < count; m++)
		boxes.count[m] = members[m]->count < GW_BOXES ? members[m]->count : GW_BOXES;
	while (take_group(&boxes, &group, &box)) {
		all++;
		shared += group.votes == count;
		box.confidence =
			group.weight / (float)(how == GW_COMBINE_VOTE ? group.votes : count);
		if (how == GW_COMBINE_MEAN || 2 * group.votes >= count)
			insert(result, GW_BOXES, &box);
	}
	result->disagreement = all > 0 ? 1 - (float)shared / (float)all : 0;
}

void combine(enum gw_combine how, const struct gw_result *const *members, uint32_t count,
	struct gw_result *result)
{
	result->task = members[0]->task;
	result->count = 0;
	if (result->task == GW_TASK_DETECT)
		combine_boxes(how, members, count, result);
	else
		combine_classes(how, members, count, result);
}
