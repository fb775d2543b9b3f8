/* Several devices, of which some fail: nothing that they were to do is lost. The engine runs on
 * threads of its own and does what the test tells each device to do. */
#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/balance.h"
#include "accel/batcher.h"
#include "accel/test_engine.h"
#include "core/clock.h"
#include "core/config/config.h"

#define DEVICES 3
#define JOBS_OF_A_TEST 60
#define RUN_NS (2 * GW_NS_PER_MS)
#define SLOW_NS (1300 * GW_NS_PER_MS) /* longer than one that is quick may be away */
#define SECOND GW_NS_PER_S

enum mood { WELL, NO_MEMORY, NO_LAUNCH, LOST, BAD_INPUT };

struct fragile {
	struct test_engine engine;
	_Atomic int mood;
	_Atomic bool closing;
	_Atomic uint32_t ran;
};

static struct fragile engines[DEVICES];
static int64_t run_ns = RUN_NS; /* of every batch; only RUN_NS is known from the opening on */
static struct gw_device devices[DEVICES];

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = RUN_NS}, NULL);
}

static void fragile_run(void *engine, struct infer_batch *batch)
{
	static const int statuses[] = {
		[NO_MEMORY] = -ENOMEM, [NO_LAUNCH] = -EIO, [LOST] = -ENODEV, [BAD_INPUT] = -EINVAL};
	struct fragile *own = engine;
	const int mood = own->mood;

	nanosleep(&(struct timespec){run_ns / GW_NS_PER_S, run_ns % GW_NS_PER_S}, NULL);
	while (mood == LOST && own->mood == LOST && !own->closing)
		nap();
	batch->status = statuses[mood];
	snprintf(batch->error, sizeof(batch->error), "it was told to");
	test_engine_answer(batch);
	own->ran += batch->count;
}

static int fragile_open(
	struct infer_spec *spec, struct gw_device *device, void **engine, struct gw_error *error)
{
	struct fragile *own = &engines[device->index];

	*own = (struct fragile){0};
	*engine = own;
	spec->warm_ns = run_ns == RUN_NS ? RUN_NS : 0;
	return test_engine_open(&own->engine, spec, device, fragile_run, error);
}

static void fragile_close(void *engine)
{
	struct fragile *own = engine;

	if (!own)
		return;
	own->closing = true;
	test_engine_close(&own->engine);
}

static const struct infer_ops fragile_ops = {
	.name = "fragile",
	.memory = GW_MEM_HOST,
	.max_batch = 4,
	.open = fragile_open,
	.place = test_engine_place,
	.submit = test_engine_submit,
	.poll = test_engine_poll,
	.close = fragile_close,
};

struct fixture {
	struct gw_accel_config config;
	struct batcher *batcher;
	struct gw_device host;
	struct gw_frame frames[DEVICES]; /* of as many cameras */
	struct job_pool *pool;
	struct gw_surface surfaces[JOBS_OF_A_TEST];
	uint8_t pixels[JOBS_OF_A_TEST][TEST_LABELS];
	uint32_t well, failed; /* jobs that came out */
};

static void open_devices(struct fixture *f, uint32_t count, uint32_t locality_wait)
{
	struct gw_error error;
	const struct berth_options o = {.engine = &fragile_ops,
		.device = devices,
		.device_count = count,
		.model = &test_model,
		.config = &f->config};

	memset(f, 0, sizeof(*f));
	f->config = (struct gw_accel_config){
		.threads = 1, .helpers = 2, .locality_wait = locality_wait};
	gw_device_host(&f->host);
	for (uint32_t i = 0; i < DEVICES; i++) {
		gw_device_host(&devices[i]);
		devices[i].index = (uint16_t)i;
		f->frames[i] = (struct gw_frame){.camera = i,
			.state = GW_FRAME_IMAGE,
			.width = TEST_SIDE,
			.height = TEST_SIDE};
	}
	f->pool = job_pool_create();
	f->batcher = batcher_open(&o, &error);
	if (!f->batcher)
		fail_msg("%s", error.text);
}

static void close_devices(struct fixture *f)
{
	batcher_close(f->batcher);
	/* Whatever became of its batches, nothing of them is the device's any more. */
	for (uint32_t i = 0; i < DEVICES; i++) {
		assert_int_equal(devices[i].failing, 0);
		assert_int_equal(devices[i].queued, 0);
		assert_int_equal(devices[i].expected_ns, 0);
	}
	job_pool_destroy(f->pool);
}

/* A job with a picture of its own, which label number % TEST_LABELS is right for. */
static void add_since(struct fixture *f, uint32_t number, uint32_t camera, int64_t arrival)
{
	struct gw_surface *surface = &f->surfaces[number];
	struct job *job = job_take(f->pool);

	*surface = test_picture(&f->host, f->pixels[number], number);
	/* One reference is the test's. */
	surface->refs = 2;
	job->frame = &f->frames[camera];
	job->surface = surface;
	job->arrival = arrival;
	job->of = (uint16_t)(number % TEST_LABELS);
	batcher_add(f->batcher, job);
}

static void add(struct fixture *f, uint32_t number, uint32_t camera)
{
	add_since(f, number, camera, gw_now());
}

static void take(struct fixture *f)
{
	struct job *job;

	while ((job = batcher_take(f->batcher)) != NULL) {
		if (job->drop == GW_DROP_NONE) {
			assert_int_equal(job->result.count, 1);
			assert_int_equal(job->result.findings[0].index, job->of);
			f->well++;
		} else {
			assert_int_equal(job->drop, GW_DROP_INFER_FAILED);
			f->failed++;
		}
		assert_null(job->surface);
		job_put(f->pool, job);
	}
}

/* Turns until so many jobs are done. Returns how long it took. */
static int64_t run_until(struct fixture *f, uint32_t jobs, int64_t most_ns)
{
	const int64_t begin = gw_now();

	while (f->well + f->failed < jobs && gw_now() - begin < most_ns) {
		if (batcher_turn(f->batcher, gw_now(), false) == 0)
			nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
		take(f);
	}
	assert_int_equal(f->well + f->failed, jobs);
	return gw_now() - begin;
}

static void turn_for(struct fixture *f, int64_t ns)
{
	const int64_t end = gw_now() + ns;

	while (gw_now() < end) {
		batcher_turn(f->batcher, gw_now(), false);
		nap();
	}
	take(f);
}

static void add_many(struct fixture *f, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		add(f, i, i % DEVICES);
}

static void work_is_shared_by_devices_that_are_well(void **state)
{
	struct fixture f;
	double pictures[DEVICES];

	open_devices(&f, DEVICES, 0);
	add_many(&f, JOBS_OF_A_TEST);
	run_until(&f, JOBS_OF_A_TEST, 20 * SECOND);
	assert_int_equal(f.well, JOBS_OF_A_TEST);
	for (int i = 0; i < DEVICES; i++) {
		pictures[i] = (double)devices[i].pictures;
		assert_int_equal(devices[i].expected_ns, 0);
		assert_int_equal(devices[i].queued, 0);
	}
	assert_true(balance_jain(pictures, DEVICES) > 0.8);
	close_devices(&f);
}

static void with_a_wait_a_picture_stays_at_home(void **state)
{
	struct fixture f;

	open_devices(&f, DEVICES, 60000);
	for (uint32_t i = 0; i < JOBS_OF_A_TEST; i++)
		add(&f, i, 1);
	run_until(&f, JOBS_OF_A_TEST, 20 * SECOND);
	assert_int_equal(devices[1].pictures, JOBS_OF_A_TEST);
	close_devices(&f);
}

static void a_wait_for_one_home_does_not_hold_up_another(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 60000);
	engines[0].mood = LOST;
	for (uint32_t i = 0; i < 20; i++)
		add(&f, i, 0);
	for (uint32_t i = 20; i < 24; i++)
		add(&f, i, 1);
	run_until(&f, 4, SECOND);
	engines[0].mood = WELL;
	run_until(&f, 24, 20 * SECOND);
	close_devices(&f);
}

/* A device's memory whose only picture comes to the host as often as it is asked for. */
struct far {
	struct gw_surface *here;
	_Atomic uint32_t fetched;
	bool lost;
};

static int far_reserve(void *owner, size_t bytes, void **object)
{
	*object = owner;
	return 0;
}

static void far_release(void *owner, void *object)
{
}

static struct gw_surface *far_fetch(void *owner, const struct gw_surface *surface)
{
	struct far *far = owner;

	far->fetched++;
	if (far->lost)
		return NULL;
	gw_surface_ref(far->here);
	return far->here;
}

static void add_far(struct fixture *f, struct gw_surface_pool *pool)
{
	struct job *job = job_take(f->pool);
	struct gw_surface *surface = gw_surface_get(pool, TEST_LABELS);

	assert_non_null(surface);
	surface->format = GW_FORMAT_GRAY;
	surface->width = surface->height = TEST_SIDE;
	surface->orientation = f->surfaces[0].orientation;
	job->frame = &f->frames[0];
	job->surface = surface;
	job->arrival = gw_now();
	batcher_add(f->batcher, job);
}

/* Also when the device that it lies on has failed, and the picture was with an engine before. */
static void a_picture_on_a_device_comes_to_the_engine_that_takes_over(void **state)
{
	struct gw_device there = {.memory = GW_MEM_OPENCL, .name = "there"};
	struct far far = {0};
	const struct gw_surface_memory memory = {.reserve = far_reserve,
		.release = far_release,
		.fetch = far_fetch,
		.owner = &far,
		.budget = 1 << 20,
		.largest = 1 << 16};
	struct gw_error error;
	struct fixture f;

	open_devices(&f, 2, 60000);
	struct gw_surface_pool *pool = gw_surface_pool_create_in(&there, &memory, &error);

	assert_non_null(pool);
	f.surfaces[0] = test_picture(&f.host, f.pixels[0], 0);
	f.surfaces[0].refs = 1;
	far.here = &f.surfaces[0];
	engines[0].mood = NO_LAUNCH;
	add_far(&f, pool);
	run_until(&f, 1, 20 * SECOND);
	assert_int_equal(f.well, 1);
	assert_int_equal(far.fetched, 2);
	assert_int_equal(engines[1].ran, 1);
	assert_int_equal(gw_surface_pool_in_use(pool), 0);
	/* One that cannot be had any more has failed on all. */
	engines[0].mood = WELL;
	far.lost = true;
	add_far(&f, pool);
	run_until(&f, 2, 20 * SECOND);
	assert_int_equal(f.failed, 1);
	assert_int_equal(gw_surface_pool_in_use(pool), 0);
	assert_int_equal(f.surfaces[0].refs, 1);
	close_devices(&f);
	gw_surface_pool_destroy(pool);
}

static void assert_taken_over(enum mood mood, int64_t most_ns)
{
	struct fixture f;

	open_devices(&f, DEVICES, 0);
	engines[1].mood = (int)mood;
	add_many(&f, JOBS_OF_A_TEST);
	assert_true(run_until(&f, JOBS_OF_A_TEST, 20 * SECOND) < most_ns);
	assert_int_equal(f.failed, 0);
	assert_int_equal(devices[1].failing, 1);
	assert_int_equal(devices[0].failing, 0);
	const struct gw_device *device;

	assert_non_null(batcher_failure(f.batcher, &device));
	assert_ptr_equal(device, &devices[1]);
	assert_null(batcher_failure(f.batcher, &device));
	assert_null(batcher_complaint(f.batcher));
	close_devices(&f);
}

/* Generous where another one looks at the clock: the machine may be busy. */
static void a_device_without_memory_loses_no_frame(void **state)
{
	assert_taken_over(NO_MEMORY, 5 * SECOND);
}

static void a_device_that_launches_nothing_loses_no_frame(void **state)
{
	assert_taken_over(NO_LAUNCH, 5 * SECOND);
}

static void a_device_that_never_comes_back_loses_no_frame(void **state)
{
	assert_taken_over(LOST, 6 * SECOND);
}

static void a_device_that_comes_back_late_touches_nothing_and_works_again(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = LOST;
	add_many(&f, 24);
	run_until(&f, 24, 20 * SECOND);
	assert_int_equal(f.failed, 0);
	/* What it was given comes back now, while others have those jobs. */
	engines[0].mood = WELL;
	for (int round = 0; round < 50 && devices[0].failing > 0; round++) {
		turn_for(&f, SECOND / 10);
		add_many(&f, 4);
		f.well = 0;
		run_until(&f, 4, 20 * SECOND);
	}
	assert_int_equal(devices[0].failing, 0);
	assert_int_equal(devices[0].queued, 0);
	assert_int_equal(f.failed, 0);
	close_devices(&f);
}

/* Batches are on their way before the first one has told how long they take. */
static void a_model_that_takes_long_is_no_device_that_failed(void **state)
{
	const struct gw_device *device;
	struct fixture f;

	run_ns = SLOW_NS;
	open_devices(&f, 2, 0);
	add_many(&f, 32);
	run_until(&f, 32, 30 * SECOND);
	run_ns = RUN_NS;
	assert_int_equal(f.failed, 0);
	assert_null(batcher_failure(f.batcher, &device));
	close_devices(&f);
}

static void a_failed_device_gets_one_batch_when_it_has_rested(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = NO_LAUNCH;
	add_many(&f, 24);
	run_until(&f, 24, 20 * SECOND);
	const uint32_t tried = engines[0].ran;

	assert_int_equal(devices[0].failing, 1);
	add_many(&f, 24);
	f.well = 0;
	run_until(&f, 24, 20 * SECOND);
	turn_for(&f, SECOND * 3 / 2);
	for (uint32_t i = 0; i < 24; i++)
		add(&f, i, i % 2);
	f.well = 0;
	run_until(&f, 24, 20 * SECOND);
	/* A batch to see, whether or not the pause before it was over in time. */
	assert_in_range(engines[0].ran - tried, 1, 8);
	assert_int_equal(devices[0].failing, 1);
	assert_int_equal(f.failed, 0);
	close_devices(&f);
}

static void when_none_is_left_jobs_fail_and_do_not_wait_for_ever(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = engines[1].mood = NO_LAUNCH;
	add_many(&f, 24);
	run_until(&f, 24, 20 * SECOND);
	assert_int_equal(f.failed, 24);
	assert_int_equal(gw_counter_get(&batcher_stats(f.batcher)->failed), 24);
	close_devices(&f);
}

static void a_job_that_is_old_waits_for_room_on_the_next_device(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = NO_LAUNCH;
	for (uint32_t i = 0; i < JOBS_OF_A_TEST; i++)
		add_since(&f, i, 0, gw_now() - 10 * SECOND);
	run_until(&f, JOBS_OF_A_TEST, 20 * SECOND);
	assert_int_equal(f.failed, 0);
	close_devices(&f);
}

static void after_all_have_failed_all_are_tried_again(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = engines[1].mood = NO_LAUNCH;
	add_many(&f, 24);
	run_until(&f, 24, 20 * SECOND);
	engines[0].mood = engines[1].mood = WELL;
	for (int round = 0; round < 200 && devices[0].failing + devices[1].failing > 0; round++) {
		turn_for(&f, SECOND / 10);
		add_many(&f, 8);
		f.well = f.failed = 0;
		run_until(&f, 8, 20 * SECOND);
	}
	assert_int_equal(devices[0].failing + devices[1].failing, 0);
	close_devices(&f);
}

static void what_is_wrong_with_a_batch_is_no_fault_of_the_device(void **state)
{
	struct fixture f;

	open_devices(&f, 2, 0);
	engines[0].mood = engines[1].mood = BAD_INPUT;
	add_many(&f, 8);
	run_until(&f, 8, 20 * SECOND);
	assert_int_equal(f.failed, 8);
	assert_int_equal(devices[0].failing + devices[1].failing, 0);
	assert_non_null(batcher_complaint(f.batcher));
	close_devices(&f);
}

static void with_one_device_what_it_cannot_run_has_failed(void **state)
{
	struct fixture f;

	open_devices(&f, 1, 0);
	engines[0].mood = NO_LAUNCH;
	add_many(&f, 8);
	run_until(&f, 8, 20 * SECOND);
	assert_int_equal(f.failed, 8);
	assert_int_equal(devices[0].failing, 0);
	assert_non_null(strstr(batcher_complaint(f.batcher), "it was told to"));
	close_devices(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_shared_by_devices_that_are_well),
		cmocka_unit_test(with_a_wait_a_picture_stays_at_home),
		cmocka_unit_test(a_wait_for_one_home_does_not_hold_up_another),
		cmocka_unit_test(a_picture_on_a_device_comes_to_the_engine_that_takes_over),
		cmocka_unit_test(a_device_without_memory_loses_no_frame),
		cmocka_unit_test(a_device_that_launches_nothing_loses_no_frame),
		cmocka_unit_test(a_device_that_never_comes_back_loses_no_frame),
		cmocka_unit_test(a_device_that_comes_back_late_touches_nothing_and_works_again),
		cmocka_unit_test(a_model_that_takes_long_is_no_device_that_failed),
		cmocka_unit_test(a_failed_device_gets_one_batch_when_it_has_rested),
		cmocka_unit_test(when_none_is_left_jobs_fail_and_do_not_wait_for_ever),
		cmocka_unit_test(a_job_that_is_old_waits_for_room_on_the_next_device),
		cmocka_unit_test(after_all_have_failed_all_are_tried_again),
		cmocka_unit_test(what_is_wrong_with_a_batch_is_no_fault_of_the_device),
		cmocka_unit_test(with_one_device_what_it_cannot_run_has_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
