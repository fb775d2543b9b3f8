#include "session/tls_failure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/config/fingerprint.h"

#define NAMES_MOST 4 /* of a certificate, so many are told */

/* What a certificate says goes to terminals and into JSON. */
static void clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '.';
}

static void add_name(struct tls_judgement *judgement, const char *name)
{
	const size_t used = strlen(judgement->names);

	snprintf(judgement->names + used, sizeof(judgement->names) - used, "%s%s",
		used > 0 ? ", " : "", name);
}

/* The names and addresses that it is for (RFC 5280, 4.2.1.6); without any, its common name. */
static void read_names(gnutls_x509_crt_t certificate, struct tls_judgement *judgement)
{
	char name[128];

	for (unsigned int i = 0; i < NAMES_MOST; i++) {
		size_t size = sizeof(name) - 1;
		const int type =
			gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &size, NULL);

		if (type < 0)
			break;
		name[size] = '\0';
		if (type == GNUTLS_SAN_IPADDRESS) {
			char text[INET6_ADDRSTRLEN];

			if (size != 4 && size != 16)
				continue;
			inet_ntop(size == 4 ? AF_INET : AF_INET6, name, text, sizeof(text));
			add_name(judgement, text);
		} else if (type == GNUTLS_SAN_DNSNAME) {
			add_name(judgement, name);
		}
	}
	size_t size = sizeof(name);

	if (!judgement->names[0] &&
		gnutls_x509_crt_get_dn_by_oid(
			certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) == 0)
		add_name(judgement, name);
	clean(judgement->names);
}

static bool look(gnutls_session_t session, struct tls_judgement *judgement)
{
	unsigned int count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	gnutls_x509_crt_t certificate;

	if (!chain || count == 0 ||
		gnutls_hash_fast(GNUTLS_DIG_SHA256, chain[0].data, chain[0].size,
			judgement->fingerprint) != 0)
		return false;
	judgement->is_made = true;
	if (gnutls_x509_crt_init(&certificate) != 0)
		return true;
	if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == 0) {
		judgement->begins = gnutls_x509_crt_get_activation_time(certificate);
		judgement->ends = gnutls_x509_crt_get_expiration_time(certificate);
		read_names(certificate, judgement);
	}
	gnutls_x509_crt_deinit(certificate);
	return true;
}

/* A certificate that names purposes must be for servers of TLS, too (RFC 5280, 4.2.1.12): what an
 * authority gave to somebody's client makes no camera of it. */
static void judge_by_authorities(
	gnutls_session_t session, const char *host, struct tls_judgement *judgement)
{
	char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
	gnutls_typed_vdata_st wanted[] = {
		{.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)host},
		{.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose},
	};

	if (gnutls_certificate_verify_peers(session, wanted, 2, &judgement->faults) < 0)
		judgement->faults |= GNUTLS_CERT_INVALID;
}

int tls_judge(gnutls_session_t session, const char *host, const uint8_t *fingerprint,
	struct tls_judgement *judgement)
{
	*judgement = (struct tls_judgement){0};
	if (!look(session, judgement))
		return -1;
	if (fingerprint) {
		judgement->is_another =
			memcmp(fingerprint, judgement->fingerprint, GW_FINGERPRINT) != 0;
		return judgement->is_another ? -1 : 0;
	}
	judge_by_authorities(session, host, judgement);
	return judgement->faults == 0 ? 0 : -1;
}

static void show_day(int64_t seconds, char text[16])
{
	const time_t time = (time_t)seconds;
	struct tm day;

	text[0] = '\0';
	if (gmtime_r(&time, &day))
		strftime(text, 16, "%Y-%m-%d", &day);
}

/* One fault is told: the one whose cure says most about the others. */
static int explain_certificate(
	const struct tls_judgement *judgement, const char *host, struct gw_error *error)
{
	const unsigned int faults = judgement->faults;
	char fingerprint[GW_FINGERPRINT_TEXT], day[16];

	gw_fingerprint_show(judgement->fingerprint, fingerprint);
	if (judgement->is_another)
		return gw_error_set(error, -EACCES,
			"its certificate is not that of tls_fingerprint: if it was changed on "
			"purpose, set %s; if not, somebody stands between",
			fingerprint);
	/* The last: another authority of the same name. */
	if (faults &
		(GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA |
			GNUTLS_CERT_SIGNATURE_FAILURE))
		return gw_error_set(error, -EACCES,
			"its certificate is signed by nobody that is trusted here: give the "
			"authority's in tls_ca_file, or, if it is the camera's own, "
			"tls_fingerprint: %s",
			fingerprint);
	if (faults & GNUTLS_CERT_EXPIRED) {
		show_day(judgement->ends, day);
		return gw_error_set(error, -EACCES,
			"its certificate held until %s: renew it in the camera, or correct the "
			"clock of this machine",
			day);
	}
	if (faults & GNUTLS_CERT_NOT_ACTIVATED) {
		show_day(judgement->begins, day);
		return gw_error_set(error, -EACCES,
			"its certificate holds from %s on: correct the clock of this machine, or "
			"that of the camera, and make it anew",
			day);
	}
	if (faults & GNUTLS_CERT_PURPOSE_MISMATCH)
		return gw_error_set(error, -EACCES,
			"its certificate is not for servers of TLS: make one for a server in the "
			"camera (purpose serverAuth), or give tls_fingerprint: %s",
			fingerprint);
	if (faults & GNUTLS_CERT_UNEXPECTED_OWNER)
		return gw_error_set(error, -EACCES,
			"its certificate is for %s, not for %s: write that name into url, or give "
			"tls_fingerprint: %s",
			judgement->names[0] ? judgement->names : "nobody by name", host,
			fingerprint);
	if (faults & GNUTLS_CERT_INSECURE_ALGORITHM)
		return gw_error_set(error, -EACCES,
			"its certificate is signed in a way that can be forged (as MD5 or SHA-1): "
			"make it anew in the camera, or give tls_fingerprint: %s",
			fingerprint);
	if (faults & GNUTLS_CERT_REVOKED)
		return gw_error_set(error, -EACCES,
			"its certificate was revoked by who signed it: make a new one");
	return gw_error_set(error, -EACCES,
		"its certificate cannot be checked (%#x): make it anew in the camera, or give "
		"tls_fingerprint: %s",
		faults, fingerprint);
}

int tls_failure_explain(gnutls_session_t session, int status, const struct tls_judgement *judgement,
	const char *host, struct gw_error *error)
{
	switch (status) {
	case GNUTLS_E_CERTIFICATE_ERROR:
	case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR:
		if (judgement->is_made)
			return explain_certificate(judgement, host, error);
		return gw_error_set(error, -EPROTO,
			"it shows no certificate that can be read: make one in the camera");
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
		return gw_error_set(
			error, -EPROTO, "it shows no certificate: make one in the camera");
	case GNUTLS_E_UNEXPECTED_PACKET_LENGTH:
	case GNUTLS_E_UNEXPECTED_PACKET:
	case GNUTLS_E_RECORD_OVERFLOW:
		return gw_error_set(error, -EPROTO,
			"what it answers is no TLS: write rtsp:// in url, or give the port of its "
			"RTSP over TLS (often 322)");
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		return gw_error_set(error, -ECONNRESET,
			"it closed the connection before TLS was agreed on: is this the port of "
			"its RTSP over TLS (often 322)?");
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		return gw_error_set(error, -EPROTO,
			"it refuses TLS (%s): let the camera take TLS 1.2 or 1.3, or update its "
			"software",
			gnutls_alert_get_name(gnutls_alert_get(session)));
	default:
		return gw_error_set(error, -EPROTO,
			"TLS does not come about (%s): let the camera take TLS 1.2 or 1.3, or "
			"update its software",
			gnutls_strerror(status));
	}
}
