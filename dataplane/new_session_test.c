/* Who a camera is: another session, or another payload type, proves itself by a picture. */
#include "dataplane/test_scene.h"

static void set_type(struct test_camera *camera, uint8_t payload_type)
{
	for (uint32_t i = 0; i < camera->count; i++) {
		uint8_t *byte = &camera->packets[i].bytes[TEST_RTP_OFFSET + 1];

		*byte = (*byte & 0x80) | payload_type;
	}
}

static void send_as(struct scene *s, uint32_t picture, uint8_t payload_type)
{
	scene_prepare(s, picture);
	set_type(&s->camera, payload_type);
	test_receive_frame(s->receiver, &s->camera);
}

/* The first packets of a picture of another SSRC: as many as `count`. */
static void send_stray(struct scene *s, struct test_camera *stray, uint32_t count)
{
	test_camera_send(stray, &s->pictures[0]);
	for (uint32_t i = 0; i < count && i < stray->count; i++)
		test_receive_packet(s->receiver, stray, i);
}

static void a_session_without_a_picture_takes_nothing_over(void **state)
{
	for (uint32_t count = 1; count < 5; count++) {
		struct scene *s = *state;
		struct test_camera stray = s->camera;

		stray.ssrc = 0;
		/* The tables come once only, before the strays. */
		s->camera.q = 200;
		for (uint32_t i = 0; i < TEST_PICTURES; i++) {
			scene_prepare(s, i);
			for (uint32_t k = 0; k < s->camera.count; k++) {
				test_receive_packet(s->receiver, &s->camera, k);
				if (k % 4 == 1)
					send_stray(s, &stray, count);
			}
			s->camera.tables_sent = 0;
		}
		test_receiver_drain(s->receiver);
		ASSERT_ALL_PICTURES(s);
		ASSERT_EVENTS(s, SSRC_CHANGE, 0);
		ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
		test_camera_free(&stray);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* The old session's last picture is still on its way when the new one begins, and ends after it. */
static void both_sessions_may_be_open(void **state)
{
	for (uint32_t late = 1; late < 5; late++) {
		struct scene *s = *state;
		struct test_camera old;

		scene_send(s, 0);
		scene_prepare(s, 1);
		old = s->camera;
		s->camera.count = 0;
		s->camera.ssrc += 5;
		s->camera.sequence = 7;
		scene_prepare(s, 2);
		for (uint32_t k = 0; k + late < old.count; k++)
			test_receive_packet(s->receiver, &old, k);
		test_receive_frame(s->receiver, &s->camera);
		for (uint32_t k = old.count - late; k < old.count; k++)
			test_receive_packet(s->receiver, &old, k);
		scene_send(s, 3);
		ASSERT_PICTURES(s, 0, 2, 1, 3);
		ASSERT_EVENTS(s, SSRC_CHANGE, 1);
		test_camera_free(&old);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void packets_of_two_sessions_may_come_in_turns(void **state)
{
	struct scene *s = *state;
	struct test_camera old;

	scene_send(s, 0);
	scene_prepare(s, 1);
	old = s->camera;
	s->camera.count = 0;
	s->camera.ssrc += 5;
	scene_prepare(s, 2);
	for (uint32_t k = 0; k < old.count || k < s->camera.count; k++) {
		if (k < s->camera.count)
			test_receive_packet(s->receiver, &s->camera, k);
		if (k < old.count)
			test_receive_packet(s->receiver, &old, k);
	}
	scene_send(s, 3);
	assert_int_equal(s->receiver->count, 4);
	ASSERT_EVENTS(s, SSRC_CHANGE, 1);
	assert_balanced(s->receiver);
	test_camera_free(&old);
}

/* Each time another stranger: none of them keeps the new session from its first picture. */
static void a_third_session_does_not_stop_the_second(void **state)
{
	struct scene *s = *state;
	struct test_camera stray = s->camera;

	scene_send(s, 0);
	s->camera.ssrc += 5;
	scene_prepare(s, 1);
	for (uint32_t k = 0; k < s->camera.count; k++) {
		stray.ssrc = 0x777 + k;
		/* One packet is nothing yet, of either of them. */
		if (k != 1)
			send_stray(s, &stray, k == 0 ? 1 : 2);
		test_receive_packet(s->receiver, &s->camera, k);
	}
	for (uint32_t i = 2; i < TEST_PICTURES; i++)
		scene_send(s, i);
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, SSRC_CHANGE, 1);
	assert_true(test_drops(s->receiver, GW_DROP_RTP_STRAY) > 8);
	test_camera_free(&stray);
}

/* Strangers that come first do not become the camera. */
static void the_first_packets_may_be_a_strangers(void **state)
{
	struct scene *s = *state;
	struct test_camera stray = s->camera;

	stray.ssrc = 1;
	send_stray(s, &stray, 3);
	test_receiver_rest(s->receiver, 200);
	scene_send_all(s);
	test_receiver_drain(s->receiver);
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, SSRC_CHANGE, 0);
	test_camera_free(&stray);
}

/* With as few slots as a camera may have, what a stranger began gives way. */
static void a_strangers_picture_takes_no_slot_from_the_camera(void **state)
{
	for (uint32_t lossless = 0; lossless < 2; lossless++) {
		struct scene *s = *state;
		struct test_camera stray = s->camera;

		test_receiver_close(s->receiver);
		s->receiver = test_receiver_open(1, lossless, 2);
		stray.ssrc = 1;
		scene_send(s, 0);
		for (uint32_t i = 1; i < TEST_PICTURES; i++) {
			send_stray(s, &stray, 2);
			scene_send(s, i);
			assert_false(s->receiver->waits);
		}
		test_receiver_drain(s->receiver);
		ASSERT_ALL_PICTURES(s);
		test_camera_free(&stray);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void the_configured_payload_type_is_the_only_one(void **state)
{
	struct scene *s = *state;
	uint8_t wanted = 97;

	s->receiver->cameras[0].payload_type = &wanted;
	test_receiver_restart(s->receiver, false);
	send_as(s, 0, 26);
	send_as(s, 0, 96);
	ASSERT_DROPS(s, RTP_PAYLOAD, 2 * s->camera.count);
	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		send_as(s, i, 97);
	ASSERT_ALL_PICTURES(s);
	for (uint32_t i = 0; i < 60; i++)
		send_as(s, i % TEST_PICTURES, 96);
	ASSERT_ALL_PICTURES(s);
}

static void the_first_dynamic_type_that_makes_a_picture_is_the_cameras(void **state)
{
	struct scene *s = *state;
	struct test_camera stray = s->camera;

	/* Two types before the first picture, 26 among them: neither completes one. */
	stray.ssrc = s->camera.ssrc + 1;
	for (uint8_t type = 26; type < 127; type += 98 - 26) {
		test_camera_send(&stray, &s->pictures[0]);
		set_type(&stray, type);
		test_receive_packet(s->receiver, &stray, 0);
	}
	test_receiver_rest(s->receiver, 200);
	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		send_as(s, i, 96);
		test_camera_send(&stray, &s->pictures[0]);
		set_type(&stray, 98);
		test_receive_frame(s->receiver, &stray);
	}
	test_receiver_drain(s->receiver);
	ASSERT_ALL_PICTURES(s);
	ASSERT_DROPS(s, RTP_PAYLOAD, TEST_PICTURES * stray.count);
	ASSERT_EVENTS(s, SSRC_CHANGE, 0);
	test_camera_free(&stray);
}

/* Sound on the same port, in the same session even, for longer than the pictures stop. */
static void other_types_that_are_no_pictures_never_become_the_cameras(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		scene_send(s, i);
		for (uint32_t k = 0; k < 300; k++) {
			struct test_camera sound = s->camera;

			sound.count = 1;
			sound.packets[0].bytes[TEST_RTP_OFFSET + 1] = 97;
			/* An offset, as the bytes of sound may look. */
			sound.packets[0].bytes[TEST_RTP_OFFSET + 14] = 9;
			test_receive_packet(s->receiver, &sound, 0);
		}
	}
	ASSERT_ALL_PICTURES(s);
	ASSERT_DROPS(s, RTP_PAYLOAD, TEST_PICTURES * 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_session_without_a_picture_takes_nothing_over),
		SCENE_TEST(both_sessions_may_be_open),
		SCENE_TEST(packets_of_two_sessions_may_come_in_turns),
		SCENE_TEST(a_third_session_does_not_stop_the_second),
		SCENE_TEST(the_first_packets_may_be_a_strangers),
		SCENE_TEST(a_strangers_picture_takes_no_slot_from_the_camera),
		SCENE_TEST(the_configured_payload_type_is_the_only_one),
		SCENE_TEST(the_first_dynamic_type_that_makes_a_picture_is_the_cameras),
		SCENE_TEST(other_types_that_are_no_pictures_never_become_the_cameras),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
