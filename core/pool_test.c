#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "core/pool.h"

static const struct gw_size_class small_and_large[] = {{64, 48, 3}, {640, 480, 2}};

static int open_pool(void **state)
{
	struct gw_error error;

	*state = gw_pool_create(small_and_large, 2, false, &error);
	return *state ? 0 : -1;
}

static int close_pool(void **state)
{
	gw_pool_destroy(*state);
	return 0;
}

static void a_frame_comes_from_the_smallest_class_that_fits(void **state)
{
	struct gw_pool *pool = *state;
	struct gw_frame *small = gw_pool_get(pool, 0, 64, 48);
	struct gw_frame *large = gw_pool_get(pool, 0, 65, 48);

	assert_int_equal(small->size_class, 0);
	assert_int_equal(large->size_class, 1);
	assert_true(large->image.capacity >= 640 * 480 * 3);
	assert_int_equal(small->state, GW_FRAME_FILLING);
	memset(large->jpeg.room, 0xff, large->jpeg.capacity);
	memset(large->image.room, 0xff, large->image.capacity);
}

static void a_class_that_is_used_up_does_not_take_from_another(void **state)
{
	struct gw_pool *pool = *state;

	for (int i = 0; i < 3; i++)
		assert_non_null(gw_pool_get(pool, 0, 10, 10));
	assert_null(gw_pool_get(pool, 0, 10, 10));
	assert_int_equal(errno, ENOBUFS);
	assert_non_null(gw_pool_get(pool, 1, 640, 480));
}

static void a_picture_larger_than_every_class_is_refused(void **state)
{
	assert_null(gw_pool_get(*state, 0, 641, 480));
	assert_int_equal(errno, EMSGSIZE);
}

static void the_last_reference_returns_the_slot(void **state)
{
	struct gw_pool *pool = *state;
	struct gw_frame *frames[3];

	for (int i = 0; i < 3; i++)
		frames[i] = gw_pool_get(pool, 7, 10, 10);
	gw_frame_ref(frames[1]);
	gw_frame_unref(frames[1]);
	assert_null(gw_pool_get(pool, 7, 10, 10));
	assert_int_equal(gw_pool_in_use(pool, 7), 3);
	gw_frame_unref(frames[1]);
	assert_int_equal(gw_pool_in_use(pool, 7), 2);
	assert_ptr_equal(gw_pool_get(pool, 8, 10, 10), frames[1]);
	assert_int_equal(gw_pool_in_use(pool, 8), 1);
	assert_int_equal(gw_pool_in_use(pool, UINT32_MAX), 3);
	gw_pool_put_back(pool, frames[1]);
	assert_int_equal(gw_pool_in_use(pool, 8), 0);
}

static void a_recycled_frame_carries_nothing_of_its_past(void **state)
{
	struct gw_pool *pool = *state;
	struct gw_frame *frame = gw_pool_get(pool, 0, 10, 10);

	gw_frame_fail(frame, GW_DROP_JPEG_BAD, -EBADMSG);
	gw_frame_fail(frame, GW_DROP_SHED, -ECANCELED);
	assert_int_equal(frame->drop, GW_DROP_JPEG_BAD);
	frame->stamp[GW_STAMP_SINK] = 5;
	frame->flags = GW_FLAG_FIELD;
	gw_pool_put_back(pool, frame);
	assert_ptr_equal(gw_pool_get(pool, 0, 10, 10), frame);
	assert_false(gw_frame_failed(frame));
	assert_int_equal(frame->status, 0);
	assert_int_equal(frame->flags, 0);
	assert_int_equal(frame->stamp[GW_STAMP_SINK], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pool, close_pool)
	const struct CMUnitTest tests[] = {
		TEST(a_frame_comes_from_the_smallest_class_that_fits),
		TEST(a_class_that_is_used_up_does_not_take_from_another),
		TEST(a_picture_larger_than_every_class_is_refused),
		TEST(the_last_reference_returns_the_slot),
		TEST(a_recycled_frame_carries_nothing_of_its_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
