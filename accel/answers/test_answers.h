/* Two answers that a test makes, with room for what their findings have beyond their fixed part. */
#pragma once

#include "core/test.h"

#include "accel/answers/answers.h"

#define TEST_ROOM 65536

extern struct gw_result test_one, test_other;

/* For cmocka: both say nothing. */
int test_answers_clear(void **state);

/* Both are of that task. */
void test_answers_are(enum gw_task task);

/* Adds a finding with that rest (NULL: none) and returns it. */
struct gw_finding *test_answers_add(
	struct gw_result *result, struct gw_finding finding, const void *rest, size_t size);

/* How far they differ, either way round. */
float test_answers_apart(void);
