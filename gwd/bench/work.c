#include "gwd/bench/work.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "accel/batcher.h"
#include "accel/engines.h"
#include "accel/repository/repository.h"
#include "core/clock.h"

/* A device that runs the model. */
struct worker {
	struct bench_work *work;
	struct gw_device device;
	struct batcher *batcher;
	struct job_pool *jobs;
};

static void nap(int64_t ns)
{
	nanosleep(
		&(struct timespec){.tv_sec = ns / GW_NS_PER_S, .tv_nsec = ns % GW_NS_PER_S}, NULL);
}

static int make_picture(struct bench_work *work, struct gw_error *error)
{
	const struct model_input *input = &work->model->description->input;
	const uint32_t values = input->channels == 1 ? 1 : 3;
	const size_t size = (size_t)input->width * input->height * values;
	uint32_t state = 1;

	work->picture = (struct gw_surface){.device = &work->host,
		.format = values == 1 ? GW_FORMAT_GRAY : GW_FORMAT_RGB,
		.width = (uint16_t)input->width,
		.height = (uint16_t)input->height,
		.pitch = {input->width * values},
		.room = malloc(size),
		.refs = 1};
	work->picture.plane[0] = work->picture.room;
	if (!work->picture.room)
		return gw_error_set(error, -ENOMEM, "out of memory");
	/* Numerical Recipes' generator: noise is all that is wanted. */
	for (size_t i = 0; i < size; i++) {
		state = state * 1664525 + 1013904223;
		work->picture.room[i] = (uint8_t)(state >> 24);
	}
	work->frame.width = work->picture.width;
	work->frame.height = work->picture.height;
	return 0;
}

int bench_work_open(
	struct bench_work *work, const char *directory, const char *library, struct gw_error *error)
{
	gw_device_host(&work->host);
	work->config = (struct gw_accel_config){.library = (char *)library, .threads = 1};
	if (!directory)
		return 0;
	engines_keep_quiet();
	const int status = repository_load_directory(directory, &work->model, error);

	return status == 0 ? make_picture(work, error) : status;
}

void bench_work_close(struct bench_work *work)
{
	free(work->picture.room);
	model_free(work->model);
}

static void *open_nap(void *owner, struct gw_device *device, struct gw_error *error)
{
	return owner;
}

static bool run_nap(void *worker, uint32_t item)
{
	nap(((struct bench_work *)worker)->nap_ns);
	return true;
}

static void close_nap(void *worker)
{
}

const struct experiment_work bench_nap = {open_nap, run_nap, close_nap};

static void close_model(void *state)
{
	struct worker *worker = state;

	batcher_close(worker->batcher);
	job_pool_destroy(worker->jobs);
	free(worker);
}

static void *open_model(void *owner, struct gw_device *device, struct gw_error *error)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	gw_error_set(error, -ENOMEM, "out of memory");
	if (!worker)
		return NULL;
	worker->work = owner;
	/* What it has done is not to be counted twice. */
	gw_device_host(&worker->device);
	worker->device.index = device->index;
	worker->device.pinned = device->pinned;
	worker->device.cores = device->cores;
	struct berth_options options = {.device = &worker->device,
		.model = worker->work->model,
		.config = &worker->work->config};

	worker->jobs = job_pool_create();
	worker->batcher = worker->jobs ? engines_open(NULL, &options, error) : NULL;
	if (worker->batcher)
		return worker;
	close_model(worker);
	return NULL;
}

static bool run_model(void *state, uint32_t item)
{
	struct worker *worker = state;
	const uint32_t count = batcher_max(worker->batcher);
	uint32_t failed = 0;
	struct job *job;

	for (uint32_t i = 0; i < count; i++) {
		job = job_take(worker->jobs);
		job->frame = &worker->work->frame;
		job->surface = &worker->work->picture;
		gw_surface_ref(job->surface);
		job->arrival = gw_now();
		batcher_add(worker->batcher, job);
	}
	while (batcher_waiting(worker->batcher) > 0) {
		if (batcher_turn(worker->batcher, gw_now(), true) == 0)
			nap(50000);
		while ((job = batcher_take(worker->batcher)) != NULL) {
			failed += job->drop != GW_DROP_NONE;
			job_put(worker->jobs, job);
		}
	}
	return failed == 0;
}

const struct experiment_work bench_model = {open_model, run_model, close_model};
