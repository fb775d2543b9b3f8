/* Loss, order, repetition and time: what the network does to a stream. */
#include "dataplane/test_scene.h"

static void every_picture_arrives_pixel_by_pixel(void **state)
{
	struct scene *s = *state;

	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
	assert_int_equal(s->receiver->frames[0].rtp_timestamp, 90000);
	assert_int_equal(s->receiver->frames[0].ssrc, s->camera.ssrc);
	assert_int_equal(s->receiver->frames[0].width, 160);
	assert_int_equal(s->receiver->frames[0].height, 120);
	assert_int_equal(s->receiver->frames[0].flags, 0);
}

/* Which packet is lost: its index, or from the end when negative. */
static void lose(struct scene *s, int which)
{
	scene_send(s, 0);
	scene_prepare(s, 1);
	const uint32_t lost = which < 0 ? s->camera.count - (uint32_t)-which : (uint32_t)which;

	for (uint32_t i = 0; i < s->camera.count; i++)
		if (i != lost)
			test_receive_packet(s->receiver, &s->camera, i);
	for (uint32_t i = 2; i < TEST_PICTURES; i++)
		scene_send(s, i);
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 2, 3, 4, 5, 6, 7);
	ASSERT_DROPS(s, INCOMPLETE, 1);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 1);
}

static void a_lost_first_packet_costs_one_frame_and_no_other(void **state)
{
	lose(*state, 0);
}

static void a_lost_packet_costs_one_frame_and_no_other(void **state)
{
	lose(*state, 2);
}

static void a_lost_marker_packet_costs_one_frame_and_no_other(void **state)
{
	lose(*state, -1);
}

static void a_whole_lost_frame_costs_nothing_else(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	scene_prepare(s, 1);
	scene_send(s, 2);
	test_receiver_rest(s->receiver, 25);
	ASSERT_PICTURES(s, 0, 2);
	test_receiver_drain(s->receiver);
	ASSERT_DROPS(s, INCOMPLETE, 0);
	ASSERT_EVENTS(s, SEQUENCE_GAP, s->camera.count);
}

static void packets_in_reverse_order_make_the_picture_without_waiting(void **state)
{
	struct scene *s = *state;

	for (uint32_t picture = 0; picture < TEST_PICTURES; picture++) {
		scene_prepare(s, picture);
		for (uint32_t i = s->camera.count; i-- > 0;)
			test_receive_packet(s->receiver, &s->camera, i);
		assert_int_equal(s->receiver->count, picture + 1);
	}
	ASSERT_ALL_PICTURES(s);
	assert_true(test_events(s->receiver, GW_EVENT_REORDERED) > 0);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
}

static void shuffled_packets_make_the_picture(void **state)
{
	struct scene *s = *state;
	uint32_t random = 1;

	s->camera.payload = 50;
	for (uint32_t picture = 0; picture < TEST_PICTURES; picture++) {
		uint32_t order[TEST_MAX_PACKETS];

		scene_prepare(s, picture);
		for (uint32_t i = 0; i < s->camera.count; i++)
			order[i] = i;
		for (uint32_t i = s->camera.count; i-- > 1;) {
			random = random * 1664525 + 1013904223;
			const uint32_t k = (random >> 8) % (i + 1), swap = order[i];

			order[i] = order[k];
			order[k] = swap;
		}
		for (uint32_t i = 0; i < s->camera.count; i++)
			test_receive_packet(s->receiver, &s->camera, order[i]);
	}
	ASSERT_ALL_PICTURES(s);
}

static void a_late_packet_still_lands_after_the_next_frame_began(void **state)
{
	struct scene *s = *state;
	struct test_camera late = s->camera;

	/* The same frame twice over: once for all packets but one, once for that one. */
	test_camera_send(&late, &s->pictures[0]);
	scene_send_without(s, 0, 3);
	scene_prepare(s, 1);
	test_receive_packet(s->receiver, &s->camera, 0);
	test_receive_packet(s->receiver, &late, 3);
	for (uint32_t i = 1; i < s->camera.count; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	ASSERT_PICTURES(s, 0, 1);
	test_camera_free(&late);
}

static void a_frame_that_overtakes_an_older_one_waits_for_it_briefly(void **state)
{
	struct scene *s = *state;
	struct test_camera late = s->camera;

	test_camera_send(&late, &s->pictures[0]);
	scene_send_without(s, 0, late.count - 1);
	scene_send(s, 1);
	assert_int_equal(s->receiver->count, 0);
	test_receive_packet(s->receiver, &late, late.count - 1);
	ASSERT_PICTURES(s, 0, 1);

	/* The one that is missing now never comes. */
	scene_send_without(s, 2, 1);
	scene_send(s, 3);
	assert_int_equal(s->receiver->count, 2);
	test_receiver_rest(s->receiver, 25);
	ASSERT_PICTURES(s, 0, 1, 3);
	ASSERT_DROPS(s, INCOMPLETE, 1);
	test_camera_free(&late);
}

/* Sends pictures of one packet each in that order, as far as they are below TEST_PICTURES. */
static void send_small(struct scene *s, const uint32_t *order)
{
	struct test_camera cameras[TEST_PICTURES];

	scene_paint(s, 64, 48, 30, 1, 2, 0);
	s->camera.payload = 4000;
	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		cameras[i] = s->camera;
		cameras[i].count = 0;
		test_camera_send(&cameras[i], &s->pictures[i]);
		assert_int_equal(cameras[i].count, 1);
		s->camera.sequence = cameras[i].sequence;
		s->camera.timestamp = cameras[i].timestamp;
	}
	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		if (order[i] < TEST_PICTURES)
			test_receive_packet(s->receiver, &cameras[order[i]], 0);
	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		test_camera_free(&cameras[i]);
}

static void pictures_of_one_packet_that_change_places_come_out_in_order(void **state)
{
	struct scene *s = *state;

	send_small(s, (const uint32_t[]){0, 2, 1, 4, 3, 6, 5, 7});
	ASSERT_ALL_PICTURES(s);
	ASSERT_DROPS(s, LATE, 0);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
}

static void a_picture_of_one_packet_in_its_place_does_not_wait(void **state)
{
	struct scene *s = *state;

	send_small(s, (const uint32_t[]){0, 1, 2, 3, 4, 5, 6, 7});
	ASSERT_ALL_PICTURES(s);
}

static void a_picture_behind_a_missing_one_waits_no_longer_than_the_limit(void **state)
{
	struct scene *s = *state;

	send_small(s, (const uint32_t[]){0, 1, 2, 3, 4, 5, 7, 8});
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5);
	test_receiver_rest(s->receiver, 15);
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5);
	test_receiver_rest(s->receiver, 10);
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5, 7);
	test_receiver_drain(s->receiver);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 1);
}

static void the_loss_of_a_picture_that_comes_too_late_shows(void **state)
{
	struct scene *s = *state;

	send_small(s, (const uint32_t[]){0, 2, 3, 4, 1, 5, 6, 7});
	ASSERT_PICTURES(s, 0, 2, 3, 4, 5, 6, 7);
	ASSERT_DROPS(s, LATE, 1);
	test_receiver_drain(s->receiver);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 1);
}

static void duplicates_are_counted_and_harmless(void **state)
{
	struct scene *s = *state;
	uint32_t packets = 0;

	for (uint32_t picture = 0; picture < TEST_PICTURES; picture++) {
		scene_prepare(s, picture);
		for (uint32_t i = 0; i < s->camera.count; i++) {
			test_receive_packet(s->receiver, &s->camera, i);
			test_receive_packet(s->receiver, &s->camera, i);
			test_receive_packet(s->receiver, &s->camera, 0);
		}
		packets += s->camera.count;
	}
	ASSERT_ALL_PICTURES(s);
	ASSERT_DROPS(s, DUPLICATE, 2 * packets);
}

static void a_whole_frame_that_comes_twice_is_passed_on_once(void **state)
{
	struct scene *s = *state;

	s->camera.payload = 40; /* more packets than any look-back that is guessed too short */
	for (uint32_t picture = 0; picture < TEST_PICTURES; picture++) {
		scene_send(s, picture);
		test_receive_frame(s->receiver, &s->camera);
	}
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, SEQUENCE_RESTART, 0);
}

static void a_sender_without_markers_loses_only_the_last_picture(void **state)
{
	struct scene *s = *state;

	s->camera.no_marker = true;
	scene_send_all(s);
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5, 6);
	ASSERT_DROPS(s, INCOMPLETE, 1);
}

static void a_complete_frame_that_waits_takes_no_more_packets(void **state)
{
	struct scene *s = *state;

	scene_send_without(s, 0, 1);
	/* The number before the frame's comes with bytes of its own when the frame is there. */
	s->camera.sequence++;
	scene_prepare(s, 1);
	test_receive_frame(s->receiver, &s->camera);
	uint8_t *packet = s->camera.packets[3].bytes;

	packet[TEST_RTP_OFFSET + 3] =
		(uint8_t)(s->camera.packets[0].bytes[TEST_RTP_OFFSET + 3] - 1);
	packet[s->camera.packets[3].size - 1] ^= 1;
	test_receive_packet(s->receiver, &s->camera, 3);
	ASSERT_DROPS(s, DUPLICATE, 1);
	test_receiver_rest(s->receiver, 25);
	ASSERT_PICTURES(s, 1);
}

/* After the second picture it is known how often the camera sends. */
static void send_two(struct scene *s)
{
	scene_send(s, 6);
	scene_send(s, 7);
}

static void an_open_frame_without_news_times_out(void **state)
{
	struct scene *s = *state;

	send_two(s);
	scene_send_without(s, 0, 2);
	test_receiver_rest(s->receiver, 400);
	ASSERT_DROPS(s, INCOMPLETE, 0);
	test_receiver_rest(s->receiver, 200);
	ASSERT_DROPS(s, INCOMPLETE, 1);
	ASSERT_PICTURES(s, 6, 7);
}

static void a_packet_after_the_time_out_is_late(void **state)
{
	struct scene *s = *state;

	send_two(s);
	scene_send_without(s, 0, 2);
	test_receiver_rest(s->receiver, 600);
	test_receive_packet(s->receiver, &s->camera, 2);
	ASSERT_DROPS(s, LATE, 1);
	ASSERT_PICTURES(s, 6, 7);
}

static void the_rest_of_a_frame_after_the_time_out_does_not_hold_up_the_next(void **state)
{
	struct scene *s = *state;

	send_two(s);
	scene_prepare(s, 0);
	test_receive_packet(s->receiver, &s->camera, 0);
	test_receiver_rest(s->receiver, 600);
	for (uint32_t i = 1; i < s->camera.count; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	scene_send(s, 1);
	ASSERT_PICTURES(s, 6, 7, 1);
	test_receiver_drain(s->receiver);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(every_picture_arrives_pixel_by_pixel),
		SCENE_TEST(a_lost_first_packet_costs_one_frame_and_no_other),
		SCENE_TEST(a_lost_packet_costs_one_frame_and_no_other),
		SCENE_TEST(a_lost_marker_packet_costs_one_frame_and_no_other),
		SCENE_TEST(a_whole_lost_frame_costs_nothing_else),
		SCENE_TEST(packets_in_reverse_order_make_the_picture_without_waiting),
		SCENE_TEST(shuffled_packets_make_the_picture),
		SCENE_TEST(a_late_packet_still_lands_after_the_next_frame_began),
		SCENE_TEST(a_frame_that_overtakes_an_older_one_waits_for_it_briefly),
		SCENE_TEST(pictures_of_one_packet_that_change_places_come_out_in_order),
		SCENE_TEST(a_picture_of_one_packet_in_its_place_does_not_wait),
		SCENE_TEST(a_picture_behind_a_missing_one_waits_no_longer_than_the_limit),
		SCENE_TEST(the_loss_of_a_picture_that_comes_too_late_shows),
		SCENE_TEST(duplicates_are_counted_and_harmless),
		SCENE_TEST(a_whole_frame_that_comes_twice_is_passed_on_once),
		SCENE_TEST(a_sender_without_markers_loses_only_the_last_picture),
		SCENE_TEST(a_complete_frame_that_waits_takes_no_more_packets),
		SCENE_TEST(an_open_frame_without_news_times_out),
		SCENE_TEST(a_packet_after_the_time_out_is_late),
		SCENE_TEST(the_rest_of_a_frame_after_the_time_out_does_not_hold_up_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
