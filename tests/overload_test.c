/* More pictures than a model can see: admission, the decode stage and a batcher together, with an
 * engine that takes its time. What is too much is shed before work is done on it, and the engine
 * does not stand still for it. */
#include "core/test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/balance.h"
#include "accel/batcher.h"
#include "accel/input/host_memory.h"
#include "accel/runner.h"
#include "core/admission.h"
#include "core/clock.h"
#include "core/order.h"
#include "core/pool.h"
#include "core/test_gateway.h"
#include "decode/decode.h"
#include "jpeg/make.h"

#define CAMERAS 4
#define FRAMES 128
#define WORKERS 2
#define QUOTA 16
#define AHEAD (WORKERS + 1) /* half of what the decoder wants to hold */
#define BATCH 4
#define PICTURE_NS (4 * GW_NS_PER_MS) /* that the engine takes for one */
#define ARRIVAL_NS (2 * GW_NS_PER_MS) /* between two frames of a camera: eight times too many */
#define RUN_NS (1500 * GW_NS_PER_MS)

static struct slow_engine {
	struct host_memory host;
	struct runner *runner;
	int64_t busy_ns;
} slow;

static void sleep_for(int64_t ns)
{
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

static void slow_run(void *engine, struct infer_batch *batch)
{
	sleep_for(batch->count * PICTURE_NS);
}

static int slow_open(
	struct infer_spec *spec, struct gw_device *device, void **engine, struct gw_error *error)
{
	memset(&slow, 0, sizeof(slow));
	*engine = &slow;
	if (host_memory_open(&slow.host, spec, error) != 0 ||
		host_memory_outputs(&slow.host, error) != 0)
		return -1;
	slow.runner = runner_start(spec, device, slow_run, &slow, error);
	return slow.runner ? 0 : -1;
}

static void slow_place(void *engine, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	host_memory_place(&slow.host, batch, index, surface, geometry);
}

static void slow_submit(void *engine, struct infer_batch *batch)
{
	runner_submit(slow.runner, batch);
}

static uint32_t slow_poll(void *engine, struct infer_batch **batches, uint32_t count)
{
	return runner_poll(slow.runner, batches, count);
}

static void slow_close(void *engine)
{
	runner_stop(slow.runner);
	host_memory_close(&slow.host);
}

static const struct infer_ops slow_ops = {
	.name = "slow",
	.memory = GW_MEM_HOST,
	.max_batch = BATCH,
	.open = slow_open,
	.place = slow_place,
	.submit = slow_submit,
	.poll = slow_poll,
	.close = slow_close,
};

static float zero[] = {0}, one[] = {1};
static char *labels[] = {"a", "b"};
static struct model_classify classify_options = {.tensor = "out", .top_k = 1};
static struct model_batch batch_options = {.max = BATCH, .deadline_ms = 50};
static struct model_description description = {
	.task = GW_TASK_CLASSIFY,
	.labels = labels,
	.labels_count = 2,
	.input = {.tensor = "in",
		.width = 28,
		.height = 28,
		.channels = 1,
		.mean = zero,
		.scale = one},
	.classify = &classify_options,
	.batch = &batch_options,
};
static const struct model model = {
	.name = "test", .version = 1, .path = "none", .description = &description};
static const struct gw_accel_config accel_config = {.threads = 1};

struct fixture {
	struct gw gw;
	struct gw_lane *lane; /* of the decode stage */
	struct gw_error error;
	struct gw_want want;
	struct batcher *batcher;
	struct job_pool *jobs;
	struct gw_order order; /* behind the batcher */
	uint64_t through[CAMERAS], inferred[CAMERAS], shed[CAMERAS], refused[CAMERAS];
	uint32_t most_inside;
	uint32_t most_slots; /* in use */
	uint8_t *jpeg;
	size_t size;
};

#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, quota: 16, port: " port "}" \
	"\n"

static const char yaml[] =
	"frames: {classes: [{width: 320, height: 240, count: 128}]}\n"
	"decode: {workers: 2, max_width: 2048, max_height: 2048}\n"
	"cameras:\n" CAMERA("a", "1") CAMERA("b", "2") CAMERA("c", "3") CAMERA("d", "4");

static struct fixture *open_fixture(uint32_t enough)
{
	struct jpeg_recipe recipe = {.width = 320, .height = 240};
	struct fixture *f = aligned_alloc(64, sizeof(*f));
	const struct berth_options options = {.engine = &slow_ops,
		.device = &f->gw.host,
		.model = &model,
		.config = &accel_config};

	memset(f, 0, sizeof(*f));
	assert_int_equal(
		test_gateway_open(&f->gw, yaml, NULL, GW_STAGE_DECODE, &decode_stage, &f->error),
		0);
	f->lane = &f->gw.stages[GW_STAGE_DECODE].lanes[0];
	for (int i = 0; i < CAMERAS; i++) {
		struct gw_camera *camera = atomic_load(&f->gw.cameras->slot[i].now);

		camera->route = 0;
		camera->wants = &f->want;
	}
	f->want = (struct gw_want){.width = 28, .height = 28};
	f->jobs = job_pool_create();
	assert_non_null(f->jobs);
	f->gw.route_count = 1;
	f->gw.credits[0].enough = enough;
	f->jpeg = jpeg_make(&recipe, &f->size);
	f->batcher = batcher_open(&options, &f->error);
	assert_non_null(f->batcher);
	return f;
}

static void close_fixture(struct fixture *f)
{
	batcher_close(f->batcher);
	job_pool_destroy(f->jobs);
	test_gateway_close(&f->gw);
	free(f->jpeg);
	free(f);
}

/* As a source does. */
static void arrive(struct fixture *f, uint32_t camera)
{
	struct gw_camera_slot *slot = &f->gw.cameras->slot[camera];
	const struct gw_admission_rules rules = {.pool = f->gw.pool,
		.camera = atomic_load(&slot->now),
		.through = f->through[camera]};
	struct gw_admission *admission = &slot->admission;
	struct gw_frame *frame;

	if (gw_admit(admission, &rules, 320, 240, &frame) != GW_DROP_NONE) {
		f->refused[camera]++;
		return;
	}
	frame->width = 320;
	frame->height = 240;
	jpeg_into_frame(frame, f->jpeg, f->size);
	gw_admission_passed_on(admission, frame);
	test_gateway_push(&f->gw, GW_STAGE_DECODE, frame);
}

static void give(struct fixture *f, struct gw_frame *frame, int64_t now)
{
	struct job *job = job_take(f->jobs);

	assert_non_null(job);
	job->frame = frame;
	job->surface = frame->surface;
	job->arrival = now;
	frame->surface = NULL;
	batcher_add(f->batcher, job);
}

static void take_back(struct fixture *f, struct job *job)
{
	struct gw_frame *frame = job->frame;

	frame->state = GW_FRAME_RESULT;
	gw_frame_fail(frame, job->drop);
	job_put(f->jobs, job);
	gw_credit_return(frame);
	gw_order_done(&f->order, frame);
}

/* As the accel stage and the sink do. */
static void infer(struct fixture *f, int64_t now)
{
	struct gw_frame *frames[GW_BURST];
	uint32_t count = test_gateway_pop(&f->gw, GW_STAGE_DECODE, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++) {
		gw_order_add(&f->order, frames[i]);
		if (gw_frame_failed(frames[i]))
			gw_order_done(&f->order, frames[i]);
		else
			give(f, frames[i], now);
	}
	batcher_turn(f->batcher, now, false);
	for (struct job *job; (job = batcher_take(f->batcher)) != NULL;)
		take_back(f, job);
	count = gw_order_take(&f->order, frames, GW_BURST);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t camera = frames[i]->camera;

		f->through[camera]++;
		if (gw_frame_failed(frames[i]))
			f->shed[camera]++;
		else
			f->inferred[camera]++;
		gw_frame_unref(frames[i]);
	}
}

/* With so much time between two frames of each camera. */
static void run_with(struct fixture *f, const int64_t apart[CAMERAS])
{
	const int64_t start = gw_now();
	int64_t now = start, next[CAMERAS] = {start, start, start, start};

	for (; now - start < RUN_NS; now = gw_now()) {
		for (uint32_t i = 0; i < CAMERAS; i++)
			for (; next[i] <= now; next[i] += apart[i])
				arrive(f, i);
		decode_stage.poll(f->lane);
		infer(f, now);
		if (gw_pool_in_use(f->gw.pool, UINT32_MAX) > f->most_slots)
			f->most_slots = gw_pool_in_use(f->gw.pool, UINT32_MAX);
		if (f->gw.credits[0].inside > f->most_inside)
			f->most_inside = f->gw.credits[0].inside;
		sleep_for(50000);
	}
}

static void run(struct fixture *f)
{
	run_with(f, (const int64_t[]){ARRIVAL_NS, ARRIVAL_NS, ARRIVAL_NS, ARRIVAL_NS});
}

static uint64_t sum(const uint64_t *values)
{
	uint64_t total = 0;

	for (int i = 0; i < CAMERAS; i++)
		total += values[i];
	return total;
}

static void what_is_too_much_is_shed_before_it_is_decoded(void **state)
{
	struct fixture *f = open_fixture(2 * BATCH);

	run(f);
	json_t *facts = decode_stage.describe(f->lane->stage);
	const uint64_t decoded = (uint64_t)json_integer_value(json_object_get(facts, "decoded"));
	const uint64_t inferred = sum(f->inferred);
	const struct berth_stats *stats = batcher_stats(f->batcher);
	const double busy = (double)gw_counter_get(&stats->run_us.sum_us) * 1000 / RUN_NS;

	json_decref(facts);
	print_message("%lu decoded, %lu inferred, %lu shed, %lu refused, busy %.2f\n", decoded,
		inferred, sum(f->shed), sum(f->refused), busy);
	assert_true(decoded <= inferred + 2 * BATCH + AHEAD);
	assert_true(f->most_inside <= 2 * BATCH + AHEAD);
	assert_true(sum(f->shed) > 2 * inferred);
	assert_int_equal(f->gw.credits[0].done, inferred);
	/* The engine never stood still for it. */
	assert_true(busy > 0.8);
	/* Cameras are served in turn. */
	for (int i = 0; i < CAMERAS; i++)
		assert_true(f->inferred[i] * CAMERAS * 2 > inferred);
	close_fixture(f);
}

/* However long it lasts: no camera has more than its quota and what was shed of it. */
static void assert_memory_is_bound(const struct fixture *f)
{
	assert_true(f->most_slots <= CAMERAS * (QUOTA + QUOTA / 2));
}

/* The engine does 250 pictures a second; 500 come. */
static void at_twice_the_capacity_all_cameras_get_the_same(void **state)
{
	struct fixture *f = open_fixture(2 * BATCH);
	const int64_t apart = 2 * PICTURE_NS;
	double shares[CAMERAS];

	run_with(f, (const int64_t[]){apart, apart, apart, apart});
	for (int i = 0; i < CAMERAS; i++)
		shares[i] = (double)f->inferred[i];
	print_message("%lu inferred, %lu given up, Jain's index %.4f, at most %u slots\n",
		sum(f->inferred), sum(f->shed) + sum(f->refused), balance_jain(shares, CAMERAS),
		f->most_slots);
	assert_true(sum(f->shed) + sum(f->refused) > sum(f->inferred) / 2);
	assert_true(balance_jain(shares, CAMERAS) >= 0.99);
	assert_memory_is_bound(f);
	close_fixture(f);
}

/* Three send 25 pictures a second, the fourth twenty times as many. */
static void a_camera_at_twenty_times_its_rate_costs_the_others_nothing(void **state)
{
	struct fixture *f = open_fixture(2 * BATCH);
	const int64_t apart = 40 * GW_NS_PER_MS;

	run_with(f, (const int64_t[]){apart, apart, apart, apart / 20});
	for (int i = 0; i < CAMERAS - 1; i++)
		assert_int_equal(f->shed[i] + f->refused[i], 0);
	assert_true(f->shed[CAMERAS - 1] + f->refused[CAMERAS - 1] > f->inferred[CAMERAS - 1]);
	assert_memory_is_bound(f);
	close_fixture(f);
}

/* The negative control: without the credits more is decoded than the model soon takes. */
static void without_credits_too_much_is_decoded(void **state)
{
	struct fixture *f = open_fixture(FRAMES);

	run(f);
	assert_true(f->most_inside > 2 * BATCH + AHEAD);
	close_fixture(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_too_much_is_shed_before_it_is_decoded),
		cmocka_unit_test(at_twice_the_capacity_all_cameras_get_the_same),
		cmocka_unit_test(a_camera_at_twenty_times_its_rate_costs_the_others_nothing),
		cmocka_unit_test(without_credits_too_much_is_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
