/* Runs pictures through a model as the gateway does, from decoded pictures to results, and says how
 * many it did in a second of processor time, and in a second: tests/bench/models.py calls it.
 *
 *   model_bench MODEL_DIR ENGINE LIBRARY HELPERS SECONDS FILE...
 *
 * FILE are JPEG pictures, decoded beforehand as the gateway would for that model. Preprocessing,
 * the engine with one thread, and the head are in the figure: everything that the process spends.
 * ENGINE is the gateway's name of one, or "thread": then one thread prepares pictures, and that is
 * all. Exit code 3: the gateway cannot read such a model.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/batcher.h"
#include "accel/engines.h"
#include "accel/input/geometry_cache.h"
#include "accel/input/preprocess.h"
#include "accel/repository/repository.h"
#include "core/clock.h"
#include "jpeg_files.h"

#define PAUSE_NS 500000 /* as a lane sleeps that has nothing to do */
#define NO_MODEL 3 /* exit code */
#define FIRST_FILE 6

struct bench {
	struct gw_device device;
	struct model *model;
	struct batcher *batcher;
	struct jpeg_files pictures;
	uint32_t next_file;
	struct job_pool *jobs;
	bool alone;
	uint64_t done, failed;
	double core_rate, rate;
};

static double processor_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int open_bench(struct bench *b, char **argv, int files, struct gw_error *error)
{
	const struct gw_accel_config config = {
		.library = argv[3],
		.threads = 1,
		.helpers = (uint32_t)strtoul(argv[4], NULL, 10),
	};
	int status = repository_load_directory(argv[1], &b->model, error);

	if (status != 0)
		return status;
	struct berth_options options = {.device = &b->device, .model = b->model, .config = &config};

	gw_device_host(&b->device);
	status = jpeg_files_open(&b->pictures, b->model, argv + FIRST_FILE, (uint32_t)files, error);
	b->jobs = job_pool_create();
	b->alone = strcmp(argv[2], "thread") == 0;
	if (status == 0 && b->jobs && b->alone)
		return 0;
	if (status == 0)
		b->batcher = engines_open(argv[2], &options, error);
	return b->batcher && b->jobs ? 0 : -EINVAL;
}

static void close_bench(struct bench *b)
{
	batcher_close(b->batcher);
	jpeg_files_close(&b->pictures);
	job_pool_destroy(b->jobs);
	model_free(b->model);
}

static void add(struct bench *b)
{
	struct job *job = job_take(b->jobs);
	struct jpeg_file *file = &b->pictures.file[b->next_file++ % b->pictures.count];

	job->frame = &file->frame;
	job->surface = &file->surface;
	job->arrival = gw_now();
	gw_surface_ref(job->surface);
	batcher_add(b->batcher, job);
}

/* Keeps every batch of the ring full until the time is over, then lets all of them end. */
static void run(struct bench *b, int64_t until)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const uint32_t most = BATCHES * batcher_max(b->batcher);
	struct job *job;

	for (;;) {
		const bool more = gw_now() < until;

		while (more && batcher_waiting(b->batcher) < most)
			add(b);
		if (batcher_waiting(b->batcher) == 0)
			return;
		const uint32_t work = batcher_turn(b->batcher, gw_now(), !more);

		while ((job = batcher_take(b->batcher)) != NULL) {
			b->failed += job->drop != GW_DROP_NONE;
			b->done++;
			job_put(b->jobs, job);
		}
		if (work == 0)
			nanosleep(&pause, NULL);
	}
}

/* One thread that does nothing but prepare. */
static void prepare(struct bench *b, int64_t until)
{
	const struct model_input *input = &b->model->description->input;
	struct preprocess preprocess;
	struct geometry_cache cache;
	const size_t size = model_picture_size(input);
	/* As many as the gateway fills in turn: they do not stay in a cache. */
	const uint32_t tensors = BATCHES * b->model->description->batch->max;
	uint8_t *room = calloc(tensors, size);

	if (room && preprocess_init(&preprocess, input) == 0 &&
		geometry_cache_init(&cache, input) == 0) {
		for (; gw_now() < until; b->done++) {
			struct jpeg_file *file =
				&b->pictures.file[b->next_file++ % b->pictures.count];

			preprocess_run(&preprocess,
				geometry_cache_get(&cache, NULL, false, file->frame.width,
					file->frame.height, &file->surface),
				&file->surface, room + b->done % tensors * size);
		}
		geometry_cache_free(&cache);
		preprocess_free(&preprocess);
	}
	free(room);
}

static void measure(struct bench *b, double seconds)
{
	const double before = processor_seconds();
	const int64_t begin = gw_now(), until = begin + (int64_t)(seconds * GW_NS_PER_S);

	b->done = 0;
	if (b->alone)
		prepare(b, until);
	else
		run(b, until);
	b->rate = (double)b->done * GW_NS_PER_S / (double)(gw_now() - begin);
	b->core_rate = (double)b->done / (processor_seconds() - before);
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct gw_error error = {"out of memory"};

	if (argc <= FIRST_FILE) {
		fputs("usage: model_bench MODEL_DIR ENGINE LIBRARY HELPERS SECONDS FILE...\n",
			stderr);
		return 2;
	}
	engines_keep_quiet();
	int status = open_bench(&b, argv, argc - FIRST_FILE, &error);

	if (status == 0) {
		/* What the first runs cost, every time: memory, and choosing how to compute. */
		measure(&b, 0.5);
		measure(&b, strtod(argv[5], NULL));
		printf("%.6f %.6f\n", b.core_rate, b.rate);
		status = b.failed > 0 ? -EIO : 0;
		if (status != 0)
			snprintf(
				error.text, sizeof(error.text), "%s", batcher_complaint(b.batcher));
	}
	if (status != 0)
		fprintf(stderr, "model_bench: %s\n", error.text);
	const bool read = b.model;

	close_bench(&b);
	return status == 0 ? 0 : read ? 1 : NO_MODEL;
}
