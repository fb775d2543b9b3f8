/* Sequence numbers, timestamps and SSRCs that wrap, jump, begin anew or stand still. */
#include "dataplane/test_scene.h"

static void sequence_numbers_may_wrap(void **state)
{
	struct scene *s = *state;

	s->camera.sequence = 65530;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
	ASSERT_EVENTS(s, SEQUENCE_RESTART, 0);
}

static void timestamps_may_wrap(void **state)
{
	struct scene *s = *state;

	s->camera.timestamp = UINT32_MAX - 4000;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, TIMESTAMP_JUMP, 0);
}

static void a_timestamp_jump_is_counted_and_survived(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		if (i == 3)
			s->camera.timestamp += 50000000;
		if (i == 5)
			s->camera.timestamp -= 2000000;
		scene_send(s, i);
	}
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, TIMESTAMP_JUMP, 2);
}

static void a_new_ssrc_costs_no_frame(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		if (i == 3 || i == 6) {
			s->camera.ssrc += 77;
			s->camera.sequence += 12345;
			s->camera.timestamp += 777777777;
		}
		scene_send(s, i);
	}
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, SSRC_CHANGE, 2);
}

static void late_packets_of_the_session_before_do_not_bring_it_back(void **state)
{
	struct scene *s = *state;
	struct test_camera old = s->camera;

	test_camera_send(&old, &s->pictures[0]);
	scene_send(s, 0);
	s->camera.ssrc++;
	scene_prepare(s, 1);
	for (uint32_t i = 0; i < s->camera.count; i++) {
		test_receive_packet(s->receiver, &s->camera, i);
		if (i == 2)
			test_receive_packet(s->receiver, &old, 4);
	}
	ASSERT_PICTURES(s, 0, 1);
	ASSERT_EVENTS(s, SSRC_CHANGE, 1);
	ASSERT_DROPS(s, DUPLICATE, 1);
	test_camera_free(&old);
}

/* A camera that changes between two sessions, the old one with a clock that begins anew. */
static void a_session_that_returns_with_an_older_clock_is_taken_soon(void **state)
{
	struct scene *s = *state;
	const struct test_camera before = s->camera;

	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		scene_send(s, i);
	s->camera.ssrc++;
	scene_send(s, 0);
	s->camera.ssrc = before.ssrc;
	s->camera.sequence = before.sequence;
	s->camera.timestamp = before.timestamp - 50000;
	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		scene_send(s, i);
	test_receiver_drain(s->receiver);
	assert_true(s->receiver->count >= TEST_PICTURES + 1 + TEST_PICTURES - 3);
	ASSERT_EVENTS(s, SSRC_CHANGE, 2);
	ASSERT_DROPS(s, LATE, 0);
	assert_balanced(s->receiver);
}

/* Few late packets among those of the new session are not a return, however long it goes on. */
static void late_packets_far_between_do_not_bring_a_session_back(void **state)
{
	struct scene *s = *state;
	struct test_camera old = s->camera;

	test_camera_send(&old, &s->pictures[0]);
	scene_send(s, 0);
	s->camera.ssrc++;
	for (uint32_t i = 1; i < TEST_PICTURES; i++) {
		scene_send(s, i);
		for (uint32_t k = 0; k < 5; k++)
			test_receive_packet(s->receiver, &old, k);
	}
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, SSRC_CHANGE, 1);
	test_camera_free(&old);
}

static void a_sequence_that_begins_anew_costs_no_frame(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		if (i == 2)
			s->camera.sequence += 30000; /* far ahead */
		if (i == 4)
			s->camera.sequence = (uint16_t)(s->camera.sequence - 20); /* seen before */
		if (i == 6)
			s->camera.sequence = (uint16_t)(s->camera.sequence - 3500);
		scene_send(s, i);
	}
	ASSERT_ALL_PICTURES(s);
	assert_true(test_events(s->receiver, GW_EVENT_SEQUENCE_RESTART) >= 2);
}

/* Sequence and clock go back to values that were there before: only what is in the packets tells
 * that from copies. */
static void a_camera_that_repeats_itself_comes_back_soon(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < 12; i++)
		scene_send(s, i % TEST_PICTURES);
	s->camera.sequence = 1000;
	s->camera.timestamp = 90000;
	for (uint32_t i = TEST_PICTURES; i-- > 0;)
		scene_send(s, i);
	test_receiver_drain(s->receiver);
	assert_int_equal(s->receiver->count, 12 + TEST_PICTURES);
	assert_balanced(s->receiver);
}

static void the_same_timestamp_for_every_picture_is_survived(void **state)
{
	struct scene *s = *state;

	s->camera.step = 0;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(sequence_numbers_may_wrap),
		SCENE_TEST(timestamps_may_wrap),
		SCENE_TEST(a_timestamp_jump_is_counted_and_survived),
		SCENE_TEST(a_new_ssrc_costs_no_frame),
		SCENE_TEST(late_packets_of_the_session_before_do_not_bring_it_back),
		SCENE_TEST(a_session_that_returns_with_an_older_clock_is_taken_soon),
		SCENE_TEST(late_packets_far_between_do_not_bring_a_session_back),
		SCENE_TEST(a_sequence_that_begins_anew_costs_no_frame),
		SCENE_TEST(a_camera_that_repeats_itself_comes_back_soon),
		SCENE_TEST(the_same_timestamp_for_every_picture_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
