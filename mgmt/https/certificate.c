#include "mgmt/https/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_MOST (1u << 20)
#define ID 64 /* of a key */

/* The whole file; datum->data: free(). False with a line. */
static bool read_file(const char *path, gnutls_datum_t *datum, struct gw_error *error)
{
	FILE *file = fopen(path, "re");

	if (!file) {
		gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
		return false;
	}
	*datum = (gnutls_datum_t){malloc(FILE_MOST), 0};
	if (datum->data)
		datum->size = (unsigned int)fread(datum->data, 1, FILE_MOST, file);
	else
		gw_error_set(error, -ENOMEM, "out of memory");
	fclose(file);
	return datum->data != NULL;
}

static int read_chain(struct certificate *certificate, const char *path, struct gw_error *error)
{
	gnutls_datum_t text;
	int status;

	if (!read_file(path, &text, error))
		return -EINVAL;
	certificate->count = CERTIFICATE_CHAIN;
	status = gnutls_x509_crt_list_import(certificate->chain, &certificate->count, &text,
		GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
	free(text.data);
	if (status >= 0)
		return 0;
	certificate->count = 0;
	return gw_error_set(error, -EINVAL,
		"%s: no certificate in PEM can be read from it: %s: give the server's own first, "
		"then those that signed it",
		path, gnutls_strerror(status));
}

static int read_key(struct certificate *certificate, const char *path, struct gw_error *error)
{
	gnutls_datum_t text;
	int status;

	if (!read_file(path, &text, error))
		return -EINVAL;
	if (gnutls_x509_privkey_init(&certificate->key) < 0)
		status = GNUTLS_E_MEMORY_ERROR;
	else
		status = gnutls_x509_privkey_import2(
			certificate->key, &text, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
	gnutls_memset(text.data, 0, text.size);
	free(text.data);
	if (status >= 0)
		return 0;
	return gw_error_set(error, -EINVAL,
		"%s: no key in PEM can be read from it: %s: give one without a password", path,
		gnutls_strerror(status));
}

static bool fits(const struct certificate *certificate)
{
	unsigned char of_key[ID], of_certificate[ID];
	size_t key_size = sizeof(of_key), size = sizeof(of_certificate);

	return gnutls_x509_privkey_get_key_id(
		       certificate->key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) == 0 &&
		gnutls_x509_crt_get_key_id(certificate->chain[0], GNUTLS_KEYID_USE_SHA256,
			of_certificate, &size) == 0 &&
		size == key_size && memcmp(of_key, of_certificate, size) == 0;
}

static void set_fingerprint(struct certificate *certificate)
{
	unsigned char raw[32] = {0};
	size_t size = sizeof(raw);

	gnutls_x509_crt_get_fingerprint(certificate->chain[0], GNUTLS_DIG_SHA256, raw, &size);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(certificate->fingerprint + 3 * i, 4, "%02X%s", raw[i],
			i + 1 < sizeof(raw) ? ":" : "");
}

struct certificate *certificate_load(const char *file, const char *key_file, struct gw_error *error)
{
	struct certificate *certificate = calloc(1, sizeof(*certificate));

	if (!certificate) {
		gw_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	int status = read_chain(certificate, file, error);

	if (status == 0)
		status = read_key(certificate, key_file, error);
	if (status == 0 && !fits(certificate))
		status = gw_error_set(error, -EINVAL,
			"%s: the key in %s is another certificate's: give the two that belong "
			"together",
			file, key_file);
	if (status == 0) {
		set_fingerprint(certificate);
		return certificate;
	}
	certificate_free(certificate);
	return NULL;
}

void certificate_free(struct certificate *certificate)
{
	if (!certificate)
		return;
	for (unsigned int i = 0; i < certificate->count; i++)
		gnutls_x509_crt_deinit(certificate->chain[i]);
	if (certificate->key)
		gnutls_x509_privkey_deinit(certificate->key);
	free(certificate);
}

/* RFC 3339, UTC. */
static json_t *time_json(time_t seconds)
{
	char text[32];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_string(text);
}

static json_t *names_json(gnutls_x509_crt_t crt)
{
	json_t *names = json_array();

	for (unsigned int i = 0;; i++) {
		char raw[256], text[INET6_ADDRSTRLEN];
		size_t size = sizeof(raw) - 1;
		const int type = gnutls_x509_crt_get_subject_alt_name(crt, i, raw, &size, NULL);

		/* The end of them, or what cannot be read, which no other number would end. */
		if (type < 0 && type != GNUTLS_E_SHORT_MEMORY_BUFFER)
			return names;
		if (type == GNUTLS_SAN_DNSNAME) {
			raw[size] = '\0';
			json_array_append_new(names, json_string(raw));
		} else if (type == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16)) {
			inet_ntop(size == 4 ? AF_INET : AF_INET6, raw, text, sizeof(text));
			json_array_append_new(names, json_string(text));
		}
	}
}

bool certificate_holds(const struct certificate *certificate, int64_t now)
{
	return now >= gnutls_x509_crt_get_activation_time(certificate->chain[0]) &&
		now < certificate_end(certificate);
}

int64_t certificate_end(const struct certificate *certificate)
{
	return gnutls_x509_crt_get_expiration_time(certificate->chain[0]);
}

json_t *certificate_json(const struct certificate *certificate)
{
	gnutls_x509_crt_t crt = certificate->chain[0];
	gnutls_datum_t subject = {0};

	if (gnutls_x509_crt_get_dn3(crt, &subject, 0) != 0)
		subject.data = NULL;
	json_t *text = subject.data ? json_string((const char *)subject.data) : NULL;

	gnutls_free(subject.data);
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:b}", "subject", text ? text : json_string(""),
		"names", names_json(crt), "begins",
		time_json(gnutls_x509_crt_get_activation_time(crt)), "ends",
		time_json(certificate_end(certificate)), "fingerprint", certificate->fingerprint,
		"self_signed", (int)gnutls_x509_crt_check_issuer(crt, crt));
}
