/* Models that no route leads to any more, and routes that no camera has. */
#include "core/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "accel/test_stage.h"
#include "core/trace_file.h"

#define MANY (2 * GW_ROUTES) /* models that one camera has, one after the other */

/* Lets a route lead to another model, as a rollout does. */
static void lead(struct test_stage *f, const char *route, const char *model)
{
	struct accel *accel = f->lane->stage->state;
	struct route *found = NULL;

	for (uint32_t i = 0; i < f->gw.route_count; i++)
		if (strcmp(accel->routes[i].name, route) == 0)
			found = &accel->routes[i];
	assert_non_null(found);
	pthread_mutex_lock(&accel->opening);
	const uint32_t index = accel_model_open(f->lane->stage, model, &f->error);

	assert_true(index < GW_MODELS);
	found->stable = (uint16_t)index;
	pthread_mutex_unlock(&accel->opening);
}

static void a_model_goes_when_its_jobs_and_its_frames_have_gone(void **state)
{
	struct test_stage f;

	assert_int_equal(
		test_stage_open(
			&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	struct accel *accel = f.lane->stage->state;
	struct accel_lane *own = f.lane->state;

	test_stage_push(&f, 0, 0, 1);
	/* It has the job now. */
	assert_true(accel_stage.poll(f.lane) > 0);
	if (batcher_waiting(own->batchers[0]) == 0)
		test_stage_push(&f, 0, 1, 1);
	lead(&f, "swap:1", "more:1");
	assert_int_equal(f.gw.model_count, 2);
	uint32_t out = test_stage_work(&f);

	assert_true(out > 0);
	for (int i = 0; i < 3; i++)
		accel_stage.upkeep(f.lane->stage, 0);
	/* Closed, but what its results mean is known still. */
	assert_null(accel_model(accel, 0));
	assert_null(own->batchers[0]);
	assert_int_equal(accel->use[0].phase, ACCEL_CLOSED);
	assert_string_equal(f.gw.models[f.out[0]->result.model].labels[1], "b");
	assert_string_equal(f.gw.models[f.out[0]->result.model].name, "swap");
	for (uint32_t i = 0; i < out; i++)
		gw_frame_unref(f.out[i]);
	accel_stage.upkeep(f.lane->stage, 0);
	assert_int_equal(accel->use[0].phase, ACCEL_FREE);
	test_stage_push(&f, 0, 2, 3);
	assert_int_equal(test_stage_work(&f), 1);
	assert_int_equal(f.out[0]->result.model, 1);
	assert_int_equal(f.out[0]->result.findings[0].index, 3);
	test_stage_close(&f);
}

static void an_index_that_is_free_is_another_models(void **state)
{
	struct test_stage f;

	assert_int_equal(
		test_stage_open(
			&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	for (uint32_t i = 0; i < 3 * GW_MODELS; i++) {
		lead(&f, "swap:1", i % 2 ? "swap:1" : "more:1");
		test_stage_push(&f, 0, i, i % 4);
		assert_int_equal(test_stage_work(&f), 1);
		assert_false(gw_frame_failed(f.out[0]));
		assert_string_equal(
			f.gw.models[f.out[0]->result.model].name, i % 2 ? "swap" : "more");
		gw_frame_unref(f.out[0]);
		accel_stage.upkeep(f.lane->stage, 0);
	}
	assert_int_equal(f.gw.model_count, GW_MODELS);
	test_stage_close(&f);
}

/* The camera's owner names another model. */
static void name_model(struct test_stage *f, char *model)
{
	struct gw_camera_config config = *gw_camera_now(&f->gw, 0)->config;

	config.model = model;
	if (gw_camera_put(&f->gw, &config, &f->error) != 0)
		fail_msg("%s", f->error.text);
	for (int i = 0; i < 3; i++)
		accel_stage.upkeep(f->lane->stage, 0);
}

static uint32_t models_there(const struct accel *accel)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < GW_MODELS; i++)
		count += accel->use[i].phase != ACCEL_FREE;
	return count;
}

static void a_model_that_no_camera_names_any_more_leaves_nothing(void **state)
{
	struct test_stage f;

	assert_int_equal(
		test_stage_open(
			&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	const struct accel *accel = f.lane->stage->state;

	for (uint32_t i = 0; i < MANY; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m%02u:1", i);
		name_model(&f, name);
		assert_int_equal(models_there(accel), 1);
		test_stage_push(&f, 0, i, i % 4);
		assert_int_equal(test_stage_work(&f), 1);
		assert_false(gw_frame_failed(f.out[0]));
		gw_frame_unref(f.out[0]);
	}
	assert_true(f.gw.route_count <= 2);
	/* With no camera left, none is. */
	assert_int_equal(gw_camera_remove(&f.gw, "gate", &f.error), 0);
	for (int i = 0; i < 3; i++)
		accel_stage.upkeep(f.lane->stage, 0);
	assert_int_equal(models_there(accel), 0);
	assert_false(route_is_there(&accel->routes[0]));
	test_stage_close(&f);
}

static void a_frame_on_its_way_keeps_what_its_camera_has_left(void **state)
{
	struct test_stage f;
	char next[] = "m01:1";

	assert_int_equal(
		test_stage_open(
			&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	const struct accel *accel = f.lane->stage->state;

	test_stage_push(&f, 0, 0, 3);
	name_model(&f, next);
	assert_true(route_is_there(&accel->routes[0]));
	assert_int_equal(test_stage_work(&f), 1);
	assert_int_equal(f.out[0]->result.findings[0].index, 3);
	assert_string_equal(f.gw.models[f.out[0]->result.model].name, "swap");
	gw_frame_unref(f.out[0]);
	gw_cameras_upkeep(&f.gw);
	accel_stage.upkeep(f.lane->stage, 0);
	assert_false(route_is_there(&accel->routes[0]));
	test_stage_close(&f);
}

/* From several threads, while the control thread takes back what nobody uses. */
static void *come_and_go(void *arg)
{
	struct gw_stage *stage = arg;
	struct gw_error error;

	for (int i = 0; i < 200; i++) {
		const char *name = i % 3 ? "m02:1" : "m03:1";
		const struct route *route = accel_route_open(stage, name, &error);

		if (!route || strcmp(route->name, name) != 0)
			return (void *)"another route";
		const uint16_t model = route_stable(route);

		if (strncmp(stage->gw->models[model].name, name, 3) != 0)
			return (void *)"another model";
		accel_route_close(stage, route);
	}
	return NULL;
}

static void a_route_stays_what_it_is_while_it_has_users(void **state)
{
	struct test_stage f;
	pthread_t threads[3];
	const char *trouble = NULL;
	void *result;

	assert_int_equal(
		test_stage_open(
			&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, f.lane->stage), 0);
	for (int i = 0; i < 2000; i++) {
		accel_stage.upkeep(f.lane->stage, 0);
		sched_yield();
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &result);
		trouble = result ? result : trouble;
	}
	if (trouble)
		fail_msg("%s", trouble);
	test_stage_close(&f);
}

struct reader {
	struct gw *gw;
	_Atomic bool ends;
};

static void *write_traces(void *arg)
{
	struct reader *reader = arg;
	FILE *out = fopen("/dev/null", "w");

	while (out && !reader->ends)
		gw_trace_write(reader->gw, out);
	if (out)
		fclose(out);
	return NULL;
}

/* ThreadSanitizer sees what nobody else would. */
static void a_trace_is_written_while_models_come_and_go(void **state)
{
	struct test_stage f;
	struct reader reader = {.gw = &f.gw};
	pthread_t thread;

	assert_int_equal(
		test_stage_open(
			&f, "cameras:\n" CAMERA("gate", "5000", ", model: \"swap:1\""), "null"),
		0);
	assert_int_equal(pthread_create(&thread, NULL, write_traces, &reader), 0);
	for (uint32_t i = 0; i < 2 * GW_MODELS; i++) {
		char name[] = "m00:1";

		name[2] = i % 2 ? '1' : '2';
		name_model(&f, name);
	}
	reader.ends = true;
	pthread_join(thread, NULL);
	test_stage_close(&f);
}

static int make_repository(void **state)
{
	const int status = test_stage_make_repository(state);

	test_stage_add_model("swap", '2', test_stage_marks);
	test_stage_add_model("more", '3', test_stage_marks);
	for (uint32_t i = 0; i < MANY; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m%02u", i);
		test_stage_add_model(name, '4', test_stage_marks);
	}
	return status;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_goes_when_its_jobs_and_its_frames_have_gone),
		cmocka_unit_test(an_index_that_is_free_is_another_models),
		cmocka_unit_test(a_model_that_no_camera_names_any_more_leaves_nothing),
		cmocka_unit_test(a_frame_on_its_way_keeps_what_its_camera_has_left),
		cmocka_unit_test(a_route_stays_what_it_is_while_it_has_users),
		cmocka_unit_test(a_trace_is_written_while_models_come_and_go),
	};

	return cmocka_run_group_tests(tests, make_repository, test_stage_remove_repository);
}
