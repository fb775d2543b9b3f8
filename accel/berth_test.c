/* Who prepares a berth's pictures, with an engine whose `place` tells. */
#include "core/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/berth.h"
#include "accel/test_engine.h"
#include "core/clock.h"
#include "core/config/config.h"

#define JOBS_OF_A_TEST 12
#define MOST (20 * GW_NS_PER_S) /* the machine may be busy */

static struct witness {
	struct test_engine engine;
	pthread_t owner; /* the test's thread */
	_Atomic uint32_t inside, most_inside, by_owner, placed;
	_Atomic uint32_t gather; /* that many must have been inside before any goes on */
	_Atomic bool held; /* batches do not end */
} witness;

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

static void witness_run(void *engine, struct infer_batch *batch)
{
	while (witness.held)
		nap();
	test_engine_answer(batch);
}

static int witness_open(
	struct infer_spec *spec, struct gw_device *device, void **engine, struct gw_error *error)
{
	*engine = &witness;
	return test_engine_open(&witness.engine, spec, device, witness_run, error);
}

static void witness_place(void *engine, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	const uint32_t inside = ++witness.inside;
	const int64_t end = gw_now() + MOST;

	witness.by_owner += pthread_equal(pthread_self(), witness.owner) != 0;
	if (inside > witness.most_inside)
		witness.most_inside = inside;
	while (witness.most_inside < witness.gather && gw_now() < end)
		nap();
	test_engine_place(&witness.engine, batch, index, surface, geometry);
	witness.placed++;
	witness.inside--;
}

static const struct infer_ops witness_ops = {
	.name = "witness",
	.memory = GW_MEM_HOST,
	.max_batch = 4,
	.open = witness_open,
	.place = witness_place,
	.submit = test_engine_submit,
	.poll = test_engine_poll,
	.close = test_engine_close,
};

struct fixture {
	struct gw_accel_config config;
	struct gw_device device;
	struct berth_stats stats;
	struct berth berth;
	struct gw_frame frame;
	struct job jobs[JOBS_OF_A_TEST];
	struct gw_surface surfaces[JOBS_OF_A_TEST];
	uint8_t pixels[JOBS_OF_A_TEST][TEST_LABELS];
};

static void open_berth(struct fixture *f, uint32_t helpers)
{
	const struct berth_options o = {.engine = &witness_ops,
		.device = &f->device,
		.model = &test_model,
		.config = &f->config};
	struct gw_error error;

	memset(&witness, 0, sizeof(witness));
	witness.owner = pthread_self();
	memset(f, 0, sizeof(*f));
	f->config = (struct gw_accel_config){.threads = 1, .helpers = helpers};
	f->frame.width = f->frame.height = TEST_SIDE;
	gw_device_host(&f->device);
	if (berth_open(&f->berth, &o, &f->stats, &error) != 0)
		fail_msg("%s", error.text);
}

static void place(struct fixture *f, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		f->surfaces[i] = test_picture(&f->device, f->pixels[i], i);
		/* One reference is the test's. */
		f->surfaces[i].refs = 2;
		f->jobs[i] = (struct job){.frame = &f->frame, .surface = &f->surfaces[i]};
		berth_place(&f->berth, &f->jobs[i]);
		assert_int_equal(f->jobs[i].drop, GW_DROP_NONE);
	}
}

static void submit(struct fixture *f, uint32_t from, uint32_t to)
{
	place(f, from, to);
	berth_submit(&f->berth, gw_now());
}

/* Waits for a batch that has just those jobs, each with the answer to its own picture. */
static void assert_back(struct fixture *f, uint32_t from, uint32_t to)
{
	const int64_t end = gw_now() + MOST;
	const struct infer_batch *batch;
	const struct crew *crew;

	while ((crew = berth_poll(&f->berth, &batch, gw_now())) == NULL && gw_now() < end)
		nap();
	if (!crew) {
		fail_msg("no batch came back");
		return;
	}
	assert_int_equal(batch->count, to - from);
	for (uint32_t i = from; i < to; i++) {
		assert_ptr_equal(crew->jobs[i - from], &f->jobs[i]);
		assert_int_equal(f->jobs[i].drop, GW_DROP_NONE);
		assert_int_equal(f->jobs[i].result.findings[0].index, i % TEST_LABELS);
		assert_int_equal(f->surfaces[i].refs, 1);
	}
}

static void one_batch_is_prepared_by_several_at_a_time(void **state)
{
	struct fixture f;

	open_berth(&f, 2);
	witness.gather = 3;
	submit(&f, 0, 4);
	assert_back(&f, 0, 4);
	assert_int_equal(witness.most_inside, 3);
	assert_int_equal(witness.by_owner, 0);
	berth_close(&f.berth);
}

static void without_helpers_the_engine_prepares_its_batches(void **state)
{
	struct fixture f;

	open_berth(&f, 0);
	submit(&f, 0, 4);
	submit(&f, 4, 5);
	assert_back(&f, 0, 4);
	assert_back(&f, 4, 5);
	assert_int_equal(witness.most_inside, 1);
	assert_int_equal(witness.by_owner, 0);
	berth_close(&f.berth);
}

/* The engine is busy with the first. */
static void helpers_prepare_a_batch_while_the_one_before_runs(void **state)
{
	const int64_t end = gw_now() + MOST;
	struct fixture f;

	open_berth(&f, 1);
	witness.held = true;
	submit(&f, 0, 4);
	submit(&f, 4, 8);
	while (witness.placed < 8 && gw_now() < end)
		nap();
	assert_int_equal(witness.placed, 8);
	witness.held = false;
	assert_back(&f, 0, 4);
	assert_back(&f, 4, 8);
	berth_close(&f.berth);
}

static void a_closed_berth_holds_no_surface(void **state)
{
	struct fixture f;

	open_berth(&f, 0);
	witness.held = true;
	submit(&f, 0, 4);
	submit(&f, 4, 8);
	submit(&f, 8, 12);
	while (witness.placed < 4)
		nap();
	witness.held = false;
	berth_close(&f.berth);
	for (uint32_t i = 0; i < 12; i++)
		assert_int_equal(f.surfaces[i].refs, 1);
}

static void an_open_batch_that_is_taken_away_gives_its_surfaces_back(void **state)
{
	struct job *jobs[MODEL_BATCH_MAX];
	struct fixture f;

	open_berth(&f, 1);
	place(&f, 0, 3);
	assert_int_equal(berth_take_open(&f.berth, jobs), 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_ptr_equal(jobs[i]->surface, &f.surfaces[i]);
		job_drop_surface(jobs[i]);
		assert_int_equal(f.surfaces[i].refs, 1);
	}
	submit(&f, 4, 6);
	assert_back(&f, 4, 6);
	assert_int_equal(witness.placed, 2);
	berth_close(&f.berth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_batch_is_prepared_by_several_at_a_time),
		cmocka_unit_test(without_helpers_the_engine_prepares_its_batches),
		cmocka_unit_test(helpers_prepare_a_batch_while_the_one_before_runs),
		cmocka_unit_test(a_closed_berth_holds_no_surface),
		cmocka_unit_test(an_open_batch_that_is_taken_away_gives_its_surfaces_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
