/* Runs pictures through a model as the gateway does, without a gateway: binary PGM and PPM pictures
 * on stdin, one JSON object per picture on stdout. For tests of models and of the engine. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/batcher.h"
#include "accel/engines.h"
#include "accel/input/pnm.h"
#include "accel/repository/repository.h"
#include "core/clock.h"
#include "core/config/config.h"

/* Pictures inside at a time: every batch of the ring may be full. */
#define FRAMES (BATCHES * MODEL_BATCH_MAX)

struct run {
	struct gw_device device;
	struct model *model;
	struct batcher *batcher;
	struct gw_frame *frames;
	struct gw_surface *surfaces; /* one per frame */
	struct job_pool *jobs;
	uint16_t source_width, source_height; /* 0: that of the picture */
	uint64_t pictures;
	int64_t started;
};

static json_t *describe_classes(const struct gw_result *result, char **labels)
{
	json_t *classes = json_array();

	for (uint32_t i = 0; i < result->count; i++) {
		const struct gw_finding *c = &result->findings[i];

		json_array_append_new(classes,
			json_pack("{s:s, s:i, s:f}", "label", labels[c->index], "index",
				(int)c->index, "confidence", (double)c->confidence));
	}
	return json_pack("{s:s, s:o}", "task", "classify", "classes", classes);
}

static json_t *describe_objects(const struct gw_result *result, char **labels)
{
	json_t *objects = json_array();

	for (uint32_t i = 0; i < result->count; i++) {
		const struct gw_finding *b = &result->findings[i];

		json_array_append_new(objects,
			json_pack("{s:s, s:i, s:f, s:{s:f, s:f, s:f, s:f}}", "label",
				labels ? labels[b->index] : "", "index", (int)b->index,
				"confidence", (double)b->confidence, "bbox", "x", (double)b->x0,
				"y", (double)b->y0, "width", (double)b->x1 - (double)b->x0,
				"height", (double)b->y1 - (double)b->y0));
	}
	return json_pack("{s:s, s:o}", "task", gw_task_name(result->task), "objects", objects);
}

static json_t *describe_lines(const struct gw_result *result)
{
	json_t *lines = json_array();

	for (uint32_t i = 0; i < result->count; i++) {
		const struct gw_finding *line = &result->findings[i];

		json_array_append_new(lines,
			json_pack("{s:s%, s:f}", "text", gw_result_rest(result, line),
				(size_t)line->extra_size, "confidence", (double)line->confidence));
	}
	return json_pack("{s:s, s:o}", "task", gw_task_name(result->task), "lines", lines);
}

/* The JPEG in hexadecimal digits. */
static json_t *describe_picture(const struct gw_result *result)
{
	static char digits[2 * JOB_REST + 1];
	const struct gw_picture *picture = gw_result_rest(result, &result->findings[0]);

	for (uint32_t i = 0; i < picture->size; i++)
		snprintf(&digits[2 * i], 3, "%02x", picture->jpeg[i]);
	return json_pack("{s:s, s:i, s:i, s:s}", "task", gw_task_name(result->task), "width",
		(int)picture->width, "height", (int)picture->height, "jpeg", digits);
}

static json_t *describe(const struct gw_result *result, char **labels)
{
	switch (result->task) {
	case GW_TASK_CLASSIFY:
		return describe_classes(result, labels);
	case GW_TASK_READ:
		return describe_lines(result);
	case GW_TASK_ENHANCE:
		return describe_picture(result);
	default:
		return describe_objects(result, labels);
	}
}

/* -EIO when it failed. */
static int print_result(const struct run *run, const struct job *job, struct gw_error *error)
{
	char **labels = run->model->description->labels;

	if (job->drop != GW_DROP_NONE) {
		const char *reason = batcher_complaint(run->batcher);

		return gw_error_set(error, -EIO, "model %s: %s", run->model->name,
			reason ? reason : "a picture failed");
	}
	json_t *line = describe(&job->result, labels);

	json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(7));
	putchar('\n');
	json_decref(line);
	return 0;
}

/* Prints what is done (batches come back in their order) and waits until at most `left` pictures
 * are inside. */
static int drain(struct run *run, uint32_t left, struct gw_error *error)
{
	static const struct timespec pause = {.tv_nsec = 50000};
	int status = 0;

	while (status == 0 && batcher_waiting(run->batcher) > left) {
		struct job *job;
		uint32_t work = batcher_turn(run->batcher, gw_now(), left == 0);

		while (status == 0 && (job = batcher_take(run->batcher)) != NULL) {
			status = print_result(run, job, error);
			job_put(run->jobs, job);
		}
		if (work == 0)
			nanosleep(&pause, NULL);
	}
	return status;
}

static int run_pictures(struct run *run, struct gw_error *error)
{
	const uint32_t ahead = BATCHES * run->model->description->batch->max - 1;
	int status;

	for (;;) {
		struct gw_frame *frame = &run->frames[run->pictures % (ahead + 1)];
		struct gw_surface *surface = &run->surfaces[run->pictures % (ahead + 1)];

		status = drain(run, ahead, error);
		if (status == 0)
			status = pnm_read(stdin, surface, error);
		if (status != 1)
			break;
		if (run->pictures++ == 0)
			run->started = gw_now();
		frame->width = run->source_width ? run->source_width : surface->width;
		frame->height = run->source_height ? run->source_height : surface->height;
		surface->device = &run->device;
		/* One reference is the run's and stays. */
		surface->refs = 2;
		struct job *job = job_take(run->jobs);

		job->frame = frame;
		job->surface = surface;
		job->arrival = gw_now();
		batcher_add(run->batcher, job);
	}
	return status == 0 ? drain(run, 0, error) : status;
}

static int open_run(struct run *run, const char *directory, const struct gw_accel_config *config,
	struct gw_error *error)
{
	const int status = repository_load_directory(directory, &run->model, error);

	if (status != 0)
		return status;
	struct berth_options options = {
		.device = &run->device,
		.model = run->model,
		.config = config,
	};

	run->frames = calloc(FRAMES, sizeof(run->frames[0]));
	run->surfaces = calloc(FRAMES, sizeof(run->surfaces[0]));
	run->jobs = job_pool_create();
	gw_device_host(&run->device);
	run->batcher = engines_open(config->backend, &options, error);
	return run->frames && run->surfaces && run->jobs && run->batcher ? 0 : -EINVAL;
}

static void close_run(struct run *run)
{
	batcher_close(run->batcher);
	for (uint32_t i = 0; run->surfaces && i < FRAMES; i++)
		free(run->surfaces[i].room);
	free(run->surfaces);
	free(run->frames);
	job_pool_destroy(run->jobs);
	model_free(run->model);
}

static void print_statistics(const struct run *run)
{
	const struct berth_stats *stats = batcher_stats(run->batcher);
	const double seconds = (double)(gw_now() - run->started) / (double)GW_NS_PER_S;
	const uint64_t batches = gw_counter_get(&stats->batches);

	if (run->pictures == 0)
		return;
	fprintf(stderr,
		"%lu pictures in %.2f s (%.0f/s), %lu batches of %.1f, a batch runs %lu us (p50), "
		"%lu us (p99)\n",
		run->pictures, seconds, (double)run->pictures / seconds, batches,
		(double)run->pictures / (double)batches, gw_histogram_quantile(&stats->run_us, 0.5),
		gw_histogram_quantile(&stats->run_us, 0.99));
}

static int usage(FILE *to)
{
	fputs("usage: model_run MODEL_DIR [--library PATH] [--backend NAME] [--threads N] "
	      "[--source WIDTHxHEIGHT] [--statistics]\n"
	      "Reads binary PGM and PPM pictures on stdin, prints one JSON object per picture.\n"
	      "--source: a decoder has made them from pictures of that size.\n",
		to);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"library", required_argument, NULL, 'l'},
		{"backend", required_argument, NULL, 'b'},
		{"threads", required_argument, NULL, 't'},
		{"source", required_argument, NULL, 'f'},
		{"statistics", no_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct gw_accel_config config = {.threads = 1};
	struct run run = {0};
	struct gw_error error;
	bool statistics = false;
	int option;

	engines_keep_quiet();
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'l')
			config.library = optarg;
		else if (option == 'b')
			config.backend = optarg;
		else if (option == 't')
			config.threads = (uint32_t)strtoul(optarg, NULL, 10);
		else if (option == 'f' &&
			sscanf(optarg, "%hux%hu", &run.source_width, &run.source_height) == 2)
			continue;
		else if (option == 's')
			statistics = true;
		else
			return usage(option == 'h' ? stdout : stderr);
	}
	if (optind + 1 != argc)
		return usage(stderr);
	int status = open_run(&run, argv[optind], &config, &error);

	if (status == 0)
		status = run_pictures(&run, &error);
	if (status != 0)
		fprintf(stderr, "model_run: %s\n", error.text);
	else if (statistics)
		print_statistics(&run);
	close_run(&run);
	return status == 0 ? 0 : 1;
}
