/* What sampled pictures may take, of two classes with 8 slots and 1. */
#include "sink/room.h"

#include <pthread.h>
#include <string.h>

#include "core/test.h"

static struct room room;
static _Atomic bool ended;

static int set_up(void **state)
{
	static const struct gw_size_class classes[] = {{64, 48, 8}, {640, 480, 1}};
	struct gw_error error;
	struct gw_pool *pool = gw_pool_create(classes, 2, false, &error);

	memset(&room, 0, sizeof(room));
	room.pool = pool;
	room.budget = 3;
	*state = pool;
	return pool ? 0 : -1;
}

static int tear_down(void **state)
{
	gw_pool_destroy(*state);
	return 0;
}

static void leave(struct gw_pool *pool, uint16_t width, uint16_t height)
{
	room_leave(&room, gw_pool_get(pool, 0, width, height));
}

static void half_a_class_is_kept_at_most_and_one_of_each_at_least(void **state)
{
	room.budget = 100;
	for (int i = 0; i < 4; i++)
		assert_true(room_take(&room, 0));
	assert_false(room_take(&room, 0));
	assert_true(room_take(&room, 1));
	assert_false(room_take(&room, 1));
	leave(*state, 64, 48);
	assert_true(room_take(&room, 0));
	assert_false(room_take(&room, 1));
}

static void all_classes_together_keep_to_the_budget(void **state)
{
	for (int i = 0; i < 3; i++)
		assert_true(room_take(&room, 0));
	/* Whoever is refused leaves nothing behind. */
	for (int i = 0; i < 10; i++)
		assert_false(room_take(&room, 1));
	leave(*state, 64, 48);
	assert_true(room_take(&room, 1));
	assert_false(room_take(&room, 0));
}

static void a_replay_leaves_no_picture_out(void **state)
{
	room.unbounded = true;
	for (int i = 0; i < 100; i++)
		assert_true(room_take(&room, 1));
}

static void *ask_for_a_full_class(void *arg)
{
	while (!ended)
		if (room_take(&room, 1))
			return "a class that is full gave room";
	return NULL;
}

/* Another lane asks for it all the time; the budget is for both. */
static void a_class_that_is_full_takes_no_room_from_another(void **state)
{
	pthread_t other;
	void *complaint;

	room.budget = 2;
	ended = false;
	assert_true(room_take(&room, 1));
	assert_int_equal(pthread_create(&other, NULL, ask_for_a_full_class, NULL), 0);
	uint32_t refused = 0;

	for (int i = 0; i < 1000000; i++) {
		if (room_take(&room, 0))
			leave(*state, 64, 48);
		else
			refused++;
	}
	ended = true;
	pthread_join(other, &complaint);
	assert_null(complaint);
	assert_int_equal(refused, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(half_a_class_is_kept_at_most_and_one_of_each_at_least),
		TEST(all_classes_together_keep_to_the_budget),
		TEST(a_replay_leaves_no_picture_out),
		TEST(a_class_that_is_full_takes_no_room_from_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
