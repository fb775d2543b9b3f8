/* Hostile and foreign packets: counted by name, and never anybody else's harm. */
#include "dataplane/test_scene.h"

#include <stdlib.h>
#include <string.h>

/* Its own allocation of the exact size, so that a sanitizer sees a read past the end. */
static void receive_copy(struct test_receiver *receiver, const uint8_t *bytes, uint32_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, bytes, size);
	test_receive(receiver, copy, size);
	free(copy);
}

/* Cuts the IP packet and lets its headers say so, as a sender of short datagrams would. */
static void receive_shortened(
	struct test_receiver *receiver, const struct test_packet *packet, uint32_t payload)
{
	const uint32_t udp = 8 + payload, ip = 20 + udp, size = 14 + ip;
	uint8_t *copy = malloc(size);

	memcpy(copy, packet->bytes, size);
	copy[16] = (uint8_t)(ip >> 8);
	copy[17] = (uint8_t)ip;
	copy[38] = (uint8_t)(udp >> 8);
	copy[39] = (uint8_t)udp;
	test_receive(receiver, copy, size);
	free(copy);
}

static void a_packet_cut_anywhere_on_the_wire_is_counted_and_harmless(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	for (uint32_t i = 0; i < s->camera.count; i++) {
		const struct test_packet *packet = &s->camera.packets[i];

		for (uint32_t size = 0; size < packet->size; size++)
			receive_copy(s->receiver, packet->bytes, size);
		receive_copy(s->receiver, packet->bytes, packet->size);
	}
	ASSERT_PICTURES(s, 0);
	const uint64_t packets = s->camera.count;

	assert_int_equal(test_unmatched(s->receiver, GW_DROP_L2_SHORT), 14 * packets);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_IP_BAD), 20 * packets);
	assert_true(test_unmatched(s->receiver, GW_DROP_CUT_SHORT) > 0);
}

static void a_datagram_that_ends_in_its_headers_is_counted_and_harmless(void **state)
{
	struct scene *s = *state;

	s->receiver->checks = 0;
	s->camera.csrc = 2;
	s->camera.extension = true;
	scene_prepare(s, 0);
	const uint32_t rtp = 12 + 8 + 12, jpeg = 8 + 4 + 128;

	for (uint32_t i = 0; i < s->camera.count; i++) {
		const uint32_t headers = rtp + (i == 0 ? jpeg : 8);

		for (uint32_t size = 0; size < headers; size++)
			receive_shortened(s->receiver, &s->camera.packets[i], size);
		test_receive_packet(s->receiver, &s->camera, i);
	}
	ASSERT_PICTURES(s, 0);
	ASSERT_DROPS(s, RTP_SHORT, s->camera.count * rtp);
	ASSERT_DROPS(s, JPEG_SHORT, jpeg + (s->camera.count - 1) * 8);
}

static void random_changes_never_harm_the_neighbour(void **state)
{
	struct scene *s = *state;
	struct test_camera hostile;
	uint32_t random = 7;

	test_receiver_close(s->receiver);
	s->receiver = test_receiver_open(2, false, 32);
	s->receiver->checks = 0;
	test_camera_init(&hostile, 3, 5004);
	for (uint32_t round = 0; round < 400; round++) {
		if (round % 50 == 0)
			scene_send(s, round / 50);
		test_camera_send(&hostile, &s->pictures[round % TEST_PICTURES]);
		for (uint32_t i = 0; i < hostile.count; i++) {
			struct test_packet *packet = &hostile.packets[i];

			for (uint32_t flips = 0; flips < 1 + round % 4; flips++) {
				random = random * 1664525 + 1013904223;
				/* Mostly in the headers. The source stays: it is that camera. */
				const uint32_t at = 34 + (random >> 8) % (round % 2 ? 40 : 400);

				if (at < packet->size)
					packet->bytes[at] = (uint8_t)(random >> 24);
			}
			receive_copy(s->receiver, packet->bytes, packet->size);
		}
		/* Forget what the hostile camera completed. */
		uint32_t kept = 0;

		for (uint32_t i = 0; i < s->receiver->count; i++) {
			if (s->receiver->frames[i].camera == 0)
				s->receiver->frames[kept++] = s->receiver->frames[i];
			else
				free(s->receiver->frames[i].bytes);
		}
		s->receiver->count = kept;
		assert_balanced(s->receiver);
	}
	ASSERT_ALL_PICTURES(s);
	test_camera_free(&hostile);
}

static void foreign_packets_are_counted_by_name(void **state)
{
	struct scene *s = *state;
	struct test_receiver *r = s->receiver;
	struct test_packet *packet = &s->camera.packets[0];

	scene_prepare(s, 0);
	packet->bytes[23] = 6; /* TCP */
	r->checks = 0;
	test_receive_packet(r, &s->camera, 0);
	assert_int_equal(test_unmatched(r, GW_DROP_NOT_UDP), 1);
	packet->bytes[23] = 17;
	packet->bytes[29] = 9; /* from 10.0.0.9 */
	test_receive_packet(r, &s->camera, 0);
	assert_int_equal(test_unmatched(r, GW_DROP_BAD_SOURCE), 1);
	packet->bytes[37]++; /* to another port */
	test_receive_packet(r, &s->camera, 0);
	assert_int_equal(test_unmatched(r, GW_DROP_NO_CAMERA), 1);
	packet->bytes[12] = 0x88; /* LLDP */
	packet->bytes[13] = 0xCC;
	test_receive_packet(r, &s->camera, 0);
	assert_int_equal(test_unmatched(r, GW_DROP_NOT_IP), 1);
	ASSERT_NO_PICTURE(s);
}

static void wrong_checksums_are_found_when_they_are_asked_for(void **state)
{
	struct scene *s = *state;

	s->camera.udp_checksum = true;
	scene_prepare(s, 0);
	s->camera.packets[0].bytes[100] ^= 1;
	s->camera.packets[1].bytes[22] ^= 1; /* time to live */
	test_receive_packet(s->receiver, &s->camera, 0);
	ASSERT_DROPS(s, UDP_CHECKSUM, 1);
	test_receive_packet(s->receiver, &s->camera, 1);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_IP_CHECKSUM), 1);
	s->receiver->checks = 0;
	test_receive_packet(s->receiver, &s->camera, 1);
	s->receiver->checks = RECEIVER_UDP_IS_BAD;
	test_receive_packet(s->receiver, &s->camera, 2);
	ASSERT_DROPS(s, UDP_CHECKSUM, 2);
	ASSERT_NO_PICTURE(s);
}

static void unfinished_checksums_of_virtual_senders_are_taken_when_allowed(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	for (uint32_t i = 0; i < s->camera.count; i++) {
		uint8_t *bytes = s->camera.packets[i].bytes;
		const uint32_t sum =
			0x0A00 + 1 + 0x0A00 + 2 + 17 + (uint32_t)(bytes[38] << 8 | bytes[39]);

		bytes[40] = (uint8_t)(sum >> 8);
		bytes[41] = (uint8_t)sum;
	}
	test_receive_frame(s->receiver, &s->camera);
	ASSERT_DROPS(s, UDP_CHECKSUM, s->camera.count);
	s->receiver->checks |= RECEIVER_TAKE_UNFINISHED;
	test_receive_frame(s->receiver, &s->camera);
	ASSERT_PICTURES(s, 0);
}

/* A capture at the sender, whose card computes them. */
static void header_checksums_that_a_card_fills_in_are_taken_when_allowed(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	for (uint32_t i = 0; i < s->camera.count; i++)
		memset(s->camera.packets[i].bytes + 14 + 10, 0, 2);
	test_receive_frame(s->receiver, &s->camera);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_IP_CHECKSUM), s->camera.count);
	s->receiver->checks |= RECEIVER_TAKE_UNFINISHED;
	test_receive_frame(s->receiver, &s->camera);
	ASSERT_PICTURES(s, 0);
	/* 0 and nothing else. */
	s->camera.packets[0].bytes[14 + 10] = 1;
	test_receive_packet(s->receiver, &s->camera, 0);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_IP_CHECKSUM), s->camera.count + 1);
}

static void what_is_not_rtp_jpeg_is_counted_by_name(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	s->camera.packets[0].bytes[TEST_RTP_OFFSET] = 0x40;
	s->camera.packets[1].bytes[TEST_RTP_OFFSET + 1] = 33;
	s->camera.packets[2].bytes[TEST_RTP_OFFSET] |= 0x20;
	s->camera.packets[2].bytes[s->camera.packets[2].size - 1] = 0;
	for (uint32_t i = 0; i < 3; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	ASSERT_DROPS(s, RTP_VERSION, 1);
	ASSERT_DROPS(s, RTP_PAYLOAD, 1);
	ASSERT_DROPS(s, RTP_PADDING, 1);
	ASSERT_NO_PICTURE(s);
}

static void cameras_may_share_a_flow_when_their_ssrc_differs(void **state)
{
	struct scene *s = *state;
	uint32_t ssrc[2] = {0x1001, 0x2002};
	struct test_camera other = s->camera;

	test_receiver_close(s->receiver);
	s->receiver = test_receiver_open(2, false, 16);
	for (uint32_t i = 0; i < 2; i++)
		stream_table_remove(s->receiver->table, i, &s->receiver->cameras[i]);
	s->receiver->cameras[1].source_address = s->receiver->cameras[0].source_address;
	for (uint32_t i = 0; i < 2; i++) {
		s->receiver->cameras[i].ssrc = &ssrc[i];
		stream_table_add(s->receiver->table, i, &s->receiver->cameras[i]);
	}
	other.ssrc = ssrc[1];
	scene_send(s, 0);
	test_camera_send(&other, &s->pictures[1]);
	test_receive_frame(s->receiver, &other);
	assert_int_equal(s->receiver->frames[0].camera, 0);
	assert_int_equal(s->receiver->frames[1].camera, 1);
	s->camera.ssrc = 3;
	scene_send(s, 2);
	ASSERT_DROPS(s, BAD_SSRC, s->camera.count);
	assert_int_equal(s->receiver->count, 2);
	assert_balanced(s->receiver);
	test_camera_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_packet_cut_anywhere_on_the_wire_is_counted_and_harmless),
		SCENE_TEST(a_datagram_that_ends_in_its_headers_is_counted_and_harmless),
		SCENE_TEST(random_changes_never_harm_the_neighbour),
		SCENE_TEST(foreign_packets_are_counted_by_name),
		SCENE_TEST(wrong_checksums_are_found_when_they_are_asked_for),
		SCENE_TEST(unfinished_checksums_of_virtual_senders_are_taken_when_allowed),
		SCENE_TEST(header_checksums_that_a_card_fills_in_are_taken_when_allowed),
		SCENE_TEST(what_is_not_rtp_jpeg_is_counted_by_name),
		SCENE_TEST(cameras_may_share_a_flow_when_their_ssrc_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
