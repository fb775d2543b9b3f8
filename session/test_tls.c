#include "session/test_tls.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/test.h"

void test_certificate_make(struct test_certificate *it, const struct test_certificate_kind *kind,
	const struct test_certificate *by)
{
	static uint32_t serial = 1;
	const time_t now = time(NULL);
	const uint32_t number = htonl(++serial);
	uint8_t der[4096], address[4];
	size_t size = sizeof(der);

	*it = (struct test_certificate){0};
	assert_int_equal(gnutls_x509_privkey_init(&it->key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(it->key, GNUTLS_PK_ECDSA,
				 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	assert_int_equal(gnutls_x509_crt_init(&it->certificate), 0);
	gnutls_x509_crt_set_version(it->certificate, 3);
	gnutls_x509_crt_set_serial(it->certificate, &number, sizeof(number));
	gnutls_x509_crt_set_activation_time(
		it->certificate, kind->begins ? kind->begins : now - 3600);
	gnutls_x509_crt_set_expiration_time(it->certificate, kind->ends ? kind->ends : now + 3600);
	gnutls_x509_crt_set_dn_by_oid(it->certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
		kind->is_authority ? "Authority" : "Camera", kind->is_authority ? 9 : 6);
	if (kind->name)
		gnutls_x509_crt_set_subject_alt_name(it->certificate, GNUTLS_SAN_DNSNAME,
			kind->name, (unsigned int)strlen(kind->name), GNUTLS_FSAN_APPEND);
	if (kind->address && inet_pton(AF_INET, kind->address, address) == 1)
		gnutls_x509_crt_set_subject_alt_name(it->certificate, GNUTLS_SAN_IPADDRESS, address,
			sizeof(address), GNUTLS_FSAN_APPEND);
	if (kind->purpose)
		gnutls_x509_crt_set_key_purpose_oid(it->certificate, kind->purpose, 0);
	gnutls_x509_crt_set_basic_constraints(it->certificate, kind->is_authority, -1);
	if (kind->is_authority)
		gnutls_x509_crt_set_key_usage(it->certificate, GNUTLS_KEY_KEY_CERT_SIGN);
	gnutls_x509_crt_set_key(it->certificate, it->key);
	assert_int_equal(
		gnutls_x509_crt_sign2(it->certificate, by ? by->certificate : it->certificate,
			by ? by->key : it->key, GNUTLS_DIG_SHA256, 0),
		0);
	assert_int_equal(
		gnutls_x509_crt_export(it->certificate, GNUTLS_X509_FMT_DER, der, &size), 0);
	assert_int_equal(gnutls_hash_fast(GNUTLS_DIG_SHA256, der, size, it->fingerprint), 0);
}

void test_certificate_free(struct test_certificate *it)
{
	gnutls_x509_crt_deinit(it->certificate);
	gnutls_x509_privkey_deinit(it->key);
}

void test_certificate_write(const struct test_certificate *it, char path[64])
{
	char pem[4096];
	size_t size = sizeof(pem);

	assert_int_equal(
		gnutls_x509_crt_export(it->certificate, GNUTLS_X509_FMT_PEM, pem, &size), 0);
	strcpy(path, "/tmp/certificate-XXXXXX");
	const int file = mkstemp(path);

	assert_int_equal(write(file, pem, size), size);
	close(file);
}

void test_tls_begin(struct test_tls *tls, int file, const struct test_certificate *certificate,
	const char *priority)
{
	gnutls_x509_crt_t chain[] = {certificate->certificate};

	*tls = (struct test_tls){0};
	assert_int_equal(gnutls_certificate_allocate_credentials(&tls->credentials), 0);
	assert_int_equal(
		gnutls_certificate_set_x509_key(tls->credentials, chain, 1, certificate->key), 0);
	assert_int_equal(
		gnutls_init(&tls->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), 0);
	assert_int_equal(gnutls_priority_set_direct(tls->session, priority, NULL), 0);
	gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
	gnutls_transport_set_int(tls->session, file);
}

void test_tls_turn(struct test_tls *tls)
{
	if (!tls->is_open)
		tls->is_open = gnutls_handshake(tls->session) == 0;
}

void test_tls_say_changed(struct test_tls *tls, int file)
{
	char record[256];
	int pair[2];

	/* What it says is caught on its way. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	gnutls_transport_set_int(tls->session, pair[0]);
	assert_int_equal(gnutls_record_send(tls->session, "RTSP/1.0 200", 12), 12);
	const ssize_t size = read(pair[1], record, sizeof(record));

	assert_true(size > 12);
	record[size - 1] ^= 1;
	assert_int_equal(write(file, record, (size_t)size), size);
	close(pair[0]);
	close(pair[1]);
}

void test_tls_end(struct test_tls *tls)
{
	gnutls_deinit(tls->session);
	gnutls_certificate_free_credentials(tls->credentials);
}
