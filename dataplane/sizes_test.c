/* Sizes that a stream says, that the configuration says, and that fit nowhere. */
#include "dataplane/test_scene.h"

static void a_picture_of_unknown_size_is_refused(void **state)
{
	struct scene *s = *state;

	s->camera.send_size = false;
	scene_send(s, 0);
	scene_send(s, 1);
	ASSERT_NO_PICTURE(s);
	ASSERT_DROPS(s, DIMS_UNKNOWN, 2);
}

static void configure_size(struct scene *s, uint16_t width, uint16_t height)
{
	s->receiver->cameras[0].width = width;
	s->receiver->cameras[0].height = height;
	test_receiver_restart(s->receiver, false);
}

static void a_configured_size_stands_in_when_the_stream_says_none(void **state)
{
	struct scene *s = *state;

	configure_size(s, 160, 120);
	s->camera.send_size = false;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

static void a_picture_is_cropped_to_the_configured_size(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 155, 117, 75, 1, 2, 0);
	configure_size(s, 155, 117);
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
	assert_int_equal(s->receiver->frames[0].width, 155);
	assert_int_equal(s->receiver->frames[0].height, 117);
	assert_int_equal(s->receiver->frames[0].flags, GW_FLAG_CROPPED);
}

static void another_size_than_the_configured_one_is_refused(void **state)
{
	struct scene *s = *state;

	configure_size(s, 320, 240);
	scene_send(s, 0);
	ASSERT_NO_PICTURE(s);
	ASSERT_DROPS(s, DIMS_MISMATCH, 1);
	assert_true(test_drops(s->receiver, GW_DROP_FRAME_REFUSED) > 1);
}

static void a_picture_that_fits_no_slot_is_refused(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 648, 480, 20, 1, 2, 0);
	scene_send(s, 0);
	ASSERT_NO_PICTURE(s);
	ASSERT_DROPS(s, TOO_LARGE, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_picture_of_unknown_size_is_refused),
		SCENE_TEST(a_configured_size_stands_in_when_the_stream_says_none),
		SCENE_TEST(a_picture_is_cropped_to_the_configured_size),
		SCENE_TEST(another_size_than_the_configured_one_is_refused),
		SCENE_TEST(a_picture_that_fits_no_slot_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
