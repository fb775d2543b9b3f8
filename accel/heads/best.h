/* The most confident of the boxes that a head has come by, in room for so many. */
#pragma once

#include <stdint.h>

/* That are kept: the best. */
#define CANDIDATES 1024

struct candidate {
	float confidence;
	uint32_t order; /* of equals the first stays first */
	uint16_t label;
	float x0, y0, x1, y1; /* source pixels, also beyond of what the model saw */
	uint32_t at; /* what the head knows it by: where its keypoints are */
};

/* Lives on a stack; `count` is 0 at the start. */
struct best {
	uint32_t count;
	struct candidate list[CANDIDATES]; /* a heap with the worst on top, until it is sorted */
};

/* Takes it in; when there is no room the worst goes, which may be this one. */
void best_keep(struct best *best, const struct candidate *candidate);

/* Puts the most confident first, and of equals the one that came first. Nothing is kept after. */
void best_sort(struct best *best);
