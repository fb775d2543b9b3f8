#include "accel/match.h"

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

void match_begin(struct match *match, const struct gw_result *const *members, uint32_t count)
{
	*match = (struct match){.members = members, .member_count = count};
	for (uint32_t m = 0; m < count; m++)
		match->count[m] = members[m]->count < GW_BOXES ? members[m]->count : GW_BOXES;
}

/* The most confident one; NULL: none is left. */
static const struct gw_finding *take_best(struct match *match, uint32_t *of)
{
	const struct gw_finding *best = NULL;

	for (uint32_t m = 0; m < match->member_count; m++)
		for (uint32_t i = 0; i < match->count[m]; i++) {
			const struct gw_finding *box = &match->members[m]->findings[i];

			if (match->taken[m][i] || (best && box->confidence <= best->confidence))
				continue;
			best = box;
			*of = m;
		}
	if (best)
		match->taken[*of][best - match->members[*of]->findings] = true;
	return best;
}

/* What a member has where `best` is; NULL: nothing. */
static const struct gw_finding *take_alike(
	struct match *match, uint32_t m, const struct gw_finding *best)
{
	const struct gw_finding *findings = match->members[m]->findings, *alike = NULL;
	float most = 0;

	for (uint32_t i = 0; i < match->count[m]; i++) {
		if (match->taken[m][i] || findings[i].index != best->index)
			continue;
		const float overlap = iou(&findings[i], best);

		if (overlap < MATCH_IOU || (alike && overlap <= most))
			continue;
		alike = &findings[i];
		most = overlap;
	}
	if (alike)
		match->taken[m][alike - findings] = true;
	return alike;
}

bool match_next(struct match *match, const struct gw_finding *group[GW_ENSEMBLE], uint32_t *best)
{
	const struct gw_finding *box = take_best(match, best);

	if (!box)
		return false;
	for (uint32_t m = 0; m < match->member_count; m++)
		group[m] = m == *best ? box : take_alike(match, m, box);
	return true;
}
