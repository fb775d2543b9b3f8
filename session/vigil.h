/* Whether a camera that says that it plays does, by what comes of it: signs of life and what it
 * answers to them say nothing about that. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/learned.h"
#include "core/error.h"

/* What came of the camera so far, by the receive stage's counters. */
struct session_seen {
	uint64_t packets;
	int64_t last_picture; /* gw_now(); 0: never */
};

enum vigil_verdict {
	VIGIL_WAITS, /* for the first picture, or the next one */
	VIGIL_PLAYS, /* pictures came since it began */
	VIGIL_LASTS, /* and have come for a minute */
	VIGIL_STALLED,
};

struct vigil {
	int64_t began; /* gw_now() */
	uint64_t packets_first; /* when it began */
	uint64_t packets_before; /* until half of the patience was over */
	bool had_picture;
};

void vigil_begin(struct vigil *vigil, const struct session_seen *seen, int64_t now);

enum vigil_verdict vigil_look(struct vigil *vigil, const struct session_seen *seen, int64_t now);

/* Whether nothing at all came, ever since it began. */
bool vigil_is_deaf(const struct vigil *vigil, const struct session_seen *seen);

/* Why it stalled: -ETIMEDOUT, with a line. `learned` is what was expected; `turns`: the next try
 * asks for another way. */
int vigil_explain(const struct vigil *vigil, const struct session_seen *seen,
	const struct gw_learned *learned, bool turns, struct gw_error *error);
