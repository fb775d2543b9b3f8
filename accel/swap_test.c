/* A hundred versions take each other's place under frames, on ONNX Runtime: no frame is lost or out
 * of order, and neither memory nor descriptors nor threads are left behind. */
#include "core/test.h"

#include <dirent.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "accel/accel.h"
#include "accel/repository/test_models.h"
#include "accel/repository/tiny_onnx.h"
#include "accel/stage.h"
#include "core/clock.h"
#include "core/control.h"
#include "core/test_gateway.h"

#define SWAPS 100
#define SETTLED 30 /* swaps after which nothing may grow */
#define VERSIONS 4
#define FRAMES 32
#define INSIDE 8 /* frames at a time */
#define LEAST 100 /* pictures: those that waited for a processor are not one of ten of them */
#define SIDE 2
#define GROWTH (8L << 20) /* bytes that an allocator may keep for itself */

static char directory[] = "/tmp/framegate-swap-XXXXXX";
static struct gw_error error;

struct fixture {
	struct gw gw;
	struct gw_lane *lane;
	struct gw_surface_pool *surfaces;
	pthread_t thread;
	_Atomic bool stop;
	_Atomic uint64_t out;
	uint64_t in;
	uint64_t by_version[VERSIONS + 1];
	const char *complaint;
};

static void write_version(int version)
{
	const struct tiny_graph flatten = {
		.op = "Flatten",
		.input = {"in", TINY_FLOAT, 4, {0, 1, SIDE, SIDE}},
		.output = {"out", TINY_FLOAT, 2, {0, 4}},
	};
	char path[256];

	snprintf(path, sizeof(path), "%s/marks/%d", directory, version);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/marks/%d/model.onnx", directory, version);
	assert_true(tiny_onnx_write(&flatten, path));
	snprintf(path, sizeof(path), "%s/marks/%d/model.yaml", directory, version);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs("task: classify\nlabels: [a, b, c, d]\n"
	      "input: {tensor: in, width: 2, height: 2, channels: 1, mean: [0], scale: [0.0039]}\n"
	      "classify: {tensor: out, top_k: 1}\nbatch: {max: 4, deadline_ms: 5}\n",
		file);
	fclose(file);
}

static void open_stage(struct fixture *f)
{
	char path[256], text[1024];

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/marks", directory);
	assert_int_equal(mkdir(path, 0755), 0);
	for (int i = 1; i <= VERSIONS; i++)
		write_version(i);
	snprintf(path, sizeof(path), "%s/marks/rollout.json", directory);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs("{\"format\": 1, \"stable\": 1, \"previous\": 0}", file);
	fclose(file);
	snprintf(text, sizeof(text),
		"cameras:\n"
		"  - {name: gate, source: 10.0.0.1, destination: 10.0.0.2, port: 5000, model: "
		"marks}\n"
		"accel: {backend: ort, library: %s, repository: %s}\n"
		"frames: {classes: [{width: 16, height: 16, count: %d}]}\n",
		test_onnxruntime(), directory, FRAMES);
	if (test_gateway_open(&f->gw, text, NULL, GW_STAGE_ACCEL, &accel_stage, &error) != 0)
		fail_msg("%s", error.text);
	f->lane = &f->gw.stages[GW_STAGE_ACCEL].lanes[0];
	f->surfaces = gw_surface_pool_create(&f->gw.host, 1, FRAMES, &error);
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

static void close_stage(struct fixture *f)
{
	test_gateway_close(&f->gw);
	gw_surface_pool_destroy(f->surfaces);
	nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void push(struct fixture *f)
{
	struct gw_frame *frame = test_gateway_frame(&f->gw, 0, SIDE, SIDE);
	struct gw_surface *surface = gw_surface_get(f->surfaces, SIDE * SIDE);

	frame->sequence = f->in;
	frame->width = frame->height = SIDE;
	frame->state = GW_FRAME_IMAGE;
	surface->format = GW_FORMAT_GRAY;
	surface->width = surface->height = SIDE;
	surface->pitch[0] = SIDE;
	surface->plane[0] = surface->room;
	memset(surface->room, 10, SIDE * SIDE);
	surface->room[f->in++ % 4] = 200;
	frame->surface = surface;
	gw_credit_take(&f->gw.credits[0], frame);
	test_gateway_push(&f->gw, GW_STAGE_ACCEL, frame);
}

static void take(struct fixture *f, struct gw_frame *frame)
{
	const struct gw_result *result = &frame->result;

	if (frame->sequence != f->out)
		f->complaint = "a frame is missing, or out of order";
	else if (gw_frame_failed(frame) || result->count != 1)
		f->complaint = "a frame failed";
	else if (result->findings[0].index != frame->sequence % 4 ||
		strcmp(f->gw.models[result->model].labels[result->findings[0].index],
			(const char *[]){"a", "b", "c", "d"}[frame->sequence % 4]) != 0)
		f->complaint = "a frame has another's result";
	else
		f->by_version[f->gw.models[result->model].version]++;
	gw_frame_unref(frame);
	f->out++;
}

/* The lane's thread: frames go in and come out, and it answers the control thread. */
static void *turn(void *arg)
{
	struct fixture *f = arg;
	struct gw_frame *frames[FRAMES];

	while (!f->complaint && (!f->stop || f->out < f->in)) {
		while (!f->stop && f->in - f->out < INSIDE)
			push(f);
		accel_stage.poll(f->lane);
		gw_lane_answer(f->lane);
		const uint32_t count = test_gateway_pop(&f->gw, GW_STAGE_ACCEL, frames, FRAMES);

		for (uint32_t i = 0; i < count; i++)
			take(f, frames[i]);
		if (count == 0)
			nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	f->lane->ended = true;
	return NULL;
}

static void swap(struct fixture *f, uint32_t version)
{
	static const struct timespec pause = {.tv_nsec = 200000};
	const struct accel *accel = f->lane->stage->state;
	struct rollout_plan plan = {.version = version,
		.step_count = 2,
		.steps = {0.5, 1},
		.least = LEAST,
		.limits = {.errors = 0, .latency = 1000, .disagreement = 0}};
	const int64_t deadline = gw_now() + 60 * GW_NS_PER_S;

	if (rollout_begin(f->lane->stage, "marks", &plan, &error) != 0)
		fail_msg("%s", error.text);
	while (accel->rollouts->of[0].phase != ROLLOUT_NONE) {
		accel_stage.upkeep(f->lane->stage, gw_now());
		nanosleep(&pause, NULL);
		assert_true(gw_now() < deadline);
		assert_null(f->complaint);
	}
	assert_true(accel->rollouts->of[0].state.last.completed);
}

/* The ones that nobody uses any more. */
static uint32_t left_behind(const struct fixture *f)
{
	const struct accel *accel = f->lane->stage->state;
	uint32_t count = 0;

	for (uint32_t i = 0; i < GW_MODELS; i++)
		count += accel->use[i].phase != ACCEL_FREE && accel->use[i].phase != ACCEL_LIVE;
	return count;
}

static void settle(struct fixture *f)
{
	for (int i = 0; i < 10000 && left_behind(f) > 0; i++) {
		accel_stage.upkeep(f->lane->stage, gw_now());
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	assert_int_equal(left_behind(f), 0);
}

static long entries(const char *path)
{
	DIR *folder = opendir(path);
	long count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, pages;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void a_hundred_swaps_lose_no_frame_and_leave_nothing(void **state)
{
	static struct fixture f;
	long memory = 0, descriptors = 0, threads = 0;

	open_stage(&f);
	f.lane->running = true;
	assert_int_equal(pthread_create(&f.thread, NULL, turn, &f), 0);
	for (uint32_t i = 1; i <= SWAPS; i++) {
		swap(&f, i % VERSIONS + 1);
		if (i != SETTLED)
			continue;
		settle(&f);
		memory = resident();
		descriptors = entries("/proc/self/fd");
		threads = entries("/proc/self/task");
	}
	settle(&f);
	const long grown = resident() - memory;

	assert_int_equal(entries("/proc/self/fd"), descriptors);
	assert_int_equal(entries("/proc/self/task"), threads);
	f.stop = true;
	pthread_join(f.thread, NULL);
	if (f.complaint)
		fail_msg("frame %lu: %s", (unsigned long)f.out, f.complaint);
	assert_int_equal(f.in, f.out);
	assert_int_equal(gw_pool_in_use(f.gw.pool, UINT32_MAX), 0);
	assert_int_equal(gw_surface_pool_in_use(f.surfaces), 0);
	assert_int_equal(f.gw.credits[0].inside, 0);
	for (int i = 1; i <= VERSIONS; i++)
		assert_true(f.by_version[i] > 0);
	print_message("%d swaps, %lu frames, %ld kB more than after %d\n", SWAPS,
		(unsigned long)f.out, grown / 1024, SETTLED);
	assert_true(IS_SANITIZED || grown < GROWTH);
	close_stage(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred_swaps_lose_no_frame_and_leave_nothing),
	};

	return test_onnxruntime() ? cmocka_run_group_tests(tests, NULL, NULL) : TEST_SKIPPED;
}
