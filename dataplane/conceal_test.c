/* `conceal: true`: a lost part of a picture is replaced, and the rest stays in its place. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/test_scene.h"
#include "jpeg/conceal.h"
#include "jpeg/make.h"

static void conceal(struct scene *s)
{
	s->receiver->cameras[0].conceal = true;
	test_receiver_restart(s->receiver, false);
	s->camera.announce_restart = true;
	s->camera.keep_intervals = true;
}

/* Peak signal to noise ratio in dB of a frame against the undamaged picture. */
static double psnr(const struct test_jpeg *picture, const struct test_frame *frame)
{
	uint8_t *a = jpeg_reference(picture->bytes, picture->size, false);
	uint8_t *b = jpeg_reference(frame->bytes, frame->size, false);
	const size_t size = 3u * picture->width * picture->height;
	double sum = 0;

	assert_int_equal(frame->width, picture->width);
	assert_int_equal(frame->height, picture->height);
	for (size_t i = 0; i < size; i++)
		sum += (a[i] - b[i]) * (a[i] - b[i]);
	free(a);
	free(b);
	return sum == 0 ? INFINITY : 10 * log10(255.0 * 255.0 * (double)size / sum);
}

/* Rows of pixels that differ from the undamaged picture's. */
static uint32_t rows_that_differ(const struct test_jpeg *picture, const struct test_frame *frame)
{
	uint8_t *a = jpeg_reference(picture->bytes, picture->size, false);
	uint8_t *b = jpeg_reference(frame->bytes, frame->size, false);
	const size_t row = 3u * picture->width;
	uint32_t count = 0;

	for (uint32_t y = 0; y < picture->height; y++)
		count += memcmp(a + y * row, b + y * row, row) != 0;
	free(a);
	free(b);
	return count;
}

static const struct test_frame *last_frame(const struct scene *s)
{
	return &s->receiver->frames[s->receiver->count - 1];
}

/* Each packet of a picture is lost once: whichever it is, the picture comes out, and only the rows
 * of that packet and a line on each side differ (chroma of half the height is interpolated). */
static void a_lost_packet_costs_its_own_rows_only(void **state)
{
	static const struct {
		uint16_t interval;
		uint8_t subsampling;
		uint32_t payload;
		uint32_t rows; /* that may differ */
		double psnr; /* dB at least */
	} kinds[] = {{10, 1, 300, 18, 18}, {10, 0, 300, 8, 20}, {5, 1, 200, 18, 21},
		{20, 1, 900, 34, 15.5}, {7, 1, 300, 34, 17.5}, {10, 1, 100, 18, 18},
		{30, 1, 300, 50, 14.5}};

	for (uint32_t kind = 0; kind < 7; kind++) {
		uint32_t packets = 1;

		for (uint32_t lost = 0; lost < packets; lost++) {
			struct scene *s = *state;

			scene_paint(
				s, 160, 120, 60, kinds[kind].subsampling, 2, kinds[kind].interval);
			conceal(s);
			s->camera.payload = kinds[kind].payload;
			s->camera.q = 60;
			scene_send(s, 0);
			scene_send_without(s, 1, lost);
			packets = s->camera.count;
			scene_send(s, 2);
			test_receiver_drain(s->receiver);
			assert_int_equal(s->receiver->count, 3);
			const struct test_frame *frame = &s->receiver->frames[1];

			assert_int_equal(frame->flags, GW_FLAG_CONCEALED);
			assert_true(psnr(&s->pictures[1], frame) > kinds[kind].psnr);
			assert_true(rows_that_differ(&s->pictures[1], frame) <= kinds[kind].rows);
			assert_int_equal(s->receiver->frames[0].flags, 0);
			assert_int_equal(last_frame(s)->flags, 0);
			assert_balanced(s->receiver);
			scene_tear_down(state);
			scene_set_up(state);
		}
		assert_true(packets >= 5);
	}
}

static void one_row_of_eight_is_replaced_by_its_neighbour(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 128, 60, 1, 2, 10);
	conceal(s);
	s->camera.payload = 60;
	scene_send(s, 0);
	scene_prepare(s, 1);
	uint32_t chunk = 0;

	for (uint32_t i = 0; i < s->camera.count; i++) {
		/* The restart count stands after the main header and the interval. */
		const uint8_t *word = s->camera.packets[i].bytes + TEST_RTP_OFFSET + 12 + 8 + 2;

		chunk = (uint32_t)(word[0] & 0x3F) << 8 | word[1];
		if (chunk != 4)
			test_receive_packet(s->receiver, &s->camera, i);
	}
	assert_int_equal(chunk, 7);
	scene_send(s, 2);
	test_receiver_drain(s->receiver);
	assert_int_equal(s->receiver->count, 3);
	const struct test_frame *frame = &s->receiver->frames[1];

	assert_int_equal(frame->flags, GW_FLAG_CONCEALED);
	/* One row of blocks, and a line on each side where chroma is interpolated. */
	assert_true(rows_that_differ(&s->pictures[1], frame) <= 18);
	assert_true(psnr(&s->pictures[1], frame) > 18);
	assert_balanced(s->receiver);
}

/* The tables may be computed, or those that came once for all pictures. Who sends some with every
 * picture may have changed them in the packet that is lost. */
static void a_lost_first_packet_is_replaced_where_the_tables_are_known(void **state)
{
	static const struct {
		uint8_t q;
		bool once, is_concealed;
	} kinds[] = {
		{60, false, true}, {200, true, true}, {200, false, false}, {255, false, false}};

	for (uint32_t i = 0; i < 4; i++) {
		struct scene *s = *state;

		scene_paint(s, 160, 128, 60, 1, 2, 10);
		conceal(s);
		s->camera.q = kinds[i].q;
		scene_send(s, 0);
		if (kinds[i].once)
			s->camera.tables_sent = 0;
		scene_send(s, 3);
		scene_send_without(s, 1, 0);
		scene_send(s, 2);
		test_receiver_drain(s->receiver);
		assert_int_equal(s->receiver->count, kinds[i].is_concealed ? 4 : 3);
		if (kinds[i].is_concealed) {
			assert_int_equal(s->receiver->frames[2].flags, GW_FLAG_CONCEALED);
			assert_true(psnr(&s->pictures[1], &s->receiver->frames[2]) > 18);
		}
		assert_balanced(s->receiver);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Another picture in place of the second one, whose first packet is lost. */
static void change_second(struct scene *s, uint16_t width, int quality)
{
	test_jpeg_free(&s->pictures[1]);
	test_jpeg_make(&s->pictures[1], width, 128, quality, 1, 2, 10, 77);
}

/* The size and the tables of the picture before are those of this one only where the packets that
 * came say so. */
static void what_a_lost_first_packet_changed_is_not_guessed(void **state)
{
	for (uint32_t kind = 0; kind < 4; kind++) {
		struct scene *s = *state;

		scene_paint(s, 160, 128, 60, 1, 2, 10);
		conceal(s);
		s->camera.q = kind == 2 ? 200 : 60;
		if (kind == 3) {
			s->camera.send_size = false;
			s->receiver->cameras[0].width = 160;
			s->receiver->cameras[0].height = 128;
		}
		if (kind < 2)
			change_second(s, kind == 0 ? 320 : 80, 60);
		else if (kind == 2)
			change_second(s, 160, 20);
		scene_send(s, 0);
		scene_send_without(s, 1, 0);
		scene_send(s, 2);
		test_receiver_drain(s->receiver);
		if (kind == 3) {
			assert_int_equal(s->receiver->count, 3);
		} else {
			ASSERT_PICTURES(s, 0, 2);
			ASSERT_DROPS(s, INCOMPLETE, 1);
		}
		scene_tear_down(state);
		scene_set_up(state);
	}
}

/* Packets that do not agree on the size say nothing of it. */
static void sizes_that_differ_are_not_believed(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 128, 60, 1, 2, 10);
	conceal(s);
	s->camera.q = 60;
	scene_send(s, 0);
	scene_prepare(s, 1);
	for (uint32_t i = 1; i < s->camera.count; i++) {
		if (i == 2)
			s->camera.packets[i].bytes[TEST_RTP_OFFSET + 12 + 6]++;
		test_receive_packet(s->receiver, &s->camera, i);
	}
	scene_send(s, 2);
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 2);
	ASSERT_DROPS(s, INCOMPLETE, 1);
}

static void without_loss_nothing_changes(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 120, 60, 1, 2, 7);
	conceal(s);
	scene_send_all(s);
	ASSERT_ALL_PICTURES(s);
	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		assert_int_equal(s->receiver->frames[i].flags, 0);
}

/* What stands behind a picture while it is put together counts against the limit of memory. */
static void the_memory_that_it_takes_is_counted(void **state)
{
	uint64_t bytes[3];

	for (uint32_t kind = 0; kind < 3; kind++) {
		struct scene *s = *state;

		scene_paint(s, 160, 128, 60, 1, 2, 10);
		s->camera.q = 60;
		s->camera.payload = 100;
		conceal(s);
		if (kind == 0) {
			s->receiver->cameras[0].conceal = false;
			test_receiver_restart(s->receiver, false);
		}
		scene_send(s, 0);
		if (kind == 2) {
			scene_send_without(s, 0, 1);
			test_receiver_drain(s->receiver);
		}
		assert_int_equal(s->receiver->count, kind == 2 ? 2 : 1);
		bytes[kind] = gw_pool_bytes(s->receiver->pool);
		const uint32_t list = s->camera.count * (uint32_t)sizeof(struct jpeg_chunk);

		if (kind == 1)
			assert_in_range(bytes[1] - bytes[0], list, list + 8);
		if (kind == 2)
			assert_true(bytes[2] > bytes[1] + s->pictures[0].scan_size / 2);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void what_is_not_asked_for_or_not_announced_is_dropped(void **state)
{
	for (uint32_t kind = 0; kind < 3; kind++) {
		struct scene *s = *state;

		scene_paint(s, 160, 120, 60, 1, 2, 10);
		conceal(s);
		if (kind == 0) {
			s->receiver->cameras[0].conceal = false;
			test_receiver_restart(s->receiver, false);
		} else if (kind == 1) {
			s->camera.keep_intervals = false; /* the count says: the whole frame */
		} else {
			s->camera.announce_restart = false;
		}
		scene_send(s, 0);
		scene_send_without(s, 1, 2);
		scene_send(s, 2);
		test_receiver_drain(s->receiver);
		ASSERT_PICTURES(s, 0, 2);
		ASSERT_DROPS(s, INCOMPLETE, 1);
		scene_tear_down(state);
		scene_set_up(state);
	}
}

static void more_than_half_of_a_picture_must_have_come(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 128, 60, 1, 2, 10);
	conceal(s);
	s->camera.payload = 100;
	scene_send(s, 0);
	scene_prepare(s, 1);
	for (uint32_t i = 0; i < s->camera.count / 3; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	scene_send(s, 2);
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 2);
	ASSERT_DROPS(s, INCOMPLETE, 1);
}

/* Random losses in random places under one timestamp: pieces of two pictures stay apart. */
static void pictures_of_one_timestamp_are_not_mixed_for_it(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 128, 60, 1, 2, 10);
	conceal(s);
	s->camera.step = 0;
	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		scene_prepare(s, i);
		for (uint32_t k = 0; k < s->camera.count; k++)
			if (!(i == 2 && k > 4) && !(i == 3 && k < 5))
				test_receive_packet(s->receiver, &s->camera, k);
	}
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 1, 4, 5, 6, 7);
}

/* Two pictures have one timestamp: of the first one a packet comes that is not the second one's, of
 * which that is damaged. */
static void what_was_sent_before_the_beginning_conceals_nothing(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 120, 60, 1, 2, 10);
	conceal(s);
	s->camera.payload = 300;
	scene_send(s, 0);
	const uint32_t step = s->camera.step;

	s->camera.step = 0;
	scene_prepare(s, 1);
	struct test_packet *stray = &s->camera.packets[1];

	stray->bytes[stray->size - 1] ^= 1;
	test_receive(s->receiver, stray->bytes, stray->size);
	s->camera.step = step;
	scene_prepare(s, 1);
	s->camera.packets[1].bytes[TEST_RTP_OFFSET + 12 + 4] = 5; /* the type: nobody's */
	for (uint32_t i = 0; i < s->camera.count; i++)
		test_receive(s->receiver, s->camera.packets[i].bytes, s->camera.packets[i].size);
	scene_send(s, 2);
	test_receiver_drain(s->receiver);
	ASSERT_PICTURES(s, 0, 2);
	ASSERT_DROPS(s, INCOMPLETE, 1);
}

/* A slot that is outgrown takes the list along. */
static void the_order_of_packets_changes_nothing(void **state)
{
	struct scene *s = *state;

	scene_paint(s, 160, 128, 60, 1, 2, 10);
	conceal(s);
	scene_send(s, 0);
	scene_prepare(s, 1);
	for (uint32_t i = s->camera.count; i-- > 0;)
		if (i != 3)
			test_receive_packet(s->receiver, &s->camera, i);
	scene_send(s, 2);
	test_receiver_drain(s->receiver);
	assert_int_equal(s->receiver->count, 3);
	assert_int_equal(s->receiver->frames[1].flags, GW_FLAG_CONCEALED);
	assert_true(psnr(&s->pictures[1], &s->receiver->frames[1]) > 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_lost_packet_costs_its_own_rows_only),
		SCENE_TEST(one_row_of_eight_is_replaced_by_its_neighbour),
		SCENE_TEST(a_lost_first_packet_is_replaced_where_the_tables_are_known),
		SCENE_TEST(what_a_lost_first_packet_changed_is_not_guessed),
		SCENE_TEST(sizes_that_differ_are_not_believed),
		SCENE_TEST(without_loss_nothing_changes),
		SCENE_TEST(the_memory_that_it_takes_is_counted),
		SCENE_TEST(what_is_not_asked_for_or_not_announced_is_dropped),
		SCENE_TEST(more_than_half_of_a_picture_must_have_come),
		SCENE_TEST(pictures_of_one_timestamp_are_not_mixed_for_it),
		SCENE_TEST(what_was_sent_before_the_beginning_conceals_nothing),
		SCENE_TEST(the_order_of_packets_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
