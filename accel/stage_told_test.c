/* What the accel stage tells of its models and devices: troubles, log lines, facts. */
#include "core/test.h"

#include <jansson.h>
#include <string.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "accel/test_stage.h"
#include "core/api.h"
#include "core/clock.h"
#include "core/test_log.h"

static void an_overloaded_model_is_told(void **state)
{
	static struct gw_health health;
	struct test_stage f;
	int64_t now = GW_NS_PER_S;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	for (int i = 0; i < 10; i++, now += GW_NS_PER_S) {
		f.gw.credits[0].came += 100;
		f.gw.credits[0].shed += 78;
		f.gw.credits[0].done += 22;
		accel_stage.housekeeping(f.lane, now);
	}
	accel_stage.health(f.lane->stage, &health);
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, "accel.marks.overload");
	test_stage_close(&f);
}

static void devices_share_the_frames_and_one_that_failed_is_told(void **state)
{
	static struct gw_health health;
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras,
				 "null, devices: [{name: near}, {name: far}]"),
		0);
	assert_int_equal(f.gw.device_count, 2);
	for (uint32_t i = 0; i < 8; i++)
		test_stage_push(&f, 2 * (i % 2), i, i % 4);
	assert_int_equal(test_stage_work(&f), 8);
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
	test_stage_close(&f);
}

/* Five seconds in which each of two models' frames come, and some of a camera's are turned away
 * where they would begin. Fails when another model's overload is told than that one, if any.
 * Returns how many are told in the end. */
static uint32_t five_seconds(
	struct test_stage *f, int64_t *now, uint32_t camera, uint32_t turned_away, const char *told)
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
	struct test_stage f;
	int64_t now = GW_NS_PER_S;

	test_stage_add_model("more", '2', test_stage_marks);
	assert_int_equal(test_stage_open(&f, cameras, "null"), 0);
	five_seconds(&f, &now, 0, 0, NULL);
	assert_int_equal(five_seconds(&f, &now, 0, 50, "accel.marks.overload"), 1);
	config = f.gw.config->cameras[0];
	config.model = more;
	config.region = &region;
	/* Also what was turned away since the last look. */
	gw_counter_add(
		&f.gw.stages[GW_STAGE_RX].lanes[0].stats->camera[0].drops[GW_DROP_OVER_QUOTA], 50);
	assert_int_equal(gw_camera_put(&f.gw, &config, &f.error), 0);
	assert_int_equal(five_seconds(&f, &now, 1, 0, "accel.marks.overload"), 0);
	assert_int_equal(five_seconds(&f, &now, 0, 50, "accel.more.overload"), 1);
	test_stage_close(&f);
}

/* A picture that the model cannot see. */
static void push_without_pixels(struct test_stage *f, uint32_t sequence)
{
	gw_frame_drop_surface(test_stage_push(f, 0, sequence, 0));
	assert_int_equal(test_stage_work(f), 1);
	assert_int_equal(f->out[0]->drop, GW_DROP_INFER_FAILED);
	gw_frame_unref(f->out[0]);
}

static void what_was_not_told_yet_is_told_at_the_end(void **state)
{
	static const char words[] = "model marks: frames fail: the decoder gave no picture";
	struct test_log log;
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
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
	test_stage_close(&f);
}

static void the_api_tells_how_the_models_run(void **state)
{
	const struct gw_api_route *route = accel_stage.routes;
	const struct gw_request request = {.who = "the test"};
	struct gw_reply answer = {0};
	struct test_stage f;
	json_t *reply;
	const char *name, *task, *backend, *digest;
	json_t *cameras;
	json_int_t version, batches, frames, p50, p99;
	double mean;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	for (uint32_t i = 0; i < 8; i++)
		test_stage_push(&f, 0, i, 0);
	test_stage_work(&f);
	while (strcmp(route->path, "models") != 0)
		route++;
	assert_int_equal(route->handle(f.lane->stage, &request, &answer, &f.error), 200);
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
	test_stage_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_overloaded_model_is_told),
		cmocka_unit_test(devices_share_the_frames_and_one_that_failed_is_told),
		cmocka_unit_test(what_is_turned_away_counts_for_the_model_that_the_camera_had),
		cmocka_unit_test(what_was_not_told_yet_is_told_at_the_end),
		cmocka_unit_test(the_api_tells_how_the_models_run),
	};

	return cmocka_run_group_tests(
		tests, test_stage_make_repository, test_stage_remove_repository);
}
