/* Three models whose engine answers what the test has written down, and pictures for them: a
 * detector, and two that name what they see. For tests of frames' ways through plans. */
#pragma once

#include "accel/batcher.h"
#include "accel/route.h"
#include "accel/visit.h"

#define TEST_VISIT_SIDE 64 /* of the picture */
#define TEST_VISIT_LABELS 4
#define TEST_VISIT_BOXES 100
#define TEST_VISIT_FRAMES 40

/* Models. What a detector finds on each picture, test_visit_find() says; a classifier's answer is
 * the label whose number is the brightness of what it sees, in steps of 60. The other classifier is
 * of another mind about the brightest. */
enum { TEST_FIND, TEST_NAME, TEST_OTHER, TEST_VISIT_MODELS };

extern bool test_visit_broken[TEST_VISIT_MODELS]; /* every run of it fails */
extern bool test_visit_held[TEST_VISIT_MODELS]; /* its batches do not end */
extern struct model_detect test_visit_detect; /* the detector's description */
extern const struct route test_visit_routes[TEST_VISIT_MODELS];

struct test_visit {
	struct batcher *batchers[TEST_VISIT_MODELS];
	struct visits *visits;
	struct gw_surface surface; /* of all frames */
	uint8_t pixels[TEST_VISIT_SIDE * TEST_VISIT_SIDE];
	struct gw_frame *frames;
	uint8_t *room;
	uint32_t ended; /* frames */
};

/* For cmocka: makes one, with nothing to be found, and takes it away. */
int test_visit_open(void **state);
int test_visit_close(void **state);

/* A box that is as bright as label `bright` of a classifier. */
void test_visit_find(struct test_visit *f, float x, float y, float side, uint32_t label,
	float confidence, uint32_t bright);

/* Begins a frame's visit; false when it must wait. */
bool test_visit_begin(struct test_visit *f, uint32_t frame, const struct plan *plan);

/* Turns until nothing moves; returns the frame that ended last. */
struct gw_frame *test_visit_settle(struct test_visit *f);
