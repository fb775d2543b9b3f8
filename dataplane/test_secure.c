#include "dataplane/test_secure.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "core/bytes.h"
#include "core/test.h"

const struct gw_srtp_key test_secure_key = {
	.is_set = true,
	.suite = GW_SRTP_AES_CM_128_HMAC_SHA1_80,
	.master = {0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06,
		0xDE, 0x41, 0x39, 0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B,
		0x3A, 0xAB, 0xE6},
};

static void put_be32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void encrypt_block(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	uint8_t zero[16] = {0};
	const gnutls_datum_t with = {(unsigned char *)key, 16}, iv = {zero, sizeof(zero)};
	gnutls_cipher_hd_t cipher;

	/* One block after a vector of zeros is the block by itself. */
	assert_int_equal(gnutls_cipher_init(&cipher, GNUTLS_CIPHER_AES_128_CBC, &with, &iv), 0);
	assert_int_equal(gnutls_cipher_encrypt2(cipher, in, 16, out, 16), 0);
	gnutls_cipher_deinit(cipher);
}

void test_secure_stream(const uint8_t key[16], const uint8_t iv[16], uint8_t *stream, uint32_t size)
{
	uint8_t counter[16], block[16];

	memcpy(counter, iv, 16);
	for (uint32_t at = 0; at < size; at += 16) {
		counter[14] = (uint8_t)(at / 16 >> 8);
		counter[15] = (uint8_t)(at / 16);
		encrypt_block(key, counter, block);
		memcpy(stream + at, block, size - at < 16 ? size - at : 16);
	}
}

void test_secure_derive(
	const uint8_t master[GW_SRTP_KEY], uint8_t label, uint8_t *key, uint32_t size)
{
	uint8_t iv[16] = {0};

	memcpy(iv, master + 16, 14);
	iv[7] ^= label;
	test_secure_stream(master, iv, key, size);
}

void test_secure_init(struct test_secure *sender, const struct gw_srtp_key *key)
{
	*sender =
		(struct test_secure){.tag = key->suite == GW_SRTP_AES_CM_128_HMAC_SHA1_32 ? 4 : 10};
	sender->mki_size = key->mki_size;
	for (uint32_t i = 0; i < sizeof(key->mki) && i < key->mki_size; i++)
		sender->mki[key->mki_size - 1 - i] = (uint8_t)(key->mki >> 8 * i);
	test_secure_derive(key->master, 0, sender->cipher, sizeof(sender->cipher));
	test_secure_derive(key->master, 1, sender->auth, sizeof(sender->auth));
	test_secure_derive(key->master, 2, sender->salt, sizeof(sender->salt));
	test_secure_derive(key->master, 3, sender->rtcp_cipher, sizeof(sender->rtcp_cipher));
	test_secure_derive(key->master, 4, sender->rtcp_auth, sizeof(sender->rtcp_auth));
	test_secure_derive(key->master, 5, sender->rtcp_salt, sizeof(sender->rtcp_salt));
}

static void encrypt(const uint8_t key[16], const uint8_t salt[14], uint32_t ssrc, uint64_t index,
	uint8_t *data, uint32_t size)
{
	uint8_t iv[16] = {0}, stream[65536];

	memcpy(iv, salt, 14);
	for (int i = 0; i < 4; i++)
		iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
	for (int i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
	test_secure_stream(key, iv, stream, size);
	for (uint32_t i = 0; i < size; i++)
		data[i] ^= stream[i];
}

/* Writes the identifier, which is not signed (RFC 3711, 3.1), and the tag. Returns their size. */
static uint32_t sign(const struct test_secure *sender, const uint8_t key[20], const uint8_t *data,
	uint32_t size, uint8_t *end, uint32_t tag_size)
{
	uint8_t digest[20];

	assert_int_equal(gnutls_hmac_fast(GNUTLS_MAC_SHA1, key, 20, data, size, digest), 0);
	memcpy(end, sender->mki, sender->mki_size);
	memcpy(end + sender->mki_size, digest, tag_size);
	return sender->mki_size + tag_size;
}

uint32_t test_secure_rtp(const struct test_secure *sender, uint8_t *packet, uint32_t size)
{
	uint32_t header = 12 + (packet[0] & 15u) * 4;
	const uint64_t index = (uint64_t)sender->rounds << 16 | read_be16(packet + 2);

	if (packet[0] & 0x10)
		header += 4 + read_be16(packet + header + 2) * 4u;
	encrypt(sender->cipher, sender->salt, read_be32(packet + 8), index, packet + header,
		size - header);
	put_be32(packet + size, sender->rounds);
	return size + sign(sender, sender->auth, packet, size + 4, packet + size, sender->tag);
}

uint32_t test_secure_rtcp(struct test_secure *sender, uint8_t *packet, uint32_t size)
{
	const uint32_t index = ++sender->rtcp_index;

	encrypt(sender->rtcp_cipher, sender->rtcp_salt, read_be32(packet + 4), index, packet + 8,
		size - 8);
	put_be32(packet + size, 0x80000000 | index);
	return size + 4 + sign(sender, sender->rtcp_auth, packet, size + 4, packet + size + 4, 10);
}
