/* What tests of heads share: a detector of 64 x 64 pixels whose picture is its input. */
#pragma once

#include "accel/heads/head.h"
#include "core/test.h"

#define TEST_SIDE 64

extern struct model_detect test_detect;
extern struct model_description test_model; /* labels "a", "b" and "c"; `detect` is test_detect */
extern struct infer_tensor test_tensors[INFER_OUTPUTS];
extern struct gw_result test_result;

/* For cmocka: a detector of that kind, as model.yaml would be read. */
void test_head_is(enum model_detector head);

/* The room that the head of test_model reads with. */
void *test_head_open(void);
void test_head_close(void *room);

/* Reads values of the shapes in test_tensors into test_result. */
int test_head_read(const float *first, const float *second, const float *third);

void assert_box(
	uint32_t at, uint16_t label, float confidence, float x0, float y0, float x1, float y1);
