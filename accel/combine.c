#include "accel/combine.h"

#include <string.h>

#include "accel/match.h"

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

/* Takes the boxes that belong together next, as one. False: none is left. */
static bool take_group(struct match *match, struct group *group, struct gw_finding *box)
{
	const struct gw_finding *boxes[GW_ENSEMBLE];
	uint32_t of;

	if (!match_next(match, boxes, &of))
		return false;
	const struct gw_finding *best = boxes[of];

	*group = (struct group){0};
	add(group, best);
	for (uint32_t m = 0; m < match->member_count; m++)
		if (m != of && boxes[m])
			add(group, boxes[m]);
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
	uint32_t all = 0, shared = 0;
	struct gw_finding box;
	struct match match;
	struct group group;

	match_begin(&match, members, count);
	while (take_group(&match, &group, &box)) {
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
