/* Datagrams in pieces, as routers and cameras with a wrong MTU send them. */
#include "dataplane/test_scene.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ROOM 70000

/* One packet on the wire. */
static void send_piece(struct test_receiver *r, int family, uint32_t id, uint32_t offset, bool more,
	const uint8_t *bytes, uint32_t size)
{
	uint8_t *packet = calloc(1, 14 + 48 + size);
	uint8_t *ip = packet + 14;
	uint32_t header = 20;

	if (family == AF_INET) {
		packet[12] = 0x08;
		ip[0] = 0x45;
		ip[2] = (uint8_t)((20 + size) >> 8);
		ip[3] = (uint8_t)(20 + size);
		ip[4] = (uint8_t)(id >> 8);
		ip[5] = (uint8_t)id;
		ip[6] = (uint8_t)(offset >> 11 | (more ? 0x20 : 0));
		ip[7] = (uint8_t)(offset >> 3);
		ip[9] = 17;
		memcpy(ip + 12, (const uint8_t[]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
	} else {
		header = 48;
		packet[12] = 0x86;
		packet[13] = 0xDD;
		ip[0] = 0x60;
		ip[4] = (uint8_t)((8 + size) >> 8);
		ip[5] = (uint8_t)(8 + size);
		ip[6] = 44;
		ip[8] = 0xFD;
		ip[23] = 1;
		ip[24] = 0xFD;
		ip[39] = 2;
		ip[40] = 17;
		ip[42] = (uint8_t)(offset >> 8);
		ip[43] = (uint8_t)(offset | more);
		ip[46] = (uint8_t)(id >> 8);
		ip[47] = (uint8_t)id;
	}
	memcpy(ip + header, bytes, size);
	/* Its own allocation of the exact size, so that a sanitizer sees a read past the end. */
	uint8_t *copy = malloc(14 + header + size);

	memcpy(copy, packet, 14 + header + size);
	test_receive(r, copy, 14 + header + size);
	free(copy);
	free(packet);
}

/* The camera's packet, from its UDP header on, in pieces of `step` bytes. */
struct cut {
	struct test_receiver *r;
	int family;
	uint32_t id, step;
	const uint8_t *bytes;
	uint32_t size;
};

static struct cut cut(struct scene *s, uint32_t index, uint32_t id, uint32_t step)
{
	const struct test_packet *packet = &s->camera.packets[index];

	return (struct cut){.r = s->receiver,
		.family = AF_INET,
		.id = id,
		.step = step,
		.bytes = packet->bytes + 34,
		.size = packet->size - 34};
}

static uint32_t pieces(const struct cut *c)
{
	return (c->size + c->step - 1) / c->step;
}

static void send_one(const struct cut *c, uint32_t number)
{
	const uint32_t offset = number * c->step;
	const bool more = offset + c->step < c->size;

	send_piece(c->r, c->family, c->id, offset, more, c->bytes + offset,
		more ? c->step : c->size - offset);
}

static void send_cut(const struct cut *c)
{
	for (uint32_t i = 0; i < pieces(c); i++)
		send_one(c, i);
}

static uint32_t kept(const struct scene *s)
{
	return ip_fragments_count(s->receiver->receiver.fragments);
}

#define ASSERT_UNMATCHED(s, NAME, count) \
	assert_int_equal(test_unmatched((s)->receiver, GW_DROP_##NAME), count)

static int set_up(void **state)
{
	const int status = scene_set_up(state);
	struct scene *s = *state;

	s->receiver->checks = RECEIVER_CHECK_UDP;
	s->camera.udp_checksum = true;
	s->camera.payload = 1000;
	return status;
}

static void pictures_come_from_pieces_in_any_order(void **state)
{
	struct scene *s = *state;
	uint32_t id = 7;

	for (uint32_t picture = 0; picture < TEST_PICTURES; picture++) {
		scene_prepare(s, picture);
		for (uint32_t i = 0; i < s->camera.count; i++) {
			const struct cut c = cut(s, i, id++, 8u << picture);

			for (uint32_t k = 0; k < pieces(&c); k++)
				send_one(&c, picture % 2 ? pieces(&c) - 1 - k : k);
		}
	}
	ASSERT_ALL_PICTURES(s);
	assert_int_equal(kept(s), 0);
	assert_true(test_events(s->receiver, GW_EVENT_DATAGRAM_ASSEMBLED) >= TEST_PICTURES);
}

static void pieces_of_several_datagrams_may_come_in_turns(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	for (uint32_t k = 0; k < 16; k++) {
		for (uint32_t i = 0; i < s->camera.count; i++) {
			const struct cut c = cut(s, i, i, 136);

			if (k < pieces(&c))
				send_one(&c, k);
		}
	}
	ASSERT_PICTURES(s, 0);
}

static void the_largest_datagram_fits_and_none_beyond(void **state)
{
	struct scene *s = *state;
	uint8_t *bytes = calloc(1, ROOM);
	struct cut c = {s->receiver, AF_INET, 1, 1480, bytes, 65535 - 20};

	bytes[2] = 5004 >> 8;
	bytes[3] = 5004 & 255;
	bytes[4] = (uint8_t)(c.size >> 8);
	bytes[5] = (uint8_t)c.size;
	send_cut(&c);
	/* It is whole; what it holds is no RTP. */
	ASSERT_DROPS(s, RTP_VERSION, 1);
	send_piece(s->receiver, AF_INET, 2, 65528, false, bytes, 8);
	ASSERT_UNMATCHED(s, FRAGMENT_BAD, 1);
	assert_int_equal(kept(s), 0);
	free(bytes);
	assert_balanced(s->receiver);
}

static void ipv6_is_put_together_too(void **state)
{
	struct scene *s = *state;
	struct gw_camera_config *camera = &s->receiver->cameras[0];

	stream_table_remove(s->receiver->table, 0, camera);
	camera->source_address = (struct gw_address){AF_INET6, {0xFD, [15] = 1}};
	camera->destination_address = (struct gw_address){AF_INET6, {0xFD, [15] = 2}};
	stream_table_add(s->receiver->table, 0, camera);
	s->receiver->checks = 0;
	for (uint32_t picture = 0; picture < 2; picture++) {
		scene_prepare(s, picture);
		for (uint32_t i = 0; i < s->camera.count; i++) {
			struct cut c = cut(s, i, i, 320);

			c.family = AF_INET6;
			send_cut(&c);
		}
	}
	ASSERT_PICTURES(s, 0, 1);
}

static void fragments_within_fragments_are_refused(void **state)
{
	struct scene *s = *state;
	struct gw_camera_config *camera = &s->receiver->cameras[0];
	/* A fragment header in the datagram, whose next header says so. */
	const uint8_t bytes[16] = {17, 0, 1, 0x01};
	uint8_t packet[14 + 48 + 8] = {[12] = 0x86, 0xDD, 0x60, [19] = 16, 44};

	stream_table_remove(s->receiver->table, 0, camera);
	camera->source_address = (struct gw_address){AF_INET6, {0}};
	camera->destination_address = (struct gw_address){AF_INET6, {0}};
	stream_table_add(s->receiver->table, 0, camera);
	packet[54] = 44;
	memcpy(packet + 62, bytes, 8);
	packet[57] = 1; /* the first 8 bytes, others follow */
	test_receive(s->receiver, packet, sizeof(packet));
	memcpy(packet + 62, bytes + 8, 8);
	packet[57] = 8; /* the last ones */
	test_receive(s->receiver, packet, sizeof(packet));
	ASSERT_UNMATCHED(s, FRAGMENT_BAD, 1);
	assert_int_equal(kept(s), 0);
	ASSERT_NO_PICTURE(s);
}

static void a_wrong_checksum_of_the_whole_is_found(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	s->camera.packets[0].bytes[100] ^= 1;
	const struct cut c = cut(s, 0, 1, 400);

	send_cut(&c);
	ASSERT_DROPS(s, UDP_CHECKSUM, 1);
	ASSERT_NO_PICTURE(s);
}

static void a_piece_that_never_comes_is_told_after_a_second(void **state)
{
	struct scene *s = *state;
	struct ip_fragments *fragments = s->receiver->receiver.fragments;

	scene_prepare(s, 0);
	const struct cut c = cut(s, 0, 1, 200);

	for (uint32_t i = 1; i < pieces(&c); i++)
		send_one(&c, i);
	ip_fragments_expire(fragments, s->receiver->now + IP_FRAGMENTS_AGE_NS, false);
	assert_int_equal(kept(s), 1);
	ip_fragments_expire(fragments, s->receiver->now + IP_FRAGMENTS_AGE_NS + 1, false);
	assert_int_equal(kept(s), 0);
	ASSERT_UNMATCHED(s, FRAGMENT_LOST, pieces(&c) - 1);
	assert_balanced(s->receiver);
}

static void numbers_that_come_again_later_are_another_datagrams(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	struct cut c = cut(s, 0, 1, 400);

	send_one(&c, 0);
	s->receiver->now += 2 * IP_FRAGMENTS_AGE_NS;
	send_one(&c, 1);
	ASSERT_UNMATCHED(s, FRAGMENT_LOST, 1);
	assert_int_equal(kept(s), 1);
	send_one(&c, 0);
	send_one(&c, 2);
	for (uint32_t i = 1; i < s->camera.count; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	ASSERT_PICTURES(s, 0);
}

static void copies_of_pieces_are_duplicates(void **state)
{
	struct scene *s = *state;

	scene_prepare(s, 0);
	const struct cut c = cut(s, 0, 1, 400);

	send_one(&c, 0);
	send_one(&c, 0);
	send_one(&c, 1);
	send_one(&c, 1);
	send_one(&c, 2);
	ASSERT_UNMATCHED(s, DUPLICATE, 2);
	for (uint32_t i = 1; i < s->camera.count; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	ASSERT_PICTURES(s, 0);
}

/* RFC 5722: also those that come later. */
static void a_datagram_whose_pieces_overlap_is_refused(void **state)
{
	struct scene *s = *state;
	uint8_t other[64] = {1};

	scene_prepare(s, 0);
	const struct cut c = cut(s, 0, 1, 400);

	send_one(&c, 0);
	send_piece(s->receiver, AF_INET, 1, 8, true, other, 64);
	ASSERT_UNMATCHED(s, FRAGMENT_OVERLAP, 2);
	send_one(&c, 1);
	send_one(&c, 2);
	ASSERT_UNMATCHED(s, FRAGMENT_OVERLAP, pieces(&c) + 1);
	/* Two ends. */
	send_piece(s->receiver, AF_INET, 2, 64, false, other, 8);
	send_piece(s->receiver, AF_INET, 2, 128, false, other, 8);
	send_piece(s->receiver, AF_INET, 3, 64, true, other, 64);
	send_piece(s->receiver, AF_INET, 3, 8, false, other, 8);
	ASSERT_UNMATCHED(s, FRAGMENT_OVERLAP, pieces(&c) + 5);
	/* One that goes on beyond the end. */
	send_piece(s->receiver, AF_INET, 4, 64, false, other, 8);
	send_piece(s->receiver, AF_INET, 4, 72, true, other, 8);
	ASSERT_UNMATCHED(s, FRAGMENT_OVERLAP, pieces(&c) + 7);
	ip_fragments_expire(s->receiver->receiver.fragments, 0, true);
	ASSERT_UNMATCHED(s, FRAGMENT_LOST, 0);
	ASSERT_NO_PICTURE(s);
}

static void pieces_that_cannot_be_are_refused(void **state)
{
	struct scene *s = *state;
	const uint8_t bytes[16] = {0};

	send_piece(s->receiver, AF_INET, 1, 0, true, bytes, 0);
	send_piece(s->receiver, AF_INET, 1, 0, true, bytes, 9);
	ASSERT_UNMATCHED(s, FRAGMENT_BAD, 2);
	assert_int_equal(kept(s), 0);
	ASSERT_NO_PICTURE(s);
}

static void pieces_with_too_many_gaps_are_refused(void **state)
{
	struct scene *s = *state;
	const uint8_t bytes[8] = {0};

	for (uint32_t i = 0; i < 200; i++)
		send_piece(s->receiver, AF_INET, 1, 16 * i, true, bytes, 8);
	ASSERT_UNMATCHED(s, FRAGMENT_FLOOD, 200);
	ASSERT_NO_PICTURE(s);
}

static void strangers_pieces_take_no_room(void **state)
{
	struct scene *s = *state;
	struct test_packet *packet;

	scene_prepare(s, 0);
	packet = &s->camera.packets[0];
	packet->bytes[29] = 9; /* from 10.0.0.9 */
	packet->bytes[20] = 0x20;
	test_receive_packet(s->receiver, &s->camera, 0);
	ASSERT_UNMATCHED(s, NO_CAMERA, 1);
	assert_int_equal(kept(s), 0);
	ASSERT_NO_PICTURE(s);
}

/* First pieces of datagrams that never end, by the thousand, with a camera's own address: neither
 * whole packets nor datagrams whose pieces come together suffer. */
static void a_flood_of_pieces_harms_no_picture(void **state)
{
	struct scene *s = *state;
	const uint8_t bytes[1480] = {0};
	uint32_t id = 1000, flood = 0;

	for (uint32_t picture = 0; picture < TEST_PICTURES; picture++) {
		scene_prepare(s, picture);
		for (uint32_t i = 0; i < s->camera.count; i++) {
			for (uint32_t k = 0; k < 2000; k++, flood++)
				send_piece(s->receiver, AF_INET, id++ & 0xFFFF, 0, true, bytes,
					sizeof(bytes));
			const struct cut c = cut(s, i, 1 + i, 400);

			if (picture % 2)
				send_cut(&c);
			else
				test_receive_packet(s->receiver, &s->camera, i);
		}
		id = 1000;
		s->receiver->now += 2 * IP_FRAGMENTS_AGE_NS;
	}
	ip_fragments_expire(s->receiver->receiver.fragments, 0, true);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_FRAGMENT_FLOOD) +
			test_unmatched(s->receiver, GW_DROP_FRAGMENT_LOST),
		flood);
	assert_true(test_unmatched(s->receiver, GW_DROP_FRAGMENT_FLOOD) > flood / 2);
	ASSERT_ALL_PICTURES(s);
}

/* Between two pieces of a datagram, as many others may begin as the addresses have places for. */
static void a_datagram_whose_pieces_come_between_others_stays(void **state)
{
	struct scene *s = *state;
	const uint8_t bytes[1480] = {0};
	uint32_t id = 1000;

	scene_prepare(s, 0);
	for (uint32_t i = 0; i < s->camera.count; i++) {
		const struct cut c = cut(s, i, 1 + i, 400);

		for (uint32_t piece = 0; piece < pieces(&c); piece++) {
			send_one(&c, piece);
			for (uint32_t k = 1; k < IP_FRAGMENTS_OF_PAIR; k++)
				send_piece(
					s->receiver, AF_INET, id++, 0, true, bytes, sizeof(bytes));
		}
	}
	ASSERT_PICTURES(s, 0);
}

/* Nothing may be lost: the piece that makes the datagram whole is given again. */
static void a_whole_datagram_waits_where_nothing_may_be_lost(void **state)
{
	struct scene *s = *state;

	test_receiver_close(s->receiver);
	s->receiver = test_receiver_open(1, true, 2);
	s->receiver->checks = 0;
	s->receiver->sink_keeps = true;
	scene_send(s, 0);
	scene_send(s, 1);
	scene_prepare(s, 2);
	const struct cut c = cut(s, 0, 1, 400);

	send_cut(&c);
	assert_true(s->receiver->waits);
	send_one(&c, pieces(&c) - 1);
	assert_true(s->receiver->waits);
	test_sink_release(s->receiver);
	send_one(&c, pieces(&c) - 1);
	assert_false(s->receiver->waits);
	assert_int_equal(kept(s), 0);
	for (uint32_t i = 1; i < s->camera.count; i++)
		test_receive_packet(s->receiver, &s->camera, i);
	ASSERT_PICTURES(s, 0, 1, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pictures_come_from_pieces_in_any_order),
		TEST(pieces_of_several_datagrams_may_come_in_turns),
		TEST(the_largest_datagram_fits_and_none_beyond),
		TEST(ipv6_is_put_together_too),
		TEST(fragments_within_fragments_are_refused),
		TEST(a_wrong_checksum_of_the_whole_is_found),
		TEST(a_piece_that_never_comes_is_told_after_a_second),
		TEST(numbers_that_come_again_later_are_another_datagrams),
		TEST(copies_of_pieces_are_duplicates),
		TEST(a_datagram_whose_pieces_overlap_is_refused),
		TEST(pieces_that_cannot_be_are_refused),
		TEST(pieces_with_too_many_gaps_are_refused),
		TEST(strangers_pieces_take_no_room),
		TEST(a_flood_of_pieces_harms_no_picture),
		TEST(a_datagram_whose_pieces_come_between_others_stays),
		TEST(a_whole_datagram_waits_where_nothing_may_be_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
