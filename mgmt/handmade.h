/* For tests: a gateway made by hand, with two cameras and toy stages. Nothing runs in it; tests
 * write the counters themselves. */
#pragma once

#include "core/gateway.h"

struct handmade {
	struct gw gw;
	char folder[64]; /* temporary; the API's socket is configured to lie in it */
	char socket[80];
};

void handmade_open(struct handmade *made);
void handmade_close(struct handmade *made);

/* A stage's counters of one camera. */
struct gw_camera_stats *handmade_stats(
	struct handmade *made, enum gw_stage_index stage, uint32_t camera);

/* Takes `count` slots of the pool for a camera: frames in flight. */
void handmade_hold(struct handmade *made, uint32_t camera, uint32_t count);
