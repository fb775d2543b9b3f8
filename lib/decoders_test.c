#include "core/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "lib/decoders.h"

#define CALLERS 4
#define FRAMES 50
#define ROUNDS 100

static struct gw_error error;

/* Counts how often each frame was decoded, and by how many at a time. */
struct count {
	_Atomic uint32_t inside, most;
};

static void decode(void *owner, struct turbo_picture *picture, struct gw_frame *frame)
{
	struct count *count = owner;
	const uint32_t inside = atomic_fetch_add(&count->inside, 1) + 1;

	if (inside > atomic_load(&count->most))
		atomic_store(&count->most, inside);
	assert_non_null(picture);
	frame->ssrc++;
	atomic_fetch_sub(&count->inside, 1);
}

static void run_often(struct decoders *decoders)
{
	static _Thread_local struct gw_frame frames[FRAMES];
	struct gw_frame *list[FRAMES];

	for (uint32_t i = 0; i < FRAMES; i++) {
		frames[i].ssrc = 0;
		list[i] = &frames[i];
	}
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		assert_int_equal(decoders_run(decoders, list, FRAMES), 0);
		for (uint32_t i = 0; i < FRAMES; i++)
			assert_int_equal(frames[i].ssrc, round);
	}
}

static void *caller(void *arg)
{
	run_often(arg);
	return NULL;
}

static void each_frame_is_decoded_once_whoever_helps(void **state)
{
	for (uint32_t threads = 0; threads < 4; threads++) {
		struct count count = {0};
		struct decoders *decoders = decoders_create(threads, 64, decode, &count, &error);
		pthread_t callers[CALLERS];

		assert_non_null(decoders);
		for (int i = 0; i < CALLERS; i++)
			assert_int_equal(pthread_create(&callers[i], NULL, caller, decoders), 0);
		for (int i = 0; i < CALLERS; i++)
			pthread_join(callers[i], NULL);
		assert_true(count.most <= threads + CALLERS);
		decoders_destroy(decoders);
	}
}

/* Two pictures that wait for each other are decoded only when two are at it. */
static void meet(void *owner, struct turbo_picture *picture, struct gw_frame *frame)
{
	_Atomic uint32_t *inside = owner;

	atomic_fetch_add(inside, 1);
	while (atomic_load(inside) < 2)
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

static void frames_of_one_caller_are_decoded_at_the_same_time(void **state)
{
	static struct gw_frame frames[2];
	_Atomic uint32_t inside = 0;
	struct decoders *decoders = decoders_create(1, 64, meet, &inside, &error);

	assert_non_null(decoders);
	assert_int_equal(
		decoders_run(decoders, (struct gw_frame *[]){&frames[0], &frames[1]}, 2), 0);
	decoders_destroy(decoders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_is_decoded_once_whoever_helps),
		cmocka_unit_test(frames_of_one_caller_are_decoded_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
