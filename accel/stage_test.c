/* The accel stage between two links, with the null engine: what it answers is known beforehand. */
#include "core/test.h"

#include <ftw.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "core/api.h"
#include "core/clock.h"
#include "core/test_gateway.h"
#include "core/test_log.h"

#define FRAMES 24
#define SIDE 2

static char directory[] = "/tmp/framegate-stage-XXXXXX";
static struct gw_error error;

static const char yaml[] =
	"task: classify\n"
	"labels: [a, b, c, d]\n"
	"input: {tensor: in, width: 2, height: 2, channels: 1, mean: [0], scale: [1]}\n"
	"classify: {tensor: out, top_k: 2}\n"
	"batch: {max: 4, deadline_ms: 5}\n";

#define CAMERA(name, port, rest) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port rest "}\n"

static const char four_cameras[] = "cameras:\n" CAMERA("gate", "5000", ", model: marks")
	CAMERA("yard", "5002", "") CAMERA("door", "5004", ", model: \"marks:1\"")
		CAMERA("roof", "5006", ", model: marks, region: {x: 1, y: 0, width: 1, height: 2}");

struct fixture {
	struct gw gw;
	struct gw_lane *lane;
	struct gw_surface_pool *surfaces;
	struct gw_frame *out[FRAMES];
};

static void write_file(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_directory(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	mkdir(path, 0755);
}

static int make_repository(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	make_directory("marks");
	make_directory("marks/1");
	write_file("marks/1/model.onnx", "\b\1" /* not read by the null engine */);
	write_file("marks/1/model.yaml", yaml);
	make_directory("swap");
	make_directory("swap/1");
	write_file("swap/1/model.onnx", "\b\2");
	write_file("swap/1/model.yaml", yaml);
	make_directory("swap/2");
	write_file("swap/2/model.onnx", "\b\3");
	write_file("swap/2/model.yaml", yaml);
	return 0;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

static int remove_repository(void **state)
{
	return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Everything that a stage finds when it opens. */
static int open_stage(struct fixture *f, const char *cameras, const char *backend)
{
	char text[2048];

	error.text[0] = '\0';
	snprintf(text, sizeof(text),
		"%saccel: {backend: %s, repository: %s}\n"
		"frames: {classes: [{width: 16, height: 16, count: %d}]}\n",
		cameras, backend, directory, FRAMES);
	const int status =
		test_gateway_open(&f->gw, text, NULL, GW_STAGE_ACCEL, &accel_stage, &error);

	f->lane = f->gw.config ? &f->gw.stages[GW_STAGE_ACCEL].lanes[0] : NULL;
	f->surfaces = gw_surface_pool_create(&f->gw.host, 1, FRAMES, &error);
	return status;
}

static void close_stage(struct fixture *f)
{
	test_gateway_close(&f->gw);
	gw_surface_pool_destroy(f->surfaces);
}

/* A decoded grey picture whose brightest pixel is number `mark`. */
static struct gw_frame *push(struct fixture *f, uint32_t camera, uint32_t sequence, uint32_t mark)
{
	struct gw_frame *frame = test_gateway_frame(&f->gw, camera, SIDE, SIDE);

	assert_non_null(frame);
	frame->sequence = sequence;
	frame->width = frame->height = SIDE;
	frame->state = GW_FRAME_IMAGE;
	if (frame->version->route != GW_NO_ROUTE) {
		struct gw_surface *surface = gw_surface_get(f->surfaces, SIDE * SIDE);

		assert_non_null(surface);
		surface->format = GW_FORMAT_GRAY;
		surface->width = surface->height = SIDE;
		surface->pitch[0] = SIDE;
		surface->plane[0] = surface->room;
		memset(surface->room, 10, SIDE * SIDE);
		surface->room[mark] = 200;
		frame->surface = surface;
		gw_credit_take(&f->gw.credits[frame->version->route], frame);
	}
	test_gateway_push(&f->gw, GW_STAGE_ACCEL, frame);
	return frame;
}

/* As the decode stage leaves it. */
static void fail_undecoded(struct gw_frame *frame, enum gw_drop drop)
{
	gw_frame_fail(frame, drop);
	gw_frame_drop_surface(frame);
	gw_credit_return(frame);
	frame->state = GW_FRAME_JPEG;
}

/* Lets the stage work until it has nothing to do, and takes what it gave on. */
static uint32_t work(struct fixture *f)
{
	while (accel_stage.poll(f->lane) > 0)
		;
	const uint32_t count = test_gateway_pop(&f->gw, GW_STAGE_ACCEL, f->out, FRAMES);

	for (uint32_t i = 0; i < count; i++) {
		assert_null(f->out[i]->surface);
		assert_null(f->out[i]->credit);
	}
	return count;
}

static void models_are_loaded_once_and_described(void **state)
{
	struct fixture f;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	assert_int_equal(f.gw.model_count, 1);
	assert_string_equal(f.gw.models[0].name, "marks");
	assert_int_equal(f.gw.models[0].version, 1);
	assert_int_equal(f.gw.models[0].task, GW_TASK_CLASSIFY);
	assert_int_equal(f.gw.models[0].label_count, 4);
	assert_string_equal(f.gw.models[0].labels[3], "d");
	assert_memory_equal(f.gw.models[0].digest, "sha256:", 7);
	assert_int_equal(gw_camera_now(&f.gw, 0)->route, 0);
	assert_int_equal(gw_camera_now(&f.gw, 1)->route, GW_NO_ROUTE);
	/* Another name for the same. */
	assert_int_equal(gw_camera_now(&f.gw, 2)->route, 1);
	close_stage(&f);
}

static void the_decoder_learns_what_the_model_needs(void **state)
{
	struct fixture f;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	const struct gw_want *want = gw_camera_now(&f.gw, 0)->wants;

	assert_int_equal(want->width, 2);
	assert_int_equal(want->height, 2);
	assert_int_equal(want->fit, GW_FIT_STRETCH);
	assert_true(want->antialias);
	assert_true(want->gray);
	assert_false(want->full);
	assert_null(want->next);
	assert_null(gw_camera_now(&f.gw, 1)->wants);
	close_stage(&f);
}

static void every_camera_gets_its_results_in_order(void **state)
{
	struct fixture f;
	uint64_t next[4] = {0};

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	for (uint32_t i = 0; i < 12; i++)
		push(&f, i % 3, i / 3, i % 4);
	assert_int_equal(work(&f), 12);
	for (uint32_t i = 0; i < 12; i++) {
		const struct gw_frame *frame = f.out[i];

		assert_int_equal(frame->sequence, next[frame->camera]++);
		assert_false(gw_frame_failed(frame));
		if (frame->camera == 1) {
			assert_int_equal(frame->result.task, GW_TASK_NONE);
			assert_int_equal(frame->result.model, GW_NO_MODEL);
			assert_int_equal(frame->stamp[GW_STAMP_INFER], 0);
			continue;
		}
		assert_int_equal(frame->state, GW_FRAME_RESULT);
		assert_int_equal(frame->result.task, GW_TASK_CLASSIFY);
		assert_int_equal(frame->result.model, 0);
		assert_int_equal(frame->result.count, 2);
		assert_int_equal(
			frame->result.findings[0].index, (frame->sequence * 3 + frame->camera) % 4);
		assert_true(frame->stamp[GW_STAMP_INFER] > 0);
		assert_true(frame->stamp[GW_STAMP_INFERRED] >= frame->stamp[GW_STAMP_INFER]);
	}
	close_stage(&f);
}

static void a_failed_frame_goes_on_in_its_place(void **state)
{
	struct fixture f;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	push(&f, 0, 0, 1);
	fail_undecoded(push(&f, 0, 1, 1), GW_DROP_DECODE_FAILED);
	push(&f, 0, 2, 1);
	fail_undecoded(push(&f, 1, 0, 1), GW_DROP_JPEG_BAD);
	assert_int_equal(work(&f), 4);
	uint64_t next = 0;

	for (int i = 0; i < 4; i++)
		if (f.out[i]->camera == 0)
			assert_int_equal(f.out[i]->sequence, next++);
	assert_int_equal(next, 3);
	close_stage(&f);
}

static void a_region_is_what_the_model_sees(void **state)
{
	struct fixture f;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	/* Pixels 1 and 3 make the right half, which the model sees stretched to all of its input.
	 */
	push(&f, 3, 0, 3);
	assert_int_equal(work(&f), 1);
	assert_int_equal(f.out[0]->result.findings[0].index, 2);
	assert_int_equal(f.out[0]->result.findings[1].index, 3);
	assert_float_equal(f.out[0]->result.findings[0].confidence,
		f.out[0]->result.findings[1].confidence, 1e-6);
	close_stage(&f);
}

static void all_that_came_in_goes_out_when_drained(void **state)
{
	struct fixture f;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	for (uint32_t i = 0; i < 11; i++)
		push(&f, i % 4, i / 4, 0);
	accel_stage.poll(f.lane);
	for (int i = 0; !accel_stage.drain(f.lane); i++)
		assert_true(i < 100);
	assert_int_equal(test_gateway_pop(&f.gw, GW_STAGE_ACCEL, f.out, FRAMES), 11);
	close_stage(&f);
}

static void every_frame_gives_its_surface_and_its_credit_back(void **state)
{
	struct fixture f;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	/* Two batches of four. */
	assert_int_equal(f.gw.credits[0].enough, 8);
	for (uint32_t i = 0; i < 11; i++)
		push(&f, 0, i, i % 4);
	fail_undecoded(push(&f, 0, 11, 0), GW_DROP_DECODE_FAILED);
	assert_int_equal(f.gw.credits[0].inside, 11);
	assert_int_equal(work(&f), 12);
	assert_int_equal(gw_surface_pool_in_use(f.surfaces), 0);
	assert_int_equal(f.gw.credits[0].inside, 0);
	assert_int_equal(f.gw.credits[0].done, 11);
	close_stage(&f);
}

static void *open_more(void *arg)
{
	static struct gw_error problem;
	const struct route *route = accel_route_open(arg, "more", &problem);

	if (!route)
		return problem.text;
	return route->index == 2 && route->stable == 1 ? NULL : "another index";
}

/* While frames run, on a thread of its own. */
static void a_model_can_come_later_and_disturbs_none(void **state)
{
	struct fixture f;
	pthread_t thread;
	void *trouble;

	make_directory("more");
	make_directory("more/1");
	write_file("more/1/model.onnx", "\b\2");
	write_file("more/1/model.yaml", yaml);
	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	pthread_create(&thread, NULL, open_more, f.lane->stage);
	for (uint32_t i = 0; i < 200; i++) {
		push(&f, 0, i, i % 4);
		assert_int_equal(work(&f), 1);
		assert_false(gw_frame_failed(f.out[0]));
		gw_frame_unref(f.out[0]);
	}
	pthread_join(thread, &trouble);
	assert_null(trouble);
	assert_int_equal(f.gw.model_count, 2);
	assert_string_equal(f.gw.models[1].name, "more");
	assert_int_equal(f.gw.credits[2].enough, 8);
	/* A camera that asks for it now is served. */
	struct gw_camera_config config = f.gw.config->cameras[1];
	char name[] = "more";

	config.model = name;
	assert_int_equal(gw_camera_put(&f.gw, &config, &error), 0);
	push(&f, 1, 0, 2);
	assert_int_equal(work(&f), 1);
	assert_int_equal(f.out[0]->result.model, 1);
	assert_int_equal(f.out[0]->result.findings[0].index, 2);
	/* It is there already. */
	const struct route *route = accel_route_open(f.lane->stage, "more:1", &error);

	assert_non_null(route);
	assert_int_equal(route->stable, 1);
	assert_ptr_equal(accel_route_open(f.lane->stage, "more:1", &error), route);
	assert_int_equal(f.gw.model_count, 2);
	assert_null(accel_route_open(f.lane->stage, "faces", &error));
	assert_int_equal(f.gw.model_count, 2);
	close_stage(&f);
}

/* Lets a route lead to another model, as a rollout does. */
static void lead(struct fixture *f, const char *route, const char *model)
{
	struct accel *accel = f->lane->stage->state;
	struct route *found = NULL;

	for (uint32_t i = 0; i < f->gw.route_count; i++)
		if (strcmp(accel->routes[i].name, route) == 0)
			found = &accel->routes[i];
	assert_non_null(found);
	pthread_mutex_lock(&accel->opening);
	const uint32_t index = accel_model_open(f->lane->stage, model, &error);

	assert_true(index < GW_MODELS);
	found->stable = (uint16_t)index;
	pthread_mutex_unlock(&accel->opening);
}

static void a_model_goes_when_its_jobs_and_its_frames_have_gone(void **state)
{
	struct fixture f;

	assert_int_equal(
		open_stage(&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	struct accel *accel = f.lane->stage->state;
	struct accel_lane *own = f.lane->state;

	push(&f, 0, 0, 1);
	/* It has the job now. */
	assert_true(accel_stage.poll(f.lane) > 0);
	if (batcher_waiting(own->batchers[0]) == 0)
		push(&f, 0, 1, 1);
	lead(&f, "swap:1", "swap:2");
	assert_int_equal(f.gw.model_count, 2);
	uint32_t out = work(&f);

	assert_true(out > 0);
	for (int i = 0; i < 3; i++)
		accel_stage.upkeep(f.lane->stage, 0);
	/* Closed, but what its results mean is known still. */
	assert_null(accel_model(accel, 0));
	assert_null(own->batchers[0]);
	assert_int_equal(accel->use[0].phase, ACCEL_CLOSED);
	assert_string_equal(f.gw.models[f.out[0]->result.model].labels[1], "b");
	assert_int_equal(f.gw.models[f.out[0]->result.model].version, 1);
	for (uint32_t i = 0; i < out; i++)
		gw_frame_unref(f.out[i]);
	accel_stage.upkeep(f.lane->stage, 0);
	assert_int_equal(accel->use[0].phase, ACCEL_FREE);
	push(&f, 0, 2, 3);
	assert_int_equal(work(&f), 1);
	assert_int_equal(f.out[0]->result.model, 1);
	assert_int_equal(f.out[0]->result.findings[0].index, 3);
	close_stage(&f);
}

static void an_index_that_is_free_is_another_models(void **state)
{
	struct fixture f;

	assert_int_equal(
		open_stage(&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	for (uint32_t i = 0; i < 3 * GW_MODELS; i++) {
		lead(&f, "swap:1", i % 2 ? "swap:1" : "swap:2");
		push(&f, 0, i, i % 4);
		assert_int_equal(work(&f), 1);
		assert_false(gw_frame_failed(f.out[0]));
		assert_int_equal(f.gw.models[f.out[0]->result.model].version, i % 2 ? 1 : 2);
		gw_frame_unref(f.out[0]);
		accel_stage.upkeep(f.lane->stage, 0);
	}
	assert_int_equal(f.gw.model_count, GW_MODELS);
	close_stage(&f);
}

static void an_overloaded_model_is_told(void **state)
{
	static struct gw_health health;
	struct fixture f;
	int64_t now = GW_NS_PER_S;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	for (int i = 0; i < 10; i++, now += GW_NS_PER_S) {
		f.gw.credits[0].came += 100;
		f.gw.credits[0].shed += 78;
		f.gw.credits[0].done += 22;
		accel_stage.housekeeping(f.lane, now);
	}
	accel_stage.health(f.lane->stage, &health);
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, "accel.marks.overload");
	close_stage(&f);
}

static void devices_share_the_frames_and_one_that_failed_is_told(void **state)
{
	static struct gw_health health;
	struct fixture f;

	assert_int_equal(
		open_stage(&f, four_cameras, "null, devices: [{name: near}, {name: far}]"), 0);
	assert_int_equal(f.gw.device_count, 2);
	for (uint32_t i = 0; i < 8; i++)
		push(&f, 2 * (i % 2), i, i % 4);
	assert_int_equal(work(&f), 8);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(f.out[i]->drop, GW_DROP_NONE);
		/* Only a camera's own frames keep their order. */
		assert_int_equal(f.out[i]->result.findings[0].index, f.out[i]->sequence % 4);
		gw_frame_unref(f.out[i]);
	}
	assert_int_equal(f.gw.devices[0].pictures + f.gw.devices[1].pictures, 8);
	accel_stage.health(f.lane->stage, &health);
	assert_int_equal(health.count, 0);
	f.gw.devices[1].failing = 1;
	accel_stage.health(f.lane->stage, &health);
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, "accel.far.failed");
	assert_int_equal(health.trouble[0].severity, GW_DEGRADED);
	f.gw.devices[0].failing = 1;
	health.count = 0;
	accel_stage.health(f.lane->stage, &health);
	assert_int_equal(health.count, 2);
	assert_int_equal(health.trouble[0].severity, GW_FAILED);
	close_stage(&f);
}

/* Five seconds in which each of two models' frames come, and some of a camera's are turned away
 * where they would begin. Fails when another model's overload is told than that one, if any.
 * Returns how many are told in the end. */
static uint32_t five_seconds(
	struct fixture *f, int64_t *now, uint32_t camera, uint32_t turned_away, const char *told)
{
	struct gw_camera_stats *rx = &f->gw.stages[GW_STAGE_RX].lanes[0].stats->camera[camera];
	static struct gw_health health;

	for (int i = 0; i < OVERLOAD_SECONDS + 1; i++, *now += GW_NS_PER_S) {
		for (int model = 0; model < 2; model++) {
			f->gw.credits[model].came += 100;
			f->gw.credits[model].done += 100;
		}
		gw_counter_add(&rx->drops[GW_DROP_OVER_QUOTA], turned_away);
		accel_stage.housekeeping(f->lane, *now);
		health.count = 0;
		accel_stage.health(f->lane->stage, &health);
		for (uint32_t k = 0; k < health.count; k++)
			if (!told || strcmp(health.trouble[k].id, told) != 0)
				fail_msg("%s: %s", health.trouble[k].id, health.trouble[k].text);
	}
	return health.count;
}

/* A camera that asks for more than its model does, and then for another model. */
static void what_is_turned_away_counts_for_the_model_that_the_camera_had(void **state)
{
	static const char cameras[] = "cameras:\n" CAMERA("gate", "5000", ", model: marks")
		CAMERA("yard", "5002", ", model: more");
	struct gw_camera_config config;
	struct gw_region region = {0};
	char more[] = "more";
	struct fixture f;
	int64_t now = GW_NS_PER_S;

	make_directory("more");
	make_directory("more/1");
	write_file("more/1/model.onnx", "\b\2");
	write_file("more/1/model.yaml", yaml);
	assert_int_equal(open_stage(&f, cameras, "null"), 0);
	five_seconds(&f, &now, 0, 0, NULL);
	assert_int_equal(five_seconds(&f, &now, 0, 50, "accel.marks.overload"), 1);
	config = f.gw.config->cameras[0];
	config.model = more;
	config.region = &region;
	/* Also what was turned away since the last look. */
	gw_counter_add(
		&f.gw.stages[GW_STAGE_RX].lanes[0].stats->camera[0].drops[GW_DROP_OVER_QUOTA], 50);
	assert_int_equal(gw_camera_put(&f.gw, &config, &error), 0);
	assert_int_equal(five_seconds(&f, &now, 1, 0, "accel.marks.overload"), 0);
	assert_int_equal(five_seconds(&f, &now, 0, 50, "accel.more.overload"), 1);
	close_stage(&f);
}

/* A picture that the model cannot see. */
static void push_without_pixels(struct fixture *f, uint32_t sequence)
{
	gw_frame_drop_surface(push(f, 0, sequence, 0));
	assert_int_equal(work(f), 1);
	assert_int_equal(f->out[0]->drop, GW_DROP_INFER_FAILED);
	gw_frame_unref(f->out[0]);
}

static void what_was_not_told_yet_is_told_at_the_end(void **state)
{
	static const char words[] = "model marks: frames fail: the decoder gave no picture";
	struct test_log log;
	struct fixture f;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	test_log_begin(&log);
	push_without_pixels(&f, 0);
	accel_stage.housekeeping(f.lane, GW_NS_PER_S);
	const bool first = strstr(test_log_said(&log), words) != NULL;

	/* Not once for every frame. */
	push_without_pixels(&f, 1);
	accel_stage.housekeeping(f.lane, 2 * GW_NS_PER_S);
	const bool again = *test_log_said(&log) != '\0';

	accel_stage.end(f.lane);
	const bool last = strstr(test_log_said(&log), words) != NULL;

	accel_stage.end(f.lane);
	const bool twice = *test_log_said(&log) != '\0';

	test_log_end(&log);
	assert_true(first);
	assert_false(again);
	assert_true(last);
	assert_false(twice);
	close_stage(&f);
}

static void frames_are_counted_in_and_out(void **state)
{
	struct fixture f;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	for (uint32_t i = 0; i < 5; i++)
		push(&f, 0, i, 0);
	assert_int_equal(work(&f), 5);
	assert_int_equal(gw_counter_get(&f.lane->stats->camera[0].frames_in), 5);
	assert_int_equal(gw_counter_get(&f.lane->stats->camera[0].frames_out), 5);
	close_stage(&f);
}

static void the_api_tells_how_the_models_run(void **state)
{
	const struct gw_api_route *route = accel_stage.routes;
	const struct gw_request request = {.who = "the test"};
	struct gw_reply answer = {0};
	struct fixture f;
	json_t *reply;
	const char *name, *task, *backend, *digest;
	json_t *cameras;
	json_int_t version, batches, frames, p50, p99;
	double mean;

	assert_int_equal(open_stage(&f, four_cameras, "null"), 0);
	for (uint32_t i = 0; i < 8; i++)
		push(&f, 0, i, 0);
	work(&f);
	assert_string_equal(route->path, "models");
	assert_int_equal(route->handle(f.lane->stage, &request, &answer, &error), 200);
	reply = answer.json;
	json_t *model = json_array_get(json_object_get(reply, "models"), 0);

	assert_int_equal(
		json_unpack(model, "{s:s, s:I, s:s, s:s, s:s, s:o, s:I, s:I, s:F, s:I, s:I !}",
			"name", &name, "version", &version, "task", &task, "backend", &backend,
			"digest", &digest, "cameras", &cameras, "batches", &batches, "frames",
			&frames, "mean_batch", &mean, "run_p50_us", &p50, "run_p99_us", &p99),
		0);
	assert_string_equal(name, "marks");
	assert_string_equal(task, "classify");
	assert_string_equal(backend, "null");
	assert_int_equal(json_array_size(cameras), 3);
	assert_int_equal(frames, 8);
	assert_true(batches >= 2 && p99 >= p50);
	assert_float_equal(mean, 8.0 / (double)batches, 1e-9);
	json_decref(reply);

	reply = accel_stage.describe(f.lane->stage);
	assert_string_equal(json_string_value(json_object_get(reply, "backend")), "null");
	json_decref(reply);
	close_stage(&f);
}

static void assert_refused(const char *cameras, const char *backend, const char *words)
{
	struct fixture f;

	assert_int_not_equal(open_stage(&f, cameras, backend), 0);
	if (!strstr(error.text, words))
		print_error("%s\n", error.text);
	assert_non_null(strstr(error.text, words));
	close_stage(&f);
}

static void what_cannot_open_says_why(void **state)
{
	assert_refused("cameras:\n" CAMERA("gate", "5000", ", model: faces"), "null", "marks");
	assert_refused(
		"cameras:\n" CAMERA("gate", "5000", ", model: faces"), "null", "camera gate");
	assert_refused(four_cameras, "warp", "accel.backend");
}

static void without_models_no_engine_is_needed(void **state)
{
	struct fixture f;

	assert_int_equal(open_stage(&f, "cameras:\n" CAMERA("yard", "5000", ""), "warp"), 0);
	push(&f, 0, 0, 0);
	assert_int_equal(work(&f), 1);
	assert_true(accel_stage.drain(f.lane));
	close_stage(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(models_are_loaded_once_and_described),
		cmocka_unit_test(the_decoder_learns_what_the_model_needs),
		cmocka_unit_test(every_camera_gets_its_results_in_order),
		cmocka_unit_test(a_failed_frame_goes_on_in_its_place),
		cmocka_unit_test(a_region_is_what_the_model_sees),
		cmocka_unit_test(all_that_came_in_goes_out_when_drained),
		cmocka_unit_test(every_frame_gives_its_surface_and_its_credit_back),
		cmocka_unit_test(a_model_can_come_later_and_disturbs_none),
		cmocka_unit_test(devices_share_the_frames_and_one_that_failed_is_told),
		cmocka_unit_test(a_model_goes_when_its_jobs_and_its_frames_have_gone),
		cmocka_unit_test(an_index_that_is_free_is_another_models),
		cmocka_unit_test(an_overloaded_model_is_told),
		cmocka_unit_test(what_is_turned_away_counts_for_the_model_that_the_camera_had),
		cmocka_unit_test(what_was_not_told_yet_is_told_at_the_end),
		cmocka_unit_test(frames_are_counted_in_and_out),
		cmocka_unit_test(the_api_tells_how_the_models_run),
		cmocka_unit_test(what_cannot_open_says_why),
		cmocka_unit_test(without_models_no_engine_is_needed),
	};

	return cmocka_run_group_tests(tests, make_repository, remove_repository);
}
