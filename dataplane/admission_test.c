/* Quotas, shedding and slots. */
#include "dataplane/test_scene.h"

static void a_camera_over_its_quota_loses_its_oldest_waiting_frame(void **state)
{
	struct scene *s = *state;

	s->receiver->cameras[0].quota = 3;
	s->receiver->sink_keeps = true;
	for (uint32_t i = 0; i < 4; i++)
		scene_send(s, i);
	assert_int_equal(s->receiver->count, 4);
	assert_int_equal(gw_frame_claim_state(s->receiver->frames[0].frame), GW_CLAIM_SHED);
	assert_int_equal(gw_frame_claim_state(s->receiver->frames[1].frame), GW_CLAIM_WAITING);
	ASSERT_DROPS(s, OVER_QUOTA, 0);
	while (gw_pool_in_use(s->receiver->pool, UINT32_MAX) > 0)
		test_sink_release(s->receiver);
	ASSERT_DROPS(s, SHED, 1);
	ASSERT_PICTURES(s, 0, 1, 2, 3);
}

static void a_frame_that_a_decoder_took_is_not_shed(void **state)
{
	struct scene *s = *state;

	s->receiver->cameras[0].quota = 2;
	s->receiver->sink_keeps = true;
	scene_send(s, 0);
	scene_send(s, 1);
	assert_true(gw_frame_claim(s->receiver->frames[0].frame));
	scene_send(s, 2);
	assert_int_equal(gw_frame_claim_state(s->receiver->frames[0].frame), GW_CLAIM_TAKEN);
	assert_int_equal(gw_frame_claim_state(s->receiver->frames[1].frame), GW_CLAIM_SHED);
	ASSERT_PICTURES(s, 0, 1, 2);
}

static void when_nothing_can_be_shed_the_new_frame_is_dropped(void **state)
{
	struct scene *s = *state;

	s->receiver->cameras[0].quota = 2;
	s->receiver->sink_keeps = true;
	scene_send(s, 0);
	scene_send(s, 1);
	assert_true(gw_frame_claim(s->receiver->frames[0].frame));
	assert_true(gw_frame_claim(s->receiver->frames[1].frame));
	scene_send(s, 2);
	ASSERT_DROPS(s, OVER_QUOTA, 1);
	ASSERT_DROPS(s, FRAME_REFUSED, s->camera.count);
	test_sink_release(s->receiver);
	scene_send(s, 3);
	ASSERT_PICTURES(s, 0, 1, 3);
}

static void a_decoder_that_stands_still_does_not_take_the_slots_of_others(void **state)
{
	struct scene *s = *state;

	s->receiver->cameras[0].quota = 4;
	s->receiver->sink_keeps = true;
	for (uint32_t i = 0; i < 12; i++)
		scene_send(s, i % TEST_PICTURES);
	assert_int_equal(gw_pool_in_use(s->receiver->pool, 0), 6);
	ASSERT_DROPS(s, OVER_QUOTA, 6);
	assert_balanced(s->receiver);
}

static void without_a_slot_the_frame_is_dropped(void **state)
{
	struct scene *s = *state;

	s->receiver->cameras[0].quota = 64;
	s->receiver->sink_keeps = true;
	for (uint32_t i = 0; i < 17; i++)
		scene_send(s, i % TEST_PICTURES);
	assert_int_equal(s->receiver->count, 16);
	ASSERT_DROPS(s, NO_SLOT, 1);
	assert_balanced(s->receiver);
}

static void a_reused_slot_is_not_mistaken_for_the_frame_it_held(void **state)
{
	struct scene *s = *state;

	s->receiver->cameras[0].quota = 2;
	scene_send(s, 0);
	scene_send(s, 1);
	s->receiver->sink_keeps = true;
	/* The slots of frames 0 and 1 hold 2 and 3 now, of which one was taken. */
	scene_send(s, 2);
	scene_send(s, 3);
	assert_true(gw_frame_claim(s->receiver->frames[2].frame));
	scene_send(s, 4);
	assert_int_equal(gw_frame_claim_state(s->receiver->frames[2].frame), GW_CLAIM_TAKEN);
	assert_int_equal(gw_frame_claim_state(s->receiver->frames[3].frame), GW_CLAIM_SHED);
	assert_int_equal(gw_frame_claim_state(s->receiver->frames[4].frame), GW_CLAIM_WAITING);
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4);
}

static void a_frame_that_is_being_filled_is_not_shed_for_the_one_its_slot_held(void **state)
{
	struct scene *s = *state;
	struct test_camera late = s->camera;

	test_receiver_close(s->receiver);
	s->receiver = test_receiver_open(1, false, 3);
	s->receiver->cameras[0].quota = 1;
	for (uint32_t i = 0; i < 3; i++)
		scene_send(s, i);
	late = s->camera;
	late.count = 0;
	s->receiver->sink_keeps = true;
	/* Frame 3 lacks a packet while frame 4 begins, in a slot that held an older frame; then it
	 * is complete and uses up the quota. */
	test_camera_send(&late, &s->pictures[3]);
	scene_send_without(s, 3, 1);
	scene_prepare(s, 4);
	for (uint32_t i = 0; i < s->camera.count - 1; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	test_receive_packet(s->receiver, &late, 1);
	struct gw_frame *complete = s->receiver->frames[3].frame;

	scene_prepare(s, 5);
	test_receive_packet(s->receiver, &s->camera, 0);
	assert_int_equal(s->receiver->count, 4);
	assert_int_equal(gw_frame_claim_state(complete), GW_CLAIM_SHED);
	ASSERT_PICTURES(s, 0, 1, 2, 3);
	test_camera_free(&late);
}

static void lossless_waits_instead_of_shedding(void **state)
{
	struct scene *s = *state;

	test_receiver_restart(s->receiver, true);
	s->receiver->cameras[0].quota = 2;
	s->receiver->sink_keeps = true;
	scene_send(s, 0);
	scene_send(s, 1);
	scene_prepare(s, 2);
	for (int tries = 0; tries < 3; tries++) {
		test_receive_packet(s->receiver, &s->camera, 0);
		assert_true(s->receiver->waits);
		assert_balanced(s->receiver);
	}
	test_sink_release(s->receiver);
	test_receive_frame(s->receiver, &s->camera);
	assert_false(s->receiver->waits);
	ASSERT_PICTURES(s, 0, 1, 2);
	ASSERT_DROPS(s, SHED, 0);
	ASSERT_DROPS(s, OVER_QUOTA, 0);
}

/* A packet of no use took the number of the one that waits. */
static void a_packet_that_waits_is_judged_as_if_it_had_not_come(void **state)
{
	struct scene *s = *state;

	test_receiver_restart(s->receiver, true);
	s->receiver->cameras[0].quota = 1;
	s->receiver->sink_keeps = true;
	scene_send(s, 0);
	scene_prepare(s, 1);
	uint8_t *payload_type = &s->camera.packets[0].bytes[TEST_RTP_OFFSET + 1];
	const uint8_t jpeg = *payload_type;

	*payload_type = 34;
	test_receive_packet(s->receiver, &s->camera, 0);
	ASSERT_DROPS(s, RTP_PAYLOAD, 1);
	*payload_type = jpeg;
	for (int tries = 0; tries < 3; tries++) {
		test_receive_packet(s->receiver, &s->camera, 0);
		assert_true(s->receiver->waits);
	}
	test_sink_release(s->receiver);
	test_receive_frame(s->receiver, &s->camera);
	assert_false(s->receiver->waits);
	ASSERT_DROPS(s, DUPLICATE, 0);
	/* Once it has come, the next one under its number is a copy. */
	test_receive_packet(s->receiver, &s->camera, 0);
	assert_int_equal(
		test_drops(s->receiver, GW_DROP_DUPLICATE) + test_drops(s->receiver, GW_DROP_LATE),
		1);
	ASSERT_PICTURES(s, 0, 1);
}

static void lossless_waits_for_a_slot_but_not_in_vain(void **state)
{
	struct scene *s = *state;

	test_receiver_close(s->receiver);
	s->receiver = test_receiver_open(1, true, 1);
	scene_send_without(s, 0, 2);
	scene_prepare(s, 1);
	test_receive_packet(s->receiver, &s->camera, 0);
	assert_true(s->receiver->waits);
	/* The only slot is that of the open frame. */
	assert_int_equal(gw_pool_in_use(s->receiver->pool, UINT32_MAX),
		assembler_open_count(s->receiver->receiver.assembler));
	assembler_stop_waiting(s->receiver->receiver.assembler);
	test_receive_frame(s->receiver, &s->camera);
	assert_false(s->receiver->waits);
	ASSERT_DROPS(s, NO_SLOT, 1);
	test_receiver_drain(s->receiver);
	ASSERT_NO_PICTURE(s);
}

/* As the receive lane does: it waits in vain when no frame is on its way. */
static void put_lossless(struct scene *s)
{
	for (uint32_t i = 0; i < s->camera.count; i++) {
		test_receive_packet(s->receiver, &s->camera, i);
		for (int tries = 0; s->receiver->waits; tries++) {
			assert_true(tries < 4);
			assert_int_equal(gw_pool_in_use(s->receiver->pool, UINT32_MAX),
				assembler_open_count(s->receiver->receiver.assembler));
			assembler_stop_waiting(s->receiver->receiver.assembler);
			test_receive_packet(s->receiver, &s->camera, i);
		}
	}
}

/* Two open frames of the old session, and one slot more: as many as a gateway must have. */
static void lossless_goes_on_with_a_session_after_one_that_broke_off(void **state)
{
	for (uint32_t lost = 0; lost < 2; lost++) {
		struct scene *s = *state;

		test_receiver_close(s->receiver);
		s->receiver = test_receiver_open(1, true, 3);
		scene_send(s, 0);
		scene_send_without(s, 1, 2);
		scene_send_without(s, 2, 2);
		s->camera.ssrc++;
		s->camera.sequence += 20000;
		s->camera.timestamp += 1234567;
		if (lost == 0) {
			/* The new one needs more than is left. */
			scene_send_without(s, 3, 2);
			scene_prepare(s, 4);
			put_lossless(s);
		}
		for (uint32_t i = 5; i < 8; i++) {
			scene_prepare(s, i);
			put_lossless(s);
		}
		test_receiver_drain(s->receiver);
		ASSERT_DROPS(s, NO_SLOT, 0);
		if (lost == 0)
			ASSERT_PICTURES(s, 0, 4, 5, 6, 7);
		else
			ASSERT_PICTURES(s, 0, 5, 6, 7);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Two cameras, and the slot that was left is taken by one whose new session broke off, too. */
static void lossless_gives_the_old_session_up_where_the_new_one_has_nothing(void **state)
{
	struct scene *s = *state;
	struct test_camera first = s->camera;

	test_receiver_close(s->receiver);
	s->receiver = test_receiver_open(2, true, 5);
	for (uint8_t camera = 0; camera < 2; camera++) {
		if (camera == 1)
			test_camera_init(&s->camera, 3, 5004);
		scene_send(s, 0);
		scene_send_without(s, 1, 2);
		scene_send_without(s, 2, 2);
		if (camera == 0) {
			first = s->camera;
			s->camera.count = 0;
		}
	}
	first.ssrc = 77;
	test_camera_send(&first, &s->pictures[3]);
	test_receive_packet(s->receiver, &first, 0);
	s->camera.ssrc = 78;
	for (uint32_t i = 4; i < 8; i++) {
		scene_prepare(s, i);
		put_lossless(s);
	}
	test_receiver_drain(s->receiver);
	assert_int_equal(s->receiver->count, 2 + 4);
	ASSERT_DROPS(s, NO_SLOT, 0);
	assert_balanced(s->receiver);
	test_camera_free(&first);
}

static void lossless_closes_no_frame_by_the_clock(void **state)
{
	struct scene *s = *state;
	struct test_camera late = s->camera;

	test_receiver_restart(s->receiver, true);
	test_camera_send(&late, &s->pictures[0]);
	scene_send_without(s, 0, 2);
	test_receiver_rest(s->receiver, 5000);
	test_receive_packet(s->receiver, &late, 2);
	ASSERT_PICTURES(s, 0);
	test_camera_free(&late);
}

static void one_camera_in_excess_costs_the_others_nothing(void **state)
{
	struct scene *s = *state;
	struct test_camera other;

	test_receiver_close(s->receiver);
	s->receiver = test_receiver_open(2, false, 16);
	s->receiver->cameras[0].quota = 4;
	s->receiver->cameras[1].quota = 4;
	test_camera_init(&other, 3, 5004);
	s->receiver->sink_keeps = true;
	for (uint32_t i = 0; i < 20; i++)
		scene_send(s, i % TEST_PICTURES);
	for (uint32_t i = 0; i < 4; i++) {
		test_camera_send(&other, &s->pictures[i]);
		test_receive_frame(s->receiver, &other);
	}
	assert_int_equal(gw_pool_in_use(s->receiver->pool, 1), 4);
	assert_balanced(s->receiver);
	test_camera_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_camera_over_its_quota_loses_its_oldest_waiting_frame),
		SCENE_TEST(a_frame_that_a_decoder_took_is_not_shed),
		SCENE_TEST(when_nothing_can_be_shed_the_new_frame_is_dropped),
		SCENE_TEST(a_decoder_that_stands_still_does_not_take_the_slots_of_others),
		SCENE_TEST(without_a_slot_the_frame_is_dropped),
		SCENE_TEST(a_reused_slot_is_not_mistaken_for_the_frame_it_held),
		SCENE_TEST(a_frame_that_is_being_filled_is_not_shed_for_the_one_its_slot_held),
		SCENE_TEST(lossless_waits_instead_of_shedding),
		SCENE_TEST(a_packet_that_waits_is_judged_as_if_it_had_not_come),
		SCENE_TEST(lossless_waits_for_a_slot_but_not_in_vain),
		SCENE_TEST(lossless_goes_on_with_a_session_after_one_that_broke_off),
		SCENE_TEST(lossless_gives_the_old_session_up_where_the_new_one_has_nothing),
		SCENE_TEST(lossless_closes_no_frame_by_the_clock),
		SCENE_TEST(one_camera_in_excess_costs_the_others_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
