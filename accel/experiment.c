#include "accel/experiment.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "accel/balance.h"
#include "accel/batcher.h"
#include "accel/input/host_memory.h"
#include "accel/runner.h"
#include "core/clock.h"
#include "core/thread.h"

/* The engine on one device, and the experimenter's worker behind it. */
struct device_run {
	struct host_memory host;
	struct runner *runner;
	struct run *run;
	void *worker;
	uint32_t device;
	uint32_t partition[BATCHES]; /* of each batch */
	const struct infer_spec *spec;
};

struct run {
	const struct experiment *is;
	struct gw_accel_config config;
	struct experiment_outcome *outcome;
	struct gw_device devices[GW_DEVICES], host;
	struct device_run run[GW_DEVICES];
	struct gw_surface marks[EXPERIMENT_ITEMS]; /* stand for the partitions */
	struct gw_frame frame;
	struct job_pool *jobs;
	struct batcher *batcher;
	uint8_t pixel;
	int64_t begin;
};

uint32_t experiment_first_item(const struct experiment *experiment, uint32_t partition)
{
	return partition * EXPERIMENT_ITEMS / experiment->partitions;
}

static void run_partition(void *engine, struct infer_batch *batch)
{
	struct device_run *own = engine;
	struct run *run = own->run;
	const uint32_t partition = own->partition[batch - own->spec->batches];
	struct experiment_part *part = &run->outcome->part[partition];
	const uint32_t first = experiment_first_item(run->is, partition);
	const uint32_t end = experiment_first_item(run->is, partition + 1);

	part->device = own->device;
	part->items = end - first;
	part->begin_ns = gw_now() - run->begin;
	for (uint32_t i = first; i < end; i++)
		if (!run->is->work->run(own->worker, i))
			batch->status = -EINVAL;
	part->end_ns = gw_now() - run->begin;
}

static int open_device(
	struct infer_spec *spec, struct gw_device *device, void **engine, struct gw_error *error)
{
	struct gw_device *first = device - device->index;
	struct run *run = (struct run *)((char *)first - offsetof(struct run, devices));
	struct device_run *own = &run->run[device->index];

	*engine = own;
	own->run = run;
	own->spec = spec;
	own->device = device->index;
	int status = host_memory_open(&own->host, spec, error);

	if (status == 0)
		status = host_memory_outputs(&own->host, error);
	if (status == 0) {
		own->worker = run->is->work->open(run->is->owner, device, error);
		status = own->worker ? 0 : -EINVAL;
	}
	if (status == 0) {
		own->runner = runner_start(spec, device, run_partition, own, error);
		status = own->runner ? 0 : -EAGAIN;
	}
	return status;
}

static void place_partition(void *engine, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	struct device_run *own = engine;

	own->partition[batch - own->spec->batches] = (uint32_t)(surface - own->run->marks);
}

static void submit_partition(void *engine, struct infer_batch *batch)
{
	runner_submit(((struct device_run *)engine)->runner, batch);
}

static uint32_t poll_partitions(void *engine, struct infer_batch **batches, uint32_t count)
{
	return runner_poll(((struct device_run *)engine)->runner, batches, count);
}

static void close_device(void *engine)
{
	struct device_run *own = engine;

	if (!own)
		return;
	runner_stop(own->runner);
	if (own->worker)
		own->run->is->work->close(own->worker);
	host_memory_close(&own->host);
}

static const struct infer_ops experiment_engine = {
	.name = "experiment",
	.memory = GW_MEM_HOST,
	.max_batch = 1,
	.open = open_device,
	.place = place_partition,
	.submit = submit_partition,
	.poll = poll_partitions,
	.close = close_device,
};

static void make_devices(struct run *run)
{
	cpu_set_t allowed;
	int core = -1;

	gw_thread_allowed(&allowed);
	for (uint32_t i = 0; i < run->is->devices; i++) {
		struct gw_device *device = &run->devices[i];

		gw_device_host(device);
		device->index = (uint16_t)i;
		do
			core = (core + 1) % CPU_SETSIZE;
		while (!CPU_ISSET((unsigned int)core, &allowed));
		device->pinned = true;
		CPU_ZERO(&device->cores);
		CPU_SET((unsigned int)core, &device->cores);
	}
}

static void add_all(struct run *run)
{
	run->begin = gw_now();
	for (uint32_t i = 0; i < run->is->partitions; i++) {
		struct job *job = job_take(run->jobs);

		run->marks[i] = (struct gw_surface){.device = &run->host,
			.format = GW_FORMAT_GRAY,
			.width = 1,
			.height = 1,
			.pitch = {1},
			.plane = {&run->pixel},
			/* One is the run's, and stays. */
			.refs = 2};
		job->frame = &run->frame;
		job->surface = &run->marks[i];
		job->arrival = run->begin;
		batcher_add(run->batcher, job);
	}
}

static int take_all(struct run *run, struct gw_error *error)
{
	uint32_t failed = 0;
	struct job *job;

	for (uint32_t done = 0; done < run->is->partitions;) {
		if (batcher_turn(run->batcher, gw_now(), false) == 0)
			nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
		for (; (job = batcher_take(run->batcher)) != NULL; done++)
			failed += job->drop != GW_DROP_NONE;
	}
	if (failed > 0)
		return gw_error_set(
			error, -EIO, "%u of %u partitions failed", failed, run->is->partitions);
	return 0;
}

static void sum_up(struct experiment_outcome *outcome, const struct experiment *experiment)
{
	int64_t end = 0;

	outcome->parts = experiment->partitions;
	for (uint32_t i = 0; i < outcome->parts; i++) {
		const struct experiment_part *part = &outcome->part[i];

		outcome->items[part->device] += part->items;
		if (part->end_ns > end)
			end = part->end_ns;
	}
	outcome->seconds = (double)end / 1e9;
	outcome->jain = balance_jain(outcome->items, experiment->devices);
}

/* A picture of one pixel and one label: the batcher is to have something to do. */
static struct batcher *open_batcher(struct run *run, struct gw_error *error)
{
	static char in[] = "in", out[] = "out", label[] = "done";
	static float zero[] = {0}, one[] = {1};
	static char *labels[] = {label};
	static struct model_classify classify = {.tensor = out, .top_k = 1};
	static struct model_batch batch = {.max = 1, .deadline_ms = 1};
	static struct model_description description = {
		.task = GW_TASK_CLASSIFY,
		.labels = labels,
		.labels_count = 1,
		.input = {.tensor = in,
			.width = 1,
			.height = 1,
			.channels = 1,
			.mean = zero,
			.scale = one,
			.mean_count = 1,
			.scale_count = 1},
		.classify = &classify,
		.batch = &batch,
	};
	static char path[] = "none";
	static const struct model model = {
		.name = "experiment", .version = 1, .path = path, .description = &description};
	const struct berth_options options = {.engine = &experiment_engine,
		.device = run->devices,
		.device_count = run->is->devices,
		.model = &model,
		.config = &run->config};

	return batcher_open(&options, error);
}

int experiment_run(const struct experiment *experiment, struct experiment_outcome *outcome,
	struct gw_error *error)
{
	struct run *run = aligned_alloc(64, (sizeof(*run) + 63) / 64 * 64);

	*outcome = (struct experiment_outcome){0};
	if (!run)
		return gw_error_set(error, -ENOMEM, "out of memory");
	*run = (struct run){.is = experiment, .outcome = outcome};
	run->config = (struct gw_accel_config){.threads = 1, .locality_wait = experiment->wait_ms};
	run->frame.width = run->frame.height = 1;
	gw_device_host(&run->host);
	make_devices(run);
	run->jobs = job_pool_create();
	run->batcher = run->jobs ? open_batcher(run, error) : NULL;
	int status = run->batcher ? 0 : -EINVAL;

	if (status == 0) {
		add_all(run);
		status = take_all(run, error);
	}
	batcher_close(run->batcher);
	job_pool_destroy(run->jobs);
	if (status == 0)
		sum_up(outcome, experiment);
	free(run);
	return status;
}
