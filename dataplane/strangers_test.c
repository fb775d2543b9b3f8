/* Who sends what is refused, and that nobody else is harmed by it. */
#include "dataplane/test_scene.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const struct strangers *of(const struct scene *s)
{
	return s->receiver->receiver.strangers;
}

/* The scene's packet as somebody else would send it. */
static void forge(struct scene *s, uint32_t index, const uint8_t source[4], uint16_t from)
{
	const struct test_packet *packet = &s->camera.packets[index];
	uint8_t *copy = malloc(packet->size);

	memcpy(copy, packet->bytes, packet->size);
	memcpy(copy + 26, source, 4);
	copy[34] = (uint8_t)(from >> 8);
	copy[35] = (uint8_t)from;
	test_receive(s->receiver, copy, packet->size);
	free(copy);
}

static int set_up(void **state)
{
	const int status = scene_set_up(state);
	struct scene *s = *state;

	s->receiver->checks = 0;
	return status;
}

static void a_stranger_is_named(void **state)
{
	struct scene *s = *state;
	struct stranger found[STRANGERS_MOST];

	scene_prepare(s, 0);
	forge(s, 0, (const uint8_t[]){10, 0, 0, 9}, 4711);
	s->receiver->now += 3 * GW_NS_PER_S;
	forge(s, 1, (const uint8_t[]){10, 0, 0, 9}, 4711);
	assert_int_equal(strangers_read(of(s), found), 1);
	assert_int_equal(found->reason, GW_DROP_BAD_SOURCE);
	assert_memory_equal(found->flow.source, ((const uint8_t[]){10, 0, 0, 9}), 4);
	assert_memory_equal(found->flow.destination, ((const uint8_t[]){10, 0, 0, 2}), 4);
	assert_int_equal(found->flow.port, 5004);
	assert_int_equal(found->source_port, 4711);
	assert_true(found->is_rtp);
	assert_int_equal(found->ssrc, s->camera.ssrc);
	assert_int_equal(found->payload_type, 26);
	assert_int_equal(found->packets, 2);
	assert_int_equal(found->last - found->first, 3 * GW_NS_PER_S);
	assert_int_equal(found->camera, STREAM_NO_CAMERA);
	ASSERT_NO_PICTURE(s);
}

static void strangers_in_a_cameras_own_flow_are_told_by_ssrc_and_type(void **state)
{
	struct scene *s = *state;
	struct stranger found[STRANGERS_MOST];

	scene_send(s, 0);
	scene_prepare(s, 1);
	s->camera.packets[1].bytes[TEST_RTP_OFFSET + 8] ^= 1; /* SSRC */
	test_receive_packet(s->receiver, &s->camera, 1);
	s->camera.packets[1].bytes[TEST_RTP_OFFSET + 8] ^= 1;
	s->camera.packets[2].bytes[TEST_RTP_OFFSET + 1] = 97; /* type */
	test_receive_packet(s->receiver, &s->camera, 2);
	assert_int_equal(strangers_read(of(s), found), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(found[i].camera, 0);
		if (found[i].reason == GW_DROP_RTP_STRAY)
			assert_int_equal(found[i].ssrc, s->camera.ssrc ^ 0x01000000);
		else
			assert_int_equal(found[i].payload_type, 97);
	}
	assert_int_not_equal(found[0].reason, found[1].reason);
}

static void who_sends_much_stays_among_many_who_send_little(void **state)
{
	struct scene *s = *state;
	struct stranger found[STRANGERS_MOST];
	uint64_t missed, forgotten, most = 0;

	scene_prepare(s, 0);
	for (uint32_t i = 0; i < 20000; i++) {
		forge(s, 0, (const uint8_t[]){10, 0, 0, 9}, 4711);
		forge(s, 0, (const uint8_t[]){11, (uint8_t)(i >> 8), (uint8_t)i, 1}, 1);
		if (i % 50 == 0)
			strangers_tick(s->receiver->receiver.strangers);
	}
	const uint32_t count = strangers_read(of(s), found);

	assert_int_equal(count, STRANGERS_MOST);
	for (uint32_t i = 0; i < count; i++)
		most = found[i].packets > most ? found[i].packets : most;
	assert_int_equal(most, 20000);
	strangers_missed(of(s), &missed, &forgotten);
	assert_int_equal(missed, 0);
	assert_int_equal(forgotten, 20001 - STRANGERS_MOST);
	ASSERT_NO_PICTURE(s);
}

static void a_flood_of_strangers_is_looked_at_in_part(void **state)
{
	struct scene *s = *state;
	uint64_t missed, forgotten;

	scene_prepare(s, 0);
	for (uint32_t i = 0; i < 1000; i++)
		forge(s, 0, (const uint8_t[]){11, (uint8_t)(i >> 8), (uint8_t)i, 1}, 1);
	strangers_missed(of(s), &missed, &forgotten);
	assert_int_equal(missed, 1000 - STRANGERS_BUDGET);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_BAD_SOURCE), 1000);
	ASSERT_NO_PICTURE(s);
}

/* Forged in every way that somebody has who knows all of the camera but one thing: his address, the
 * port, the session, or the type is another. */
static void a_million_forged_packets_harm_no_picture(void **state)
{
	struct scene *s = *state;
	struct gw_camera_config *camera = &s->receiver->cameras[0];
	uint8_t type = 26;
	uint32_t random = 1;

	stream_table_remove(s->receiver->table, 0, camera);
	camera->ssrc = &s->camera.ssrc;
	camera->payload_type = &type;
	stream_table_add(s->receiver->table, 0, camera);
	test_receiver_restart(s->receiver, false);
	for (uint32_t picture = 0; picture < TEST_PICTURES; picture++) {
		scene_prepare(s, picture);
		for (uint32_t i = 0; i < s->camera.count; i++) {
			const uint32_t share = 1000000 / (TEST_PICTURES * s->camera.count) + 1;

			for (uint32_t k = 0; k < share; k++) {
				const struct test_packet *packet = &s->camera.packets[i];
				uint8_t copy[2048];

				random = random * 1664525 + 1013904223;
				memcpy(copy, packet->bytes, packet->size);
				copy[packet->size - 1] ^= 0xFF;
				switch (random >> 30) {
				case 0:
					copy[29] = (uint8_t)(3 + (random >> 8) % 200);
					break;
				case 1:
					copy[37] ^= 2;
					break;
				case 2:
					copy[TEST_RTP_OFFSET + 11] ^=
						(uint8_t)(1 + (random >> 8) % 254);
					break;
				default:
					copy[TEST_RTP_OFFSET + 1] = 97;
				}
				test_receive(s->receiver, copy, packet->size);
			}
			test_receive_packet(s->receiver, &s->camera, i);
		}
		s->receiver->now += 40 * GW_NS_PER_MS;
		strangers_tick(s->receiver->receiver.strangers);
	}
	ASSERT_ALL_PICTURES(s);
	assert_true(test_unmatched(s->receiver, GW_DROP_BAD_SOURCE) +
			test_unmatched(s->receiver, GW_DROP_NO_CAMERA) +
			test_drops(s->receiver, GW_DROP_BAD_SSRC) +
			test_drops(s->receiver, GW_DROP_RTP_PAYLOAD) >=
		1000000);
}

struct reading {
	const struct strangers *strangers;
	_Atomic bool ending;
	uint64_t read;
};

/* What is read is one sender, not halves of two: the forger's port goes with his address. */
static void *read_on(void *arg)
{
	struct reading *reading = arg;
	struct stranger found[STRANGERS_MOST];

	while (!atomic_load(&reading->ending)) {
		const uint32_t count = strangers_read(reading->strangers, found);

		for (uint32_t i = 0; i < count; i++) {
			const uint8_t *source = (const uint8_t *)found[i].flow.source;

			if (found[i].source_port != (source[1] << 8 | source[2]))
				return reading;
		}
		reading->read += count;
	}
	return NULL;
}

static void others_may_read_while_it_changes(void **state)
{
	struct scene *s = *state;
	struct reading reading = {.strangers = of(s)};
	pthread_t thread;
	void *torn;

	scene_prepare(s, 0);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reading), 0);
	for (uint32_t i = 0; i < 200000; i++) {
		forge(s, 0, (const uint8_t[]){11, (uint8_t)(i >> 8), (uint8_t)i, 1}, (uint16_t)i);
		strangers_tick(s->receiver->receiver.strangers);
	}
	atomic_store(&reading.ending, true);
	pthread_join(thread, &torn);
	assert_null(torn);
	assert_true(reading.read > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stranger_is_named),
		TEST(strangers_in_a_cameras_own_flow_are_told_by_ssrc_and_type),
		TEST(who_sends_much_stays_among_many_who_send_little),
		TEST(a_flood_of_strangers_is_looked_at_in_part),
		TEST(a_million_forged_packets_harm_no_picture),
		TEST(others_may_read_while_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
