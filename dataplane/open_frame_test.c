/* What senders put into a stream: tables, sizes, restart markers, fields, files. */
#include "dataplane/test_scene.h"

#include <string.h>

static void every_q_from_1_to_99_means_the_tables_of_annex_k(void **state)
{
	struct scene *s = *state;

	for (int q = 1; q <= 99; q++) {
		scene_paint(s, 32, 32, q, 1, 2, 0);
		s->camera.q = (uint8_t)q;
		scene_send(s, 0);
		const struct test_frame *frame = &s->receiver->frames[s->receiver->count - 1];

		assert_true(test_jpeg_same_pixels(
			s->pictures[0].bytes, s->pictures[0].size, frame->bytes, frame->size));
		if (s->receiver->count == 60) {
			scene_tear_down(state);
			scene_set_up(state);
			s = *state;
		}
	}
	assert_balanced(s->receiver);
}

static void type_0_is_4_2_2(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 120, 75, 0, 2, 0);
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

static void one_table_serves_all_components(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 120, 75, 1, 1, 0);
	s->camera.tables_sent = 1;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

static void of_three_tables_the_first_two_count(void **state)
{
	struct scene *s = *state;

	s->camera.tables_sent = 3;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

static void wide_tables_are_narrowed_when_their_values_allow(void **state)
{
	struct scene *s = *state;

	s->camera.wide_tables = true;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

static void tables_that_were_sent_once_serve_the_frames_that_follow(void **state)
{
	struct scene *s = *state;

	s->camera.q = 200;
	scene_send(s, 0);
	s->camera.tables_sent = 0;
	for (uint32_t i = 1; i < TEST_PICTURES; i++)
		scene_send(s, i);
	ASSERT_ALL_PICTURES(s);
}

static void tables_belong_to_their_q_and_may_change(void **state)
{
	struct scene *s = *state;

	s->camera.q = 200;
	scene_send(s, 0);
	test_jpeg_free(&s->pictures[1]);
	test_jpeg_make(&s->pictures[1], 160, 120, 30, 1, 2, 0, 1);
	s->camera.q = 201;
	scene_send(s, 1);
	s->camera.tables_sent = 0;
	s->camera.q = 200;
	scene_send(s, 2);
	ASSERT_EVENTS(s, TABLES_CHANGED, 0);

	test_jpeg_free(&s->pictures[3]);
	test_jpeg_make(&s->pictures[3], 160, 120, 40, 1, 2, 0, 3);
	s->camera.tables_sent = 2;
	scene_send(s, 3);
	ASSERT_PICTURES(s, 0, 1, 2, 3);
	ASSERT_EVENTS(s, TABLES_CHANGED, 1);
}

static void a_new_session_begins_without_tables(void **state)
{
	struct scene *s = *state;

	s->camera.q = 200;
	scene_send(s, 0);
	s->camera.tables_sent = 0;
	s->camera.ssrc++;
	scene_send(s, 1);
	ASSERT_PICTURES(s, 0);
	ASSERT_DROPS(s, NO_TABLES, 1);
}

static void q_255_promises_tables_in_every_frame(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	s->camera.tables_sent = 0;
	scene_send(s, 1);
	ASSERT_PICTURES(s, 0);
	ASSERT_DROPS(s, NO_TABLES, 1);
	assert_true(test_drops(s->receiver, GW_DROP_FRAME_DAMAGED) > 0);
}

/* Changes one byte of every packet, from the beginning of the RTP payload. */
static void send_patched(struct scene *s, uint32_t picture, uint32_t at, uint8_t value)
{
	scene_prepare(s, picture);
	for (uint32_t i = 0; i < s->camera.count; i++)
		s->camera.packets[i].bytes[TEST_RTP_OFFSET + 12 + at] = value;
	test_receive_frame(s->receiver, &s->camera);
}

static void a_table_header_of_odd_length_is_refused(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	s->camera.packets[0].bytes[TEST_RTP_OFFSET + 12 + 11] = 127;
	test_receive_frame(s->receiver, &s->camera);
	scene_send(s, 1);
	ASSERT_PICTURES(s, 1);
	ASSERT_DROPS(s, BAD_TABLES, 1);
}

static void reserved_q_values_are_refused(void **state)
{
	struct scene *s = *state;

	send_patched(s, 0, 5, 0);
	send_patched(s, 1, 5, 100);
	send_patched(s, 2, 5, 127);
	ASSERT_NO_PICTURE(s);
	assert_true(test_drops(s->receiver, GW_DROP_BAD_Q) >= 3);
}

static void unassigned_and_dynamic_types_are_refused(void **state)
{
	struct scene *s = *state;

	send_patched(s, 0, 4, 2);
	send_patched(s, 1, 4, 66);
	send_patched(s, 2, 4, 128);
	send_patched(s, 3, 4, 255);
	ASSERT_NO_PICTURE(s);
	assert_true(test_drops(s->receiver, GW_DROP_BAD_TYPE) >= 4);
}

static void a_restart_header_brings_its_interval(void **state)
{
	struct scene *s = *state;

	s->camera.announce_restart = true;
	for (uint8_t subsampling = 0; subsampling < 2; subsampling++) {
		scene_paint(s, 160, 120, 75, subsampling, 2, 7);
		scene_send_all(s);
		ASSERT_ALL_PICTURES(s);
		scene_tear_down(state);
		scene_set_up(state);
		s = *state;
		s->camera.announce_restart = true;
	}
}

static void a_restart_interval_of_0_is_refused(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 120, 75, 1, 2, 7);
	s->camera.announce_restart = true;
	scene_prepare(s, 0);
	for (uint32_t i = 0; i < s->camera.count; i++)
		memset(s->camera.packets[i].bytes + TEST_RTP_OFFSET + 12 + 8, 0, 2);
	test_receive_frame(s->receiver, &s->camera);
	scene_send(s, 1);
	ASSERT_PICTURES(s, 1);
	ASSERT_DROPS(s, BAD_RESTART, 1);
}

static void restart_markers_that_nobody_announced_are_counted_out(void **state)
{
	static const uint16_t intervals[] = {1, 3, 10, 20, 79};

	for (uint32_t i = 0; i < 5; i++) {
		for (uint8_t subsampling = 0; subsampling < 2; subsampling++) {
			struct scene *s = *state;

			scene_paint(s, 160, 120, 60, subsampling, 2, intervals[i]);
			scene_send_all(s);
			ASSERT_ALL_PICTURES(s);
			scene_tear_down(state);
			scene_set_up(state);
		}
	}
}

static void restart_markers_out_of_order_are_refused(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 120, 75, 1, 2, 10);
	uint8_t *scan = s->pictures[0].bytes + (s->pictures[0].scan - s->pictures[0].bytes);

	for (uint32_t i = 0; i + 1 < s->pictures[0].scan_size; i++)
		if (scan[i] == 0xFF && scan[i + 1] == 0xD2)
			scan[i + 1] = 0xD5;
	scene_send(s, 0);
	scene_send(s, 1);
	ASSERT_PICTURES(s, 1);
	ASSERT_DROPS(s, BAD_RESTART, 1);
}

static void an_eoi_in_the_payload_stays_the_only_one(void **state)
{
	struct scene *s = *state;

	s->camera.with_eoi = true;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

static void a_complete_jpeg_file_is_taken_as_it_is(void **state)
{
	struct scene *s = *state;

	s->camera.whole_file = true;
	scene_paint(s, 157, 119, 75, 1, 2, 0);
	for (uint32_t i = 0; i < 2; i++)
		scene_send(s, i);
	s->camera.q = 50;
	for (uint32_t i = 2; i < 4; i++)
		scene_send(s, i);
	s->camera.tables_sent = 0;
	s->camera.send_size = false;
	s->camera.payload = 800;
	for (uint32_t i = 4; i < 6; i++)
		scene_send(s, i);
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5);
	assert_int_equal(s->receiver->frames[0].width, 157);
	assert_int_equal(s->receiver->frames[5].height, 119);
}

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

static void padding_csrc_and_foreign_extensions_change_nothing(void **state)
{
	struct scene *s = *state;

	s->camera.padding = 7;
	s->camera.csrc = 3;
	s->camera.extension = true;
	s->camera.vlan = true;
	s->camera.udp_checksum = true;
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

static void the_fields_of_an_interlaced_picture_are_pictures_of_their_own(void **state)
{
	struct scene *s = *state;

	s->camera.step = 0;
	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		s->camera.type_specific = 1 + i % 2;
		scene_send(s, i);
		if (i % 2 == 1)
			s->camera.timestamp += 3000;
	}
	ASSERT_ALL_PICTURES(s);
	assert_int_equal(s->receiver->frames[0].flags, GW_FLAG_FIELD);
}

static void a_field_ends_where_the_second_one_begins(void **state)
{
	for (int same_type = 0; same_type < 2; same_type++) {
		struct scene *s = *state;

		s->camera.step = 0;
		for (uint32_t i = 0; i < TEST_PICTURES; i++) {
			s->camera.type_specific = same_type ? 1 : 1 + i % 2;
			s->camera.no_marker = i % 2 == 0;
			scene_send(s, i);
			if (i % 2 == 1)
				s->camera.timestamp += 3000;
		}
		ASSERT_ALL_PICTURES(s);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void set_offset(struct test_packet *packet, uint32_t offset)
{
	uint8_t *field = packet->bytes + TEST_RTP_OFFSET + 12 + 1;

	field[0] = (uint8_t)(offset >> 16);
	field[1] = (uint8_t)(offset >> 8);
	field[2] = (uint8_t)offset;
}

static void a_fragment_beyond_the_slot_costs_its_frame_only(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	scene_prepare(s, 1);
	set_offset(&s->camera.packets[2], 0xFFFFFF);
	test_receive_frame(s->receiver, &s->camera);
	scene_send(s, 2);
	ASSERT_PICTURES(s, 0, 2);
	ASSERT_DROPS(s, TOO_LARGE, 1);
	ASSERT_DROPS(s, BAD_OFFSET, 1);
}

static void a_fragment_beyond_the_marker_costs_its_frame_only(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	scene_prepare(s, 1);
	/* The marker comes before the last but one, which lies behind it now. */
	const uint32_t last = s->camera.count - 1;

	set_offset(&s->camera.packets[last - 1], 400 * (last + 1));
	test_receive_packet(s->receiver, &s->camera, last);
	for (uint32_t i = 0; i < last; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	scene_send(s, 2);
	ASSERT_PICTURES(s, 0, 2);
	ASSERT_DROPS(s, BEYOND_END, 1);
}

static void other_bytes_in_the_same_place_cost_the_frame(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	set_offset(&s->camera.packets[3], 600);
	test_receive_frame(s->receiver, &s->camera);
	scene_send(s, 1);
	ASSERT_PICTURES(s, 1);
	ASSERT_DROPS(s, OVERLAP, 1);
}

static void the_same_bytes_in_the_same_place_are_welcome(void **state)
{
	struct scene *s = *state;
	struct test_camera again = s->camera;

	/* The second half comes in other pieces, which overlap those that were sent. */
	again.payload = 300;
	scene_prepare(s, 0);
	test_camera_send(&again, &s->pictures[0]);
	for (uint32_t i = 0; i < s->camera.count / 2; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	for (uint32_t i = s->camera.count / 2; i < again.count; i++)
		test_receive_packet(s->receiver, &again, i);
	ASSERT_PICTURES(s, 0);
	test_camera_free(&again);
}

static void headers_that_change_within_a_frame_cost_it(void **state)
{
	struct scene *s = *state;

	for (uint32_t at = 4; at <= 7; at++) {
		scene_prepare(s, 0);
		s->camera.packets[2].bytes[TEST_RTP_OFFSET + 12 + at] ^= at == 5 ? 3 : 1;
		test_receive_frame(s->receiver, &s->camera);
	}
	scene_send(s, 1);
	ASSERT_PICTURES(s, 1);
	ASSERT_DROPS(s, MIXED_HEADERS, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(every_q_from_1_to_99_means_the_tables_of_annex_k),
		SCENE_TEST(type_0_is_4_2_2),
		SCENE_TEST(one_table_serves_all_components),
		SCENE_TEST(of_three_tables_the_first_two_count),
		SCENE_TEST(wide_tables_are_narrowed_when_their_values_allow),
		SCENE_TEST(tables_that_were_sent_once_serve_the_frames_that_follow),
		SCENE_TEST(tables_belong_to_their_q_and_may_change),
		SCENE_TEST(a_new_session_begins_without_tables),
		SCENE_TEST(q_255_promises_tables_in_every_frame),
		SCENE_TEST(a_table_header_of_odd_length_is_refused),
		SCENE_TEST(reserved_q_values_are_refused),
		SCENE_TEST(unassigned_and_dynamic_types_are_refused),
		SCENE_TEST(a_restart_header_brings_its_interval),
		SCENE_TEST(a_restart_interval_of_0_is_refused),
		SCENE_TEST(restart_markers_that_nobody_announced_are_counted_out),
		SCENE_TEST(restart_markers_out_of_order_are_refused),
		SCENE_TEST(an_eoi_in_the_payload_stays_the_only_one),
		SCENE_TEST(a_complete_jpeg_file_is_taken_as_it_is),
		SCENE_TEST(a_picture_of_unknown_size_is_refused),
		SCENE_TEST(a_configured_size_stands_in_when_the_stream_says_none),
		SCENE_TEST(a_picture_is_cropped_to_the_configured_size),
		SCENE_TEST(another_size_than_the_configured_one_is_refused),
		SCENE_TEST(a_picture_that_fits_no_slot_is_refused),
		SCENE_TEST(padding_csrc_and_foreign_extensions_change_nothing),
		SCENE_TEST(the_fields_of_an_interlaced_picture_are_pictures_of_their_own),
		SCENE_TEST(a_field_ends_where_the_second_one_begins),
		SCENE_TEST(a_fragment_beyond_the_slot_costs_its_frame_only),
		SCENE_TEST(a_fragment_beyond_the_marker_costs_its_frame_only),
		SCENE_TEST(other_bytes_in_the_same_place_cost_the_frame),
		SCENE_TEST(the_same_bytes_in_the_same_place_are_welcome),
		SCENE_TEST(headers_that_change_within_a_frame_cost_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
