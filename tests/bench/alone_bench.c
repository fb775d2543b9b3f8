/* Decoding and a model alone, one picture after the other in one loop, as a program would that has
 * its pictures in memory: tests/bench/latency.py calls it. One JSON object on stdout.
 *
 *   alone_bench MODEL_DIR LIBRARY RATE COUNT FILE...
 *
 * RATE pictures/s are due at their times (0: each when the one before is done); a picture's time
 * goes from then until its result is there.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "accel/berth.h"
#include "accel/engines.h"
#include "accel/repository/repository.h"
#include "core/clock.h"
#include "jpeg_files.h"

#define FIRST_FILE 5
#define WARM 20 /* pictures before the first that counts */

struct bench {
	struct model *model;
	struct jpeg_files pictures;
	struct berth berth;
	struct berth_stats stats;
	struct job_pool *jobs;
	int64_t *took_ns;
};

static void sleep_until(int64_t when)
{
	const int64_t left = when - gw_now();

	if (left > 0)
		nanosleep(&(struct timespec){.tv_sec = left / GW_NS_PER_S,
				  .tv_nsec = left % GW_NS_PER_S},
			NULL);
}

/* Decodes and infers one picture. */
static int look(struct bench *b, uint32_t number)
{
	const uint32_t index = number % b->pictures.count;
	struct jpeg_file *file = &b->pictures.file[index];
	struct job *job = job_take(b->jobs);
	const struct infer_batch *batch;
	int status = jpeg_files_decode(&b->pictures, index);

	job->frame = &file->frame;
	job->surface = &file->surface;
	gw_surface_ref(job->surface);
	berth_place(&b->berth, job);
	if (status == 0 && job->drop == GW_DROP_NONE) {
		berth_submit(&b->berth, gw_now());
		while (!berth_poll(&b->berth, &batch, gw_now()))
			nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	if (job->drop != GW_DROP_NONE)
		status = -EIO;
	job_put(b->jobs, job);
	return status;
}

static int run(struct bench *b, double rate, uint32_t count, double *seconds)
{
	int64_t due = gw_now();
	const int64_t begin = due, step = rate > 0 ? (int64_t)(1e9 / rate) : 0;

	for (uint32_t i = 0; i < count; i++, due += step) {
		if (step == 0)
			due = gw_now();
		sleep_until(due);
		const int status = look(b, i);

		if (status != 0)
			return status;
		b->took_ns[i] = gw_now() - due;
	}
	*seconds = (double)(gw_now() - begin) / 1e9;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void print(struct bench *b, uint32_t count, double seconds)
{
	const uint32_t middle = (count - 1) / 2, last = (uint32_t)((count - 1) * 99ull / 100);

	qsort(b->took_ns, count, sizeof(b->took_ns[0]), compare);
	json_t *said = json_pack("{s:f, s:f, s:f}", "rate", count / seconds, "p50_ms",
		(double)b->took_ns[middle] / 1e6, "p99_ms", (double)b->took_ns[last] / 1e6);

	json_dumpf(said, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(said);
}

static int measure(struct bench *b, char **argv, uint32_t files, struct gw_error *error)
{
	const double rate = strtod(argv[3], NULL);
	const uint32_t count = (uint32_t)strtoul(argv[4], NULL, 10);
	const struct gw_accel_config config = {.library = argv[2], .threads = 1};
	double seconds;
	int status = repository_load_directory(argv[1], &b->model, error);

	if (status == 0)
		status = jpeg_files_open(&b->pictures, b->model, argv + FIRST_FILE, files, error);
	if (status != 0)
		return status;
	const struct berth_options options = {.engine = &infer_ort,
		.device = &b->pictures.device,
		.model = b->model,
		.config = &config};

	b->jobs = job_pool_create();
	b->took_ns = calloc(count > WARM ? count : WARM, sizeof(b->took_ns[0]));
	if (!b->jobs || !b->took_ns || count == 0)
		return gw_error_set(error, -EINVAL, "no picture, or out of memory");
	status = berth_open(&b->berth, &options, &b->stats, error);
	if (status != 0)
		return status;
	status = run(b, 0, WARM, &seconds);
	if (status == 0)
		status = run(b, rate, count, &seconds);
	if (status != 0)
		return gw_error_set(error, status, "a picture failed");
	print(b, count, seconds);
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct gw_error error = {"out of memory"};

	if (argc <= FIRST_FILE) {
		fputs("usage: alone_bench MODEL_DIR LIBRARY RATE COUNT FILE...\n", stderr);
		return 2;
	}
	engines_keep_quiet();
	const int status = measure(&b, argv, (uint32_t)(argc - FIRST_FILE), &error);

	if (status != 0)
		fprintf(stderr, "alone_bench: %s\n", error.text);
	berth_close(&b.berth);
	job_pool_destroy(b.jobs);
	jpeg_files_close(&b.pictures);
	model_free(b.model);
	free(b.took_ns);
	return status == 0 ? 0 : 1;
}
