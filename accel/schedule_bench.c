/* How work is spread over devices: MNIST's 10,000 test pictures, in 40 items of 250, which come in
 * so many partitions; a partition runs on one device as a whole, and all belong to the first
 * device. The gateway's own batcher and scheduler decide; a device evaluates an item with the
 * gateway's own engine, on a processor of its own as far as there are some, or, to see the
 * scheduler where there are fewer, waits for as long. One JSON object on stdout. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/balance.h"
#include "accel/batcher.h"
#include "accel/engines.h"
#include "accel/host_memory.h"
#include "accel/repository.h"
#include "accel/runner.h"
#include "core/clock.h"
#include "core/config/config.h"

#define ITEMS 40
#define PICTURES 10000
#define PER_ITEM (PICTURES / ITEMS)
#define SIDE 28
#define TIMED_ITEM_NS (20 * GW_NS_PER_MS)
#define IMAGES_HEAD 16 /* bytes of IDX before the data */
#define LABELS_HEAD 8

/* What became of a partition. */
struct record {
	uint32_t device, items, right;
	int64_t begin, end;
};

/* The bench's engine on one device, and the model's behind it. */
struct worker {
	struct host_memory host;
	struct runner *runner;
	struct gw_device inner_device;
	struct berth inner;
	struct berth_stats stats;
	struct job_pool *jobs;
	uint32_t device;
	uint32_t partition[BATCHES]; /* of each batch */
	const struct infer_spec *spec;
};

static struct {
	struct gw_accel_config config;
	struct model *model;
	uint8_t *images, *labels;
	uint32_t partitions;
	bool timed;
	struct gw_device devices[GW_DEVICES], host;
	struct worker workers[GW_DEVICES];
	struct record records[ITEMS];
	struct gw_surface marks[ITEMS]; /* stand for the partitions */
	struct gw_surface pictures[PICTURES];
	struct gw_frame frame;
} bench;

static uint32_t first_item(uint32_t partition)
{
	return partition * ITEMS / bench.partitions;
}

static void nap(int64_t ns)
{
	nanosleep(
		&(struct timespec){.tv_sec = ns / GW_NS_PER_S, .tv_nsec = ns % GW_NS_PER_S}, NULL);
}

/* Runs the open batch and counts what it got right. */
static uint32_t run_inner(struct worker *worker)
{
	const struct infer_batch *batch;
	const struct crew *crew;
	uint32_t right = 0;

	berth_submit(&worker->inner, gw_now());
	while ((crew = berth_poll(&worker->inner, &batch, gw_now())) == NULL)
		nap(20000);
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct job *job = crew->jobs[i];

		right += job->drop == GW_DROP_NONE && job->result.count > 0 &&
			job->result.findings[0].index == job->of;
		job_put(worker->jobs, crew->jobs[i]);
	}
	return right;
}

static uint32_t evaluate(struct worker *worker, uint32_t first, uint32_t count)
{
	uint32_t right = 0;

	for (uint32_t i = first; i < first + count; i++) {
		struct job *job = job_take(worker->jobs);

		bench.pictures[i].refs = 2;
		job->frame = &bench.frame;
		job->surface = &bench.pictures[i];
		job->of = bench.labels[i];
		berth_place(&worker->inner, job);
		if (!berth_has_room(&worker->inner) || i + 1 == first + count)
			right += run_inner(worker);
	}
	return right;
}

static void bench_run(void *engine, struct infer_batch *batch)
{
	struct worker *worker = engine;
	const uint32_t partition = worker->partition[batch - worker->spec->batches];
	struct record *record = &bench.records[partition];
	const uint32_t first = first_item(partition);

	record->items = first_item(partition + 1) - first;
	record->device = worker->device;
	record->begin = gw_now();
	if (bench.timed)
		nap(record->items * TIMED_ITEM_NS);
	else
		record->right = evaluate(worker, first * PER_ITEM, record->items * PER_ITEM);
	record->end = gw_now();
}

static int bench_open(
	struct infer_spec *spec, struct gw_device *device, void **engine, struct gw_error *error)
{
	struct worker *worker = &bench.workers[device->index];
	const struct berth_options inner = {.engine = &infer_ort,
		.device = &worker->inner_device,
		.model = bench.model,
		.config = &bench.config};
	int status = 0;

	*engine = worker;
	worker->spec = spec;
	worker->device = device->index;
	worker->inner_device = *device;
	worker->jobs = job_pool_create();
	if (host_memory_open(&worker->host, spec, error) != 0 ||
		host_memory_outputs(&worker->host, error) != 0 || !worker->jobs)
		return -ENOMEM;
	if (!bench.timed)
		status = berth_open(&worker->inner, &inner, &worker->stats, error);
	if (status != 0)
		return status;
	worker->runner = runner_start(spec, device, bench_run, worker, error);
	return worker->runner ? 0 : -EAGAIN;
}

static void bench_place(void *engine, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	struct worker *worker = engine;

	worker->partition[batch - worker->spec->batches] = (uint32_t)(surface - bench.marks);
}

static void bench_submit(void *engine, struct infer_batch *batch)
{
	runner_submit(((struct worker *)engine)->runner, batch);
}

static uint32_t bench_poll(void *engine, struct infer_batch **batches, uint32_t count)
{
	return runner_poll(((struct worker *)engine)->runner, batches, count);
}

static void bench_close(void *engine)
{
	struct worker *worker = engine;

	if (!worker)
		return;
	runner_stop(worker->runner);
	if (!bench.timed)
		berth_close(&worker->inner);
	job_pool_destroy(worker->jobs);
	host_memory_close(&worker->host);
}

static const struct infer_ops bench_ops = {
	.name = "bench",
	.memory = GW_MEM_HOST,
	.max_batch = 1,
	.open = bench_open,
	.place = bench_place,
	.submit = bench_submit,
	.poll = bench_poll,
	.close = bench_close,
};

static struct gw_surface surface_of(uint8_t *pixels)
{
	return (struct gw_surface){.device = &bench.host,
		.format = GW_FORMAT_GRAY,
		.width = SIDE,
		.height = SIDE,
		.pitch = {SIDE},
		.plane = {pixels},
		.refs = 2};
}

/* The data of an IDX file; NULL after a line. */
static uint8_t *read_idx(const char *folder, const char *name, size_t head, size_t size)
{
	char path[4096];
	uint8_t *data = malloc(size);
	bool good = false;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");

	if (file && data)
		good = fseek(file, (long)head, SEEK_SET) == 0 && fread(data, 1, size, file) == size;
	if (file)
		fclose(file);
	if (good)
		return data;
	fprintf(stderr, "schedule_bench: cannot read %s\n", path);
	free(data);
	return NULL;
}

/* Each device has a processor, in turn, as far as there are some. */
static void make_devices(uint32_t count)
{
	cpu_set_t allowed;
	int core = -1;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (uint32_t i = 0; i < count; i++) {
		struct gw_device *device = &bench.devices[i];

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

/* All partitions arrive at once. Returns when the last one was done. */
static int run(struct batcher *batcher, struct job_pool *jobs)
{
	const int64_t now = gw_now();
	struct job *job;
	uint32_t done = 0;

	for (uint32_t i = 0; i < bench.partitions; i++) {
		job = job_take(jobs);
		job->frame = &bench.frame;
		job->surface = &bench.marks[i];
		job->arrival = now;
		batcher_add(batcher, job);
	}
	while (done < bench.partitions) {
		if (batcher_turn(batcher, gw_now(), false) == 0)
			nap(50000);
		while ((job = batcher_take(batcher)) != NULL) {
			if (job->drop != GW_DROP_NONE)
				return -EIO;
			done++;
		}
	}
	return 0;
}

static void print(uint32_t devices, int64_t begin)
{
	double items[GW_DEVICES] = {0};
	json_t *timeline = json_array();
	uint32_t right = 0;
	int64_t end = begin;

	for (uint32_t i = 0; i < bench.partitions; i++) {
		const struct record *record = &bench.records[i];

		items[record->device] += record->items;
		right += record->right;
		if (record->end > end)
			end = record->end;
		json_array_append_new(timeline,
			json_pack("{s:i, s:i, s:i, s:f, s:f}", "device", (int)record->device,
				"partition", (int)i, "items", (int)record->items, "begin",
				(double)(record->begin - begin) / 1e9, "end",
				(double)(record->end - begin) / 1e9));
	}
	json_t *shares = json_array();

	for (uint32_t i = 0; i < devices; i++)
		json_array_append_new(shares, json_real(items[i]));
	json_t *said = json_pack("{s:f, s:f, s:i, s:o, s:o}", "seconds",
		(double)(end - begin) / 1e9, "jain", balance_jain(items, devices), "right",
		(int)right, "items", shares, "timeline", timeline);

	json_dumpf(said, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(said);
}

static int measure(uint32_t devices, struct gw_error *error)
{
	const struct berth_options options = {.engine = &bench_ops,
		.device = bench.devices,
		.device_count = devices,
		.model = bench.model,
		.config = &bench.config};
	struct job_pool *jobs = job_pool_create();
	struct batcher *batcher = batcher_open(&options, error);
	int status = batcher && jobs ? 0 : -EINVAL;

	if (status == 0) {
		const int64_t begin = gw_now();

		status = run(batcher, jobs);
		if (status == 0)
			print(devices, begin);
		else
			gw_error_set(error, status, "a partition failed");
	}
	batcher_close(batcher);
	job_pool_destroy(jobs);
	return status;
}

int main(int argc, char **argv)
{
	struct gw_error error;
	uint32_t devices, wait;

	engines_keep_quiet();
	if (argc != 8 || sscanf(argv[4], "%u", &devices) != 1 || devices < 1 ||
		devices > GW_DEVICES || sscanf(argv[5], "%u", &bench.partitions) != 1 ||
		bench.partitions < 1 || bench.partitions > ITEMS ||
		sscanf(argv[6], "%u", &wait) != 1) {
		fputs("usage: schedule_bench MODEL_DIR MNIST_DIR LIBRARY DEVICES PARTITIONS "
		      "WAIT_MS lenet|timed\n",
			stderr);
		return 2;
	}
	bench.config =
		(struct gw_accel_config){.library = argv[3], .threads = 1, .locality_wait = wait};
	bench.timed = strcmp(argv[7], "timed") == 0;
	bench.images = read_idx(
		argv[2], "t10k-images-idx3-ubyte", IMAGES_HEAD, (size_t)PICTURES * SIDE * SIDE);
	bench.labels = read_idx(argv[2], "t10k-labels-idx1-ubyte", LABELS_HEAD, PICTURES);
	if (!bench.images || !bench.labels)
		return 1;
	gw_device_host(&bench.host);
	bench.frame.width = bench.frame.height = SIDE;
	for (uint32_t i = 0; i < PICTURES; i++)
		bench.pictures[i] = surface_of(bench.images + (size_t)i * SIDE * SIDE);
	for (uint32_t i = 0; i < ITEMS; i++)
		bench.marks[i] = surface_of(bench.images);
	make_devices(devices);
	int status = repository_load_directory(argv[1], &bench.model, &error);

	if (status == 0)
		status = measure(devices, &error);
	if (status != 0)
		fprintf(stderr, "schedule_bench: %s\n", error.text);
	model_free(bench.model);
	free(bench.images);
	free(bench.labels);
	return status == 0 ? 0 : 1;
}
