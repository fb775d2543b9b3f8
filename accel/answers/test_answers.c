#include "accel/answers/test_answers.h"

#include <string.h>

struct gw_result test_one, test_other;

static _Alignas(8) uint8_t rooms[2][TEST_ROOM];

int test_answers_clear(void **state)
{
	memset(&test_one, 0, sizeof(test_one));
	memset(&test_other, 0, sizeof(test_other));
	test_one.extra = rooms[0];
	test_other.extra = rooms[1];
	test_one.extra_room = test_other.extra_room = TEST_ROOM;
	return 0;
}

void test_answers_are(enum gw_task task)
{
	test_one.task = test_other.task = task;
}

struct gw_finding *test_answers_add(
	struct gw_result *result, struct gw_finding finding, const void *rest, size_t size)
{
	struct gw_finding *to = &result->findings[result->count++];

	*to = finding;
	if (!rest)
		return to;
	void *room = gw_result_add(result, to, size);

	assert_non_null(room);
	memcpy(room, rest, size);
	return to;
}

float test_answers_apart(void)
{
	const struct answer one = {.result = &test_one}, other = {.result = &test_other};
	const float apart = answers_apart(&one, &other);

	assert_float_equal(answers_apart(&other, &one), apart, 1e-6);
	assert_true(apart <= 1);
	return apart;
}
