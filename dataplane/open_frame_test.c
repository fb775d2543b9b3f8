/* How fragments become a frame: in any order and of any size, fields, and what costs the frame. */
#include "dataplane/test_scene.h"

#include <stdlib.h>
#include <string.h>

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

/* The one that was sent later comes first. */
static void a_beginning_may_come_in_two_sizes(void **state)
{
	struct scene *s = *state;
	const uint32_t number = s->camera.sequence;
	struct test_camera small = s->camera;

	small.count = 0;
	small.payload = 40;
	test_camera_send(&small, &s->pictures[0]);
	scene_prepare(s, 0);
	for (uint32_t i = 0; i < s->camera.count; i++)
		set_number(&s->camera.packets[i], number + 1 + i);
	s->camera.sequence++;
	test_receive(s->receiver, s->camera.packets[0].bytes, s->camera.packets[0].size);
	test_receive(s->receiver, small.packets[0].bytes, small.packets[0].size);
	for (uint32_t i = 1; i < s->camera.count; i++)
		test_receive(s->receiver, s->camera.packets[i].bytes, s->camera.packets[i].size);
	test_camera_free(&small);
	scene_send(s, 1);
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 1);
}

/* The clock stands, and of one picture only a packet comes, of the next one all but that: it is
 * there, damaged, so that no number is missing. */
static void what_was_sent_before_the_beginning_goes_with_no_picture(void **state)
{
	struct scene *s = *state;

	s->camera.step = 0;
	scene_prepare(s, 0);
	test_receive(s->receiver, s->camera.packets[1].bytes, s->camera.packets[1].size);
	scene_prepare(s, 1);
	s->camera.packets[1].bytes[TEST_RTP_OFFSET + 12 + 4] = 5; /* the type: nobody's */
	for (uint32_t i = 0; i < s->camera.count; i++)
		test_receive(s->receiver, s->camera.packets[i].bytes, s->camera.packets[i].size);
	scene_send(s, 2);
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 2);
	ASSERT_DROPS(s, BAD_TYPE, 1);
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
		SCENE_TEST(order_and_sizes_of_fragments_change_nothing),
		SCENE_TEST(a_picture_that_outgrows_its_slot_moves_into_a_larger_one),
		SCENE_TEST(padding_csrc_and_foreign_extensions_change_nothing),
		SCENE_TEST(the_fields_of_an_interlaced_picture_are_pictures_of_their_own),
		SCENE_TEST(a_field_ends_where_the_second_one_begins),
		SCENE_TEST(a_fragment_beyond_the_slot_costs_its_frame_only),
		SCENE_TEST(a_fragment_beyond_the_marker_costs_its_frame_only),
		SCENE_TEST(other_bytes_in_the_same_place_cost_the_frame),
		SCENE_TEST(the_same_bytes_in_the_same_place_are_welcome),
		SCENE_TEST(a_beginning_may_come_in_two_sizes),
		SCENE_TEST(what_was_sent_before_the_beginning_goes_with_no_picture),
		SCENE_TEST(another_type_within_a_frame_costs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
