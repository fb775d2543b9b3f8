/* The batcher with an engine that the test holds in its hand: batches end when it says so. */
#include "core/test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/batcher.h"
#include "accel/host_memory.h"
#include "core/clock.h"
#include "core/config/config.h"

#define FRAMES 64
#define SIDE 2
#define LABELS 4
#define MS GW_NS_PER_MS

static struct hand_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	struct infer_batch *ring[16];
	uint32_t submitted, ended, polled;
	int64_t now;
} hand;

static int hand_open(
	struct infer_spec *spec, struct gw_device *device, void **engine, struct gw_error *error)
{
	hand = (struct hand_engine){.spec = spec};
	*engine = &hand;
	/* The model says how large it is. */
	if (spec->output[0].free) {
		spec->output[0].rank = 1;
		spec->output[0].dims[0] = LABELS;
	}
	const int status = host_memory_open(&hand.host, spec, error);

	return status == 0 ? host_memory_outputs(&hand.host, error) : status;
}

static void hand_place(void *engine, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	host_memory_place(&hand.host, batch, index, surface, geometry);
}

static void hand_submit(void *engine, struct infer_batch *batch)
{
	assert_true(hand.submitted - hand.polled < hand.spec->batch_count);
	hand.ring[hand.submitted++ % 16] = batch;
	hand.spec->prepare(hand.spec->owner, batch);
}

static uint32_t hand_poll(void *engine, struct infer_batch **batches, uint32_t count)
{
	uint32_t n = 0;

	while (n < count && hand.polled < hand.ended)
		batches[n++] = hand.ring[hand.polled++ % 16];
	return n;
}

static void hand_close(void *engine)
{
	if (engine)
		host_memory_close(&hand.host);
}

static const struct infer_ops hand_ops = {
	.name = "hand",
	.memory = GW_MEM_HOST,
	.max_batch = 64,
	.open = hand_open,
	.place = hand_place,
	.submit = hand_submit,
	.poll = hand_poll,
	.close = hand_close,
};

/* The oldest batch is done: label i of a picture has the value of its pixel i. */
static void end_batch(int status, int64_t run_ns)
{
	struct infer_batch *batch = hand.ring[hand.ended++ % 16];

	assert_true(hand.ended <= hand.submitted);
	memcpy(batch->output[0], batch->input, batch->count * LABELS * sizeof(float));
	batch->status = status;
	snprintf(batch->error, sizeof(batch->error), "the engine is on fire");
	batch->started = 1000;
	batch->ended = 1000 + run_ns;
	hand.spec->finish(hand.spec->owner, batch);
}

static float zero[] = {0}, per_255[] = {1 / 255.0f};
static char *labels[LABELS] = {"a", "b", "c", "d"};
static struct model_classify options = {.tensor = "out", .top_k = 1};
static struct model_batch batch_options;
static struct model_description description = {
	.task = GW_TASK_CLASSIFY,
	.labels = labels,
	.labels_count = LABELS,
	.input = {.tensor = "in",
		.width = SIDE,
		.height = SIDE,
		.channels = 1,
		.mean = zero,
		.scale = per_255,
		.mean_count = 1,
		.scale_count = 1},
	.classify = &options,
	.batch = &batch_options,
};
static const struct model model = {
	.name = "test", .version = 1, .path = "none", .description = &description};
static const struct gw_accel_config config = {.threads = 1};

static struct gw_device device;

struct fixture {
	struct batcher *batcher;
	struct gw_frame frame; /* of all jobs */
	struct job jobs[FRAMES];
	struct gw_surface surfaces[FRAMES];
	uint8_t pixels[FRAMES][SIDE * SIDE];
	struct job *out[FRAMES + 1];
	uint32_t out_count;
};

static void take(struct fixture *f)
{
	f->out_count = 0;
	while ((f->out[f->out_count] = batcher_take(f->batcher)) != NULL)
		f->out_count++;
}

static int open_fixture(void **state)
{
	const struct berth_options o = {
		.engine = &hand_ops, .device = &device, .model = &model, .config = &config};
	struct fixture *f = calloc(1, sizeof(*f));
	struct gw_error error;

	gw_device_host(&device);
	batch_options = (struct model_batch){.max = 4, .deadline_ms = 20};
	f->batcher = batcher_open(&o, &error);
	f->frame.width = f->frame.height = SIDE;
	for (uint32_t i = 0; i < FRAMES; i++) {
		/* The brightest pixel is number i % 4. */
		f->pixels[i][i % LABELS] = 255;
		f->surfaces[i] = (struct gw_surface){.device = &device,
			.format = GW_FORMAT_GRAY,
			.width = SIDE,
			.height = SIDE,
			.pitch = {SIDE},
			.plane = {f->pixels[i]}};
	}
	*state = f;
	return f->batcher ? 0 : -1;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	batcher_close(f->batcher);
	free(f);
	return 0;
}

static void add_one(struct fixture *f, uint32_t i, const struct gw_region *region, int64_t now)
{
	/* One reference is the test's. */
	f->surfaces[i].refs = 2;
	f->jobs[i] = (struct job){
		.frame = &f->frame, .surface = &f->surfaces[i], .seen = region, .arrival = now};
	batcher_add(f->batcher, &f->jobs[i]);
}

static void add(struct fixture *f, uint32_t from, uint32_t to, int64_t now)
{
	for (uint32_t i = from; i < to; i++)
		add_one(f, i, NULL, now);
}

/* Turns until nothing moves. */
static void settle(struct fixture *f, int64_t now)
{
	while (batcher_turn(f->batcher, now, false) > 0)
		;
}

static void assert_out(struct fixture *f, uint32_t from, uint32_t to)
{
	take(f);
	assert_int_equal(f->out_count, to - from);
	for (uint32_t i = from; i < to; i++)
		assert_ptr_equal(f->out[i - from], &f->jobs[i]);
}

static uint32_t last_batch(void)
{
	return hand.ring[(hand.submitted - 1) % 16]->count;
}

static void a_job_does_not_wait_while_the_engine_is_idle(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	assert_int_equal(last_batch(), 1);
	take(f);
	assert_int_equal(f->out_count, 0);
	end_batch(0, 5 * MS);
	settle(f, 0);
	assert_out(f, 0, 1);
}

static void an_idle_engine_gets_all_that_waits(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 3, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	assert_int_equal(last_batch(), 3);
}

static void a_full_batch_is_closed_though_the_engine_is_busy(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	add(f, 1, 4, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	add(f, 4, 5, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 2);
	assert_int_equal(last_batch(), 4);
}

static void a_batch_is_closed_in_time_for_its_oldest_job(void **state)
{
	struct fixture *f = *state;

	/* One picture is known to run 5 ms, so a job that came at 100 must go at 115. */
	add(f, 0, 1, 0);
	settle(f, 0);
	end_batch(0, 5 * MS);
	add(f, 1, 2, 100 * MS);
	settle(f, 100 * MS);
	assert_int_equal(hand.submitted, 2);
	add(f, 2, 3, 100 * MS);
	settle(f, 114 * MS);
	assert_int_equal(hand.submitted, 2);
	settle(f, 115 * MS);
	assert_int_equal(hand.submitted, 3);
}

static void behind_two_batches_a_third_waits_to_become_full(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	add(f, 1, 2, 0);
	settle(f, 1000 * MS);
	assert_int_equal(hand.submitted, 2);
	add(f, 2, 3, 0);
	settle(f, 2000 * MS);
	assert_int_equal(hand.submitted, 2);
	end_batch(0, MS);
	settle(f, 2000 * MS);
	assert_int_equal(hand.submitted, 3);
}

static void jobs_beyond_the_ring_wait_for_room(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 30, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 3);
	assert_int_equal(batcher_waiting(f->batcher), 30);
	for (uint32_t done = 0; done < 28; done += 4) {
		end_batch(0, MS);
		settle(f, 0);
		assert_out(f, done, done + 4);
	}
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 28, 30);
	assert_int_equal(batcher_waiting(f->batcher), 0);
}

static void a_surface_goes_back_as_soon_as_it_was_read(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 13, 0);
	settle(f, 0);
	for (uint32_t i = 0; i < 13; i++) {
		assert_int_equal(f->surfaces[i].refs, i < 12 ? 1 : 2);
		assert_int_equal(f->jobs[i].surface == NULL, i < 12);
	}
	assert_int_equal(device.queued, 12);
	for (int i = 0; i < 4; i++) {
		end_batch(0, MS);
		settle(f, 0);
	}
	assert_int_equal(device.queued, 0);
	assert_int_equal(device.busy_ns, 4 * MS);
	take(f);
}

static void every_job_gets_the_result_of_its_own_picture(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 30, 0);
	for (int i = 0; i < 8; i++) {
		settle(f, 0);
		end_batch(0, MS);
	}
	settle(f, 0);
	assert_out(f, 0, 30);
	for (uint32_t i = 0; i < 30; i++) {
		const struct job *job = &f->jobs[i];

		assert_int_equal(job->drop, GW_DROP_NONE);
		assert_int_equal(job->result.task, GW_TASK_CLASSIFY);
		assert_int_equal(job->result.findings[0].index, i % LABELS);
		assert_float_equal(job->result.findings[0].confidence, 1, 1e-6);
		assert_int_equal(job->began, 1000);
		assert_int_equal(job->ended, 1000 + MS);
	}
}

/* Made where the batch ended, before the batcher knows of it. */
static void results_are_there_before_the_batch_is_back(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	end_batch(0, MS);
	assert_int_equal(f->jobs[0].result.count, 1);
	assert_int_equal(f->jobs[0].result.findings[0].index, 0);
	settle(f, 0);
	assert_out(f, 0, 1);
}

static void a_batch_that_fails_fails_its_jobs_and_no_others(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 8, 0);
	settle(f, 0);
	end_batch(-EIO, MS);
	settle(f, 0);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(f->jobs[i].drop, i < 4 ? GW_DROP_INFER_FAILED : GW_DROP_NONE);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->failed), 4);
	assert_string_equal(batcher_complaint(f->batcher), "the engine is on fire");
	assert_null(batcher_complaint(f->batcher));
}

static void values_that_are_no_numbers_fail_their_job_and_no_other(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 2, 0);
	settle(f, 0);
	assert_int_equal(last_batch(), 2);
	((float *)hand.ring[0]->input)[LABELS] = NAN;
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(f->jobs[0].drop, GW_DROP_NONE);
	assert_int_equal(f->jobs[1].drop, GW_DROP_MODEL_OUTPUT);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->failed), 1);
	assert_non_null(batcher_complaint(f->batcher));
}

/* The values travel as they are, and no job here has room for them. */
static int open_raw_fixture(void **state)
{
	static char *tensors[] = {"out"};
	static struct model_raw raw = {.tensors = tensors, .tensors_count = 1};

	description.task = GW_TASK_RAW;
	description.raw = &raw;
	return open_fixture(state);
}

static int close_raw_fixture(void **state)
{
	description.task = GW_TASK_CLASSIFY;
	description.raw = NULL;
	return close_fixture(state);
}

static void a_result_without_room_fails_its_job(void **state)
{
	struct fixture *f = *state;

	_Alignas(8) static uint8_t room[256];

	add(f, 0, 2, 0);
	f->jobs[1].rest = room;
	f->jobs[1].rest_size = sizeof(room);
	settle(f, 0);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(f->jobs[0].drop, GW_DROP_RESULT_TOO_LARGE);
	assert_int_equal(f->jobs[1].drop, GW_DROP_NONE);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->failed), 1);
	assert_non_null(batcher_complaint(f->batcher));
}

static void a_region_outside_of_the_picture_fails_the_job(void **state)
{
	struct fixture *f = *state;

	static const struct gw_region outside = {.x = 5};

	add_one(f, 0, NULL, 0);
	add_one(f, 1, &outside, 0);
	add_one(f, 2, NULL, 0);
	settle(f, 0);
	assert_int_equal(last_batch(), 2);
	/* It waits for nothing. */
	assert_out(f, 1, 2);
	end_batch(0, MS);
	settle(f, 0);
	take(f);
	assert_int_equal(f->out_count, 2);
	assert_int_equal(f->jobs[1].drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->jobs[2].result.findings[0].index, 2);
	assert_non_null(strstr(batcher_complaint(f->batcher), "region"));
}

static void a_job_without_a_picture_fails(void **state)
{
	struct fixture *f = *state;

	struct gw_device other = {.memory = GW_MEM_CUDA};

	f->surfaces[1].device = &other;
	add(f, 0, 2, 0);
	job_drop_surface(&f->jobs[0]);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(f->jobs[0].drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->jobs[1].drop, GW_DROP_INFER_FAILED);
}

static void a_flush_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 7, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	batcher_turn(f->batcher, 0, true);
	assert_int_equal(hand.submitted, 2);
	end_batch(0, MS);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 7);
}

static void batches_and_run_times_are_counted(void **state)
{
	struct fixture *f = *state;
	const struct berth_stats *stats = batcher_stats(f->batcher);

	add(f, 0, 6, 0);
	settle(f, 0);
	end_batch(0, 3 * MS);
	settle(f, 0);
	end_batch(0, 3 * MS);
	settle(f, 0);
	assert_int_equal(gw_counter_get(&stats->batches), 2);
	assert_int_equal(gw_counter_get(&stats->jobs), 6);
	assert_int_equal(gw_histogram_quantile(&stats->run_us, 0.5), 3000);
}

static void no_job_is_lost_in_any_order_of_events(void **state)
{
	struct fixture *f = *state;
	uint32_t added = 0, out = 0;
	bool inside[FRAMES] = {false};

	srand(1);
	for (int round = 0; round < 20000; round++) {
		switch (rand() % 4) {
		case 0:
			if (!inside[added % FRAMES]) {
				inside[added % FRAMES] = true;
				add(f, added % FRAMES, added % FRAMES + 1, round * MS);
				/* Nothing to see on it. */
				if (rand() % 5 == 0)
					job_drop_surface(&f->jobs[added % FRAMES]);
				added++;
			}
			break;
		case 1:
			if (hand.ended < hand.submitted)
				end_batch(rand() % 10 ? 0 : -EIO, MS);
			break;
		default:
			batcher_turn(f->batcher, round * MS, rand() % 20 == 0);
		}
		take(f);
		for (uint32_t i = 0; i < f->out_count; i++, out++) {
			const struct job *job = f->out[i];

			assert_true(inside[job - f->jobs]);
			inside[job - f->jobs] = false;
			if (job->drop == GW_DROP_NONE)
				assert_int_equal(
					job->result.findings[0].index, (job - f->jobs) % LABELS);
		}
	}
	assert_true(out > 1000);
	while (batcher_waiting(f->batcher) > 0) {
		batcher_turn(f->batcher, 0, true);
		if (hand.ended < hand.submitted)
			end_batch(0, MS);
		take(f);
		out += f->out_count;
	}
	assert_int_equal(out, added);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_does_not_wait_while_the_engine_is_idle),
		TEST(an_idle_engine_gets_all_that_waits),
		TEST(a_full_batch_is_closed_though_the_engine_is_busy),
		TEST(a_batch_is_closed_in_time_for_its_oldest_job),
		TEST(behind_two_batches_a_third_waits_to_become_full),
		TEST(jobs_beyond_the_ring_wait_for_room),
		TEST(a_surface_goes_back_as_soon_as_it_was_read),
		TEST(every_job_gets_the_result_of_its_own_picture),
		TEST(results_are_there_before_the_batch_is_back),
		TEST(a_batch_that_fails_fails_its_jobs_and_no_others),
		TEST(values_that_are_no_numbers_fail_their_job_and_no_other),
		cmocka_unit_test_setup_teardown(
			a_result_without_room_fails_its_job, open_raw_fixture, close_raw_fixture),
		TEST(a_region_outside_of_the_picture_fails_the_job),
		TEST(a_job_without_a_picture_fails),
		TEST(a_flush_leaves_nothing_behind),
		TEST(batches_and_run_times_are_counted),
		TEST(no_job_is_lost_in_any_order_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
