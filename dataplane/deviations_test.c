/* What cameras send although no specification says so: the picture comes out exact, or not at all.
 */
#include "dataplane/test_scene.h"

#include <stdlib.h>
#include <string.h>

/* Where a field stands in the RTP/JPEG header (RFC 2435, 3.1). */
enum { TYPE_SPECIFIC = 0, Q = 5, WIDTH = 6, HEIGHT = 7, INTERVAL = 8 };

static void patch(struct test_packet *packet, uint32_t at, uint8_t value)
{
	packet->bytes[TEST_RTP_OFFSET + 12 + at] = value;
}

static uint32_t next_random(uint32_t *random, uint32_t below)
{
	*random = *random * 1664525 + 1013904223;
	return (*random >> 8) % below;
}

/* All packets but the first say something else; `backwards`: they come before it, too. */
static void change_later_packets(
	struct scene *s, uint32_t at, uint8_t value, bool backwards, uint32_t picture)
{
	scene_prepare(s, picture);
	for (uint32_t i = 1; i < s->camera.count; i++)
		patch(&s->camera.packets[i], at, value);
	for (uint32_t i = 0; i < s->camera.count; i++)
		test_receive_packet(
			s->receiver, &s->camera, backwards ? s->camera.count - 1 - i : i);
}

static void only_the_first_packet_is_believed(void **state)
{
	static const struct {
		uint32_t at;
		uint8_t value;
	} changes[] = {{Q, 94}, {Q, 0}, {Q, 110}, {Q, 200}, {TYPE_SPECIFIC, 1}, {TYPE_SPECIFIC, 77},
		{WIDTH, 0}, {WIDTH, 200}, {HEIGHT, 3}};

	for (uint32_t i = 0; i < 2 * sizeof(changes) / sizeof(changes[0]); i++) {
		struct scene *s = *state;

		/* What is no RTP/JPEG at all must not come before the first one. */
		const bool backwards = (i & 1) && changes[i / 2].value != 77;

		s->camera.q = 128;
		scene_send(s, 0);
		for (uint32_t k = 1; k < TEST_PICTURES; k++)
			change_later_packets(
				s, changes[i / 2].at, changes[i / 2].value, backwards, k);
		ASSERT_ALL_PICTURES(s);
		assert_int_equal(s->receiver->frames[7].flags, 0);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* A camera of that kind may be wrong from its first picture on. */
static void later_packets_that_say_no_size_cost_nothing(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		change_later_packets(s, WIDTH, 0, false, i);
	ASSERT_ALL_PICTURES(s);
}

static void the_interval_of_later_packets_is_not_believed(void **state)
{
	struct scene *s = *state;

	s->camera.announce_restart = true;
	scene_paint(s, 160, 120, 75, 1, 2, 7);
	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		change_later_packets(s, INTERVAL + 1, 9, i & 1, i);
	ASSERT_ALL_PICTURES(s);
}

/* Every picture that came out is one that was sent. */
static void assert_no_mixture(struct scene *s)
{
	for (uint32_t i = 0; i < s->receiver->count; i++) {
		const struct test_frame *frame = &s->receiver->frames[i];
		bool known = false;

		for (uint32_t k = 0; k < TEST_PICTURES && !known; k++)
			known = test_jpeg_same_pixels(s->pictures[k].bytes, s->pictures[k].size,
				frame->bytes, frame->size);
		assert_true(known);
	}
	assert_balanced(s->receiver);
}

/* Losses as long as a picture, at any place, under timestamps that do not tell pictures apart. */
static void pictures_of_one_timestamp_are_never_mixed(void **state)
{
	uint32_t random = 11;

	for (uint32_t round = 0; round < 300; round++) {
		struct scene *s = *state;
		const uint32_t every = round % 3 == 0 ? 1000 : 1 + round % 4;
		uint32_t lost = 0, begin, packets = 0;

		/* Pictures of one size, so that the bytes of two may fit together. */
		s->camera.step = 0;
		s->camera.payload = 150 + 50 * (round % 5);
		s->camera.no_marker = round % 7 == 0;
		begin = 5 + next_random(&random, 60);
		lost = begin + 1 + next_random(&random, 30);
		for (uint32_t i = 0; i < 3 * TEST_PICTURES; i++) {
			if (i % every == 0)
				s->camera.timestamp += 90000;
			scene_prepare(s, i % TEST_PICTURES);
			for (uint32_t k = 0; k < s->camera.count; k++, packets++)
				if (packets < begin || packets >= lost)
					test_receive_packet(s->receiver, &s->camera, k);
		}
		test_receiver_drain(s->receiver);
		assert_no_mixture(s);
		assert_true(s->receiver->count + 5 >= 3 * TEST_PICTURES);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void a_lost_marker_costs_one_picture_whatever_the_timestamps(void **state)
{
	struct scene *s = *state;

	s->camera.step = 0;
	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		scene_prepare(s, i);
		for (uint32_t k = 0; k < s->camera.count - (i == 2); k++)
			test_receive_packet(s->receiver, &s->camera, k);
	}
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 1, 3, 4, 5, 6, 7);
	ASSERT_DROPS(s, INCOMPLETE, 1);
}

/* Packets of nothing but padding inside a picture leave no hole. */
static void an_empty_packet_inside_a_picture_is_no_hole(void **state)
{
	struct scene *s = *state;
	struct test_camera empty = s->camera;

	empty.payload = 40;
	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		scene_prepare(s, i);
		for (uint32_t k = 0; k < s->camera.count; k++) {
			uint8_t *number = s->camera.packets[k].bytes + TEST_RTP_OFFSET + 2;
			const uint32_t moved = (uint32_t)(number[0] << 8 | number[1]) + (k > 2);

			if (k == 3) {
				test_camera_send(&empty, &s->pictures[i]);
				uint8_t *rtp = empty.packets[1].bytes + TEST_RTP_OFFSET;
				const uint32_t size = empty.packets[1].size - TEST_RTP_OFFSET;

				rtp[0] |= 0x20;
				memcpy(rtp + 2, number, 2);
				memcpy(rtp + 4, number + 2, 4);
				rtp[size - 1] = (uint8_t)(size - 12);
				test_receive_packet(s->receiver, &empty, 1);
			}
			number[0] = (uint8_t)(moved >> 8);
			number[1] = (uint8_t)moved;
			test_receive_packet(s->receiver, &s->camera, k);
		}
		s->camera.sequence++;
	}
	ASSERT_ALL_PICTURES(s);
	test_camera_free(&empty);
}

static void configure_size(struct scene *s, uint16_t width, uint16_t height)
{
	s->receiver->cameras[0].width = width;
	s->receiver->cameras[0].height = height;
	test_receiver_restart(s->receiver, false);
}

static void a_size_that_was_rounded_down_is_exact(void **state)
{
	static const uint16_t sizes[][2] = {{324, 237}, {321, 233}, {327, 239}, {328, 233}};

	for (uint32_t i = 0; i < 4; i++) {
		struct scene *s = *state;

		scene_paint(s, sizes[i][0], sizes[i][1], 75, 1, 2, 0);
		configure_size(s, sizes[i][0], sizes[i][1]);
		for (uint32_t k = 0; k < TEST_PICTURES; k++) {
			scene_prepare(s, k);
			for (uint32_t n = 0; n < s->camera.count; n++) {
				patch(&s->camera.packets[n], WIDTH, (uint8_t)(sizes[i][0] / 8));
				patch(&s->camera.packets[n], HEIGHT, (uint8_t)(sizes[i][1] / 8));
			}
			test_receive_frame(s->receiver, &s->camera);
		}
		ASSERT_ALL_PICTURES(s);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* The number of markers stays, the interval changes from picture to picture. */
static void an_inferred_interval_may_change(void **state)
{
	static const uint16_t intervals[TEST_PICTURES] = {17, 16, 18, 19, 16, 18, 19, 17};
	struct scene *s = *state;

	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		test_jpeg_free(&s->pictures[i]);
		test_jpeg_make(&s->pictures[i], 160, 120, 75, 1, 2, intervals[i], i);
	}
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
}

/* A picture every so many milliseconds, none of them with a marker. */
static void a_slow_camera_without_markers_loses_only_its_last_picture(void **state)
{
	static const uint32_t rhythms[] = {40, 1000, 4000, 10000};

	for (uint32_t i = 0; i < 4; i++) {
		struct scene *s = *state;

		s->camera.no_marker = true;
		for (uint32_t k = 0; k < TEST_PICTURES; k++) {
			scene_send(s, k);
			for (uint32_t rest = 0; rest < rhythms[i]; rest += 20)
				test_receiver_rest(s->receiver, 20);
		}
		ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5, 6);
		test_receiver_rest(s->receiver, 2 * rhythms[i] + 500);
		ASSERT_DROPS(s, INCOMPLETE, 1);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Where the segment of that marker begins in the file, and how long it is. */
static uint32_t find_segment(const struct test_jpeg *picture, uint8_t marker, uint32_t *length)
{
	for (uint32_t i = 2;; i += *length) {
		*length = 2u + (uint32_t)(picture->bytes[i + 2] << 8) + picture->bytes[i + 3];
		if (picture->bytes[i + 1] == marker)
			return i;
	}
}

static void leave_out_huffman(struct test_jpeg *picture)
{
	for (int i = 0; i < 4; i++) {
		uint32_t length;
		const uint32_t at = find_segment(picture, 0xC4, &length);

		memmove(picture->bytes + at, picture->bytes + at + length,
			picture->size - at - length);
		picture->size -= length;
	}
}

static void leave_out_spectral_selection(struct test_jpeg *picture)
{
	uint32_t length;

	picture->bytes[find_segment(picture, 0xDA, &length) + 12] = 0;
}

/* As cameras write it that keep notes of their own in every picture. */
static void put_long_notes(struct test_jpeg *picture)
{
	const uint32_t length = 3000;

	picture->bytes = realloc(picture->bytes, picture->size + length);
	memmove(picture->bytes + 2 + length, picture->bytes + 2, picture->size - 2);
	memset(picture->bytes + 2, 0, length);
	memcpy(picture->bytes + 2, "\xFF\xE1\x0B\xB6", 4);
	picture->size += length;
}

static void change_nothing(struct test_jpeg *picture)
{
}

/* Sends pictures as whole files, changed as those of some cameras are. */
static void send_files(
	struct scene *s, uint16_t width, uint16_t height, void (*change)(struct test_jpeg *picture))
{
	scene_paint(s, width, height, 75, 1, 2, 0);
	s->camera.whole_file = true;
	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		struct test_jpeg file;

		test_jpeg_make(&file, width, height, 75, 1, 2, 0, i);
		change(&file);
		test_camera_send(&s->camera, &file);
		for (uint32_t k = 0; k < s->camera.count; k++)
			test_receive_packet(
				s->receiver, &s->camera, i % 2 ? s->camera.count - 1 - k : k);
		test_jpeg_free(&file);
	}
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5, 6, 7);
	assert_int_equal(s->receiver->frames[0].width, width);
	assert_int_equal(s->receiver->frames[0].height, height);
}

static void whole_files_of_any_kind_are_exact(void **state)
{
	static void (*const changes[])(struct test_jpeg *) = {
		change_nothing, leave_out_huffman, leave_out_spectral_selection, put_long_notes};

	for (uint32_t i = 0; i < 2 * 4; i++) {
		struct scene *s = *state;

		s->camera.send_size = i % 2;
		s->camera.q = 50;
		send_files(s, 157, 117, changes[i / 2]);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void a_whole_file_may_be_larger_than_the_header_can_say(void **state)
{
	send_files(*state, 2568, 16, change_nothing);
}

static void a_whole_file_of_another_size_than_the_configured_one_is_refused(void **state)
{
	struct scene *s = *state;

	configure_size(s, 320, 240);
	s->camera.whole_file = true;
	scene_send(s, 0);
	ASSERT_NO_PICTURE(s);
	ASSERT_DROPS(s, DIMS_MISMATCH, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(only_the_first_packet_is_believed),
		SCENE_TEST(later_packets_that_say_no_size_cost_nothing),
		SCENE_TEST(the_interval_of_later_packets_is_not_believed),
		SCENE_TEST(pictures_of_one_timestamp_are_never_mixed),
		SCENE_TEST(a_lost_marker_costs_one_picture_whatever_the_timestamps),
		SCENE_TEST(an_empty_packet_inside_a_picture_is_no_hole),
		SCENE_TEST(a_slow_camera_without_markers_loses_only_its_last_picture),
		SCENE_TEST(a_size_that_was_rounded_down_is_exact),
		SCENE_TEST(an_inferred_interval_may_change),
		SCENE_TEST(whole_files_of_any_kind_are_exact),
		SCENE_TEST(a_whole_file_may_be_larger_than_the_header_can_say),
		SCENE_TEST(a_whole_file_of_another_size_than_the_configured_one_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
