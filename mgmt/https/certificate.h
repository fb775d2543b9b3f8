/* What the HTTPS port shows for who it is: a certificate with those that signed it, and its key. */
#pragma once

#include <gnutls/abstract.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "mgmt/https/keeper.h"

struct json_t;

#define CERTIFICATE_CHAIN 8

struct certificate {
	gnutls_x509_crt_t chain[CERTIFICATE_CHAIN]; /* our own is the first */
	unsigned int count;
	gnutls_x509_privkey_t key;
	char fingerprint[CERTIFICATE_FINGERPRINT];
};

/* Reads PEM files; they may be one. Returns a new one, NULL with a line: what cannot be read, is no
 * PEM, has a password, or a key that is another certificate's. */
struct certificate *certificate_load(
	const char *file, const char *key_file, struct gw_error *error);

/* Accepts NULL. */
void certificate_free(struct certificate *certificate);

/* Makes a key (ECDSA, P-256) and a certificate that nobody else has signed, for `name`, this
 * machine's name, localhost, its loopback addresses and `address`, where that is one; valid for ten
 * years from now, and since 1970: of a machine whose clock is set late, at each start anew. Writes
 * both into `path`, for its owner alone, whole or not at all. Returns 0 or a negative errno with a
 * line. */
int certificate_make(
	const char *path, const char *name, const char *address, struct gw_error *error);

/* {"subject", "names", "begins", "ends", "fingerprint", "self_signed"}; NULL: out of memory. */
struct json_t *certificate_json(const struct certificate *certificate);

/* Whether it is good at that time, seconds UTC since 1970. */
bool certificate_holds(const struct certificate *certificate, int64_t now);

/* Seconds UTC since 1970 from which on it is no good. */
int64_t certificate_end(const struct certificate *certificate);
