/* Which pictures the sink stage takes along, with the null back-end. */
#include "core/test.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "sink/fixture.h"
#include "sink/routes.h"

static uint64_t of(const struct gw_counter *counter)
{
	return gw_counter_get(counter);
}

static void every_nth_frame_of_a_camera_is_sampled(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 10}}\n", false);

	fixture_send_frames(f, 0, 95);
	fixture_send_frames(f, 1, 5);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 10);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_delivered), 10);
	assert_int_equal(of(&fixture_stats(f, 1)->samples), 1);
	fixture_close(f, 1000);
}

static void a_picture_that_is_asked_for_is_the_next_one(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 0}}\n", false);
	struct gw_request request = {.name = "cam1", .who = "the test"};
	struct gw_reply reply = {0};
	struct gw_error error;

	assert_string_equal(sink_routes[0].path, "cameras/{name}/sample");
	assert_int_equal(sink_routes[0].handle(f->sink->stage, &request, &reply, &error), 202);
	assert_string_equal(json_string_value(json_object_get(reply.json, "camera")), "cam1");
	assert_true(json_is_true(json_object_get(reply.json, "requested")));
	gw_reply_release(&reply);
	fixture_send_frames(f, 0, 3);
	fixture_send_frames(f, 1, 3);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 0);
	assert_int_equal(of(&fixture_stats(f, 1)->samples), 1);
	request.name = "cam7";
	assert_int_equal(sink_routes[0].handle(f->sink->stage, &request, &reply, &error), -ENOENT);
	assert_non_null(strstr(error.text, "cam7"));
	fixture_close(f, 1000);
}

static void enhanced_pictures_that_are_confirmed_give_the_slot_back(void **state)
{
	struct fixture *f = fixture_open("kafka: {backend: 'null', frames: {every: 0}}\n", false);

	fixture_send(f, fixture_enhanced_frame(f, -1));
	fixture_turn(f);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 2);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_delivered), 2);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_held), 0);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_beside), 0);
	fixture_assert_balanced(f);
	fixture_close(f, 100);
}

static uint64_t samples(struct fixture *f, uint32_t camera)
{
	return of(&fixture_stats(f, camera)->samples);
}

static void reasons_to_sample_work_together_and_each_picture_goes_once(void **state)
{
	/* cam0 sees a 7 with 0.99, cam1 a person with 0.5. */
	struct fixture *f = fixture_open(
		"kafka: {backend: 'null', frames: {every: 0, classes: [car, '7']}}\n", false);
	struct gw_camera_slot *slot = &f->gw.cameras->slot[1];

	fixture_send_frames(f, 0, 5);
	fixture_send_frames(f, 1, 5);
	assert_int_equal(samples(f, 0), 5);
	assert_int_equal(samples(f, 1), 0);
	atomic_store(&slot->sample_confidence, 0.51f);
	fixture_send_frames(f, 1, 5);
	assert_int_equal(samples(f, 1), 5);
	atomic_store(&slot->sample_every, 1);
	atomic_store(&slot->sample_seconds, 1);
	fixture_send_frames(f, 1, 5);
	assert_int_equal(samples(f, 1), 10);
	atomic_store(&slot->sample_confidence, 0);
	atomic_store(&slot->sample_every, 0);
	atomic_store(&slot->sample_seconds, 3600);
	fixture_send_frames(f, 1, 5);
	assert_in_range(samples(f, 1), 10, 11);
	fixture_close(f, 1000);
}

static void a_cameras_pictures_keep_to_their_rate(void **state)
{
	struct fixture *f =
		fixture_open("kafka: {backend: 'null', frames: {every: 1, rate: 30000}}\n", false);

	/* Of 26,000 bytes each: the second one owes what the next second brings. */
	fixture_send_frames(f, 0, 10);
	fixture_send_frames(f, 1, 1);
	assert_int_equal(samples(f, 0), 10);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_delivered), 2);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_RATE), 8);
	assert_int_equal(of(&fixture_stats(f, 1)->samples_delivered), 1);
	atomic_store(&f->gw.cameras->slot[0].sample_now, true);
	fixture_send_frames(f, 0, 2);
	assert_int_equal(of(&fixture_stats(f, 0)->samples_delivered), 3);
	assert_int_equal(of(&fixture_stats(f, 0)->delivered), 12);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

static void a_frame_that_models_disagree_about_is_sampled(void **state)
{
	struct fixture *f = fixture_open(
		"kafka: {backend: 'null', frames: {every: 0, disagreement: 0.5}}\n", false);

	fixture_send(f, fixture_enhanced_frame(f, 0.25f));
	fixture_send(f, fixture_enhanced_frame(f, -1));
	fixture_turn(f);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 4);
	fixture_send(f, fixture_enhanced_frame(f, 0.5f));
	fixture_turn(f);
	assert_int_equal(of(&fixture_stats(f, 0)->samples), 4 + 3);
	fixture_assert_balanced(f);
	fixture_close(f, 100);
}

/* All of them count samples: the control for that asks for one. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_nth_frame_of_a_camera_is_sampled),
		cmocka_unit_test(a_picture_that_is_asked_for_is_the_next_one),
		cmocka_unit_test(reasons_to_sample_work_together_and_each_picture_goes_once),
		cmocka_unit_test(a_cameras_pictures_keep_to_their_rate),
		cmocka_unit_test(a_frame_that_models_disagree_about_is_sampled),
		cmocka_unit_test(enhanced_pictures_that_are_confirmed_give_the_slot_back),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
