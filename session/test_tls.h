/* A camera's end of TLS, for tests: certificates of every kind, and a server that never waits. */
#pragma once

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* What a certificate says. */
struct test_certificate_kind {
	const char *name; /* of a host; NULL: none */
	const char *address; /* IPv4; NULL: none */
	const char *purpose; /* OID (RFC 5280, 4.2.1.12); NULL: any */
	time_t begins, ends; /* 0: an hour ago, in an hour */
	bool is_authority;
};

struct test_certificate {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	uint8_t fingerprint[32];
};

/* Made with a new key, signed by `by`; NULL: by itself. */
void test_certificate_make(struct test_certificate *it, const struct test_certificate_kind *kind,
	const struct test_certificate *by);
void test_certificate_free(struct test_certificate *it);

/* Writes it in PEM to a new file, whose name goes to `path`. */
void test_certificate_write(const struct test_certificate *it, char path[64]);

struct test_tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	bool is_open;
};

/* The server on `file`, non-blocking, which stays the caller's. `priority` as GnuTLS has it. */
void test_tls_begin(struct test_tls *tls, int file, const struct test_certificate *certificate,
	const char *priority);

/* As far as it goes now. */
void test_tls_turn(struct test_tls *tls);

/* Says something to whoever is at the other end of `file`, with a byte changed on the way. Nothing
 * can be said afterwards. */
void test_tls_say_changed(struct test_tls *tls, int file);

void test_tls_end(struct test_tls *tls);
