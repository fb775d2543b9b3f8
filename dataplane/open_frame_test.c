/* What senders put into a stream: tables, sizes, restart markers, fields, files. */
#include "dataplane/test_scene.h"

#include <stdlib.h>
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

/* Types 64 and 65 without an interval: as if they were 0 and 1. */
static void a_restart_interval_of_0_announces_none(void **state)
{
	for (uint16_t interval = 0; interval < 15; interval += 7) {
		struct scene *s = *state;

		s->camera.announce_restart = true;
		for (uint32_t i = 0; i < TEST_PICTURES; i++) {
			test_jpeg_free(&s->pictures[i]);
			test_jpeg_make(&s->pictures[i], 160, 120, 75, 1, 2, interval, i);
			/* The headers must be there also where the picture has no markers. */
			s->pictures[i].interval = 7;
			scene_prepare(s, i);
			for (uint32_t k = 0; k < s->camera.count; k++)
				memset(s->camera.packets[k].bytes + TEST_RTP_OFFSET + 12 + 8, 0, 2);
			test_receive_frame(s->receiver, &s->camera);
		}
		ASSERT_ALL_PICTURES(s);
		scene_tear_down(state);
		scene_set_up(state);
	}
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

/* Restart markers that are missing, or stand where none may, are found here: nothing looks at
 * headers of our own again. */
static void restart_markers_that_do_not_fit_the_announced_interval_are_refused(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 120, 75, 1, 2, 10);
	s->camera.announce_restart = true;
	scene_send(s, 0);
	s->pictures[1].interval = 20;
	scene_send(s, 1);
	s->pictures[2].interval = 5;
	scene_send(s, 2);
	scene_send(s, 3);
	ASSERT_PICTURES(s, 0, 3);
	ASSERT_DROPS(s, BAD_RESTART, 2);
	assert_true(s->receiver->frames[0].sound);
}

static void other_markers_in_the_scan_are_left_to_the_probe(void **state)
{
	struct scene *s = *state;
	uint8_t *scan = s->pictures[0].bytes + (s->pictures[0].scan - s->pictures[0].bytes);

	scan[100] = 0xFF;
	scan[101] = 0xDA;
	scene_send(s, 0);
	scene_send(s, 1);
	assert_int_equal(s->receiver->count, 2);
	assert_false(s->receiver->frames[0].sound);
	assert_true(s->receiver->frames[1].sound);
	assert_balanced(s->receiver);
}

static void tables_with_zeros_are_left_to_the_probe(void **state)
{
	struct scene *s = *state;

	s->pictures[0].tables[1][40] = 0;
	scene_send(s, 0);
	scene_send(s, 1);
	assert_int_equal(s->receiver->count, 2);
	assert_false(s->receiver->frames[0].sound);
	assert_true(s->receiver->frames[1].sound);
}

/* Bytes at the end of a picture's scan, behind whatever is there. */
static void append(struct test_jpeg *picture, const char *bytes, uint32_t size)
{
	uint8_t *longer = malloc(picture->size + size);
	const ptrdiff_t scan = picture->scan - picture->bytes;

	memcpy(longer, picture->bytes, picture->size);
	memcpy(longer + scan + picture->scan_size, bytes, size);
	free(picture->bytes);
	picture->bytes = longer;
	picture->scan = longer + scan;
	picture->scan_size += size;
}

/* Sends a picture with these bytes behind its scan; the sink sees the picture without them. */
static void send_with(struct scene *s, uint32_t picture, const char *bytes, uint32_t size)
{
	const struct test_jpeg plain = s->pictures[picture];
	struct test_jpeg *filled = &s->pictures[picture];

	filled->bytes = malloc(plain.size);
	memcpy(filled->bytes, plain.bytes, plain.size);
	filled->scan = filled->bytes + (plain.scan - plain.bytes);
	append(filled, bytes, size);
	scene_send(s, picture);
	test_jpeg_free(filled);
	*filled = plain;
}

static void what_changes_no_pixel_at_the_end_of_a_scan_costs_nothing(void **state)
{
	for (int announce = 0; announce < 2; announce++) {
		struct scene *s = *state;

		/* 80 MCUs: markers 0 .. 6. */
		scene_paint(s, 160, 120, 75, 1, 2, 10);
		s->camera.announce_restart = announce;
		send_with(s, 0, "\xFF\xD7", 2);
		send_with(s, 1, "\xFF\xD7\xFF\xD9", 4);
		send_with(s, 2, "\xFF\xFF\xD7\0\0\xFF\xFF\xD9", 8);
		send_with(s, 3, "\xFF\xD9-- boundary", 13);
		send_with(s, 4, "\xFF\xFF\xFF", 3);
		send_with(s, 5, "\xFF\xD9\xFF\xD9\0\0", 6);
		ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5);
		for (uint32_t i = 0; i < 6; i++)
			assert_true(s->receiver->frames[i].sound);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Zero bytes before a marker may be code, so they stay; only decoders know. */
static void filling_before_restart_markers_does_not_hide_their_interval(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 120, 75, 1, 2, 10);
	struct test_jpeg *picture = &s->pictures[0];

	append(picture, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 7 * 3);
	uint8_t *scan = picture->bytes + (picture->scan - picture->bytes);
	uint32_t size = picture->scan_size - 7 * 3;

	for (uint32_t at = 0; at + 1 < size; at++) {
		if (scan[at] != 0xFF || scan[at + 1] < 0xD0 || scan[at + 1] > 0xD7)
			continue;
		memmove(scan + at + 3, scan + at, size - at);
		memset(scan + at, scan[at + 4] % 2 ? 0 : 0xFF, 3);
		size += 3;
		at += 4;
	}
	assert_int_equal(size, picture->scan_size);
	scene_send(s, 0);
	scene_send(s, 1);
	assert_int_equal(s->receiver->count, 2);
	assert_true(s->receiver->frames[0].sound);
	assert_balanced(s->receiver);
}

static void set_number(struct test_packet *packet, uint32_t number)
{
	packet->bytes[TEST_RTP_OFFSET + 2] = (uint8_t)(number >> 8);
	packet->bytes[TEST_RTP_OFFSET + 3] = (uint8_t)number;
}

static uint32_t next_random(uint32_t *random, uint32_t below)
{
	*random = *random * 1664525 + 1013904223;
	return (*random >> 8) % below;
}

/* Sends a picture in two ways at once: whole, and most of it once more in other pieces; the numbers
 * of both are mixed, their order is too, over a distance below `most`. */
static void send_mixed(struct scene *s, uint32_t picture, uint32_t most, uint32_t *random)
{
	struct test_camera again = s->camera;
	struct test_packet *order[2 * TEST_MAX_PACKETS];
	const uint32_t number = s->camera.sequence;
	uint32_t count = 0;

	s->camera.payload = 40 + next_random(random, 700);
	again.count = 0;
	again.payload = 40 + next_random(random, 700);
	scene_prepare(s, picture);
	test_camera_send(&again, &s->pictures[picture]);
	for (uint32_t i = 0; i + 1 < s->camera.count || i + 1 < again.count; i++) {
		if (i + 1 < s->camera.count)
			order[count++] = &s->camera.packets[i];
		if (i + 1 < again.count)
			order[count++] = &again.packets[i];
	}
	order[count++] = &s->camera.packets[s->camera.count - 1];
	for (uint32_t i = 0; i < count; i++)
		set_number(order[i], number + i);
	s->camera.sequence = (uint16_t)(number + count);
	for (uint32_t i = count; i-- > 1;) {
		const uint32_t k = i - next_random(random, i < most ? i + 1 : most);
		struct test_packet *swap = order[i];

		order[i] = order[k];
		order[k] = swap;
	}
	for (uint32_t i = 0; i < count; i++) {
		test_receive(s->receiver, order[i]->bytes, order[i]->size);
		if (next_random(random, 4) == 0) {
			const struct test_packet *twice = order[next_random(random, i + 1)];

			test_receive(s->receiver, twice->bytes, twice->size);
		}
	}
	test_camera_free(&again);
}

/* Whatever the sizes and the order of fragments, repeated and overlapping ones among them: what was
 * noted on the way is what stands there. */
static void order_and_sizes_of_fragments_change_nothing(void **state)
{
	uint32_t random = 7;

	for (uint32_t round = 0; round < 60; round++) {
		struct scene *s = *state;

		scene_paint(s, 160, 120, 60, round % 2, 2, (uint16_t)(round % 3 * 5));
		s->camera.with_eoi = round % 5 == 0;
		s->camera.announce_restart = round % 4 == 0;
		for (uint32_t picture = 0; picture < TEST_PICTURES; picture++)
			send_mixed(s, picture, 1 + picture * picture, &random);
		test_receiver_drain(s->receiver);
		ASSERT_ALL_PICTURES(s);
		for (uint32_t i = 0; i < TEST_PICTURES; i++)
			assert_true(s->receiver->frames[i].sound);
		scene_tear_down(state);
		scene_set_up(state);
	}
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

static void set_offset(struct test_packet *packet, uint32_t offset)
{
	uint8_t *field = packet->bytes + TEST_RTP_OFFSET + 12 + 1;

	field[0] = (uint8_t)(offset >> 16);
	field[1] = (uint8_t)(offset >> 8);
	field[2] = (uint8_t)offset;
}

/* Slots for pictures of 160x120 and some for 640x480, in place of what the scene has. */
static void use_two_classes(struct scene *s)
{
	static const struct gw_size_class classes[] = {{160, 120, 4}, {640, 480, 2}};
	struct gw_pool *before = s->receiver->pool;
	struct gw_error error;

	s->receiver->pool = gw_pool_create(classes, 2, false, &error);
	test_receiver_restart(s->receiver, false);
	gw_pool_destroy(before);
}

static void a_picture_that_outgrows_its_slot_moves_into_a_larger_one(void **state)
{
	struct scene *s = *state;
	const uint32_t size = 400000;
	uint8_t *noise = malloc(size);
	struct test_jpeg picture = s->pictures[0];

	/* Bytes that are no marker: nobody decodes them here. */
	for (uint32_t i = 0; i < size; i++)
		noise[i] = (uint8_t)(i * 2654435761u >> 13) & 0x7F;
	picture.scan = noise;
	picture.scan_size = size;
	use_two_classes(s);
	s->camera.payload = 1400;
	test_camera_send(&s->camera, &picture);
	test_receive_frame(s->receiver, &s->camera);
	assert_int_equal(s->receiver->count, 1);
	const struct test_frame *frame = &s->receiver->frames[0];

	assert_true(frame->size > size);
	/* The headers came along, and the scan, up to EOI. */
	assert_memory_equal(frame->bytes, "\xff\xd8\xff\xe0", 4);
	assert_memory_equal(frame->bytes + frame->size - 2 - size, noise, size);
	assert_int_equal(frame->width, 160);
	ASSERT_DROPS(s, TOO_LARGE, 0);
	/* An offset that points anywhere takes no large slot. */
	test_camera_send(&s->camera, &picture);
	set_offset(&s->camera.packets[2], 500000);
	test_receive_packet(s->receiver, &s->camera, 0);
	test_receive_packet(s->receiver, &s->camera, 2);
	ASSERT_DROPS(s, TOO_LARGE, 1);
	assert_balanced(s->receiver);
	free(noise);
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

static void another_type_within_a_frame_costs_it(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	s->camera.packets[2].bytes[TEST_RTP_OFFSET + 12 + 4] ^= 1;
	test_receive_frame(s->receiver, &s->camera);
	scene_send(s, 1);
	ASSERT_PICTURES(s, 1);
	ASSERT_DROPS(s, MIXED_HEADERS, 1);
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
		SCENE_TEST(a_restart_interval_of_0_announces_none),
		SCENE_TEST(restart_markers_that_nobody_announced_are_counted_out),
		SCENE_TEST(restart_markers_out_of_order_are_refused),
		SCENE_TEST(restart_markers_that_do_not_fit_the_announced_interval_are_refused),
		SCENE_TEST(other_markers_in_the_scan_are_left_to_the_probe),
		SCENE_TEST(tables_with_zeros_are_left_to_the_probe),
		SCENE_TEST(what_changes_no_pixel_at_the_end_of_a_scan_costs_nothing),
		SCENE_TEST(filling_before_restart_markers_does_not_hide_their_interval),
		SCENE_TEST(order_and_sizes_of_fragments_change_nothing),
		SCENE_TEST(an_eoi_in_the_payload_stays_the_only_one),
		SCENE_TEST(a_complete_jpeg_file_is_taken_as_it_is),
		SCENE_TEST(a_picture_of_unknown_size_is_refused),
		SCENE_TEST(a_configured_size_stands_in_when_the_stream_says_none),
		SCENE_TEST(a_picture_is_cropped_to_the_configured_size),
		SCENE_TEST(another_size_than_the_configured_one_is_refused),
		SCENE_TEST(a_picture_that_fits_no_slot_is_refused),
		SCENE_TEST(a_picture_that_outgrows_its_slot_moves_into_a_larger_one),
		SCENE_TEST(padding_csrc_and_foreign_extensions_change_nothing),
		SCENE_TEST(the_fields_of_an_interlaced_picture_are_pictures_of_their_own),
		SCENE_TEST(a_field_ends_where_the_second_one_begins),
		SCENE_TEST(a_fragment_beyond_the_slot_costs_its_frame_only),
		SCENE_TEST(a_fragment_beyond_the_marker_costs_its_frame_only),
		SCENE_TEST(other_bytes_in_the_same_place_cost_the_frame),
		SCENE_TEST(the_same_bytes_in_the_same_place_are_welcome),
		SCENE_TEST(another_type_within_a_frame_costs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
