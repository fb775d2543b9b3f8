/* Whether a certificate is the camera's, and what to do where TLS does not come about. Pure, but
 * for the clock; any thread. */
#pragma once

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/fingerprint.h"
#include "core/error.h"

/* What was found of the certificate that came. */
struct tls_judgement {
	bool is_made; /* one came */
	bool is_another; /* than that of the fingerprint */
	unsigned int faults; /* gnutls_certificate_status_t; 0: none */
	uint8_t fingerprint[GW_FINGERPRINT]; /* SHA-256 of it */
	char names[192]; /* that it is for, cleaned */
	int64_t begins, ends; /* seconds since 1970 */
};

/* Judges the certificate of whom `session` speaks with: against `fingerprint` (SHA-256), or NULL:
 * by its signatures, the clock and `host`. Returns 0 where it is good, else -1. */
int tls_judge(gnutls_session_t session, const char *host, const uint8_t *fingerprint,
	struct tls_judgement *judgement);

/* Why the handshake failed with `status` of GnuTLS. Returns a negative errno with a line: -EACCES
 * where the certificate is not to be believed. */
int tls_failure_explain(gnutls_session_t session, int status, const struct tls_judgement *judgement,
	const char *host, struct gw_error *error);
