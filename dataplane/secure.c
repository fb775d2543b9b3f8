#include "dataplane/secure.h"

#include <errno.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/config/srtp_key.h"

/* Packets that may come later than a newer one. */
#define REPLAY_WINDOW 1024

/* SSRCs of a camera that are remembered: its two sessions, and some before. */
#define SSRCS 4

/* Rounds of sequence numbers that are tried: some in a packet, and not with every packet, so that
 * forged ones cost little. A camera needs a day for hundreds. An SSRC that was heard is at most so
 * many further after a pause. */
#define TRIES 4
#define TRIES_EVERY_NS (2 * GW_NS_PER_MS)
#define MOST_ROUNDS (1u << 22)
#define MOST_ROUNDS_SINCE 16
#define PAUSE_NS (10 * GW_NS_PER_S)

/* Another SSRC is tried only when the one before was for so long. */
#define SEARCH_NS GW_NS_PER_S

/* Bytes of SRTP's RTP header that are read here. */
#define LEAST_PACKET 12

struct secure {
	srtp_t session;
	srtp_policy_t policy;
	unsigned char master[GW_SRTP_KEY], mki[GW_SRTP_MKI];
	srtp_master_key_t key, *keys[1]; /* both, where packets say which key they have */

	/* SSRCs that the library has something of, oldest first from `next` on. */
	uint32_t count, next;
	struct heard {
		uint32_t ssrc;
		int64_t at; /* of its last RTP packet; 0: none was right */
	} heard[SSRCS];

	/* The search for the rounds of one SSRC. */
	bool searches;
	uint32_t search_ssrc, from, most, tried;
	int64_t search_began, tried_at;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static srtp_err_status_t library;

static void begin_library(void)
{
	library = srtp_init();
}

/* Packets that carry another one, or none, are not opened. */
static void set_identifier(struct secure *secure, const struct gw_srtp_key *key)
{
	for (uint32_t i = 0; i < sizeof(key->mki) && i < key->mki_size; i++)
		secure->mki[key->mki_size - 1 - i] = (unsigned char)(key->mki >> 8 * i);
	secure->key = (srtp_master_key_t){
		.key = secure->master, .mki_id = secure->mki, .mki_size = key->mki_size};
	secure->keys[0] = &secure->key;
	secure->policy.key = NULL;
	secure->policy.keys = secure->keys;
	secure->policy.num_master_keys = 1;
}

struct secure *secure_create(const struct gw_srtp_key *key, struct gw_error *error)
{
	struct secure *secure = calloc(1, sizeof(*secure));
	const srtp_profile_t profile = key->suite == GW_SRTP_AES_CM_128_HMAC_SHA1_32
		? srtp_profile_aes128_cm_sha1_32
		: srtp_profile_aes128_cm_sha1_80;

	pthread_once(&once, begin_library);
	if (!secure || library != srtp_err_status_ok) {
		free(secure);
		gw_error_set(error, -ENOMEM, "srtp: out of memory");
		return NULL;
	}
	memcpy(secure->master, key->master, sizeof(secure->master));
	srtp_crypto_policy_set_from_profile_for_rtp(&secure->policy.rtp, profile);
	srtp_crypto_policy_set_from_profile_for_rtcp(&secure->policy.rtcp, profile);
	secure->policy.ssrc.type = ssrc_any_inbound;
	secure->policy.key = secure->master;
	if (key->mki_size > 0)
		set_identifier(secure, key);
	secure->policy.window_size = REPLAY_WINDOW;
	if (srtp_create(&secure->session, &secure->policy) != srtp_err_status_ok) {
		free(secure);
		gw_error_set(error, -ENOMEM, "srtp: the library could not make a context");
		return NULL;
	}
	secure->policy.ssrc.type = ssrc_specific;
	return secure;
}

int secure_of_camera(
	const struct gw_camera_config *camera, struct secure **secure, struct gw_error *error)
{
	struct gw_srtp_key key = camera->srtp_key;

	*secure = NULL;
	if (!key.is_set && !camera->srtp)
		return 0;
	if (!key.is_set) {
		const int status = gw_srtp_key_read(camera->srtp->key_file, &key, error);

		if (status != 0)
			return status;
		key.suite = camera->srtp->suite;
	}
	*secure = secure_create(&key, error);
	explicit_bzero(&key, sizeof(key));
	return *secure ? 0 : -ENOMEM;
}

void secure_destroy(struct secure *secure)
{
	if (!secure)
		return;
	srtp_dealloc(secure->session);
	explicit_bzero(secure->master, sizeof(secure->master));
	free(secure);
}

static struct heard *find(struct secure *secure, uint32_t ssrc)
{
	for (uint32_t i = 0; i < secure->count; i++)
		if (secure->heard[i].ssrc == ssrc)
			return &secure->heard[i];
	return NULL;
}

/* The library has something of one more SSRC: the one that was noted first is forgotten for it. */
static struct heard *note(struct secure *secure, uint32_t ssrc)
{
	struct heard *heard = &secure->heard[secure->next];

	secure->next = (secure->next + 1) % SSRCS;
	if (secure->count == SSRCS)
		srtp_remove_stream(secure->session, heard->ssrc);
	else
		secure->count++;
	*heard = (struct heard){.ssrc = ssrc};
	return heard;
}

static enum gw_drop drop_of(srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok:
		return GW_DROP_NONE;
	case srtp_err_status_auth_fail:
	case srtp_err_status_bad_mki:
	case srtp_err_status_cant_check: /* it says that it is not encrypted */
		return GW_DROP_SRTP_AUTH;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
		return GW_DROP_SRTP_REPLAY;
	default:
		return GW_DROP_SRTP_BAD;
	}
}

static srtp_err_status_t unprotect(struct secure *secure, uint8_t *packet, uint32_t *size)
{
	int length = (int)*size;
	const srtp_err_status_t status = srtp_unprotect_mki(
		secure->session, packet, &length, secure->policy.num_master_keys);

	if (status == srtp_err_status_ok)
		*size = (uint32_t)length;
	return status;
}

/* Whether to look for the rounds of that SSRC now; begins a search when none is under way. */
static bool may_search(struct secure *secure, uint32_t ssrc, struct heard *heard, int64_t now)
{
	uint32_t round = 0;

	if ((heard && heard->at != 0 && now - heard->at < PAUSE_NS) ||
		now - secure->tried_at < TRIES_EVERY_NS)
		return false;
	if (secure->searches && secure->search_ssrc == ssrc)
		return true;
	if (secure->searches && now - secure->search_began < SEARCH_NS)
		return false;
	if (heard && heard->at != 0)
		srtp_get_stream_roc(secure->session, ssrc, &round);
	/* What an earlier search left is of no use to anybody. */
	if (!heard) {
		if (srtp_remove_stream(secure->session, secure->search_ssrc) == srtp_err_status_ok)
			secure->searches = false;
		secure->policy.ssrc.value = ssrc;
		if (srtp_add_stream(secure->session, &secure->policy) != srtp_err_status_ok)
			return false;
	}
	secure->searches = true;
	secure->search_ssrc = ssrc;
	secure->search_began = now;
	secure->from = round;
	secure->most = heard && heard->at != 0 ? MOST_ROUNDS_SINCE : MOST_ROUNDS;
	secure->tried = 0;
	return true;
}

static srtp_err_status_t search(struct secure *secure, uint8_t *packet, uint32_t *size, int64_t now)
{
	srtp_err_status_t status = srtp_err_status_auth_fail;

	secure->tried_at = now;
	for (uint32_t i = 0; i < TRIES && status == srtp_err_status_auth_fail; i++) {
		srtp_set_stream_roc(
			secure->session, secure->search_ssrc, secure->from + secure->tried);
		secure->tried = (secure->tried + 1) % secure->most;
		status = unprotect(secure, packet, size);
	}
	return status;
}

enum gw_drop secure_open(struct secure *secure, uint8_t *packet, uint32_t *size, int64_t now)
{
	if (*size < LEAST_PACKET)
		return GW_DROP_SRTP_BAD;
	const uint32_t ssrc = read_be32(packet + 8);
	srtp_err_status_t status = unprotect(secure, packet, size);
	struct heard *heard = find(secure, ssrc);

	if (status == srtp_err_status_auth_fail && may_search(secure, ssrc, heard, now))
		status = search(secure, packet, size, now);
	if (status != srtp_err_status_ok)
		return drop_of(status);
	if (secure->searches && secure->search_ssrc == ssrc)
		secure->searches = false;
	if (!heard)
		heard = note(secure, ssrc);
	heard->at = now;
	return GW_DROP_NONE;
}

enum gw_drop secure_open_report(struct secure *secure, uint8_t *packet, uint32_t *size)
{
	int length = (int)*size;

	if (*size < LEAST_PACKET)
		return GW_DROP_SRTP_BAD;
	const uint32_t ssrc = read_be32(packet + 4);
	const srtp_err_status_t status = srtp_unprotect_rtcp_mki(
		secure->session, packet, &length, secure->policy.num_master_keys);

	if (status != srtp_err_status_ok)
		return drop_of(status);
	*size = (uint32_t)length;
	/* While its rounds are looked for, the library has it already. */
	if (!find(secure, ssrc) && !(secure->searches && secure->search_ssrc == ssrc))
		note(secure, ssrc);
	return GW_DROP_NONE;
}
