/* Runs the sink stage alone, for tests/kafka/: the same stage as in gwd, with frames that are made
 * here.
 *
 *   sink_run print                    one record of every shape, a line each
 *   sink_run send KAFKA COUNT RATE [SMALL [tell]]  COUNT frames of each of two cameras at RATE
 * frames a second, with KAFKA as configuration; then waits for the brokers and prints the counts.
 * Every second picture that is sampled has SMALL bytes. Troubles are logged as in gwd. With `tell`,
 * it says again and again how much was accepted: what it has said so must arrive, also when it is
 * killed.
 */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/drops.h"
#include "core/health.h"
#include "core/orientation.h"
#include "sink/fixture.h"
#include "sink/record.h"
#include "sink/stage.h"

#define DRAIN_MS 60000

static void print_one(struct record *record, struct gw_frame *frame, bool sampled)
{
	record_begin(record, frame);
	if (record_finish(record, frame, sampled) == 0)
		printf("%.*s\n", (int)record->size, record->value);
}

/* Of an object in a picture that is stored upside down. */
static void print_shape(struct record *record, struct gw_frame *frame, struct gw_finding *finding)
{
	struct gw_shape *shape =
		gw_result_add(&frame->result, finding, sizeof(*shape) + 2 * sizeof(shape->run[0]));

	*shape = (struct gw_shape){0, 0, 8, 8, 2, 2, 2};
	shape->run[0] = 1;
	shape->run[1] = 3;
	finding->rest = GW_REST_SHAPE;
	frame->orientation = 3;
	print_one(record, frame, false);
	finding->rest = GW_REST_OF_TASK;
	frame->orientation = GW_UPRIGHT;
}

/* One of every kind that has more than a box. */
static void print_kinds(struct record *record, struct fixture *f, struct gw_frame *frame)
{
	static const char *const points[] = {"nose"};
	struct gw_result *result = &frame->result;
	struct gw_finding *finding = &result->findings[0];
	struct gw_keypoint *keypoint;
	struct gw_point *corners;
	struct gw_values *values;
	struct gw_mask *mask;

	f->gw.models[1].keypoints = points;
	f->gw.models[1].keypoint_count = 1;
	gw_frame_begin_result(frame);
	result->count = 1;
	*finding = (struct gw_finding){.confidence = 0.5f, .x1 = 9, .y1 = 9};
	keypoint = gw_result_add(result, finding, sizeof(*keypoint));
	*keypoint = (struct gw_keypoint){{1, 2}, 0.5f};
	print_one(record, frame, false);
	print_shape(record, frame, finding);
	result->task = GW_TASK_TEXT;
	corners = gw_result_add(result, finding, 4 * sizeof(*corners));
	memset(corners, 0, 4 * sizeof(*corners));
	print_one(record, frame, false);
	result->task = GW_TASK_SEGMENT;
	mask = gw_result_add(result, finding, sizeof(*mask) + sizeof(mask->run[0]));
	*mask = (struct gw_mask){2, 2, 1};
	mask->run[0] = (struct gw_run){1, 4};
	print_one(record, frame, false);
	result->task = GW_TASK_RAW;
	values = gw_result_add(result, finding, sizeof(*values) + sizeof(float));
	*values = (struct gw_values){1, {1}};
	values->value[0] = 1;
	print_one(record, frame, false);
	result->task = GW_TASK_READ;
	memcpy(gw_result_add(result, finding, 3), "a\"\xff", 3);
	print_one(record, frame, false);
	result->task = GW_TASK_ENHANCE;
	*(struct gw_picture *)gw_result_add(result, finding, sizeof(struct gw_picture)) =
		(struct gw_picture){.width = 640, .height = 480, .psnr = 31.5f};
	print_one(record, frame, false);
}

/* One finding of every task, and objects of every shape, each of a model of its own and about the
 * one before it. */
static void print_plan(struct record *record, struct fixture *f, struct gw_frame *frame)
{
	static const enum gw_task tasks[] = {GW_TASK_DETECT, GW_TASK_CLASSIFY, GW_TASK_TEXT,
		GW_TASK_READ, GW_TASK_SEGMENT, GW_TASK_RAW, GW_TASK_ENHANCE, GW_TASK_DETECT,
		GW_TASK_DETECT};
	const uint16_t count = sizeof(tasks) / sizeof(tasks[0]);
	struct gw_result *result = &frame->result;

	gw_frame_begin_result(frame);
	result->task = GW_TASK_PLAN;
	result->model = GW_NO_MODEL;
	for (uint16_t i = 0; i < count; i++) {
		struct gw_finding *finding = &result->findings[i];

		f->gw.models[i] = f->gw.models[1];
		f->gw.models[i].task = tasks[i];
		result->runs[result->run_count++] = i;
		*finding = (struct gw_finding){.model = i,
			.parent = i > 0 ? i - 1 : GW_NO_FINDING,
			.confidence = 0.5f,
			.x1 = 9,
			.y1 = 9};
		/* Zeroes are an empty one of each. */
		memset(gw_result_add(result, finding, 64), 0, 64);
	}
	((struct gw_mask *)gw_result_rest(result, &result->findings[4]))->width = 1;
	((struct gw_mask *)gw_result_rest(result, &result->findings[4]))->height = 1;
	*(struct gw_picture *)gw_result_rest(result, &result->findings[6]) =
		(struct gw_picture){.width = 2, .height = 2};
	struct gw_shape *shape = (struct gw_shape *)gw_result_rest(result, &result->findings[7]);

	*shape = (struct gw_shape){.x1 = 8, .y1 = 8, .width = 2, .height = 2, .count = 2};
	shape->run[0] = 1;
	shape->run[1] = 3;
	result->findings[7].rest = GW_REST_SHAPE;
	result->findings[8].rest = GW_REST_CORNERS;
	f->gw.model_count = count;
	result->count = count;
	result->disagreement = 0.25f;
	print_one(record, frame, true);
	result->count = 0;
	result->truncated = true;
	result->disagreement = -1;
	print_one(record, frame, false);
}

static void print(void)
{
	struct fixture *f = fixture_open("", false);
	struct record *record = record_create(&f->gw);
	struct gw_frame *digits = fixture_frame(f, 0);
	struct gw_frame *objects = fixture_frame(f, 1);

	digits->stamp[GW_STAMP_SINK] = objects->stamp[GW_STAMP_SINK] = gw_now();
	print_one(record, digits, false);
	print_one(record, objects, true);
	objects->result.count = 0;
	print_one(record, objects, false);
	/* As much of everything as there can be. */
	objects->flags = UINT32_MAX;
	objects->clock = GW_CLOCK_RTCP;
	objects->sequence = INT64_MAX;
	objects->width = objects->height = UINT16_MAX;
	objects->result.count = GW_BOXES;
	for (uint16_t i = 0; i < GW_BOXES; i++)
		objects->result.findings[i] = (struct gw_finding){.index = i % 5,
			.confidence = i % 2 ? NAN : 2,
			.x0 = -INFINITY,
			.y0 = INFINITY,
			.x1 = 65535,
			.y1 = -0.001f};
	print_one(record, objects, true);
	print_kinds(record, f, objects);
	print_plan(record, f, objects);
	digits->result.task = GW_TASK_NONE;
	digits->result.model = GW_NO_MODEL;
	for (int stamp = GW_STAMP_DECODE; stamp < GW_STAMP_SINK; stamp++)
		digits->stamp[stamp] = 0;
	print_one(record, digits, false);
	record_destroy(record);
	fixture_drop(f, digits);
	fixture_drop(f, objects);
	fixture_close(f, 0);
}

static void watch(struct fixture *f)
{
	static struct gw_health_log *log;
	static struct gw_health health;
	static int64_t next;

	if (gw_now() < next)
		return;
	next = gw_now() + 100 * GW_NS_PER_MS;
	if (!log)
		log = gw_health_log_create();
	health.count = health.left_out = 0;
	sink_stage.health(f->sink->stage, &health);
	gw_health_watch(log, &health, gw_now());
}

/* One turn and a nap: the tests look at the records, not at the speed. */
static void turn(struct fixture *f)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	fixture_turn(f);
	watch(f);
	nanosleep(&pause, NULL);
}

/* A line with the boot id and, of each camera, what is delivered, and what is that or spooled. */
static void tell(struct fixture *f)
{
	uint64_t delivered[2], accepted[2];

	for (uint32_t camera = 0; camera < 2; camera++) {
		struct gw_camera_stats *stats = fixture_stats(f, camera);

		delivered[camera] = gw_counter_get(&stats->delivered);
		accepted[camera] = delivered[camera] + gw_counter_get(&stats->results_spooled);
	}
	printf("%s %lu %lu %lu %lu\n", f->gw.boot_id, delivered[0], accepted[0], delivered[1],
		accepted[1]);
	fflush(stdout);
}

/* Each run is a start of its own. */
static void new_boot(struct gw *gw)
{
	FILE *file = fopen("/proc/sys/kernel/random/uuid", "r");

	if (file && fread(gw->boot_id, 1, 36, file) == 36)
		gw->boot_id[36] = '\0';
	if (file)
		fclose(file);
}

static void send_frame(struct fixture *f, uint32_t camera, uint32_t every, uint32_t small)
{
	struct gw_frame *frame;

	/* In lossless mode they wait. */
	while (!(frame = fixture_frame(f, camera)))
		turn(f);
	if (small > 0 && every > 0 && frame->sequence / every % 2 == 1)
		frame->jpeg.size = small;
	fixture_send(f, frame);
	fixture_turn(f);
}

static uint64_t unsettled(struct fixture *f, uint32_t camera)
{
	struct gw_camera_stats *stats = fixture_stats(f, camera);

	return gw_counter_get(&stats->results_waiting) + gw_counter_get(&stats->results_spooled) +
		gw_counter_get(&stats->samples_held) + gw_counter_get(&stats->samples_spooled);
}

static void send(const char *section, uint32_t count, uint32_t rate, uint32_t small, bool tells)
{
	char yaml[1024];
	json_t *counts = json_object();

	snprintf(yaml, sizeof(yaml), "kafka: %s\n", section);
	struct fixture *f = fixture_open(yaml, false);

	new_boot(&f->gw);
	int64_t begin = gw_now();
	int64_t deadline;

	for (uint32_t i = 0; i < 2 * count; i++) {
		while (gw_now() < begin + i * GW_NS_PER_S / rate)
			turn(f);
		send_frame(f, i % 2, f->gw.cameras->slot[0].sample_every, small);
		if (tells && i % 16 == 0)
			tell(f);
	}
	deadline = gw_now() + DRAIN_MS * GW_NS_PER_MS;
	while (unsettled(f, 0) + unsettled(f, 1) > 0 && gw_now() < deadline)
		turn(f);
	for (uint32_t camera = 0; camera < 2; camera++) {
		struct gw_camera_stats *stats = fixture_stats(f, camera);
		json_t *drops = json_object();

		for (int drop = 1; drop < GW_DROP_COUNT; drop++)
			if (gw_counter_get(&stats->drops[drop]) > 0)
				json_object_set_new(drops, gw_drops[drop].name,
					json_integer(
						(json_int_t)gw_counter_get(&stats->drops[drop])));
		json_object_set_new(counts, f->gw.config->cameras[camera].name,
			json_pack("{s:I, s:I, s:I, s:o}", "delivered",
				(json_int_t)gw_counter_get(&stats->delivered), "samples",
				(json_int_t)gw_counter_get(&stats->samples), "samples_delivered",
				(json_int_t)gw_counter_get(&stats->samples_delivered), "drops",
				drops));
	}
	json_object_set_new(counts, "describe", sink_stage.describe(f->sink->stage));
	json_dumpf(counts, stdout, JSON_SORT_KEYS);
	printf("\n");
	json_decref(counts);
	fixture_close(f, 1000);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "print") == 0) {
		print();
		return 0;
	}
	if (argc >= 5 && argc <= 7 && strcmp(argv[1], "send") == 0) {
		send(argv[2], (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]),
			argc >= 6 ? (uint32_t)atoi(argv[5]) : 0, argc == 7);
		return 0;
	}
	fprintf(stderr, "usage: sink_run print | send KAFKA COUNT RATE [SMALL [tell]]\n");
	return 2;
}
