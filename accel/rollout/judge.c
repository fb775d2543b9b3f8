#include "accel/rollout/judge.h"

#include <stdio.h>

static double failed_share(const struct judge_side *side)
{
	return side->looked > 0 ? (double)side->failed / (double)side->looked : 0;
}

static bool fails_too_often(const struct judge_limits *limits, uint32_t least,
	const struct judge_figures *figures, char reason[JUDGE_REASON])
{
	const double stable = failed_share(&figures->stable);
	const double canary = failed_share(&figures->canary);

	if (figures->canary.looked < least || canary <= stable + limits->errors)
		return false;
	snprintf(reason, JUDGE_REASON,
		"it fails with %.1f %% of %lu pictures, the stable version with %.1f %%; %.1f %% "
		"more are allowed",
		100 * canary, (unsigned long)figures->canary.looked, 100 * stable,
		100 * limits->errors);
	return true;
}

static bool is_too_slow(const struct judge_limits *limits, uint32_t least,
	const struct judge_figures *figures, char reason[JUDGE_REASON])
{
	const struct judge_side *stable = &figures->stable, *canary = &figures->canary;

	if (canary->looked - canary->failed < least || stable->took_us == 0)
		return false;
	if ((double)canary->took_us <= limits->latency * (double)stable->took_us ||
		canary->took_us <= stable->took_us + JUDGE_SLACK_US)
		return false;
	snprintf(reason, JUDGE_REASON,
		"it takes %.1f ms (nine of ten pictures at most), the stable version %.1f ms; %.2f "
		"times as long is allowed",
		(double)canary->took_us / 1e3, (double)stable->took_us / 1e3, limits->latency);
	return true;
}

static bool disagrees_too_much(const struct judge_limits *limits, uint32_t least,
	const struct judge_figures *figures, char reason[JUDGE_REASON])
{
	if (figures->compared == 0 || 2 * figures->compared < least ||
		figures->differed <= limits->disagreement)
		return false;
	snprintf(reason, JUDGE_REASON,
		"its answers differ from the stable version's by %.1f %% over %lu pictures; %.1f "
		"%% are allowed",
		100 * figures->differed, (unsigned long)figures->compared,
		100 * limits->disagreement);
	return true;
}

bool judge(const struct judge_limits *limits, uint32_t least, const struct judge_figures *figures,
	char reason[JUDGE_REASON])
{
	return !fails_too_often(limits, least, figures, reason) &&
		!is_too_slow(limits, least, figures, reason) &&
		!disagrees_too_much(limits, least, figures, reason);
}
