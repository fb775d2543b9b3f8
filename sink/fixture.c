#include "sink/fixture.h"

#include <ftw.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/log.h"
#include "sink/lane.h"
#include "sink/stage.h"

#define PICTURE_SIZE 26000u
#define READ_SIZE (4u << 20)
#define PATIENCE_S 180 /* a disk that others use may take its time */

static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const char *const objects[] = {"person", "a \"quoted\" \\ label", "Grüße\n\x01\xff"};

/* Makes everything; *status is what opening the stage returned. */
static struct fixture *make(const char *yaml, bool replay, int *status, struct gw_error *error)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct gw *gw = &fixture->gw;
	const char *mark = strstr(yaml, "DIR");
	char text[4096];

	gw_log_open(GW_LOG_STDERR, GW_LOG_DEBUG);
	strcpy(fixture->directory, "/tmp/framegate-sink-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	fixture->replay = (struct gw_replay){.input = "none.pcap", .output = fixture->directory};
	snprintf(text, sizeof(text),
		"gateway: {name: test gateway}\n"
		"%s"
		"cameras:\n"
		"  - {name: cam0, source: 10.0.0.1, destination: 10.0.0.9, port: 5000}\n"
		"  - {name: cam1, source: 10.0.0.2, destination: 10.0.0.9, port: 5000}\n"
		"%.*s%s%s",
		strstr(yaml, "classes:")
			? ""
			: "frames: {classes: [{width: 320, height: 240, count: 96}]}\n",
		mark ? (int)(mark - yaml) : (int)strlen(yaml), yaml, mark ? fixture->directory : "",
		mark ? mark + 3 : "");
	*status = test_gateway_open(
		gw, text, replay ? &fixture->replay : NULL, GW_STAGE_SINK, &sink_stage, error);
	if (*status != 0)
		return fixture;
	strcpy(gw->boot_id, "00000000-0000-4000-8000-000000000001");
	for (uint16_t i = 0; i < 2; i++)
		atomic_load(&gw->cameras->slot[i].now)->route = i;
	gw->model_count = 2;
	gw->models[0] = (struct gw_model_info){.name = "digits",
		.version = 1,
		.digest = DIGEST_0,
		.task = GW_TASK_CLASSIFY,
		.label_count = 10,
		.labels = digits};
	gw->models[1] = (struct gw_model_info){.name = "objects",
		.version = 3,
		.digest = DIGEST_1,
		.task = GW_TASK_DETECT,
		.label_count = 3,
		.labels = objects};
	fixture->sink = &gw->stages[GW_STAGE_SINK].lanes[0];
	return fixture;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	return remove(path);
}

static void destroy(struct fixture *fixture)
{
	test_gateway_close(&fixture->gw);
	nftw(fixture->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
}

struct fixture *fixture_open(const char *yaml, bool replay)
{
	struct gw_error error;
	int status;
	struct fixture *fixture = make(yaml, replay, &status, &error);

	if (status != 0)
		fail_msg("%s", error.text);
	return fixture;
}

void fixture_fail(const char *yaml, const char *words_of_the_error)
{
	struct gw_error error = {""};
	int status;
	struct fixture *fixture = make(yaml, false, &status, &error);

	assert_true(status < 0);
	assert_non_null(strstr(error.text, words_of_the_error));
	assert_null(strchr(error.text, '\n'));
	destroy(fixture);
}

struct sink *fixture_replace_backend(
	struct fixture *fixture, const struct sink_ops *ops, void *backend)
{
	struct sink *sink = fixture->sink->state;

	fixture->ops = sink->ops;
	fixture->backend = sink->backend;
	sink->ops = ops;
	sink->backend = backend;
	return sink;
}

static void restore_backend(struct fixture *fixture)
{
	struct sink *sink = fixture->sink->state;

	if (!fixture->ops)
		return;
	sink->ops = fixture->ops;
	sink->backend = fixture->backend;
}

void fixture_close(struct fixture *fixture, uint32_t ms)
{
	int64_t deadline = gw_now() + ms * GW_NS_PER_MS;
	struct gw_stage *stage = fixture->sink->stage;
	uint32_t camera;

	restore_backend(fixture);
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		stage->lanes[i].drain_by = deadline;
		while (!sink_stage.drain(&stage->lanes[i]))
			assert_true(gw_now() < deadline + GW_NS_PER_S);
		sink_stage.end(&stage->lanes[i]);
	}
	for (camera = 0; camera < 2; camera++) {
		assert_int_equal(gw_pool_in_use(fixture->gw.pool, camera), 0);
		assert_int_equal(
			gw_counter_get(&fixture_stats(fixture, camera)->results_waiting), 0);
		assert_int_equal(gw_counter_get(&fixture_stats(fixture, camera)->samples_held), 0);
		assert_int_equal(
			gw_counter_get(&fixture_stats(fixture, camera)->samples_beside), 0);
	}
	fixture_assert_balanced(fixture);
	destroy(fixture);
}

static struct gw_lane *lane_of(struct fixture *fixture, uint32_t camera)
{
	struct gw_stage *stage = fixture->sink->stage;

	return &stage->lanes[gw_lane_of(camera, stage->lane_count)];
}

/* What the receive stage counted. */
static struct gw_camera_stats *fixture_begun(struct fixture *fixture, uint32_t camera)
{
	return &fixture->gw.stages[GW_STAGE_RX].lanes[0].stats->camera[camera];
}

struct gw_frame *fixture_frame(struct fixture *fixture, uint32_t camera)
{
	struct gw_frame *frame = test_gateway_frame(&fixture->gw, camera, 320, 240);
	struct gw_camera_stats *rx = fixture_begun(fixture, camera);

	if (!frame)
		return NULL;
	gw_counter_add(&rx->frames_in, 1);
	frame->ssrc = UINT32_MAX;
	frame->rtp_timestamp = 90000;
	frame->sequence = fixture->sequence[camera]++;
	frame->capture_ns = FIXTURE_CAPTURE_MS * GW_NS_PER_MS + 456789;
	frame->clock = GW_CLOCK_ARRIVAL;
	frame->width = 320;
	frame->height = 240;
	frame->state = GW_FRAME_RESULT;
	frame->jpeg.data = frame->jpeg.room + GW_JPEG_HEADROOM;
	frame->jpeg.size = PICTURE_SIZE;
	memset(frame->jpeg.data, (int)frame->sequence, PICTURE_SIZE);
	for (int stamp = 0; stamp < GW_STAMP_SINK; stamp++)
		frame->stamp[stamp] = gw_now();
	frame->result.model = (uint16_t)camera;
	frame->result.count = 1;
	if (camera == 0) {
		frame->result.task = GW_TASK_CLASSIFY;
		frame->result.findings[0] = (struct gw_finding){.index = 7, .confidence = 0.98765f};
	} else {
		frame->result.task = GW_TASK_DETECT;
		frame->result.findings[0] = (struct gw_finding){.index = 0,
			.confidence = 0.5f,
			.x0 = 1,
			.y0 = 2.5f,
			.x1 = 30.25f,
			.y1 = 40.125f};
	}
	return frame;
}

struct gw_frame *fixture_enhanced_frame(struct fixture *fixture, float disagreement)
{
	struct gw_frame *frame = fixture_frame(fixture, 0);
	struct gw_result *result = &frame->result;

	fixture->gw.models[1].task = GW_TASK_ENHANCE;
	gw_frame_begin_result(frame);
	result->task = GW_TASK_PLAN;
	result->disagreement = disagreement;
	for (uint16_t i = 0; i < 3; i++) {
		struct gw_finding *finding = &result->findings[i];

		*finding = (struct gw_finding){.model = i > 0, .parent = GW_NO_FINDING};
		if (i > 0)
			*(struct gw_picture *)gw_result_add(
				result, finding, sizeof(struct gw_picture) + 4) =
				(struct gw_picture){.width = 2, .height = 2, .size = 4};
	}
	result->count = 3;
	return frame;
}

void fixture_drop(struct fixture *fixture, struct gw_frame *frame)
{
	struct gw_camera_stats *rx = fixture_begun(fixture, frame->camera);

	gw_counter_set(&rx->frames_in, gw_counter_get(&rx->frames_in) - 1);
	gw_frame_unref(frame);
}

void fixture_send(struct fixture *fixture, struct gw_frame *frame)
{
	gw_link_push(lane_of(fixture, frame->camera)->in[0], &frame, 1);
}

void fixture_send_frames(struct fixture *fixture, uint32_t camera, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct gw_frame *frame = fixture_frame(fixture, camera);

		assert_non_null(frame);
		fixture_send(fixture, frame);
		fixture_turn(fixture);
	}
}

void fixture_turn(struct fixture *fixture)
{
	struct gw_stage *stage = fixture->sink->stage;

	for (uint32_t i = 0; i < stage->lane_count; i++) {
		sink_stage.poll(&stage->lanes[i]);
		sink_stage.housekeeping(&stage->lanes[i], gw_now());
	}
}

void fixture_turn_until(struct fixture *fixture, const struct gw_counter *counter, uint64_t value)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	int64_t deadline = gw_now() + PATIENCE_S * GW_NS_PER_S;

	while (gw_counter_get(counter) < value) {
		if (gw_now() > deadline)
			fail_msg("%lu of %lu after %d s", gw_counter_get(counter), value,
				PATIENCE_S);
		fixture_turn(fixture);
		nanosleep(&pause, NULL);
	}
}

void fixture_deliver(struct fixture *fixture, uint32_t camera, uint32_t count)
{
	const struct gw_counter *delivered = &fixture_stats(fixture, camera)->delivered;
	const uint64_t before = gw_counter_get(delivered);

	fixture_send_frames(fixture, camera, count);
	fixture_turn_until(fixture, delivered, before + count);
}

struct gw_camera_stats *fixture_stats(struct fixture *fixture, uint32_t camera)
{
	return &lane_of(fixture, camera)->stats->camera[camera];
}

uint64_t fixture_drops(struct fixture *fixture, uint32_t camera, enum gw_drop drop)
{
	return gw_counter_get(&fixture_stats(fixture, camera)->drops[drop]);
}

void fixture_assert_balanced(struct fixture *fixture)
{
	for (uint32_t camera = 0; camera < 2; camera++) {
		struct gw_camera_stats *rx = fixture_begun(fixture, camera);
		struct gw_camera_stats *sink = fixture_stats(fixture, camera);
		uint64_t held = gw_counter_get(&sink->samples_held);
		uint64_t frames = gw_pool_in_use(fixture->gw.pool, camera) - held +
			gw_counter_get(&sink->results_waiting) +
			gw_counter_get(&sink->results_spooled) + gw_counter_get(&sink->delivered);
		uint64_t samples = held + gw_counter_get(&sink->samples_beside) +
			gw_counter_get(&sink->samples_spooled) +
			gw_counter_get(&sink->samples_delivered);

		for (int drop = 1; drop < GW_DROP_COUNT; drop++) {
			if (gw_drops[drop].unit == GW_FRAME)
				frames += gw_counter_get(&sink->drops[drop]);
			if (gw_drops[drop].unit == GW_SAMPLE)
				samples += gw_counter_get(&sink->drops[drop]);
		}
		assert_int_equal(gw_counter_get(&rx->frames_in), frames);
		assert_int_equal(gw_counter_get(&sink->samples), samples);
	}
}

char *fixture_read(struct fixture *fixture, const char *name, size_t *size)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
	FILE *file = fopen(path, "rb");

	if (!file)
		return NULL;
	char *text = calloc(1, READ_SIZE);

	*size = fread(text, 1, READ_SIZE - 1, file);
	fclose(file);
	return text;
}

void fixture_describe(struct fixture *fixture, const char *key, char *text, size_t size)
{
	json_t *facts = sink_stage.describe(fixture->sink->stage);
	const char *value = json_string_value(json_object_get(facts, key));

	snprintf(text, size, "%s", value ? value : "");
	json_decref(facts);
}
