#include "core/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
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
	assert_int_equal(small->state, GW_FRAME_FILLING);
	memset(large->jpeg.room, 0xff, large->jpeg.capacity);
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
	gw_frame_unref(frames[1]);
	assert_int_equal(gw_pool_in_use(pool, 8), 0);
}

static void a_recycled_frame_carries_nothing_of_its_past(void **state)
{
	struct gw_pool *pool = *state;
	struct gw_frame *frame = gw_pool_get(pool, 0, 10, 10);

	gw_frame_fail(frame, GW_DROP_JPEG_BAD);
	gw_frame_fail(frame, GW_DROP_SHED);
	assert_int_equal(frame->drop, GW_DROP_JPEG_BAD);
	frame->stamp[GW_STAMP_SINK] = 5;
	frame->flags = GW_FLAG_FIELD;
	gw_frame_unref(frame);
	assert_ptr_equal(gw_pool_get(pool, 0, 10, 10), frame);
	assert_false(gw_frame_failed(frame));
	assert_int_equal(frame->flags, 0);
	assert_int_equal(frame->stamp[GW_STAMP_SINK], 0);
}

static void a_result_has_the_room_that_the_picture_leaves(void **state)
{
	static const struct gw_size_class class = {64, 64, 1};
	static uint8_t elsewhere[100];
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(&class, 1, false, &error);
	struct gw_frame *frame = gw_pool_get(pool, 0, 64, 64);
	struct gw_jpeg *jpeg = &frame->jpeg;

	jpeg->data = jpeg->room + GW_JPEG_HEADROOM;
	jpeg->size = 101;
	gw_frame_begin_result(frame);
	assert_ptr_equal(frame->result.extra, jpeg->data + 104);
	assert_ptr_equal(
		frame->result.extra + frame->result.extra_room, jpeg->room + jpeg->capacity);
	jpeg->data = elsewhere;
	jpeg->size = sizeof(elsewhere);
	gw_frame_begin_result(frame);
	assert_ptr_equal(frame->result.extra, jpeg->room);
	assert_int_equal(frame->result.extra_room, jpeg->capacity);
	gw_frame_unref(frame);
	gw_pool_destroy(pool);
}

static void what_was_used_last_is_used_next(void **state)
{
	static const struct gw_size_class class = {640, 480, 2000};
	struct gw_frame *frames[48];
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(&class, 1, false, &error);

	for (int i = 0; i < 48; i++)
		frames[i] = gw_pool_get(pool, 0, 640, 480);
	/* Each comes back and another goes, as often as there are slots and more. */
	for (int i = 0; i < 5000; i++) {
		gw_frame_unref(frames[i % 48]);
		frames[i % 48] = gw_pool_get(pool, 0, 640, 480);
	}
	assert_int_equal(gw_pool_in_use(pool, 0), 48);
	assert_in_range(gw_pool_touched(pool), 48, 64);
	gw_pool_destroy(pool);
}

static void the_shape_of_a_picture_does_not_matter(void **state)
{
	static const struct gw_size_class classes[] = {{1280, 720, 1}, {4000, 3000, 1}};
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(classes, 2, false, &error);

	assert_true(gw_pool_fits(pool, 720, 1280));
	assert_int_equal(gw_pool_get(pool, 0, 720, 1280)->size_class, 0);
	assert_int_equal(gw_pool_get(pool, 0, 1024, 1024)->size_class, 1);
	assert_true(gw_pool_fits(pool, 3456, 3456));
	assert_false(gw_pool_fits(pool, 4001, 3009));
	gw_pool_destroy(pool);
}

static void a_picture_that_outgrows_its_slot_gets_a_larger_one(void **state)
{
	static const struct gw_size_class classes[] = {{2048, 1024, 1}, {64, 48, 1}, {640, 480, 1}};
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(classes, 3, false, &error);
	struct gw_frame *frame = gw_pool_get(pool, 5, 64, 48);
	struct gw_frame *larger = gw_pool_get_larger(pool, frame);

	assert_int_equal(larger->size_class, 2);
	assert_int_equal(larger->camera, 5);
	assert_true(larger->jpeg.capacity > frame->jpeg.capacity);
	/* The next one is used up: the one after it serves. */
	assert_int_equal(gw_pool_get_larger(pool, frame)->size_class, 0);
	assert_null(gw_pool_get_larger(pool, frame));
	assert_int_equal(errno, ENOBUFS);
	gw_pool_destroy(pool);
}

/* Takes one slot, two, three and so on at a time, and fills each with a picture of so many bytes:
 * what they come to is known when they are through. Returns how many there are in the end. */
static uint32_t fill(struct gw_pool *pool, uint16_t width, uint16_t height, uint32_t size)
{
	struct gw_frame *frames[400];
	uint32_t count, round = 1;

	for (;; round++) {
		assert_true(round < 400);
		for (count = 0; count < round; count++) {
			frames[count] = gw_pool_get(pool, 0, width, height);
			if (!frames[count])
				break;
			frames[count]->jpeg.size = size;
		}
		assert_true(count == round || errno == ENOBUFS);
		for (uint32_t i = 0; i < count; i++)
			gw_frame_unref(frames[i]);
		if (count < round)
			return count;
	}
}

#define MIB (1u << 20)

static void a_new_slot_is_taken_only_within_the_limit(void **state)
{
	static const struct gw_size_class classes[] = {{640, 480, 100}, {320, 240, 100}};
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(classes, 2, false, &error);
	const uint64_t least = gw_pool_need(classes, 2, GW_POOL_LEAST);

	assert_int_equal(
		least, 2 * gw_size_class_bytes(&classes[0]) + 2 * gw_size_class_bytes(&classes[1]));
	gw_pool_limit(pool, 4 * MIB);
	const uint32_t count = fill(pool, 640, 480, 100000);
	const uint64_t kept = 2 * gw_size_class_bytes(&classes[1]);

	assert_int_equal(gw_pool_touched(pool), count);
	assert_in_range(gw_pool_bytes(pool), 4 * MIB - kept, 4 * MIB - kept + 110000);
	/* What was kept for the other size is there. */
	for (uint32_t i = 0; i < GW_POOL_LEAST; i++)
		assert_non_null(gw_pool_get(pool, 0, 320, 240));
	gw_pool_destroy(pool);
}

/* What was written on the way to a picture stays, too: up to the whole slot. */
static void all_that_was_written_in_a_slot_counts(void **state)
{
	static const struct gw_size_class class = {640, 480, 1};
	static const struct {
		uint32_t size, reached, back;
		uint64_t bytes; /* 0: all */
	} pictures[] = {
		{1000, 0, 0, GW_JPEG_HEADROOM + 1000},
		{1000, 5000, 0, 5000},
		{10000, 0, 0, GW_JPEG_HEADROOM + 10000},
		{10, 20, 300, GW_JPEG_HEADROOM + 10300},
		{10, 0, 200, GW_JPEG_HEADROOM + 10300},
		{10, 0, 600000, GW_JPEG_HEADROOM + 610000},
		{600000, 0, 0, 0},
	};
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(&class, 1, false, &error);

	for (uint32_t i = 0; i < 7; i++) {
		struct gw_frame *frame = gw_pool_get(pool, 0, 640, 480);
		const uint64_t whole = frame->jpeg.capacity;

		assert_int_equal(frame->reached + frame->reached_back, 0);
		frame->jpeg.size = pictures[i].size;
		frame->reached = pictures[i].reached;
		frame->reached_back = pictures[i].back;
		gw_frame_unref(frame);
		assert_int_equal(
			gw_pool_bytes(pool), pictures[i].bytes ? pictures[i].bytes : whole);
	}
	gw_pool_destroy(pool);
}

/* All sizes are in use, one of them much. */
static void one_size_may_use_all_of_the_memory(void **state)
{
	static const struct gw_size_class classes[] = {
		{640, 480, 500}, {1920, 1088, 500}, {4096, 2304, 500}};
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(classes, 3, false, &error);
	struct gw_frame *others[4];

	gw_pool_limit(pool, 64 * MIB);
	for (int i = 0; i < 4; i++)
		others[i] =
			i < 2 ? gw_pool_get(pool, 0, 640, 480) : gw_pool_get(pool, 0, 4096, 2304);
	for (int i = 0; i < 4; i++) {
		others[i]->jpeg.size = 200000;
		gw_frame_unref(others[i]);
	}
	/* 64 MiB of 200,000 bytes and their headers, less the four. */
	assert_in_range(fill(pool, 1920, 1080, 200000), 64 * MIB / 202048 - 4, 330);
	assert_in_range(gw_pool_bytes(pool), 64 * MIB, 64 * MIB + 202048);
	gw_pool_destroy(pool);
}

static void a_size_of_one_slot_takes_no_second_from_the_others(void **state)
{
	static const struct gw_size_class classes[] = {{7680, 4320, 1}, {640, 480, 1000}};
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(classes, 2, false, &error);
	const uint64_t kept = gw_size_class_bytes(&classes[0]);

	gw_pool_limit(pool, 34 * MIB);
	assert_true(fill(pool, 640, 480, 100000) > 150);
	assert_in_range(gw_pool_bytes(pool), 34 * MIB - kept, 34 * MIB - kept + 110000);
	assert_non_null(gw_pool_get(pool, 0, 7680, 4320));
	assert_null(gw_pool_get(pool, 0, 7680, 4320));
	gw_pool_destroy(pool);
}

static void a_claim_is_for_one_frame_and_not_for_its_slot(void **state)
{
	struct gw_pool *pool = *state;
	struct gw_frame *frame = gw_pool_get(pool, 0, 10, 10);
	const uint32_t ticket = frame->ticket;

	gw_frame_offer(frame);
	gw_frame_unref(frame);
	assert_ptr_equal(gw_pool_get(pool, 1, 10, 10), frame);
	gw_frame_offer(frame);
	/* Somebody still means the frame that the slot held before. */
	assert_false(gw_frame_shed(frame, ticket));
	assert_true(gw_frame_claim(frame));
	gw_frame_offer(frame);
	assert_true(gw_frame_shed(frame, frame->ticket));
	assert_false(gw_frame_claim(frame));
	assert_int_equal(frame->drop, GW_DROP_SHED);
}

#define THREADS 4
#define ROUNDS 100000

static void *take_and_give(void *arg)
{
	struct gw_pool *pool = arg;
	struct gw_frame *mine[8] = {NULL};

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct gw_frame **place = &mine[i % 8];

		if (*place) {
			/* Nobody else wrote here meanwhile: the slot was ours alone. */
			if ((*place)->rtp_timestamp != (uint32_t)(uintptr_t)&mine + i - 8)
				return "a slot was given out twice";
			gw_frame_unref(*place);
		}
		*place = gw_pool_get(pool, i % 3, 640, 480);
		if (*place)
			(*place)->rtp_timestamp = (uint32_t)(uintptr_t)&mine + i;
	}
	for (int i = 0; i < 8; i++)
		if (mine[i])
			gw_frame_unref(mine[i]);
	return NULL;
}

static void any_thread_may_take_and_give_back(void **state)
{
	static const struct gw_size_class class = {640, 480, THREADS * 8 - 5};
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(&class, 1, false, &error);
	pthread_t threads[THREADS];
	void *complaint;

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, pool), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &complaint);
		assert_null(complaint);
	}
	assert_int_equal(gw_pool_in_use(pool, UINT32_MAX), 0);
	for (uint32_t i = 0; i < class.count; i++)
		assert_non_null(gw_pool_get(pool, 0, 640, 480));
	assert_null(gw_pool_get(pool, 0, 640, 480));
	gw_pool_destroy(pool);
}

static void slots_are_counted_for_all_cameras_in_one_pass(void **state)
{
	struct gw_pool *pool = *state;
	uint32_t in_use[8] = {0};

	gw_pool_get(pool, 7, 10, 10);
	gw_pool_get(pool, 7, 640, 480);
	gw_pool_get(pool, 2, 10, 10);
	gw_pool_count(pool, in_use, 8);
	assert_int_equal(in_use[7], 2);
	assert_int_equal(in_use[2], 1);
	assert_int_equal(in_use[0], 0);
}

static void a_mark_is_passed_when_those_in_use_then_are_gone(void **state)
{
	struct gw_pool *pool = *state;
	struct gw_frame *old[2] = {gw_pool_get(pool, 0, 10, 10), gw_pool_get(pool, 0, 640, 480)};
	struct gw_frame *gone = gw_pool_get(pool, 0, 10, 10);

	gw_frame_unref(gone);
	struct gw_pool_mark *mark = gw_pool_mark(pool);

	assert_non_null(mark);
	/* One that began later has no part in it, */
	assert_ptr_equal(gw_pool_get(pool, 0, 10, 10), gone);
	assert_false(gw_pool_has_passed(pool, mark));
	gw_frame_unref(old[1]);
	assert_false(gw_pool_has_passed(pool, mark));
	/* not even in the slot of one that was meant. */
	gw_frame_unref(old[0]);
	assert_ptr_equal(gw_pool_get(pool, 0, 10, 10), old[0]);
	assert_true(gw_pool_has_passed(pool, mark));
	free(mark);
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
		TEST(a_claim_is_for_one_frame_and_not_for_its_slot),
		TEST(slots_are_counted_for_all_cameras_in_one_pass),
		TEST(a_mark_is_passed_when_those_in_use_then_are_gone),
		cmocka_unit_test(a_result_has_the_room_that_the_picture_leaves),
		cmocka_unit_test(what_was_used_last_is_used_next),
		cmocka_unit_test(a_new_slot_is_taken_only_within_the_limit),
		cmocka_unit_test(all_that_was_written_in_a_slot_counts),
		cmocka_unit_test(one_size_may_use_all_of_the_memory),
		cmocka_unit_test(a_size_of_one_slot_takes_no_second_from_the_others),
		cmocka_unit_test(the_shape_of_a_picture_does_not_matter),
		cmocka_unit_test(a_picture_that_outgrows_its_slot_gets_a_larger_one),
		cmocka_unit_test(any_thread_may_take_and_give_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
