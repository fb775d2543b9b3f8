/* Copies of a stream, and cameras that begin anew: what looks alike and is not. */
#include "dataplane/test_scene.h"

#include <stdlib.h>

/* A stream that was recorded: each of its pictures with its packets. */
struct tape {
	uint32_t count;
	struct test_camera *pictures;
};

/* Records what the scene's camera sends next. */
static struct tape record(struct scene *s, uint32_t count, uint32_t first_picture)
{
	struct tape tape = {count, calloc(count, sizeof(*tape.pictures))};

	for (uint32_t i = 0; i < count; i++) {
		struct test_camera *picture = &tape.pictures[i];

		*picture = s->camera;
		picture->count = 0;
		test_camera_send(picture, &s->pictures[(first_picture + i) % TEST_PICTURES]);
		s->camera.sequence = picture->sequence;
		s->camera.timestamp = picture->timestamp;
	}
	return tape;
}

static void free_tape(struct tape *tape)
{
	for (uint32_t i = 0; i < tape->count; i++)
		test_camera_free(&tape->pictures[i]);
	free(tape->pictures);
}

static uint32_t packets_of(const struct tape *tape)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < tape->count; i++)
		count += tape->pictures[i].count;
	return count;
}

static void play(struct scene *s, const struct tape *tape, uint32_t picture)
{
	if (picture < tape->count)
		test_receive_frame(s->receiver, &tape->pictures[picture]);
}

/* Packet by packet in turns. */
static void play_both(struct scene *s, const struct tape *tape, uint32_t picture, uint32_t other)
{
	const uint32_t count = picture < tape->count ? tape->pictures[picture].count : 0;
	const uint32_t others = other < tape->count ? tape->pictures[other].count : 0;

	for (uint32_t i = 0; i < count || i < others; i++) {
		if (i < count)
			test_receive_packet(s->receiver, &tape->pictures[picture], i);
		if (i < others)
			test_receive_packet(s->receiver, &tape->pictures[other], i);
	}
}

/* The sink saw each picture once, in their order. */
static void assert_each_once(struct scene *s, const struct tape *tape)
{
	test_receiver_drain(s->receiver);
	assert_int_equal(s->receiver->count, tape->count);
	for (uint32_t i = 0; i < tape->count; i++)
		assert_int_equal(s->receiver->frames[i].rtp_timestamp,
			tape->pictures[i].timestamp - tape->pictures[i].step);
	assert_balanced(s->receiver);
}

static void small_pictures(struct scene *s)
{
	scene_paint(s, 64, 48, 30, 1, 2, 0);
	s->camera.payload = 4000;
}

static void a_copy_of_the_stream_is_duplicate_however_late(void **state)
{
	static const uint32_t delays[] = {0, 1, 2, 10, 25, 30, 120};

	for (uint32_t i = 0; i < 4 * 7; i++) {
		struct scene *s = *state;
		const uint32_t delay = delays[i / 4];

		if (i & 1)
			small_pictures(s);
		struct tape tape = record(s, 150, 0);

		for (uint32_t k = 0; k < tape.count + delay; k++) {
			if (i & 2) {
				play_both(s, &tape, k, k - delay);
			} else {
				play(s, &tape, k);
				play(s, &tape, k - delay);
			}
		}
		assert_each_once(s, &tape);
		ASSERT_DROPS(s, DUPLICATE, packets_of(&tape));
		ASSERT_EVENTS(s, SEQUENCE_RESTART, 0);
		ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
		free_tape(&tape);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* The copy brings pictures that were lost, too late to be of use. */
static void a_copy_of_what_was_lost_begins_nothing(void **state)
{
	for (uint32_t delay = 10; delay < 40; delay += 15) {
		struct scene *s = *state;
		struct tape tape = record(s, 58, 0);
		uint32_t expected = 0;

		for (uint32_t k = 0; k < tape.count + delay; k++) {
			if (k % 7 != 3) {
				play(s, &tape, k);
				expected += k < tape.count;
			}
			test_receiver_rest(s->receiver, 25);
			play(s, &tape, k - delay);
		}
		test_receiver_drain(s->receiver);
		assert_int_equal(s->receiver->count, expected);
		for (uint32_t i = 1; i < expected; i++)
			assert_true(s->receiver->frames[i].rtp_timestamp >
				s->receiver->frames[i - 1].rtp_timestamp);
		ASSERT_EVENTS(s, SEQUENCE_RESTART, 0);
		assert_balanced(s->receiver);
		free_tape(&tape);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* One packet comes again when nobody remembers its picture. */
static void a_late_copy_of_one_packet_begins_no_frame(void **state)
{
	for (uint32_t small = 0; small < 2; small++) {
		struct scene *s = *state;

		if (small)
			small_pictures(s);
		struct tape tape = record(s, 200, 0);

		for (uint32_t k = 0; k < tape.count; k++) {
			play(s, &tape, k);
			for (uint32_t back = 1; back < k; back *= 2)
				test_receive_packet(s->receiver, &tape.pictures[k - back], 0);
		}
		assert_each_once(s, &tape);
		ASSERT_EVENTS(s, SEQUENCE_RESTART, 0);
		free_tape(&tape);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Lets the camera begin anew with its first number and time, and with other pictures. */
static struct tape begin_anew(struct scene *s, uint32_t count)
{
	s->camera.sequence = 1000;
	s->camera.timestamp = 90000;
	return record(s, count, 1);
}

static void a_camera_that_begins_anew_loses_one_picture_at_most(void **state)
{
	static const uint32_t lives[] = {1, 3, 30, 127, 128, 129, 200};

	for (uint32_t i = 0; i < 2 * 7; i++) {
		struct scene *s = *state;

		if (i & 1)
			small_pictures(s);
		struct tape before = record(s, lives[i / 2], 0);
		struct tape after = begin_anew(s, 30);

		for (uint32_t k = 0; k < before.count; k++)
			play(s, &before, k);
		for (uint32_t k = 0; k < after.count; k++)
			play(s, &after, k);
		test_receiver_drain(s->receiver);
		assert_true(s->receiver->count >= before.count + after.count - 1);
		ASSERT_EVENTS(s, SEQUENCE_RESTART, 1);
		assert_balanced(s->receiver);
		free_tape(&before);
		free_tape(&after);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* The same pictures once more, when no copy can be on its way any more. */
static void a_camera_that_begins_anew_may_send_the_same_again(void **state)
{
	for (uint32_t small = 0; small < 2; small++) {
		struct scene *s = *state;

		if (small)
			small_pictures(s);
		struct tape tape = record(s, 20, 0);

		for (uint32_t k = 0; k < tape.count; k++)
			play(s, &tape, k);
		test_receiver_rest(s->receiver, 2100);
		for (uint32_t k = 0; k < tape.count; k++)
			play(s, &tape, k);
		test_receiver_drain(s->receiver);
		assert_true(s->receiver->count >= 2 * tape.count - 1);
		ASSERT_EVENTS(s, SEQUENCE_RESTART, 1);
		assert_balanced(s->receiver);
		free_tape(&tape);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void copies_from_before_the_camera_began_anew_stay_copies(void **state)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct scene *s = *state;
		const uint32_t delay = 10;

		if (i & 1)
			small_pictures(s);
		struct tape before = record(s, 40, 0);
		if (i & 2)
			s->camera.ssrc += 5;
		struct tape after = begin_anew(s, 40);

		for (uint32_t k = 0; k < before.count; k++) {
			play(s, &before, k);
			play(s, &before, k - delay);
		}
		for (uint32_t k = 0; k < after.count; k++) {
			play(s, &after, k);
			play(s, &before, k < delay ? before.count - delay + k : before.count);
			play(s, &after, k - delay);
		}
		test_receiver_drain(s->receiver);
		assert_int_equal(s->receiver->count, before.count + after.count);
		ASSERT_EVENTS(s, SEQUENCE_RESTART, i & 2 ? 0 : 1);
		ASSERT_EVENTS(s, SSRC_CHANGE, i & 2 ? 1 : 0);
		assert_balanced(s->receiver);
		free_tape(&before);
		free_tape(&after);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Nobody reads for five seconds: what was lost meanwhile is counted, though the numbers jumped. */
static void a_long_loss_is_no_new_beginning(void **state)
{
	/* Packets, more than one round of 16 bits among them. */
	static const uint32_t lost[] = {3500, 5000, 30000, 40000, 65000, 150000};

	for (uint32_t i = 0; i < 6; i++) {
		struct scene *s = *state;

		s->camera.payload = 60;
		struct tape before = record(s, 60, 0);
		const uint32_t packets = packets_of(&before);

		s->camera.sequence = (uint16_t)(s->camera.sequence + lost[i]);
		s->camera.timestamp +=
			(uint32_t)((uint64_t)lost[i] * 60 * s->camera.step / packets);
		struct tape after = record(s, 30, 0);

		for (uint32_t k = 0; k < before.count; k++)
			play(s, &before, k);
		for (uint32_t k = 0; k < after.count; k++)
			play(s, &after, k);
		test_receiver_drain(s->receiver);
		assert_int_equal(s->receiver->count, before.count + after.count);
		ASSERT_EVENTS(s, SEQUENCE_GAP, lost[i]);
		ASSERT_EVENTS(s, SEQUENCE_RESTART, 0);
		assert_balanced(s->receiver);
		free_tape(&before);
		free_tape(&after);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void a_jump_that_the_clock_does_not_explain_is_a_new_beginning(void **state)
{
	static const uint32_t later[] = {0, 3000, 50 * 90000, 1000 * 90000};

	for (uint32_t i = 0; i < 4; i++) {
		struct scene *s = *state;
		struct tape before = record(s, 60, 0);

		s->camera.sequence += 5000;
		s->camera.timestamp += later[i];
		struct tape after = record(s, 30, 0);

		for (uint32_t k = 0; k < before.count; k++)
			play(s, &before, k);
		for (uint32_t k = 0; k < after.count; k++)
			play(s, &after, k);
		assert_int_equal(s->receiver->count, before.count + after.count);
		ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
		ASSERT_EVENTS(s, SEQUENCE_RESTART, 1);
		free_tape(&before);
		free_tape(&after);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Empty packets, and others that are refused, between the pictures and inside them. */
static void a_packet_that_is_refused_has_come(void **state)
{
	for (uint32_t kind = 0; kind < 4; kind++) {
		struct scene *s = *state;
		struct test_camera odd = s->camera;

		odd.payload = 40;
		for (uint32_t i = 0; i < TEST_PICTURES; i++) {
			test_receiver_rest(s->receiver, 1);
			scene_send(s, i);
			assert_int_equal(s->receiver->count, i + 1);
			odd.sequence = s->camera.sequence++;
			test_camera_send(&odd, &s->pictures[i]);
			uint8_t *rtp = odd.packets[0].bytes + TEST_RTP_OFFSET;
			const uint32_t size = odd.packets[0].size - TEST_RTP_OFFSET;

			if (kind == 0) { /* nothing but padding */
				rtp[0] |= 0x20;
				rtp[size - 1] = (uint8_t)(size - 12);
			} else if (kind == 1) { /* wrong padding */
				rtp[0] |= 0x20;
				rtp[size - 1] = 0;
			} else if (kind == 2) { /* not JPEG */
				rtp[1] = 34;
			} else { /* of an unassigned type */
				rtp[12 + 4] = 77;
			}
			test_receive_packet(s->receiver, &odd, 0);
		}
		ASSERT_ALL_PICTURES(s);
		test_receiver_drain(s->receiver);
		ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
		test_camera_free(&odd);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Sends one packet of something else: the bytes look like a middle of a picture. */
static void send_stray(struct scene *s, struct test_camera *stray, uint8_t payload_type)
{
	test_camera_send(stray, &s->pictures[0]);
	for (uint32_t i = 0; i < stray->count; i++)
		stray->packets[i].bytes[TEST_RTP_OFFSET + 1] = payload_type;
	test_receive_packet(s->receiver, stray, 1);
}

static void a_stray_packet_costs_nothing_else(void **state)
{
	static const uint8_t types[] = {26, 97, 0};

	for (uint32_t kind = 0; kind < 3; kind++) {
		struct scene *s = *state;
		struct test_camera stray = s->camera;

		stray.ssrc = kind == 1 ? 0 : 0xABCD;
		/* The tables come once only, before the strays. */
		s->camera.q = 200;
		for (uint32_t i = 0; i < TEST_PICTURES; i++) {
			scene_prepare(s, i);
			for (uint32_t k = 0; k < s->camera.count; k++) {
				test_receive_packet(s->receiver, &s->camera, k);
				if (k % 3 == 2)
					send_stray(s, &stray, types[kind]);
			}
			s->camera.tables_sent = 0;
		}
		ASSERT_ALL_PICTURES(s);
		ASSERT_EVENTS(s, SSRC_CHANGE, 0);
		if (kind == 0)
			assert_true(test_drops(s->receiver, GW_DROP_RTP_STRAY) >= 16);
		else
			assert_true(test_drops(s->receiver, GW_DROP_RTP_PAYLOAD) >= 16);
		test_camera_free(&stray);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Another sender, another payload type: whoever has made a picture is the camera. */
static void a_camera_may_change_its_payload_type(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	for (uint32_t i = 0; i < 60; i++) {
		scene_prepare(s, i % TEST_PICTURES);
		for (uint32_t k = 0; k < s->camera.count; k++) {
			s->camera.packets[k].bytes[TEST_RTP_OFFSET + 1] &= 0x80;
			s->camera.packets[k].bytes[TEST_RTP_OFFSET + 1] |= 96;
		}
		test_receive_frame(s->receiver, &s->camera);
	}
	const uint64_t lost = test_drops(s->receiver, GW_DROP_RTP_PAYLOAD);

	/* It begins with a picture. */
	assert_true(lost >= 255 && lost < 255 + s->camera.count);
	assert_true(s->receiver->count > 30);
	assert_balanced(s->receiver);
}

/* Where a header extension says what begins a picture, fragment offsets mean nothing. */
static void a_camera_with_jpeg_headers_in_extensions_may_change_it_too(void **state)
{
	struct scene *s = *state;

	s->camera.onvif = true;
	s->camera.more = true;
	for (uint32_t i = 0; i < 60; i++) {
		const struct test_jpeg *picture = &s->pictures[i % TEST_PICTURES];

		/* All segments between SOI and the scan. */
		s->camera.segments = picture->bytes + 2;
		s->camera.segments_size = (uint32_t)(picture->scan - picture->bytes) - 2;
		scene_prepare(s, i % TEST_PICTURES);
		for (uint32_t k = 0; k < s->camera.count; k++) {
			uint8_t *rtp = s->camera.packets[k].bytes + TEST_RTP_OFFSET;
			const uint32_t words = (uint32_t)rtp[14] << 8 | rtp[15];

			if (i > 0)
				rtp[1] = (rtp[1] & 0x80) | 96;
			/* The fragment offset: nowhere near 0. */
			rtp[16 + 4 * words + 1] = 0x20;
		}
		test_receive_frame(s->receiver, &s->camera);
	}
	assert_true(s->receiver->count > 30);
	assert_balanced(s->receiver);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_copy_of_the_stream_is_duplicate_however_late),
		SCENE_TEST(a_copy_of_what_was_lost_begins_nothing),
		SCENE_TEST(a_late_copy_of_one_packet_begins_no_frame),
		SCENE_TEST(a_camera_that_begins_anew_loses_one_picture_at_most),
		SCENE_TEST(a_camera_that_begins_anew_may_send_the_same_again),
		SCENE_TEST(copies_from_before_the_camera_began_anew_stay_copies),
		SCENE_TEST(a_long_loss_is_no_new_beginning),
		SCENE_TEST(a_jump_that_the_clock_does_not_explain_is_a_new_beginning),
		SCENE_TEST(a_packet_that_is_refused_has_come),
		SCENE_TEST(a_stray_packet_costs_nothing_else),
		SCENE_TEST(a_camera_may_change_its_payload_type),
		SCENE_TEST(a_camera_with_jpeg_headers_in_extensions_may_change_it_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
