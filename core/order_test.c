#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/order.h"

#define FRAMES 400
#define CAMERAS 7

struct fixture {
	struct gw_order order;
	struct gw_frame frames[FRAMES];
	struct gw_frame *out[FRAMES];
};

static int open_order(void **state)
{
	*state = aligned_alloc(_Alignof(struct fixture), sizeof(struct fixture));
	memset(*state, 0, sizeof(struct fixture));
	return 0;
}

static int close_order(void **state)
{
	free(*state);
	return 0;
}

static struct gw_frame *add(struct fixture *f, uint32_t index, uint32_t camera)
{
	f->frames[index].camera = camera;
	gw_order_add(&f->order, &f->frames[index]);
	return &f->frames[index];
}

static void a_camera_waits_for_its_own_older_frame(void **state)
{
	struct fixture *f = *state;
	struct gw_frame *first = add(f, 0, 3), *second = add(f, 1, 3);

	gw_order_done(&f->order, second);
	assert_int_equal(gw_order_take(&f->order, f->out, FRAMES), 0);
	gw_order_done(&f->order, first);
	assert_int_equal(gw_order_take(&f->order, f->out, FRAMES), 2);
	assert_ptr_equal(f->out[0], first);
	assert_ptr_equal(f->out[1], second);
	assert_int_equal(f->order.inside, 0);
}

static void no_camera_waits_for_another(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 0);
	gw_order_done(&f->order, add(f, 1, GW_CAMERAS - 1));
	assert_int_equal(gw_order_take(&f->order, f->out, FRAMES), 1);
	assert_ptr_equal(f->out[0], &f->frames[1]);
	assert_int_equal(f->order.inside, 1);
}

static void what_is_not_taken_stays_ready(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 5; i++)
		gw_order_done(&f->order, add(f, i, 0));
	assert_int_equal(gw_order_take(&f->order, f->out, 2), 2);
	gw_order_done(&f->order, add(f, 5, 0));
	assert_int_equal(gw_order_take(&f->order, f->out + 2, 9), 4);
	for (uint32_t i = 0; i < 6; i++)
		assert_ptr_equal(f->out[i], &f->frames[i]);
}

/* Frames come, are done and are taken in any order of events. A frame is out as soon as it and all
 * before it of its camera are done, and never before. */
static void any_order_of_completion_gives_each_cameras_order(void **state)
{
	struct fixture *f = *state;

	for (unsigned seed = 1; seed <= 200; seed++) {
		uint64_t sent[CAMERAS] = {0}, got[CAMERAS] = {0};
		uint32_t working[FRAMES], count = 0, added = 0, done = 0, out = 0;

		srand(seed);
		memset(f, 0, sizeof(*f));
		while (out < FRAMES) {
			const int event = rand() % 4;

			if (event < 2 && added < FRAMES) {
				const uint32_t camera = (uint32_t)rand() % CAMERAS;

				working[count++] = added;
				add(f, added++, camera)->sequence = sent[camera]++;
			} else if (event == 2 && count > 0) {
				const uint32_t k = (uint32_t)rand() % count;

				gw_order_done(&f->order, &f->frames[working[k]]);
				working[k] = working[--count];
				done++;
			}
			const uint32_t n = gw_order_take(&f->order, f->out, 1 + rand() % 5);

			for (uint32_t i = 0; i < n; i++, out++) {
				assert_true(f->out[i]->order_done);
				assert_int_equal(f->out[i]->sequence, got[f->out[i]->camera]++);
			}
			assert_int_equal(f->order.inside, added - out);
			assert_true(out <= done);
		}
		assert_memory_equal(sent, got, sizeof(sent));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_order, close_order)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_camera_waits_for_its_own_older_frame),
		TEST(no_camera_waits_for_another),
		TEST(what_is_not_taken_stays_ready),
		TEST(any_order_of_completion_gives_each_cameras_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
