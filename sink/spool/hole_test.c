#include <string.h>

#include "core/test.h"
#include "sink/spool/segment.h"

#define MIB (1u << 20)

static void assert_hole(const struct segment *segment, uint32_t i, uint64_t from, uint64_t to)
{
	assert_true(i < segment->hole_count);
	assert_int_equal(segment->holes[i].from, from);
	assert_int_equal(segment->holes[i].to, to);
}

static void a_hole_is_a_block_and_doubles_where_it_goes_on(void **state)
{
	struct segment segment = {.size = 16 * MIB};

	segment_add_hole(&segment, 5000);
	assert_hole(&segment, 0, 5000, 8192);
	segment_add_hole(&segment, 8192);
	assert_hole(&segment, 0, 5000, 11384);
	segment_add_hole(&segment, 100000);
	assert_hole(&segment, 1, 100000, 102400);
	assert_int_equal(segment.hole_count, 2);
	assert_ptr_equal(segment_hole(&segment, 0), &segment.holes[0]);
	assert_ptr_equal(segment_hole(&segment, 11383), &segment.holes[0]);
	assert_ptr_equal(segment_hole(&segment, 11384), &segment.holes[1]);
	assert_null(segment_hole(&segment, 102400));
	assert_int_equal(segment_hole_bytes(&segment), 11384 - 5000 + 2400);
}

static void one_that_reaches_the_next_takes_it_in(void **state)
{
	struct segment segment = {.size = 16 * MIB};

	segment_add_hole(&segment, 8192);
	segment_add_hole(&segment, 4096);
	assert_int_equal(segment.hole_count, 1);
	assert_hole(&segment, 0, 4096, 12288);
}

/* A disk that gives nothing is asked some ten times for each file, not for each block. */
static void a_file_of_nothing_else_is_soon_passed_over(void **state)
{
	struct segment segment = {.size = 64 * MIB};
	uint64_t at = 64;
	int asked = 0;

	for (; at < segment.size; asked++) {
		segment_add_hole(&segment, at);
		at = segment.holes[0].to;
	}
	assert_int_equal(segment.hole_count, 1);
	assert_in_range(asked, 2, 80);
}

static void with_too_many_what_lies_between_is_one(void **state)
{
	struct segment segment = {.size = 64 * MIB};

	for (uint32_t i = 1; i <= SEGMENT_HOLES; i++)
		segment_add_hole(&segment, i * MIB);
	assert_int_equal(segment.hole_count, SEGMENT_HOLES);
	segment_add_hole(&segment, MIB / 2);
	assert_int_equal(segment.hole_count, SEGMENT_HOLES);
	assert_hole(&segment, 0, MIB / 2, MIB + 4096);
	segment_add_hole(&segment, 40 * MIB);
	assert_int_equal(segment.hole_count, SEGMENT_HOLES);
	assert_hole(&segment, SEGMENT_HOLES - 1, SEGMENT_HOLES * MIB, segment.size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_is_a_block_and_doubles_where_it_goes_on),
		cmocka_unit_test(one_that_reaches_the_next_takes_it_in),
		cmocka_unit_test(a_file_of_nothing_else_is_soon_passed_over),
		cmocka_unit_test(with_too_many_what_lies_between_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
