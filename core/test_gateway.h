/* A gateway of which one stage is real, for that stage's tests: the others have a lane each that
 * does nothing. Nothing runs; the test turns the lanes by hand. */
#pragma once

#include "core/gateway.h"

/* `yaml` is the whole configuration; cameras in it are added. Returns what gw_open_stages() did;
 * test_gateway_close() must follow in any case. */
int test_gateway_open(struct gw *gw, const char *yaml, const struct gw_replay *replay,
	enum gw_stage_index real, const struct gw_stage_ops *ops, struct gw_error *error);
/* gw->on_reading of those that are opened from now on; NULL at first. */
extern void (*test_gateway_on_reading)(
	const struct gw *gw, const char *what, uint64_t done, uint64_t all);
void test_gateway_close(struct gw *gw);

/* A frame of a camera out of the pool, under the version that holds; taken and offered. NULL: no
 * slot is free. */
struct gw_frame *test_gateway_frame(
	struct gw *gw, uint32_t camera, uint16_t width, uint16_t height);

/* Gives frames to lane 0 of a stage, as the stage before does. */
void test_gateway_push(struct gw *gw, enum gw_stage_index to, struct gw_frame *frame);

/* Takes frames that lane 0 of a stage gave to the next. */
uint32_t test_gateway_pop(
	struct gw *gw, enum gw_stage_index from, struct gw_frame **frames, uint32_t count);
