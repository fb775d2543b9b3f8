#include "sink/shapes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/orientation.h"
#include "core/test.h"
#include "sink/fixture.h"
#include "sink/record.h"

static bool with_protobuf;

static void print_one(struct record *record, struct gw_frame *frame, bool sampled)
{
	struct gw_kafka_config *config = record->gw->config->kafka;

	record_begin(record, frame);
	if (record_finish(record, frame, sampled) == 0)
		printf("%.*s\n", (int)record->size, record->value);
	if (!with_protobuf)
		return;
	config->format = GW_RECORD_PROTOBUF;
	if (record_finish(record, frame, sampled) == 0)
		for (uint32_t i = 0; i < record->size; i++)
			printf("%02x", (uint8_t)record->value[i]);
	printf("\n");
	config->format = GW_RECORD_JSON;
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

void shapes_print(bool both)
{
	with_protobuf = both;
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

static uint32_t below(uint32_t limit)
{
	return (uint32_t)random() % limit;
}

/* Mostly within a picture; now and then what no number of it is. */
static float number(void)
{
	static const float odd[] = {0, -0.0f, 1e-9f, 65535, -3e9f, 1e30f};

	if (below(20) == 0)
		return below(2) ? NAN : odd[below(6)];
	return (float)((int)below(400000) - 50000) / 100;
}

static float confidence(void)
{
	return below(20) == 0 ? number() : (float)below(10001) / 10000;
}

static void add_bytes(struct gw_result *result, struct gw_finding *finding)
{
	const uint32_t size = below(40);
	uint8_t *text = gw_result_add(result, finding, size > 0 ? size : 1);

	for (uint32_t i = 0; text && i < finding->extra_size; i++)
		text[i] = (uint8_t)(below(3) ? 'a' + below(26) : below(256));
}

static void add_mask(struct gw_result *result, struct gw_finding *finding)
{
	const uint32_t count = below(200);
	struct gw_mask *mask =
		gw_result_add(result, finding, sizeof(*mask) + count * sizeof(mask->run[0]));

	*mask = (struct gw_mask){.width = (uint16_t)below(65536), .height = 1, .count = count};
	for (uint32_t i = 0; i < count; i++)
		mask->run[i] = (struct gw_run){(uint16_t)below(4), (uint16_t)below(65536)};
}

static void add_shape(struct gw_result *result, struct gw_finding *finding)
{
	const uint32_t count = below(100);
	struct gw_shape *shape =
		gw_result_add(result, finding, sizeof(*shape) + count * sizeof(shape->run[0]));

	*shape = (struct gw_shape){number(), number(), number(), number(), 3, 4, count};
	for (uint32_t i = 0; i < count; i++)
		shape->run[i] = (uint16_t)below(300);
	finding->rest = GW_REST_SHAPE;
}

static void add_corners(struct gw_result *result, struct gw_finding *finding)
{
	struct gw_point *corners = gw_result_add(result, finding, 4 * sizeof(*corners));

	for (int i = 0; i < 4; i++)
		corners[i] = (struct gw_point){number(), number()};
	finding->rest = GW_REST_CORNERS;
}

static void add_keypoint(struct gw_result *result, struct gw_finding *finding)
{
	struct gw_keypoint *point = gw_result_add(result, finding, sizeof(*point));

	*point = (struct gw_keypoint){{number(), number()}, confidence()};
}

static void add_values(struct gw_result *result, struct gw_finding *finding)
{
	const uint32_t rows = below(5), columns = below(30);
	struct gw_values *values =
		gw_result_add(result, finding, sizeof(*values) + rows * columns * sizeof(float));

	*values = (struct gw_values){2, {rows, columns}};
	for (uint32_t i = 0; i < rows * columns; i++)
		values->value[i] = number();
}

static void add_picture(struct gw_result *result, struct gw_finding *finding)
{
	*(struct gw_picture *)gw_result_add(result, finding, sizeof(struct gw_picture)) =
		(struct gw_picture){.width = (uint16_t)below(65536),
			.height = 3,
			.size = (uint32_t)random(),
			.psnr = below(3) ? (float)below(10000) / 100 : -1};
}

static void add_rest(struct gw_result *result, struct gw_finding *finding, enum gw_task task)
{
	static void (*const objects[])(struct gw_result *, struct gw_finding *) = {
		add_shape, add_corners, add_keypoint};

	switch (task) {
	case GW_TASK_DETECT:
		if (below(4) > 0)
			objects[below(3)](result, finding);
		break;
	case GW_TASK_TEXT:
		add_corners(result, finding);
		break;
	case GW_TASK_SEGMENT:
		add_mask(result, finding);
		break;
	case GW_TASK_RAW:
		add_values(result, finding);
		break;
	case GW_TASK_READ:
		add_bytes(result, finding);
		break;
	case GW_TASK_ENHANCE:
		add_picture(result, finding);
		break;
	default:
		break;
	}
}

/* Findings of the models 1 and on, which have every task. */
static void fill(struct gw_frame *frame)
{
	struct gw_result *result = &frame->result;
	const bool plan = below(3) == 0;
	const enum gw_task task = (enum gw_task)(GW_TASK_CLASSIFY + below(GW_TASK_ENHANCE));

	gw_frame_begin_result(frame);
	result->task = plan ? GW_TASK_PLAN : task;
	result->model = plan ? GW_NO_MODEL : (uint16_t)task;
	result->count =
		(uint16_t)(task == GW_TASK_SEGMENT || task == GW_TASK_ENHANCE ? 1 : below(12));
	gw_result_begin_plan(result);
	if (plan && below(2))
		result->disagreement = (float)below(12000) / 10000;
	result->truncated = plan && below(2);
	for (uint16_t i = 0; i < result->count; i++) {
		struct gw_finding *finding = &result->findings[i];
		const enum gw_task of =
			plan ? (enum gw_task)(GW_TASK_CLASSIFY + below(GW_TASK_ENHANCE)) : task;

		*finding = (struct gw_finding){
			.index = (uint16_t)below(5),
			.model = (uint16_t)of,
			.parent = i > 0 && below(2) ? (uint16_t)below(i) : GW_NO_FINDING,
			.confidence = confidence(),
			.x0 = number(),
			.y0 = number(),
			.x1 = number(),
			.y1 = number(),
		};
		if (plan && result->run_count < GW_RUNS)
			result->runs[result->run_count++] = (uint16_t)of;
		add_rest(result, finding, of);
	}
}

void shapes_print_random(unsigned int seed, uint32_t count)
{
	static const char *const points[] = {"nose"};
	struct fixture *f = fixture_open("", false);
	struct record *record = record_create(&f->gw);
	struct gw_frame *frame = fixture_frame(f, 1);

	srandom(seed);
	with_protobuf = true;
	f->gw.models[1].keypoints = points;
	f->gw.models[1].keypoint_count = 1;
	for (int i = 2; i <= GW_TASK_ENHANCE; i++)
		f->gw.models[i] = f->gw.models[1];
	for (int i = 0; i <= GW_TASK_ENHANCE; i++)
		f->gw.models[i].task = (enum gw_task)i;
	f->gw.model_count = GW_TASK_ENHANCE + 1;
	for (uint32_t i = 0; i < count; i++) {
		fill(frame);
		frame->sequence = below(2) ? (uint64_t)random() << below(32) : i;
		frame->rtp_timestamp = (uint32_t)random();
		frame->ssrc = (uint32_t)random() * below(2);
		frame->capture_ns = (int64_t)((uint64_t)random() << below(31));
		frame->clock = (enum gw_clock)below(GW_CLOCK_COUNT);
		frame->flags = below(8);
		frame->orientation = (uint8_t)(1 + below(8));
		for (int stamp = 1; stamp < GW_STAMP_SINK; stamp++)
			frame->stamp[stamp] =
				below(4) ? frame->stamp[0] + random() % 1000000000 : 0;
		frame->stamp[GW_STAMP_SINK] = frame->stamp[0] + 1000000000;
		print_one(record, frame, below(2));
	}
	record_destroy(record);
	fixture_drop(f, frame);
	fixture_close(f, 0);
}
