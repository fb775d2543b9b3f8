/* The accel stage between two links, with the null engine: what it answers is known beforehand. For
 * tests of the stage and of what it makes of cameras. */
#pragma once

#include "core/gateway.h"
#include "core/surface.h"

#define TEST_STAGE_FRAMES 24
#define TEST_STAGE_SIDE 2

/* An entry of `cameras:`; `rest` follows the port. */
#define CAMERA(name, port, rest) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port rest "}\n"

/* Looks at pictures of 2 x 2: which pixel is the brightest. */
extern const char test_stage_marks[];

/* Two cameras with that model, one without, and one with it and a region: the right half. */
extern const char test_stage_cameras[];

struct test_stage {
	struct gw gw;
	struct gw_lane *lane;
	struct gw_surface_pool *surfaces;
	struct gw_frame *out[TEST_STAGE_FRAMES];
	struct gw_error error;
};

/* For cmocka_run_group_tests(): a repository with model `marks`, and away with it. */
int test_stage_make_repository(void **state);
int test_stage_remove_repository(void **state);

/* One more model, version 1. No two are to begin with the same digit. */
void test_stage_add_model(const char *name, char digit, const char *yaml);

/* Everything that a stage finds when it opens. Returns what test_gateway_open() did. */
int test_stage_open(struct test_stage *f, const char *cameras, const char *backend);
void test_stage_close(struct test_stage *f);

/* A decoded grey picture whose brightest pixel is number `mark`. */
struct gw_frame *test_stage_push(
	struct test_stage *f, uint32_t camera, uint32_t sequence, uint32_t mark);

/* Lets the stage work until nothing is left in it, and takes what it gave on. */
uint32_t test_stage_work(struct test_stage *f);

/* Opening must fail with these words in the error line. */
void test_stage_assert_refused(const char *cameras, const char *backend, const char *words);
