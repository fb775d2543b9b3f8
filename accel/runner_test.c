#include "core/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "accel/runner.h"
#include "core/bell.h"
#include "core/clock.h"
#include "core/thread.h"

#define DEPTH 3

static const struct infer_spec spec = {.name = "test", .batch_count = DEPTH};
static const struct gw_device host = {.memory = GW_MEM_HOST};
static const struct infer_spec single = {.name = "test", .batch_count = 1};

struct work {
	_Atomic uint32_t allowed; /* batches that may run */
	_Atomic uint32_t ran;
	cpu_set_t affinity;
};

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

static void run(void *engine, struct infer_batch *batch)
{
	struct work *work = engine;

	while (atomic_load(&work->ran) >= atomic_load(&work->allowed))
		nap();
	sched_getaffinity(0, sizeof(work->affinity), &work->affinity);
	batch->output[0] = batch->input;
	batch->status = -(int)batch->count;
	atomic_fetch_add(&work->ran, 1);
}

static uint32_t wait_for(struct runner *runner, struct infer_batch **batches, uint32_t count)
{
	uint32_t got = 0;

	while (got < count) {
		got += runner_poll(runner, batches + got, count - got);
		nap();
	}
	return got;
}

static void batches_come_back_in_order_with_times_and_status(void **state)
{
	struct infer_batch batches[DEPTH] = {{.count = 1}, {.count = 2}, {.count = 3}};
	struct work work = {.allowed = UINT32_MAX};
	struct infer_batch *out[DEPTH];
	struct gw_error error;
	struct runner *runner = runner_start(&spec, &host, run, &work, &error);

	assert_non_null(runner);
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < DEPTH; i++)
			runner_submit(runner, &batches[i]);
		wait_for(runner, out, DEPTH);
		for (int i = 0; i < DEPTH; i++) {
			assert_ptr_equal(out[i], &batches[i]);
			assert_int_equal(out[i]->status, -(i + 1));
			assert_true(out[i]->started > 0 && out[i]->ended >= out[i]->started);
		}
	}
	assert_int_equal(runner_poll(runner, out, DEPTH), 0);
	runner_stop(runner);
}

static void who_waits_for_the_end_of_batches_is_told(void **state)
{
	struct infer_batch batches[DEPTH] = {{.count = 1}, {.count = 1}, {.count = 1}};
	struct work work = {.allowed = UINT32_MAX};
	struct infer_batch *out[DEPTH];
	struct gw_error error;
	struct gw_bell bell = {0};
	struct infer_spec told = spec;
	uint32_t heard = gw_bell_listen(&bell);

	told.bell = &bell;
	struct runner *runner = runner_start(&told, &host, run, &work, &error);

	assert_non_null(runner);
	for (int i = 0; i < DEPTH; i++)
		runner_submit(runner, &batches[i]);
	for (uint32_t got = 0; got < DEPTH;) {
		assert_true(gw_bell_wait(&bell, heard, 10 * GW_NS_PER_S));
		heard = gw_bell_heard(&bell);
		got += runner_poll(runner, out + got, DEPTH - got);
	}
	runner_stop(runner);
	gw_bell_leave(&bell);
}

static void a_batch_that_lacks_pictures_fails_and_the_next_does_not(void **state)
{
	struct infer_batch batch = {.count = 1, .unplaced = 1};
	struct work work = {.allowed = UINT32_MAX};
	struct gw_error error;
	struct runner *runner = runner_start(&single, &host, run, &work, &error);
	struct infer_batch *out;

	runner_submit(runner, &batch);
	wait_for(runner, &out, 1);
	assert_int_equal(batch.status, -EIO);
	assert_true(infer_device_failed(batch.status));
	assert_non_null(strstr(batch.error, "lost"));
	assert_int_equal(work.ran, 0);
	runner_submit(runner, &batch);
	wait_for(runner, &out, 1);
	assert_int_equal(batch.status, -1);
	assert_int_equal(work.ran, 1);
	runner_stop(runner);
}

static void neither_submit_nor_poll_waits_for_a_batch(void **state)
{
	struct infer_batch batches[DEPTH] = {{.count = 1}, {.count = 1}, {.count = 1}};
	struct work work = {0};
	struct infer_batch *out[DEPTH];
	struct gw_error error;
	struct runner *runner = runner_start(&spec, &host, run, &work, &error);

	for (int i = 0; i < DEPTH; i++)
		runner_submit(runner, &batches[i]);
	assert_int_equal(runner_poll(runner, out, DEPTH), 0);
	atomic_store(&work.allowed, 1);
	wait_for(runner, out, 1);
	assert_int_equal(runner_poll(runner, out, DEPTH), 0);
	atomic_store(&work.allowed, UINT32_MAX);
	wait_for(runner, out, 2);
	runner_stop(runner);
}

static void a_runner_that_is_stopped_ends_with_batches_waiting(void **state)
{
	struct infer_batch batches[DEPTH] = {{.count = 1}, {.count = 1}, {.count = 1}};
	struct work work = {.allowed = 1};
	struct gw_error error;
	struct runner *runner = runner_start(&spec, &host, run, &work, &error);

	runner_submit(runner, &batches[0]);
	atomic_store(&work.allowed, UINT32_MAX);
	runner_stop(runner);
	assert_true(atomic_load(&work.ran) <= 1);
	runner_stop(NULL);
}

static void note_thread(void *owner, struct infer_batch *batch)
{
	assert_true(batch->ended >= batch->started && batch->ended > 0);
	*(pthread_t *)owner = pthread_self();
}

static void outputs_are_read_on_the_thread_before_the_batch_is_back(void **state)
{
	pthread_t reader = pthread_self();
	const struct infer_spec reading = {
		.name = "test", .batch_count = 1, .finish = note_thread, .owner = &reader};
	struct infer_batch batch = {.count = 1}, *out;
	struct work work = {.allowed = UINT32_MAX};
	struct gw_error error;
	struct runner *runner = runner_start(&reading, &host, run, &work, &error);

	runner_submit(runner, &batch);
	wait_for(runner, &out, 1);
	assert_false(pthread_equal(reader, pthread_self()));
	runner_stop(runner);
}

static void the_thread_does_not_inherit_a_pinned_affinity(void **state)
{
	struct infer_batch batch = {.count = 1}, *out;
	struct work work = {.allowed = UINT32_MAX};
	cpu_set_t before, one, now;
	struct gw_error error;

	sched_getaffinity(0, sizeof(before), &before);
	gw_inherit_remember();
	if (CPU_COUNT(&before) < 2) {
		print_message("only one processor to run on: nothing to tell apart\n");
		skip();
	}
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &before)) {
			CPU_SET(i, &one);
			break;
		}
	}
	sched_setaffinity(0, sizeof(one), &one);
	struct runner *runner = runner_start(&single, &host, run, &work, &error);

	sched_getaffinity(0, sizeof(now), &now);
	sched_setaffinity(0, sizeof(before), &before);
	runner_submit(runner, &batch);
	wait_for(runner, &out, 1);
	assert_true(CPU_COUNT(&work.affinity) >= CPU_COUNT(&before));
	/* The one who made it stays where it was. */
	assert_true(CPU_EQUAL(&now, &one));
	runner_stop(runner);
}

static void the_thread_runs_on_the_processors_of_its_device(void **state)
{
	struct infer_batch batch = {.count = 1}, *out;
	struct work work = {.allowed = UINT32_MAX};
	struct gw_device pinned = {.memory = GW_MEM_HOST, .pinned = true};
	cpu_set_t allowed;
	struct gw_error error;

	gw_thread_allowed(&allowed);
	for (int i = 0; CPU_COUNT(&pinned.cores) == 0; i++)
		if (CPU_ISSET(i, &allowed))
			CPU_SET(i, &pinned.cores);
	struct runner *runner = runner_start(&single, &pinned, run, &work, &error);

	runner_submit(runner, &batch);
	wait_for(runner, &out, 1);
	assert_true(CPU_EQUAL(&work.affinity, &pinned.cores));
	runner_stop(runner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_come_back_in_order_with_times_and_status),
		cmocka_unit_test(who_waits_for_the_end_of_batches_is_told),
		cmocka_unit_test(a_batch_that_lacks_pictures_fails_and_the_next_does_not),
		cmocka_unit_test(neither_submit_nor_poll_waits_for_a_batch),
		cmocka_unit_test(a_runner_that_is_stopped_ends_with_batches_waiting),
		cmocka_unit_test(outputs_are_read_on_the_thread_before_the_batch_is_back),
		cmocka_unit_test(the_thread_does_not_inherit_a_pinned_affinity),
		cmocka_unit_test(the_thread_runs_on_the_processors_of_its_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
