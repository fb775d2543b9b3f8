/* Master keys of SRTP: from a file, and from an SDP. */
#pragma once

#include <stdbool.h>

#include "core/config/config.h"
#include "core/error.h"

/* Reads the key of a file: the base64 of master key and salt (30 bytes), as SDES writes it, with or
 * without "inline:" before it. 0, or a negative errno with a line that shows nothing of the file's
 * text. Control thread. */
int gw_srtp_key_read(const char *path, struct gw_srtp_key *key, struct gw_error *error);

/* Reads what an SDP says in `a=crypto:` (RFC 4568, 9.1): "1 AES_CM_128_HMAC_SHA1_80
 * inline:KEY|2^31|1:4 WSH=128". Lifetime and window size are read and need nothing of us: more
 * packets than the window has are remembered. 0; -ENOTSUP: another suite, more keys than one, or a
 * session parameter that changes what packets are; -EINVAL: malformed. The line shows nothing of
 * the key. Any thread. */
int gw_srtp_key_from_sdp(const char *crypto, struct gw_srtp_key *key, struct gw_error *error);

/* Whether packets are opened in the same way. */
bool gw_srtp_same_key(const struct gw_srtp_key *a, const struct gw_srtp_key *b);
