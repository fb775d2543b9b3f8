/* Quantisation tables: those that Q stands for, and those that senders send. */
#include "dataplane/test_scene.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
