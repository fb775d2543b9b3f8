/* SRTP and SRTCP of any bytes, the key of any SDP line; and a packet that was protected by the
 * camera's key: it is opened once, and not when a bit of it is another.
 *
 * Input: two bytes say which bit of the protected packet is changed, then bytes. */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/config/srtp_key.h"
#include "dataplane/secure.h"
#include "dataplane/test_secure.h"

#define MOST 1400
#define HEADER 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

static struct secure *make_secure(void)
{
	struct gw_error error;
	struct secure *secure = secure_create(&test_secure_key, &error);

	check(secure != NULL);
	return secure;
}

static enum gw_drop open_it(struct secure *secure, uint8_t *packet, uint32_t *size, bool is_report)
{
	return is_report ? secure_open_report(secure, packet, size)
			 : secure_open(secure, packet, size, GW_NS_PER_S);
}

/* To the byte: a read past the packet's end is seen. */
static uint8_t *copy_of(const uint8_t *data, uint32_t size)
{
	uint8_t *copy = malloc(size + (size == 0));

	memcpy(copy, data, size);
	return copy;
}

/* Nobody with the key made them. */
static void open_any(const uint8_t *data, uint32_t size, bool is_report)
{
	struct secure *secure = make_secure();
	uint8_t *packet = copy_of(data, size);

	check(open_it(secure, packet, &size, is_report) != GW_DROP_NONE);
	free(packet);
	secure_destroy(secure);
}

static void open_protected(const uint8_t *data, uint32_t size, uint32_t bit, bool is_report)
{
	static const uint8_t rtp[HEADER] = {0x80, 26, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7};
	static const uint8_t report[HEADER] = {0x80, 200, 0, 6, 0, 0, 0, 7};
	struct secure *secure = make_secure();
	struct test_secure sender;
	uint8_t plain[HEADER + MOST + TEST_SECURE_MORE], closed[sizeof(plain)];

	memcpy(plain, is_report ? report : rtp, HEADER);
	memcpy(plain + HEADER, data, size);
	memcpy(closed, plain, HEADER + size);
	test_secure_init(&sender, &test_secure_key);
	const uint32_t grown = is_report ? test_secure_rtcp(&sender, closed, HEADER + size)
					 : test_secure_rtp(&sender, closed, HEADER + size);
	uint8_t *packet = copy_of(closed, grown);
	uint32_t left = grown;

	check(open_it(secure, packet, &left, is_report) == GW_DROP_NONE);
	check(left == HEADER + size && memcmp(packet, plain, left) == 0);
	left = grown;
	memcpy(packet, closed, grown);
	check(open_it(secure, packet, &left, is_report) == GW_DROP_SRTP_REPLAY);
	left = grown;
	packet[bit / 8 % grown] ^= (uint8_t)(1u << bit % 8);
	check(open_it(secure, packet, &left, is_report) != GW_DROP_NONE);
	free(packet);
	secure_destroy(secure);
}

static void read_key(const uint8_t *data, uint32_t size)
{
	struct gw_srtp_key key;
	struct gw_error error;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	(void)gw_srtp_key_from_sdp(text, &key, &error);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > MOST)
		return 0;
	const uint32_t bit = data[0] | (uint32_t)data[1] << 8, left = (uint32_t)size - 2;

	read_key(data + 2, left);
	for (int is_report = 0; is_report < 2; is_report++) {
		open_any(data + 2, left, is_report);
		open_protected(data + 2, left, bit, is_report);
	}
	return 0;
}
