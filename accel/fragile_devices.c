#include "accel/fragile_devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct fragile engines[DEVICES];
int64_t run_ns = RUN_NS;
struct gw_device devices[DEVICES];

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

void open_devices(struct fixture *f, uint32_t count, uint32_t locality_wait)
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

void close_devices(struct fixture *f)
{
	batcher_close(f->batcher);
	for (uint32_t i = 0; i < DEVICES; i++) {
		assert_int_equal(devices[i].failing, 0);
		assert_int_equal(devices[i].queued, 0);
		assert_int_equal(devices[i].expected_ns, 0);
	}
	job_pool_destroy(f->pool);
}

void add_since(struct fixture *f, uint32_t number, uint32_t camera, int64_t arrival)
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

void add(struct fixture *f, uint32_t number, uint32_t camera)
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

int64_t run_until(struct fixture *f, uint32_t jobs, int64_t most_ns)
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

void turn_for(struct fixture *f, int64_t ns)
{
	const int64_t end = gw_now() + ns;

	while (gw_now() < end) {
		batcher_turn(f->batcher, gw_now(), false);
		nap();
	}
	take(f);
}

void add_many(struct fixture *f, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		add(f, i, i % DEVICES);
}
