/* JPEG headers in an extension of the RTP header (ONVIF Streaming Specification). */
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "dataplane/test_scene.h"
#include "jpeg/make.h"

/* A camera that takes its pictures from libjpeg as they are. */
struct onvif {
	struct scene *s;
	struct jpeg_recipe recipe;
	struct test_jpeg sent[64];
	uint32_t count;
	uint8_t segments[4096];
};

static void set_up(struct onvif *o, void **state)
{
	*o = (struct onvif){.s = *state,
		.recipe = {.width = 160, .height = 120, .quality = 60, .optimise = true}};
	o->s->camera.onvif = true;
	o->s->camera.q = 0;
	o->s->camera.send_size = false;
	o->s->camera.more = true;
}

static void tear_down(struct onvif *o, void **state)
{
	for (uint32_t i = 0; i < o->count; i++)
		test_jpeg_free(&o->sent[i]);
	scene_tear_down(state);
	scene_set_up(state);
}

static void make(struct onvif *o, struct test_jpeg *jpeg)
{
	size_t size;
	uint32_t at = 2;

	o->recipe.seed = o->count;
	*jpeg = (struct test_jpeg){
		.bytes = jpeg_make(&o->recipe, &size),
		.width = o->recipe.width,
		.height = o->recipe.height,
		.subsampling = o->recipe.v == 1 ? 0 : 1,
	};
	jpeg->size = size;
	while (jpeg->bytes[at + 1] != 0xDA)
		at += 2u + read_be16(jpeg->bytes + at + 2);
	at += 2u + read_be16(jpeg->bytes + at + 2);
	jpeg->scan = jpeg->bytes + at;
	jpeg->scan_size = (uint32_t)size - at - 2;
}

/* Copies the header's segments of these markers, "" for all; returns their size. */
static uint32_t take_segments(struct onvif *o, const struct test_jpeg *jpeg, const char *markers)
{
	uint32_t size = 0;

	for (const uint8_t *at = jpeg->bytes + 2; at < jpeg->scan; at += 2u + read_be16(at + 2)) {
		const uint32_t length = 2u + read_be16(at + 2);

		if (*markers != 0 && !strchr(markers, at[1]))
			continue;
		memcpy(o->segments + size, at, length);
		size += length;
	}
	return size;
}

/* Makes the packets of the next picture with the segments of these markers in its extension; NULL:
 * without one. */
static void prepare(struct onvif *o, const char *markers)
{
	struct test_jpeg *jpeg = &o->sent[o->count];

	make(o, jpeg);
	o->s->camera.segments = o->segments;
	o->s->camera.segments_size = markers ? take_segments(o, jpeg, markers) : 0;
	test_camera_send(&o->s->camera, jpeg);
	o->count++;
}

static void send(struct onvif *o, const char *markers)
{
	prepare(o, markers);
	test_receive_frame(o->s->receiver, &o->s->camera);
}

static void assert_exact(struct onvif *o)
{
	test_receiver_drain(o->s->receiver);
	assert_int_equal(o->s->receiver->count, o->count);
	for (uint32_t i = 0; i < o->count; i++) {
		const struct test_frame *frame = &o->s->receiver->frames[i];
		uint8_t *a = jpeg_reference(o->sent[i].bytes, o->sent[i].size, false);
		uint8_t *b = jpeg_reference(frame->bytes, frame->size, false);

		assert_int_equal(frame->width, o->sent[i].width);
		assert_int_equal(frame->height, o->sent[i].height);
		assert_memory_equal(a, b, 3u * frame->width * frame->height);
		free(a);
		free(b);
	}
	assert_balanced(o->s->receiver);
}

#define ALL ""
#define DQT "\xDB"
#define SOF0 "\xC0"
#define DHT "\xC4"
#define DRI "\xDD"

static void a_full_header_is_all_that_counts(void **state)
{
	static const struct jpeg_recipe recipes[] = {
		{.width = 160, .height = 120},
		{.width = 2560, .height = 48, .optimise = true},
		{.width = 161, .height = 117, .optimise = true, .h = 2, .v = 1},
		{.width = 160, .height = 120, .h = 1, .v = 1},
		{.width = 160, .height = 120, .components = 1},
		{.width = 163, .height = 117, .components = 1, .optimise = true},
		{.width = 160, .height = 120, .quality = 5, .wide = true},
		{.width = 160, .height = 120, .restart_interval = 7},
		{.width = 160, .height = 120, .restart_interval = 9, .components = 1},
	};

	for (uint32_t i = 0; i < 9; i++) {
		for (uint32_t kind = 0; kind < 8; kind++) {
			struct onvif o;

			set_up(&o, state);
			o.recipe = recipes[i];
			o.s->camera.more = kind & 1;
			o.s->camera.replay = kind & 2;
			o.s->camera.no_offset = kind == 5;
			o.s->camera.send_size = kind == 6;
			for (uint32_t k = 0; k < 3; k++)
				send(&o, ALL);
			assert_exact(&o);
			tear_down(&o, state);
		}
	}
}

static void a_frame_header_alone_says_the_size(void **state)
{
	struct onvif o;

	set_up(&o, state);
	o.recipe = (struct jpeg_recipe){.width = 2560, .height = 64, .quality = 75};
	o.s->camera.q = 75;
	send(&o, SOF0);
	send(&o, SOF0);
	/* It stays while the packets say no size. */
	send(&o, NULL);
	send(&o, NULL);
	assert_exact(&o);
	tear_down(&o, state);
}

static void quantisation_and_huffman_tables_stay_until_they_are_sent_again(void **state)
{
	struct onvif o;

	set_up(&o, state);
	o.recipe.optimise = false;
	o.recipe.quality = 33;
	send(&o, DQT SOF0);
	send(&o, NULL);
	send(&o, SOF0);
	o.recipe.quality = 44;
	send(&o, DQT);
	send(&o, NULL);
	o.recipe.optimise = true;
	send(&o, DHT);
	assert_exact(&o);
	tear_down(&o, state);
}

static void own_huffman_tables_are_used(void **state)
{
	struct onvif o;

	set_up(&o, state);
	o.s->camera.q = 60;
	o.s->camera.send_size = true;
	for (uint32_t i = 0; i < 5; i++)
		send(&o, DHT);
	assert_exact(&o);
	tear_down(&o, state);
}

static void a_restart_interval_does_not_stay(void **state)
{
	struct onvif o;

	set_up(&o, state);
	o.recipe.optimise = false;
	o.recipe.restart_interval = 7;
	send(&o, ALL);
	o.recipe.restart_interval = 0;
	send(&o, NULL);
	send(&o, DQT);
	o.recipe.restart_interval = 5;
	send(&o, DRI);
	assert_exact(&o);
	/* With markers and without an interval the picture makes no sense. */
	send(&o, NULL);
	test_receiver_drain(o.s->receiver);
	assert_int_equal(o.s->receiver->count, 4);
	ASSERT_DROPS(o.s, BAD_RESTART, 1);
	tear_down(&o, state);
}

/* A size in the packets' own header, and no frame header: the one that stayed does not count. */
static void the_size_of_the_packets_goes_before_a_frame_header_that_stayed(void **state)
{
	struct onvif o;

	set_up(&o, state);
	send(&o, ALL);
	o.recipe.width = 320;
	o.recipe.height = 240;
	o.s->camera.send_size = true;
	send(&o, DHT);
	send(&o, DHT);
	assert_exact(&o);
	tear_down(&o, state);
}

static void the_order_of_packets_is_that_of_their_numbers(void **state)
{
	uint32_t random = 5;

	for (uint32_t round = 0; round < 40; round++) {
		struct onvif o;

		set_up(&o, state);
		o.s->camera.no_offset = round & 1;
		o.s->camera.payload = 100 + 50 * (round % 5);
		send(&o, ALL);
		for (uint32_t k = 0; k < 5; k++) {
			uint32_t order[TEST_MAX_PACKETS];

			prepare(&o, ALL);
			for (uint32_t i = 0; i < o.s->camera.count; i++)
				order[i] = i;
			for (uint32_t i = o.s->camera.count; i-- > 1;) {
				random = random * 1664525 + 1013904223;
				const uint32_t j = i - (random >> 8) % (i < 6 ? i + 1 : 6);
				const uint32_t swap = order[i];

				order[i] = order[j];
				order[j] = swap;
			}
			for (uint32_t i = 0; i < o.s->camera.count; i++) {
				test_receive_packet(o.s->receiver, &o.s->camera, order[i]);
				if (i % 3 == 0)
					test_receive_packet(
						o.s->receiver, &o.s->camera, order[i / 2]);
			}
		}
		assert_exact(&o);
		tear_down(&o, state);
	}
}

static void a_lost_packet_costs_one_picture(void **state)
{
	for (uint32_t lost = 0; lost < 8; lost++) {
		struct onvif o;

		set_up(&o, state);
		o.s->camera.no_offset = lost & 1;
		o.s->camera.payload = 150;
		send(&o, ALL);
		prepare(&o, ALL);
		const uint32_t which = lost == 7 ? o.s->camera.count - 1 : lost;

		for (uint32_t i = 0; i < o.s->camera.count; i++)
			if (i != which)
				test_receive_packet(o.s->receiver, &o.s->camera, i);
		test_jpeg_free(&o.sent[--o.count]);
		send(&o, ALL);
		send(&o, ALL);
		test_receiver_drain(o.s->receiver);
		assert_int_equal(o.s->receiver->count, 3);
		ASSERT_DROPS(o.s, INCOMPLETE, 1);
		assert_balanced(o.s->receiver);
		tear_down(&o, state);
	}
}

static void q_0_means_something_with_an_extension_only(void **state)
{
	struct onvif o;

	set_up(&o, state);
	o.s->camera.more = false;
	o.s->camera.send_size = true;
	prepare(&o, NULL);
	test_receive_frame(o.s->receiver, &o.s->camera);
	test_receiver_drain(o.s->receiver);
	assert_int_equal(o.s->receiver->count, 0);
	assert_true(test_drops(o.s->receiver, GW_DROP_BAD_Q) > 0);
	assert_balanced(o.s->receiver);
	tear_down(&o, state);
}

/* Every beginning of the headers, and every byte of them changed: no picture is worse than
 * refused, and the next one is exact. */
static void malformed_headers_cost_their_picture_only(void **state)
{
	struct onvif o;
	uint32_t size = 0;

	for (uint32_t at = 0; at == 0 || at < size; at += 7) {
		set_up(&o, state);
		prepare(&o, ALL);
		size = o.s->camera.segments_size;
		o.s->camera.segments_size = at < size ? at : size;
		o.s->camera.sequence = 1000;
		test_camera_send(&o.s->camera, &o.sent[0]);
		test_receive_frame(o.s->receiver, &o.s->camera);
		o.s->camera.segments_size = take_segments(&o, &o.sent[0], ALL);
		o.segments[at] ^= 0x5A;
		test_camera_send(&o.s->camera, &o.sent[0]);
		test_receive_frame(o.s->receiver, &o.s->camera);
		send(&o, ALL);
		test_receiver_drain(o.s->receiver);
		assert_true(o.s->receiver->count >= 1);
		const struct test_frame *frame = &o.s->receiver->frames[o.s->receiver->count - 1];
		uint8_t *a = jpeg_reference(o.sent[1].bytes, o.sent[1].size, false);
		uint8_t *b = jpeg_reference(frame->bytes, frame->size, false);

		assert_memory_equal(a, b, 3u * frame->width * frame->height);
		free(a);
		free(b);
		assert_balanced(o.s->receiver);
		tear_down(&o, state);
	}
}

/* The last segment goes on behind the extension. */
static void a_frame_whose_headers_are_cut_short_is_counted_as_such(void **state)
{
	struct onvif o;

	set_up(&o, state);
	prepare(&o, ALL);
	o.s->camera.segments_size -= 4;
	o.s->camera.sequence = 1000;
	test_camera_send(&o.s->camera, &o.sent[0]);
	test_receive_frame(o.s->receiver, &o.s->camera);
	test_receiver_drain(o.s->receiver);
	assert_int_equal(o.s->receiver->count, 0);
	ASSERT_DROPS(o.s, BAD_EXTENSION, 1);
	assert_balanced(o.s->receiver);
	tear_down(&o, state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_full_header_is_all_that_counts),
		SCENE_TEST(a_frame_header_alone_says_the_size),
		SCENE_TEST(quantisation_and_huffman_tables_stay_until_they_are_sent_again),
		SCENE_TEST(own_huffman_tables_are_used),
		SCENE_TEST(a_restart_interval_does_not_stay),
		SCENE_TEST(the_size_of_the_packets_goes_before_a_frame_header_that_stayed),
		SCENE_TEST(the_order_of_packets_is_that_of_their_numbers),
		SCENE_TEST(a_lost_packet_costs_one_picture),
		SCENE_TEST(q_0_means_something_with_an_extension_only),
		SCENE_TEST(malformed_headers_cost_their_picture_only),
		SCENE_TEST(a_frame_whose_headers_are_cut_short_is_counted_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
