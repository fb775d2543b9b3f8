/* Which of several devices does the work, and how a picture gets to one where it does not lie. */
#include "accel/fragile_devices.h"

#include "accel/balance.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_shared_by_devices_that_are_well),
		cmocka_unit_test(with_a_wait_a_picture_stays_at_home),
		cmocka_unit_test(a_wait_for_one_home_does_not_hold_up_another),
		cmocka_unit_test(a_picture_on_a_device_comes_to_the_engine_that_takes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
