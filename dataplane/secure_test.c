#include "dataplane/secure.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "dataplane/test_scene.h"
#include "dataplane/test_secure.h"

static void the_key_stream_is_that_of_the_rfc(void **state)
{
	static const uint8_t key[16] = {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7,
		0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C};
	static const uint8_t iv[16] = {
		0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD};
	static const uint8_t wanted[48] = {0xE0, 0x3E, 0xAD, 0x09, 0x35, 0xC9, 0x5E, 0x80, 0xE1,
		0x66, 0xB1, 0x6D, 0xD9, 0x2B, 0x4E, 0xB4, 0xD2, 0x35, 0x13, 0x16, 0x2B, 0x02, 0xD0,
		0xF7, 0x2A, 0x43, 0xA2, 0xFE, 0x4A, 0x5F, 0x97, 0xAB, 0x41, 0xE9, 0x5B, 0x3B, 0xB0,
		0xA2, 0xE8, 0xDD, 0x47, 0x79, 0x01, 0xE4, 0xFC, 0xA8, 0x94, 0xC0};
	uint8_t stream[48];

	test_secure_stream(key, iv, stream, sizeof(stream));
	assert_memory_equal(stream, wanted, sizeof(wanted));
}

static void session_keys_are_those_of_the_rfc(void **state)
{
	static const uint8_t cipher[16] = {0xC6, 0x1E, 0x7A, 0x93, 0x74, 0x4F, 0x39, 0xEE, 0x10,
		0x73, 0x4A, 0xFE, 0x3F, 0xF7, 0xA0, 0x87};
	static const uint8_t salt[14] = {
		0x30, 0xCB, 0xBC, 0x08, 0x86, 0x3D, 0x8C, 0x85, 0xD4, 0x9D, 0xB3, 0x4A, 0x9A, 0xE1};
	static const uint8_t auth[20] = {0xCE, 0xBE, 0x32, 0x1F, 0x6F, 0xF7, 0x71, 0x6B, 0x6F, 0xD4,
		0xAB, 0x49, 0xAF, 0x25, 0x6A, 0x15, 0x6D, 0x38, 0xBA, 0xA4};
	struct test_secure sender;

	test_secure_init(&sender, &test_secure_key);
	assert_memory_equal(sender.cipher, cipher, sizeof(cipher));
	assert_memory_equal(sender.salt, salt, sizeof(salt));
	assert_memory_equal(sender.auth, auth, sizeof(auth));
}

/* A camera that protects what it sends. */
struct shielded {
	struct scene *s;
	struct test_secure sender;
	uint8_t last[2048]; /* what was received last, from the Ethernet header on */
	uint32_t last_size;
};

static struct shielded open_with(struct scene *s, const struct gw_srtp_key *key, bool lossless)
{
	struct shielded shielded = {.s = s};
	struct gw_error error;
	struct test_receiver *r = s->receiver;

	test_receiver_restart(r, lossless);
	struct stream *stream = r->streams[0];

	stream->secure = stream->other->secure = secure_create(key, &error);
	assert_non_null(stream->secure);
	r->receiver.secure_count = 1;
	r->checks = 0;
	test_secure_init(&shielded.sender, key);
	return shielded;
}

static struct shielded open_shielded(struct scene *s, enum gw_srtp_suite suite, bool lossless)
{
	struct gw_srtp_key key = test_secure_key;

	key.suite = suite;
	return open_with(s, &key, lossless);
}

/* Makes IP and UDP say how long the packet has become, and receives it. */
static void receive_bytes(struct shielded *x, uint8_t *bytes, uint32_t size)
{
	const uint32_t ip = size - 14, udp = size - 34;

	bytes[16] = (uint8_t)(ip >> 8);
	bytes[17] = (uint8_t)ip;
	bytes[38] = (uint8_t)(udp >> 8);
	bytes[39] = (uint8_t)udp;
	/* Of the exact size, so that a sanitizer sees a read past the end. */
	uint8_t *copy = malloc(size);

	memcpy(copy, bytes, size);
	test_receive(x->s->receiver, copy, size);
	free(copy);
	memmove(x->last, bytes, size);
	x->last_size = size;
}

static void receive_again(struct shielded *x)
{
	uint8_t again[sizeof(x->last)];

	memcpy(again, x->last, x->last_size);
	receive_bytes(x, again, x->last_size);
}

static void receive_shielded(struct shielded *x, uint32_t index)
{
	const struct test_packet *packet = &x->s->camera.packets[index];
	uint8_t bytes[sizeof(x->last)];

	memcpy(bytes, packet->bytes, packet->size);
	receive_bytes(x, bytes,
		TEST_RTP_OFFSET +
			test_secure_rtp(&x->sender, bytes + TEST_RTP_OFFSET,
				packet->size - TEST_RTP_OFFSET));
}

static void send_shielded(struct shielded *x, uint32_t picture)
{
	scene_prepare(x->s, picture);
	for (uint32_t i = 0; i < x->s->camera.count; i++)
		receive_shielded(x, i);
}

static void pictures_come_back_exact_with_both_suites(void **state)
{
	struct scene *s = *state;

	for (enum gw_srtp_suite suite = GW_SRTP_AES_CM_128_HMAC_SHA1_80;
		suite <= GW_SRTP_AES_CM_128_HMAC_SHA1_32; suite++) {
		struct shielded x = open_shielded(s, suite, false);

		s->camera.csrc = 2;
		s->camera.extension = true;
		s->camera.padding = 3;
		send_shielded(&x, 0);
		send_shielded(&x, 1);
	}
	ASSERT_PICTURES(s, 0, 1, 0, 1);
	ASSERT_DROPS(s, SRTP_AUTH, 0);
}

static void packets_that_name_their_key_are_opened(void **state)
{
	struct scene *s = *state;
	struct gw_srtp_key key = test_secure_key;

	key.mki = 0x01020304;
	for (key.mki_size = 4; key.mki_size <= 8; key.mki_size += 4) {
		struct shielded x = open_with(s, &key, false);

		/* Whoever joins late finds the rounds of these too. */
		x.sender.rounds = 1;
		send_shielded(&x, 0);
		send_shielded(&x, 1);
	}
	ASSERT_PICTURES(s, 0, 1, 0, 1);
	ASSERT_DROPS(s, SRTP_AUTH, 0);
}

static void packets_that_name_another_key_are_refused(void **state)
{
	struct scene *s = *state;
	struct gw_srtp_key key = test_secure_key;

	key.mki = 1;
	key.mki_size = 4;
	struct shielded x = open_with(s, &key, false);

	x.sender.mki[0] = 1;
	send_shielded(&x, 0);
	x.sender.mki_size = 0;
	send_shielded(&x, 1);
	ASSERT_DROPS(s, SRTP_AUTH, 2 * s->camera.count);
	ASSERT_NO_PICTURE(s);
	scene_prepare(s, 2);
	for (uint32_t payload = 0; payload < 60; payload++) {
		uint8_t copy[2048];

		memcpy(copy, s->camera.packets[0].bytes, TEST_RTP_OFFSET + payload);
		receive_bytes(&x, copy, TEST_RTP_OFFSET + payload);
	}
	ASSERT_NO_PICTURE(s);
}

static void what_came_before_is_refused(void **state)
{
	struct scene *s = *state;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_80, false);

	scene_prepare(s, 0);
	for (uint32_t i = 0; i < s->camera.count; i++) {
		receive_shielded(&x, i);
		receive_again(&x);
	}
	ASSERT_DROPS(s, SRTP_REPLAY, s->camera.count);
	ASSERT_PICTURES(s, 0);
}

static void a_changed_bit_anywhere_is_found_and_harms_nothing(void **state)
{
	struct scene *s = *state;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_80, false);
	uint32_t changed = 0;

	send_shielded(&x, 0);
	scene_prepare(s, 1);
	/* First damaged ones under the numbers of those that come: nothing of them is noted. */
	const struct test_packet *packet = &s->camera.packets[1];
	uint8_t whole[2048];

	memcpy(whole, packet->bytes, packet->size);
	const uint32_t size = TEST_RTP_OFFSET +
		test_secure_rtp(&x.sender, whole + TEST_RTP_OFFSET, packet->size - TEST_RTP_OFFSET);

	for (uint32_t at = TEST_RTP_OFFSET; at < size; at++) {
		uint8_t copy[2048];

		memcpy(copy, whole, size);
		copy[at] ^= 1;
		receive_bytes(&x, copy, size);
		changed++;
	}
	for (uint32_t i = 0; i < s->camera.count; i++)
		receive_shielded(&x, i);
	send_shielded(&x, 2);
	ASSERT_PICTURES(s, 0, 1, 2);
	/* Some change the version, and one makes a header extension of what is none. */
	const uint64_t counted = test_drops(s->receiver, GW_DROP_SRTP_AUTH) +
		test_drops(s->receiver, GW_DROP_SRTP_BAD) +
		test_drops(s->receiver, GW_DROP_RTP_VERSION) +
		test_drops(s->receiver, GW_DROP_RTP_SHORT);

	assert_int_equal(counted, changed);
	assert_true(test_drops(s->receiver, GW_DROP_SRTP_AUTH) > changed - 5);
}

static void plain_packets_and_those_of_another_key_are_refused(void **state)
{
	struct scene *s = *state;
	struct gw_srtp_key other = test_secure_key;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_80, false);

	scene_send(s, 0);
	ASSERT_DROPS(s, SRTP_AUTH, s->camera.count);
	other.master[0] ^= 1;
	test_secure_init(&x.sender, &other);
	send_shielded(&x, 1);
	assert_true(test_drops(s->receiver, GW_DROP_SRTP_AUTH) >= 2 * s->camera.count);
	ASSERT_NO_PICTURE(s);
}

static void packets_cut_anywhere_are_refused(void **state)
{
	struct scene *s = *state;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_80, false);

	scene_prepare(s, 0);
	for (uint32_t payload = 0; payload < 60; payload++) {
		uint8_t copy[2048];

		memcpy(copy, s->camera.packets[0].bytes, TEST_RTP_OFFSET + payload);
		receive_bytes(&x, copy, TEST_RTP_OFFSET + payload);
	}
	ASSERT_NO_PICTURE(s);
	ASSERT_DROPS(s, RTP_SHORT, 12);
	ASSERT_DROPS(s, SRTP_BAD, 10);
}

static void numbers_wrap_and_sessions_change(void **state)
{
	struct scene *s = *state;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_80, false);

	s->camera.sequence = 65530;
	scene_prepare(s, 0);
	for (uint32_t i = 0; i < s->camera.count; i++) {
		const uint8_t *rtp = s->camera.packets[i].bytes + TEST_RTP_OFFSET;

		x.sender.rounds = rtp[2] == 0; /* they wrap within the picture */
		receive_shielded(&x, i);
	}
	send_shielded(&x, 1);
	for (uint32_t i = 2; i < 8; i++) {
		s->camera.ssrc++;
		x.sender.rounds = 0;
		send_shielded(&x, i);
	}
	ASSERT_ALL_PICTURES(s);
	ASSERT_DROPS(s, SRTP_AUTH, 0);
}

static void who_joins_late_finds_the_rounds(void **state)
{
	struct scene *s = *state;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_80, false);

	x.sender.rounds = 333;
	for (uint32_t i = 0; i < 20; i++) {
		send_shielded(&x, i % TEST_PICTURES);
		s->receiver->now += 40 * GW_NS_PER_MS;
		/* Time passes between packets, too. */
		for (uint32_t k = 0; k < 10; k++) {
			receive_again(&x);
			s->receiver->now += 4 * GW_NS_PER_MS;
		}
	}
	assert_true(s->receiver->count >= 5);
	const uint64_t refused = test_drops(s->receiver, GW_DROP_SRTP_AUTH);

	/* Once found, forged packets do not send it looking again. */
	s->receiver->now += 5 * GW_NS_PER_MS;
	scene_send(s, 0);
	assert_true(test_drops(s->receiver, GW_DROP_SRTP_AUTH) > refused);
	const uint32_t count = s->receiver->count;

	send_shielded(&x, 1);
	test_receiver_rest(s->receiver, 30); /* it waited for the packets before it */
	assert_int_equal(s->receiver->count, count + 1);
}

static void after_a_long_pause_the_next_round_is_found(void **state)
{
	struct scene *s = *state;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_80, false);

	send_shielded(&x, 0);
	s->receiver->now += 60 * GW_NS_PER_S;
	x.sender.rounds = 3;
	for (uint32_t i = 1; i < 5; i++) {
		send_shielded(&x, i);
		s->receiver->now += 40 * GW_NS_PER_MS;
	}
	const uint32_t count = s->receiver->count;

	assert_true(count >= 2);
	send_shielded(&x, 5);
	assert_int_equal(s->receiver->count, count + 1);
}

static void a_packet_that_has_to_wait_is_opened_once(void **state)
{
	struct scene *s = *state;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_80, true);
	struct test_receiver *r = s->receiver;
	uint32_t waited = 0;

	r->sink_keeps = true;
	for (uint32_t picture = 0; picture < TEST_PICTURES + 8; picture++) {
		scene_prepare(s, picture % TEST_PICTURES);
		for (uint32_t i = 0; i < s->camera.count; i++) {
			receive_shielded(&x, i);
			while (r->waits) {
				waited++;
				receive_again(&x);
				if (r->waits)
					test_sink_release(r);
				if (r->waits)
					receive_again(&x);
			}
		}
	}
	assert_true(waited > 0);
	ASSERT_DROPS(s, SRTP_REPLAY, 0);
	assert_int_equal(r->count, TEST_PICTURES + 8);
	assert_balanced(r);
}

static void reports_are_protected_too(void **state)
{
	struct scene *s = *state;
	struct shielded x = open_shielded(s, GW_SRTP_AES_CM_128_HMAC_SHA1_32, false);
	uint8_t bytes[128] = {0};
	/* An SR without blocks; BYE. */
	static const uint8_t plain[] = {
		[0] = 0x80, [1] = 200, [3] = 6, [28] = 0x81, [29] = 203, [31] = 1, [35] = 0};

	send_shielded(&x, 0);
	memcpy(bytes, s->camera.packets[0].bytes, TEST_RTP_OFFSET);
	uint8_t *report = bytes + TEST_RTP_OFFSET;

	memcpy(report, plain, sizeof(plain));
	for (int i = 0; i < 4; i++)
		report[4 + i] = report[32 + i] = (uint8_t)(s->camera.ssrc >> (24 - 8 * i));
	/* As it is. */
	receive_bytes(&x, bytes, TEST_RTP_OFFSET + sizeof(plain));
	ASSERT_EVENTS(s, RTCP_BYE, 0);
	ASSERT_DROPS(s, SRTP_AUTH, 1);
	receive_bytes(
		&x, bytes, TEST_RTP_OFFSET + test_secure_rtcp(&x.sender, report, sizeof(plain)));
	ASSERT_EVENTS(s, RTCP_BYE, 1);
	receive_again(&x);
	ASSERT_EVENTS(s, RTCP_BYE, 1);
	ASSERT_DROPS(s, SRTP_REPLAY, 1);
	ASSERT_PICTURES(s, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_stream_is_that_of_the_rfc),
		cmocka_unit_test(session_keys_are_those_of_the_rfc),
		SCENE_TEST(pictures_come_back_exact_with_both_suites),
		SCENE_TEST(packets_that_name_their_key_are_opened),
		SCENE_TEST(packets_that_name_another_key_are_refused),
		SCENE_TEST(what_came_before_is_refused),
		SCENE_TEST(a_changed_bit_anywhere_is_found_and_harms_nothing),
		SCENE_TEST(plain_packets_and_those_of_another_key_are_refused),
		SCENE_TEST(packets_cut_anywhere_are_refused),
		SCENE_TEST(numbers_wrap_and_sessions_change),
		SCENE_TEST(who_joins_late_finds_the_rounds),
		SCENE_TEST(after_a_long_pause_the_next_round_is_found),
		SCENE_TEST(a_packet_that_has_to_wait_is_opened_once),
		SCENE_TEST(reports_are_protected_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
