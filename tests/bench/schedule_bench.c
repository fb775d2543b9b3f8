/* The evaluation of MNIST's 10,000 test pictures, in 40 items of 250, spread over devices by the
 * gateway's own scheduler (accel/experiment.h). One JSON object on stdout: tests/bench/schedule.py
 * calls it.
 *
 *   schedule_bench MODEL_DIR MNIST_DIR LIBRARY DEVICES PARTITIONS WAIT_MS lenet|timed
 *
 * A device evaluates an item with the gateway's own engine, on a processor of its own as far as
 * there are some, or, to see the scheduler where there are fewer, waits for as long.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/berth.h"
#include "accel/engines.h"
#include "accel/experiment.h"
#include "accel/repository/repository.h"
#include "core/clock.h"

#define PICTURES 10000
#define PER_ITEM (PICTURES / EXPERIMENT_ITEMS)
#define SIDE 28
#define TIMED_ITEM_NS (20 * GW_NS_PER_MS)
#define IMAGES_HEAD 16 /* bytes of IDX before the data */
#define LABELS_HEAD 8

/* A device that evaluates. */
struct worker {
	struct gw_device device;
	struct berth berth;
	struct berth_stats stats;
	struct job_pool *jobs;
};

static struct {
	struct gw_accel_config config;
	struct model *model;
	uint8_t *images, *labels;
	struct gw_device host;
	struct gw_surface pictures[PICTURES];
	struct gw_frame frame;
	uint32_t right[EXPERIMENT_ITEMS];
} bench;

static void nap(int64_t ns)
{
	nanosleep(
		&(struct timespec){.tv_sec = ns / GW_NS_PER_S, .tv_nsec = ns % GW_NS_PER_S}, NULL);
}

/* Runs the open batch and counts what it got right. */
static uint32_t run_batch(struct worker *worker)
{
	const struct infer_batch *batch;
	const struct crew *crew;
	uint32_t right = 0;

	berth_submit(&worker->berth, gw_now());
	while ((crew = berth_poll(&worker->berth, &batch, gw_now())) == NULL)
		nap(20000);
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct job *job = crew->jobs[i];

		right += job->drop == GW_DROP_NONE && job->result.count > 0 &&
			job->result.findings[0].index == job->of;
		job_put(worker->jobs, crew->jobs[i]);
	}
	return right;
}

static bool evaluate(void *state, uint32_t item)
{
	struct worker *worker = state;
	const uint32_t first = item * PER_ITEM, end = first + PER_ITEM;

	bench.right[item] = 0;
	for (uint32_t i = first; i < end; i++) {
		struct job *job = job_take(worker->jobs);

		/* One is the bench's, and stays. */
		bench.pictures[i].refs = 2;
		job->frame = &bench.frame;
		job->surface = &bench.pictures[i];
		job->of = bench.labels[i];
		berth_place(&worker->berth, job);
		if (!berth_has_room(&worker->berth) || i + 1 == end)
			bench.right[item] += run_batch(worker);
	}
	return true;
}

static void close_worker(void *state)
{
	struct worker *worker = state;

	berth_close(&worker->berth);
	job_pool_destroy(worker->jobs);
	free(worker);
}

static void *open_worker(void *owner, struct gw_device *device, struct gw_error *error)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	gw_error_set(error, -ENOMEM, "out of memory");
	if (!worker)
		return NULL;
	gw_device_host(&worker->device);
	worker->device.index = device->index;
	worker->device.pinned = device->pinned;
	worker->device.cores = device->cores;
	const struct berth_options options = {.engine = &infer_ort,
		.device = &worker->device,
		.model = bench.model,
		.config = &bench.config};

	worker->jobs = job_pool_create();
	if (worker->jobs && berth_open(&worker->berth, &options, &worker->stats, error) == 0)
		return worker;
	close_worker(worker);
	return NULL;
}

static const struct experiment_work lenet = {open_worker, evaluate, close_worker};

static void *open_timed(void *owner, struct gw_device *device, struct gw_error *error)
{
	return &bench;
}

static bool run_timed(void *worker, uint32_t item)
{
	nap(TIMED_ITEM_NS);
	return true;
}

static void close_timed(void *worker)
{
}

static const struct experiment_work timed = {open_timed, run_timed, close_timed};

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

static void print(const struct experiment *experiment, const struct experiment_outcome *outcome)
{
	json_t *timeline = json_array(), *shares = json_array();
	uint32_t right = 0;

	for (uint32_t i = 0; i < EXPERIMENT_ITEMS; i++)
		right += bench.right[i];
	for (uint32_t i = 0; i < outcome->parts; i++) {
		const struct experiment_part *part = &outcome->part[i];

		json_array_append_new(timeline,
			json_pack("{s:i, s:i, s:i, s:f, s:f}", "device", (int)part->device,
				"partition", (int)i, "items", (int)part->items, "begin",
				(double)part->begin_ns / 1e9, "end", (double)part->end_ns / 1e9));
	}
	for (uint32_t i = 0; i < experiment->devices; i++)
		json_array_append_new(shares, json_real(outcome->items[i]));
	json_t *said = json_pack("{s:f, s:f, s:i, s:o, s:o}", "seconds", outcome->seconds, "jain",
		outcome->jain, "right", (int)right, "items", shares, "timeline", timeline);

	json_dumpf(said, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(said);
}

static int measure(const struct experiment *experiment, const char *model, struct gw_error *error)
{
	struct experiment_outcome outcome;
	int status = repository_load_directory(model, &bench.model, error);

	if (status == 0)
		status = experiment_run(experiment, &outcome, error);
	if (status == 0)
		print(experiment, &outcome);
	model_free(bench.model);
	return status;
}

int main(int argc, char **argv)
{
	struct experiment experiment = {0};
	struct gw_error error;

	engines_keep_quiet();
	if (argc != 8 || sscanf(argv[4], "%u", &experiment.devices) != 1 ||
		experiment.devices < 1 || experiment.devices > GW_DEVICES ||
		sscanf(argv[5], "%u", &experiment.partitions) != 1 || experiment.partitions < 1 ||
		experiment.partitions > EXPERIMENT_ITEMS ||
		sscanf(argv[6], "%u", &experiment.wait_ms) != 1) {
		fputs("usage: schedule_bench MODEL_DIR MNIST_DIR LIBRARY DEVICES PARTITIONS "
		      "WAIT_MS lenet|timed\n",
			stderr);
		return 2;
	}
	experiment.work = strcmp(argv[7], "timed") == 0 ? &timed : &lenet;
	bench.config = (struct gw_accel_config){.library = argv[3], .threads = 1};
	bench.images = read_idx(
		argv[2], "t10k-images-idx3-ubyte", IMAGES_HEAD, (size_t)PICTURES * SIDE * SIDE);
	bench.labels = read_idx(argv[2], "t10k-labels-idx1-ubyte", LABELS_HEAD, PICTURES);
	if (!bench.images || !bench.labels)
		return 1;
	gw_device_host(&bench.host);
	bench.frame.width = bench.frame.height = SIDE;
	for (uint32_t i = 0; i < PICTURES; i++)
		bench.pictures[i] = (struct gw_surface){.device = &bench.host,
			.format = GW_FORMAT_GRAY,
			.width = SIDE,
			.height = SIDE,
			.pitch = {SIDE},
			.plane = {bench.images + (size_t)i * SIDE * SIDE}};
	const int status = measure(&experiment, argv[1], &error);

	if (status != 0)
		fprintf(stderr, "schedule_bench: %s\n", error.text);
	free(bench.images);
	free(bench.labels);
	return status == 0 ? 0 : 1;
}
