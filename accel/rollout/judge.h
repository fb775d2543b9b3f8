/* Whether a new version of a model does as well as the one that it is to replace. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct judge_limits {
	double errors; /* pictures that fail, 0 .. 1 of all, beyond the stable version's */
	double latency; /* times as long as the stable version takes */
	double disagreement; /* 0 .. 1: how far its answers may differ, in the mean */
};

/* Versions that take milliseconds differ by the machine's moods. */
#define JUDGE_SLACK_US 5000

struct judge_side {
	uint64_t looked, failed; /* pictures, or parts of them */
	uint64_t took_us; /* what nine of ten took at most */
};

struct judge_figures {
	struct judge_side stable, canary;
	uint64_t compared; /* pictures that both have looked at */
	double differed; /* 0 .. 1: the mean over them */
};

#define JUDGE_REASON 256

/* Holds the figures against the limits, each as far as `least` pictures were looked at, by both
 * where both count; for a comparison half of them are enough. False: the canary has to go, and
 * `reason` says why in one line. A pure function. */
bool judge(const struct judge_limits *limits, uint32_t least, const struct judge_figures *figures,
	char reason[JUDGE_REASON]);
