#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/turns.h"

#define FRAMES 200

struct fixture {
	struct gw_turns turns;
	struct gw_frame frames[FRAMES];
	uint32_t count;
};

static int open_turns(void **state)
{
	*state = aligned_alloc(_Alignof(struct fixture), sizeof(struct fixture));
	memset(*state, 0, sizeof(struct fixture));
	return 0;
}

static int close_turns(void **state)
{
	free(*state);
	return 0;
}

static struct gw_frame *add(struct fixture *f, uint32_t camera, uint32_t group)
{
	struct gw_frame *frame = &f->frames[f->count];

	frame->camera = camera;
	frame->sequence = f->count++;
	frame->ticket = 5;
	gw_frame_offer(frame);
	gw_turns_add(&f->turns, group, frame);
	return frame;
}

static void assert_next(struct fixture *f, uint32_t group, const struct gw_frame *expected)
{
	struct gw_frame *frame = gw_turns_take(&f->turns, group);

	assert_ptr_equal(frame, expected);
}

static void cameras_are_served_in_turn_however_much_one_sends(void **state)
{
	struct fixture *f = *state;
	struct gw_frame *greedy[5], *modest, *late;

	for (int i = 0; i < 5; i++)
		greedy[i] = add(f, 1, 0);
	modest = add(f, 2, 0);
	assert_next(f, 0, greedy[0]);
	assert_next(f, 0, modest);
	assert_next(f, 0, greedy[1]);
	late = add(f, GW_CAMERAS - 1, 0);
	assert_next(f, 0, greedy[2]);
	assert_next(f, 0, late);
	assert_next(f, 0, greedy[3]);
	assert_next(f, 0, greedy[4]);
	assert_next(f, 0, NULL);
	assert_int_equal(f->turns.waiting, 0);
}

static void a_frame_can_be_shed_until_it_is_taken(void **state)
{
	struct fixture *f = *state;
	struct gw_frame *a = add(f, 1, 0), *b = add(f, 1, 0);

	assert_next(f, 0, a);
	assert_false(gw_frame_shed(a, 5));
	assert_false(gw_frame_failed(a));
	assert_true(gw_frame_shed(b, 5));
	assert_next(f, 0, b);
	assert_int_equal(b->drop, GW_DROP_SHED);
}

static void a_shed_frame_need_not_wait_for_its_turn(void **state)
{
	struct fixture *f = *state;
	struct gw_frame *a = add(f, 1, 0), *b = add(f, 1, 0), *c = add(f, 2, 0);

	assert_null(gw_turns_take_shed(&f->turns, 1));
	assert_true(gw_frame_shed(a, 5));
	assert_ptr_equal(gw_turns_take_shed(&f->turns, 1), a);
	assert_int_equal(a->drop, GW_DROP_SHED);
	assert_null(gw_turns_take_shed(&f->turns, 1));
	assert_null(gw_turns_take_shed(&f->turns, 7));
	assert_next(f, 0, c);
	assert_next(f, 0, b);
	assert_next(f, 0, NULL);
}

static void groups_are_served_apart(void **state)
{
	struct fixture *f = *state;
	struct gw_frame *a = add(f, 1, 0), *b = add(f, 2, GW_TURN_GROUPS - 1);

	assert_next(f, GW_TURN_GROUPS - 1, b);
	assert_next(f, GW_TURN_GROUPS - 1, NULL);
	assert_next(f, 0, a);
}

/* Its model was changed while frames waited. */
static void a_camera_keeps_its_order_when_its_group_changes(void **state)
{
	struct fixture *f = *state;
	struct gw_frame *a = add(f, 1, 0), *b = add(f, 1, 3), *c = add(f, 1, 0);

	assert_next(f, 3, NULL);
	assert_next(f, 0, a);
	assert_next(f, 0, NULL);
	assert_next(f, 3, b);
	assert_next(f, 0, c);
}

static void nothing_is_lost_in_any_order_of_events(void **state)
{
	struct fixture *f = *state;

	for (unsigned seed = 1; seed <= 200; seed++) {
		uint64_t last[8] = {0};
		uint32_t taken = 0;

		srand(seed);
		memset(f, 0, sizeof(*f));
		while (taken < FRAMES) {
			struct gw_frame *frame = NULL;

			switch (rand() % 4) {
			case 0:
			case 1:
				if (f->count < FRAMES)
					add(f, (uint32_t)rand() % 8, (uint32_t)rand() % 3);
				if (rand() % 5 == 0 && f->count > 0) {
					struct gw_frame *some =
						&f->frames[(uint32_t)rand() % f->count];

					gw_frame_shed(some, some->ticket);
				}
				break;
			case 2:
				frame = gw_turns_take(&f->turns, (uint32_t)rand() % 3);
				break;
			default:
				frame = gw_turns_take_shed(&f->turns, (uint32_t)rand() % 8);
			}
			if (frame) {
				assert_true(frame->sequence + 1 > last[frame->camera]);
				last[frame->camera] = frame->sequence + 1;
				taken++;
			}
			assert_int_equal(f->turns.waiting, f->count - taken);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_turns, close_turns)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cameras_are_served_in_turn_however_much_one_sends),
		TEST(a_frame_can_be_shed_until_it_is_taken),
		TEST(a_shed_frame_need_not_wait_for_its_turn),
		TEST(groups_are_served_apart),
		TEST(a_camera_keeps_its_order_when_its_group_changes),
		TEST(nothing_is_lost_in_any_order_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
