/* Frames through the accel stage, and models that come to it. */
#include "core/test.h"

#include <pthread.h>
#include <sched.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "accel/test_stage.h"
#include "core/test_gateway.h"

/* As the decode stage leaves it. */
static void fail_undecoded(struct gw_frame *frame, enum gw_drop drop)
{
	gw_frame_fail(frame, drop);
	gw_frame_drop_surface(frame);
	gw_credit_return(frame);
	frame->state = GW_FRAME_JPEG;
}

static void models_are_loaded_once_and_described(void **state)
{
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
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
	test_stage_close(&f);
}

static void the_decoder_learns_what_the_model_needs(void **state)
{
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	const struct gw_want *want = gw_camera_now(&f.gw, 0)->wants;

	assert_int_equal(want->width, 2);
	assert_int_equal(want->height, 2);
	assert_int_equal(want->fit, GW_FIT_STRETCH);
	assert_true(want->antialias);
	assert_true(want->gray);
	assert_false(want->full);
	assert_null(want->next);
	assert_null(gw_camera_now(&f.gw, 1)->wants);
	test_stage_close(&f);
}

static void every_camera_gets_its_results_in_order(void **state)
{
	struct test_stage f;
	uint64_t next[4] = {0};

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	for (uint32_t i = 0; i < 12; i++)
		test_stage_push(&f, i % 3, i / 3, i % 4);
	assert_int_equal(test_stage_work(&f), 12);
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
	test_stage_close(&f);
}

static void a_failed_frame_goes_on_in_its_place(void **state)
{
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	test_stage_push(&f, 0, 0, 1);
	fail_undecoded(test_stage_push(&f, 0, 1, 1), GW_DROP_DECODE_FAILED);
	test_stage_push(&f, 0, 2, 1);
	fail_undecoded(test_stage_push(&f, 1, 0, 1), GW_DROP_JPEG_BAD);
	assert_int_equal(test_stage_work(&f), 4);
	uint64_t next = 0;

	for (int i = 0; i < 4; i++)
		if (f.out[i]->camera == 0)
			assert_int_equal(f.out[i]->sequence, next++);
	assert_int_equal(next, 3);
	test_stage_close(&f);
}

static void a_region_is_what_the_model_sees(void **state)
{
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	/* Pixels 1 and 3 make the right half, which the model sees stretched to all of its input.
	 */
	test_stage_push(&f, 3, 0, 3);
	assert_int_equal(test_stage_work(&f), 1);
	assert_int_equal(f.out[0]->result.findings[0].index, 2);
	assert_int_equal(f.out[0]->result.findings[1].index, 3);
	assert_float_equal(f.out[0]->result.findings[0].confidence,
		f.out[0]->result.findings[1].confidence, 1e-6);
	test_stage_close(&f);
}

static void all_that_came_in_goes_out_when_drained(void **state)
{
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	for (uint32_t i = 0; i < 11; i++)
		test_stage_push(&f, i % 4, i / 4, 0);
	accel_stage.poll(f.lane);
	while (!accel_stage.drain(f.lane))
		sched_yield();
	assert_int_equal(test_gateway_pop(&f.gw, GW_STAGE_ACCEL, f.out, TEST_STAGE_FRAMES), 11);
	test_stage_close(&f);
}

static void every_frame_gives_its_surface_and_its_credit_back(void **state)
{
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	/* Two batches of four. */
	assert_int_equal(f.gw.credits[0].enough, 8);
	for (uint32_t i = 0; i < 11; i++)
		test_stage_push(&f, 0, i, i % 4);
	fail_undecoded(test_stage_push(&f, 0, 11, 0), GW_DROP_DECODE_FAILED);
	assert_int_equal(f.gw.credits[0].inside, 11);
	assert_int_equal(test_stage_work(&f), 12);
	assert_int_equal(gw_surface_pool_in_use(f.surfaces), 0);
	assert_int_equal(f.gw.credits[0].inside, 0);
	assert_int_equal(f.gw.credits[0].done, 11);
	test_stage_close(&f);
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
	struct test_stage f;
	pthread_t thread;
	void *trouble;

	test_stage_add_model("more", '2', test_stage_marks);
	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	pthread_create(&thread, NULL, open_more, f.lane->stage);
	for (uint32_t i = 0; i < 200; i++) {
		test_stage_push(&f, 0, i, i % 4);
		assert_int_equal(test_stage_work(&f), 1);
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
	assert_int_equal(gw_camera_put(&f.gw, &config, &f.error), 0);
	test_stage_push(&f, 1, 0, 2);
	assert_int_equal(test_stage_work(&f), 1);
	assert_int_equal(f.out[0]->result.model, 1);
	assert_int_equal(f.out[0]->result.findings[0].index, 2);
	/* It is there already. */
	const struct route *route = accel_route_open(f.lane->stage, "more:1", &f.error);

	assert_non_null(route);
	assert_int_equal(route->stable, 1);
	assert_ptr_equal(accel_route_open(f.lane->stage, "more:1", &f.error), route);
	assert_int_equal(f.gw.model_count, 2);
	assert_null(accel_route_open(f.lane->stage, "faces", &f.error));
	assert_int_equal(f.gw.model_count, 2);
	test_stage_close(&f);
}

static void frames_are_counted_in_and_out(void **state)
{
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, test_stage_cameras, "null"), 0);
	for (uint32_t i = 0; i < 5; i++)
		test_stage_push(&f, 0, i, 0);
	assert_int_equal(test_stage_work(&f), 5);
	assert_int_equal(gw_counter_get(&f.lane->stats->camera[0].frames_in), 5);
	assert_int_equal(gw_counter_get(&f.lane->stats->camera[0].frames_out), 5);
	test_stage_close(&f);
}

static void what_cannot_open_says_why(void **state)
{
	test_stage_assert_refused(
		"cameras:\n" CAMERA("gate", "5000", ", model: faces"), "null", "marks");
	test_stage_assert_refused(
		"cameras:\n" CAMERA("gate", "5000", ", model: faces"), "null", "camera gate");
	test_stage_assert_refused(test_stage_cameras, "warp", "accel.backend");
}

static void without_models_no_engine_is_needed(void **state)
{
	struct test_stage f;

	assert_int_equal(test_stage_open(&f, "cameras:\n" CAMERA("yard", "5000", ""), "warp"), 0);
	test_stage_push(&f, 0, 0, 0);
	assert_int_equal(test_stage_work(&f), 1);
	assert_true(accel_stage.drain(f.lane));
	test_stage_close(&f);
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
		cmocka_unit_test(frames_are_counted_in_and_out),
		cmocka_unit_test(what_cannot_open_says_why),
		cmocka_unit_test(without_models_no_engine_is_needed),
	};

	return cmocka_run_group_tests(
		tests, test_stage_make_repository, test_stage_remove_repository);
}
