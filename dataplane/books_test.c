/* Every packet and every frame is counted once, by what became of it: the numbers themselves, which
 * no equation tells when both of its sides are wrong. */
#include "dataplane/test_scene.h"

#include <string.h>

static const struct gw_camera_stats *of(const struct scene *s, uint32_t subject)
{
	return &s->receiver->stats->camera[subject];
}

#define ASSERT_COUNT(s, subject, member, count) \
	assert_int_equal(gw_counter_get(&of(s, subject)->member), count)

static uint64_t bytes_of(const struct test_camera *camera)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < camera->count; i++)
		bytes += camera->packets[i].size - TEST_RTP_OFFSET;
	return bytes;
}

static void nothing_that_came_is_nothing_counted(void **state)
{
	struct scene *s = *state;

	ASSERT_COUNT(s, 0, packets, 0);
	ASSERT_NO_PICTURE(s);
}

static void what_becomes_a_picture_is_used(void **state)
{
	struct scene *s = *state;
	uint64_t packets = 0, bytes = 0;

	for (uint32_t i = 0; i < 3; i++) {
		scene_send(s, i);
		packets += s->camera.count;
		bytes += bytes_of(&s->camera);
	}
	ASSERT_COUNT(s, 0, packets, packets);
	ASSERT_COUNT(s, 0, packets_used, packets);
	ASSERT_COUNT(s, 0, bytes, bytes);
	ASSERT_COUNT(s, 0, frames_in, 3);
	ASSERT_COUNT(s, 0, frames_out, 3);
	assert_int_equal(assembler_open_count(s->receiver->receiver.assembler), 0);
	ASSERT_PICTURES(s, 0, 1, 2);
}

static void what_becomes_none_is_dropped_by_its_name(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	/* Two packets of a picture are lost; another picture is refused, since nobody knows its
	 * size. */
	scene_prepare(s, 1);
	for (uint32_t i = 0; i < s->camera.count; i++)
		if (i != 2 && i != 3)
			test_receive_packet(s->receiver, &s->camera, i);
	const uint32_t lossy = s->camera.count - 2;

	s->camera.send_size = false;
	scene_send(s, 2);
	s->camera.send_size = true;
	const uint32_t refused = s->camera.count;

	scene_send(s, 3);
	test_receive_packet(s->receiver, &s->camera, 0);
	test_receiver_drain(s->receiver);
	ASSERT_DROPS(s, INCOMPLETE, 1);
	ASSERT_DROPS(s, DIMS_UNKNOWN, 1);
	ASSERT_DROPS(s, FRAME_REFUSED, refused);
	ASSERT_COUNT(s, 0, drops[GW_DROP_DUPLICATE], 1);
	ASSERT_EVENTS(s, SEQUENCE_GAP, 2);
	ASSERT_COUNT(s, 0, frames_in, 4);
	ASSERT_COUNT(s, 0, frames_out, 2);
	ASSERT_COUNT(s, 0, packets, gw_counter_get(&of(s, 0)->packets_used) + refused + 1);
	assert_true(gw_counter_get(&of(s, 0)->packets_used) > lossy);
	ASSERT_PICTURES(s, 0, 3);
}

static void what_is_nobodys_is_counted_for_the_gateway(void **state)
{
	struct scene *s = *state;
	uint8_t copy[2048];

	scene_prepare(s, 0);
	memcpy(copy, s->camera.packets[0].bytes, s->camera.packets[0].size);
	s->receiver->checks = 0;
	copy[29] = 9; /* another source */
	test_receive(s->receiver, copy, s->camera.packets[0].size);
	copy[29] = s->camera.packets[0].bytes[29];
	/* The beginning of a datagram whose end never comes. */
	copy[20] |= 0x20;
	test_receive(s->receiver, copy, s->camera.packets[0].size);
	s->receiver->now += 2 * GW_NS_PER_S;
	ip_fragments_expire(s->receiver->receiver.fragments, s->receiver->now, false);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_BAD_SOURCE), 1);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_FRAGMENT_LOST), 1);
	ASSERT_COUNT(s, GW_UNMATCHED, packets, 2);
	ASSERT_NO_PICTURE(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(nothing_that_came_is_nothing_counted),
		SCENE_TEST(what_becomes_a_picture_is_used),
		SCENE_TEST(what_becomes_none_is_dropped_by_its_name),
		SCENE_TEST(what_is_nobodys_is_counted_for_the_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
