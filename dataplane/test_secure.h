/* A sender of SRTP for tests (RFC 3711, 4.1 to 4.3), on GnuTLS' AES and HMAC: shares no code with
 * the receiver's library. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"

/* Bytes that a packet grows by, at most: SRTCP's index, the key's identifier, the tag. */
#define TEST_SECURE_MORE 22

/* The master key of RFC 3711, appendix B.3. */
extern const struct gw_srtp_key test_secure_key;
#define TEST_SECURE_KEY_TEXT "4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqvm" /* its base64 */

struct test_secure {
	uint8_t cipher[16], salt[14], auth[20]; /* session keys of RTP */
	uint8_t rtcp_cipher[16], rtcp_salt[14], rtcp_auth[20];
	uint32_t tag; /* bytes */
	uint8_t mki[8]; /* the key's identifier */
	uint32_t mki_size; /* 0: packets carry none */
	uint32_t rounds; /* of the sequence numbers */
	uint32_t rtcp_index;
};

/* Bytes of AES-CM's key stream (RFC 3711, 4.1.1). */
void test_secure_stream(
	const uint8_t key[16], const uint8_t iv[16], uint8_t *stream, uint32_t size);

/* A session key (RFC 3711, 4.3.1). */
void test_secure_derive(
	const uint8_t master[GW_SRTP_KEY], uint8_t label, uint8_t *key, uint32_t size);

void test_secure_init(struct test_secure *sender, const struct gw_srtp_key *key);

/* Protects a packet in place, which has room for TEST_SECURE_MORE bytes more. Return its size. */
uint32_t test_secure_rtp(const struct test_secure *sender, uint8_t *packet, uint32_t size);
uint32_t test_secure_rtcp(struct test_secure *sender, uint8_t *packet, uint32_t size);
