#include "core/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/link.h"

#define MANY 200000

/* Pointers are only carried: numbers do. */
static struct gw_frame *numbered(uintptr_t n)
{
	return (struct gw_frame *)n;
}

static void frames_come_out_in_the_order_they_went_in(void **state)
{
	struct gw_link *link = gw_link_create("test", 5);
	struct gw_frame *out[8];

	for (uintptr_t round = 0; round < 20; round++) {
		struct gw_frame *in[3] = {
			numbered(3 * round + 1), numbered(3 * round + 2), numbered(3 * round + 3)};

		gw_link_push(link, in, 3);
		assert_int_equal(gw_link_count(link), 3);
		assert_int_equal(gw_link_pop(link, out, 8), 3);
		for (int i = 0; i < 3; i++)
			assert_ptr_equal(out[i], in[i]);
	}
	assert_int_equal(gw_link_pop(link, out, 8), 0);
	gw_link_destroy(link);
}

static void a_frame_pushed_twice_stops_the_program(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct gw_link *link = gw_link_create("test", 2);
		struct gw_frame *in[3] = {numbered(1), numbered(2), numbered(2)};

		close(STDERR_FILENO);
		gw_link_push(link, in, 3);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
}

static void *produce(void *arg)
{
	struct gw_link *link = arg;

	for (uintptr_t n = 1; n <= MANY; n++) {
		struct gw_frame *frame = numbered(n);

		while (gw_link_count(link) >= 64)
			sched_yield();
		gw_link_push(link, &frame, 1);
	}
	return NULL;
}

static void two_threads_lose_and_reorder_nothing(void **state)
{
	struct gw_link *link = gw_link_create("test", 64);
	struct gw_frame *out[16];
	uintptr_t expected = 1;
	pthread_t producer;

	pthread_create(&producer, NULL, produce, link);
	while (expected <= MANY) {
		uint32_t count = gw_link_pop(link, out, 16);

		for (uint32_t i = 0; i < count; i++)
			assert_ptr_equal(out[i], numbered(expected++));
		if (count == 0)
			sched_yield();
	}
	pthread_join(producer, NULL);
	assert_int_equal(gw_link_count(link), 0);
	gw_link_destroy(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_out_in_the_order_they_went_in),
		cmocka_unit_test(a_frame_pushed_twice_stops_the_program),
		cmocka_unit_test(two_threads_lose_and_reorder_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
