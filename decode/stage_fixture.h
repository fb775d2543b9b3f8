/* For tests of the decode stage: it stands between two links, and pictures are pushed through it.
 */
#pragma once

#include "core/gateway.h"
#include "core/test_gateway.h"
#include "decode/decode.h"

#define FRAMES 128
#define WORKERS 3u

enum { WITH_MODEL, ALSO_WITH_MODEL, WITHOUT_MODEL, CAMERAS };

struct stage_fixture {
	struct gw gw;
	struct gw_want wants[CAMERAS];
	struct gw_lane *lane;
	struct gw_error error;
	uint64_t sequence[CAMERAS];
	uint8_t *jpeg;
	size_t size;
};

#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}\n"
#define CONFIGURATION(decode) \
	"frames: {classes: [{width: 320, height: 240, count: 128}]}\n" \
	"decode: {" decode "max_width: 2048, max_height: 2048}\n" \
	"cameras:\n" CAMERA("a", "1") CAMERA("b", "2") CAMERA("c", "3")

/* Set-up and teardown of a test: three workers, models that want 28 x 28. */
int open_stage(void **state);
int close_stage(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

/* A frame of 320 x 240 with the fixture's picture in it. */
struct gw_frame *make_frame(struct stage_fixture *f, uint32_t camera);

void push(struct stage_fixture *f, struct gw_frame *frame);

/* Turns the stage until `count` frames are out; fewer after half a minute. */
uint32_t turn(struct stage_fixture *f, struct gw_frame **frames, uint32_t count);

/* One through the stage. */
struct gw_frame *pass(struct stage_fixture *f, struct gw_frame *frame);

/* Of what the stage tells. */
int64_t fact(struct stage_fixture *f, const char *name);

struct gw_camera_config *config_of(struct stage_fixture *f, uint32_t camera);
