#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/private_file.h"
#include "mgmt/https/certificate.h"

#define SERIAL 16 /* bytes; the first bit is 0 (RFC 5280, 4.1.2.2) */
#define DAY_S (24 * 3600)
#define VALID_S (3650ll * DAY_S)
#define ID 64 /* of a key */

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
	return gnutls_x509_crt_set_subject_alt_name(
		crt, GNUTLS_SAN_DNSNAME, name, (unsigned int)strlen(name), GNUTLS_FSAN_APPEND);
}

/* Of text; one that is none is left out. */
static int add_address(gnutls_x509_crt_t crt, const char *text)
{
	unsigned char raw[16];
	unsigned int size = 0;

	if (inet_pton(AF_INET, text, raw) == 1)
		size = 4;
	else if (inet_pton(AF_INET6, text, raw) == 1)
		size = 16;
	/* 0.0.0.0 and :: are nobody's. */
	for (unsigned int i = 0; i < size; i++)
		if (raw[i] != 0)
			return gnutls_x509_crt_set_subject_alt_name(
				crt, GNUTLS_SAN_IPADDRESS, raw, size, GNUTLS_FSAN_APPEND);
	return 0;
}

/* A label of DNS (RFC 1123, 2.1), or several. */
static bool is_host(const char *name)
{
	return name[0] &&
		strspn(name,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789.-") == strlen(name);
}

static int add_names(gnutls_x509_crt_t crt, const char *name, const char *address)
{
	char host[256] = "";
	int status = add_name(crt, "localhost");

	gethostname(host, sizeof(host) - 1);
	if (status == 0 && is_host(host) && strcmp(host, "localhost") != 0)
		status = add_name(crt, host);
	if (status == 0 && is_host(name) && strcmp(name, host) != 0 &&
		strcmp(name, "localhost") != 0)
		status = add_name(crt, name);
	if (status == 0)
		status = add_address(crt, "127.0.0.1");
	if (status == 0)
		status = add_address(crt, "::1");
	if (status == 0 && strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0)
		status = add_address(crt, address);
	return status;
}

static int fill(
	gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *name, const char *address)
{
	const time_t now = gw_now_utc() / GW_NS_PER_S;
	unsigned char serial[SERIAL], id[ID];
	size_t id_size = sizeof(id);
	int status = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (serial[0] & 0x3f) | 0x40;
	if (status == 0)
		status = gnutls_x509_crt_set_version(crt, 3);
	if (status == 0)
		status = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	if (status == 0)
		status = gnutls_x509_crt_set_dn_by_oid(
			crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned int)strnlen(name, 64));
	/* A clock that is late here or elsewhere does not keep anybody out. */
	if (status == 0)
		status = gnutls_x509_crt_set_activation_time(crt, 0);
	if (status == 0)
		status = gnutls_x509_crt_set_expiration_time(crt, now + VALID_S);
	if (status == 0)
		status = gnutls_x509_crt_set_key(crt, key);
	if (status == 0)
		status = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
	if (status == 0)
		status = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (status == 0)
		status = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (status == 0)
		status = gnutls_x509_crt_get_key_id(crt, 0, id, &id_size);
	if (status == 0)
		status = gnutls_x509_crt_set_subject_key_id(crt, id, id_size);
	if (status == 0)
		status = add_names(crt, name, address);
	return status == 0 ? gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) : status;
}

/* Both into one file, so that no moment has one without the other. */
static int write_both(const char *path, const gnutls_datum_t *key, const gnutls_datum_t *crt)
{
	const struct iovec pieces[] = {{key->data, key->size}, {crt->data, crt->size}};

	return private_file_write(path, pieces, 2);
}

int certificate_make(
	const char *path, const char *name, const char *address, struct gw_error *error)
{
	gnutls_datum_t key_text = {0}, crt_text = {0};
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	int wrong = gnutls_x509_privkey_init(&key);

	if (wrong == 0)
		wrong = gnutls_x509_crt_init(&crt);
	if (wrong == 0)
		wrong = gnutls_x509_privkey_generate2(key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0, NULL, 0);
	if (wrong == 0)
		wrong = fill(crt, key, name, address);
	if (wrong == 0)
		wrong = gnutls_x509_privkey_export2_pkcs8(
			key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key_text);
	if (wrong == 0)
		wrong = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &crt_text);
	const int status = wrong == 0 ? write_both(path, &key_text, &crt_text) : -EIO;

	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	if (key_text.data)
		gnutls_memset(key_text.data, 0, key_text.size);
	gnutls_free(key_text.data);
	gnutls_free(crt_text.data);
	if (status == 0)
		return 0;
	return gw_error_set(error, status, "%s: no certificate could be made: %s", path,
		wrong == 0 ? strerror(-status) : gnutls_strerror(wrong));
}
