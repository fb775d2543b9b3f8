/* What stands in the scan that a sender cuts up: restart markers, other markers, whole files. */
#include "dataplane/test_scene.h"

#include <stdlib.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_restart_header_brings_its_interval),
		SCENE_TEST(a_restart_interval_of_0_announces_none),
		SCENE_TEST(restart_markers_that_nobody_announced_are_counted_out),
		SCENE_TEST(restart_markers_out_of_order_are_refused),
		SCENE_TEST(restart_markers_that_do_not_fit_the_announced_interval_are_refused),
		SCENE_TEST(other_markers_in_the_scan_are_left_to_the_probe),
		SCENE_TEST(tables_with_zeros_are_left_to_the_probe),
		SCENE_TEST(what_changes_no_pixel_at_the_end_of_a_scan_costs_nothing),
		SCENE_TEST(filling_before_restart_markers_does_not_hide_their_interval),
		SCENE_TEST(an_eoi_in_the_payload_stays_the_only_one),
		SCENE_TEST(a_complete_jpeg_file_is_taken_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
