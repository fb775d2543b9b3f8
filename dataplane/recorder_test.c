#include "core/test.h"

#include <pthread.h>
#include <string.h>

#include "dataplane/recorder.h"

#define PACKETS 200000u

static void packets_come_out_as_they_went_in(void **state)
{
	struct recorder recorder = {.camera = RECORDER_NOBODY};
	struct recorded recorded;
	uint8_t out[16];

	assert_int_equal(recorder_open(&recorder, 256), 0);
	assert_false(recorder_runs(&recorder));
	assert_false(recorder_wants(&recorder, RECORDER_NOBODY));
	recorder_begin(&recorder, 3);
	assert_true(recorder_wants(&recorder, 3));
	assert_false(recorder_wants(&recorder, 4));
	/* Often enough to go around the ring's end at every place. */
	for (int i = 0; i < 100; i++) {
		recorder_put(&recorder, (const uint8_t *)"abcdefg", 7, i);
		recorder_put(&recorder, (const uint8_t *)"xyz", 3, i + 1);
		assert_true(recorder_take(&recorder, &recorded, out, sizeof(out)));
		assert_int_equal(recorded.size, 7);
		assert_int_equal(recorded.utc, i);
		assert_memory_equal(out, "abcdefg", 7);
		assert_true(recorder_take(&recorder, &recorded, out, 2));
		assert_int_equal(recorded.size, 2);
		assert_memory_equal(out, "xy", 2);
		assert_false(recorder_take(&recorder, &recorded, out, sizeof(out)));
	}
	assert_int_equal(recorder.taken, 200);
	recorder_end(&recorder);
	assert_false(recorder_runs(&recorder));
	recorder_close(&recorder);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct recorder recorder = {.camera = RECORDER_NOBODY};
	struct recorded recorded;
	uint8_t packet[100] = {0};

	assert_int_equal(recorder_open(&recorder, 256), 0);
	recorder_begin(&recorder, 1);
	for (int i = 0; i < 5; i++)
		recorder_put(&recorder, packet, sizeof(packet), i);
	assert_int_equal(recorder.taken, 2);
	assert_int_equal(recorder.dropped, 3);
	assert_true(recorder_take(&recorder, &recorded, packet, sizeof(packet)));
	recorder_put(&recorder, packet, sizeof(packet), 5);
	assert_int_equal(recorder.taken, 3);
	/* Another one begins empty. */
	recorder_begin(&recorder, 2);
	assert_int_equal(recorder.dropped, 0);
	assert_false(recorder_take(&recorder, &recorded, packet, sizeof(packet)));
	recorder_close(&recorder);
}

static void *put_many(void *arg)
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint32_t packet[8] = {i, i, i, i, i, i, i, i};

		recorder_put(arg, (const uint8_t *)packet, 4 * (1 + i % 8), i);
	}
	return NULL;
}

static void two_threads_do_not_disturb_each_other(void **state)
{
	struct recorder recorder = {.camera = RECORDER_NOBODY};
	struct recorded recorded;
	uint32_t packet[8], came = 0;
	int64_t last = -1;
	pthread_t thread;

	assert_int_equal(recorder_open(&recorder, 4096), 0);
	recorder_begin(&recorder, 1);
	assert_int_equal(pthread_create(&thread, NULL, put_many, &recorder), 0);
	while (atomic_load(&recorder.taken) + atomic_load(&recorder.dropped) < PACKETS ||
		came < atomic_load(&recorder.taken)) {
		if (!recorder_take(&recorder, &recorded, (uint8_t *)packet, sizeof(packet)))
			continue;
		came++;
		assert_true(recorded.utc > last);
		last = recorded.utc;
		assert_int_equal(recorded.size, 4 * (1 + last % 8));
		for (uint32_t i = 0; i < recorded.size / 4; i++)
			assert_int_equal(packet[i], last);
	}
	pthread_join(thread, NULL);
	recorder_close(&recorder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_come_out_as_they_went_in),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(two_threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
