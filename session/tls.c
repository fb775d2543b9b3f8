#include "session/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/config/fingerprint.h"
#include "session/authorities.h"
#include "session/tls_failure.h"

/* TLS 1.0 and 1.1 are no protection any more (RFC 8996). */
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
/* Records of one packet each are read several at a time. */
#define IN 32768

struct tls {
	gnutls_session_t session;
	/* Until it is open; one of both: none are needed where the fingerprint is looked at. */
	struct authorities *authorities;
	gnutls_certificate_credentials_t nobody;
	int file;
	bool is_open;
	int failure; /* of GnuTLS, the first one since it is open; 0: none */
	gnutls_alert_description_t alert; /* of that */
	bool has_said; /* a record waits for room, which GnuTLS has */
	char *host;
	bool has_fingerprint;
	uint8_t fingerprint[GW_FINGERPRINT];
	struct tls_judgement judgement; /* of the certificate that came */
	uint32_t in_at, in_size;
	uint8_t in[IN];
};

static ssize_t pull(gnutls_transport_ptr_t arg, void *data, size_t size)
{
	struct tls *tls = arg;

	if (tls->in_at == tls->in_size) {
		const ssize_t got = recv(tls->file, tls->in, IN, MSG_DONTWAIT);

		if (got <= 0) {
			gnutls_transport_set_errno(tls->session, got < 0 ? errno : 0);
			return got;
		}
		tls->in_at = 0;
		tls->in_size = (uint32_t)got;
	}
	const uint32_t left = tls->in_size - tls->in_at;
	const uint32_t taken = size < left ? (uint32_t)size : left;

	memcpy(data, tls->in + tls->in_at, taken);
	tls->in_at += taken;
	return (ssize_t)taken;
}

static ssize_t push(gnutls_transport_ptr_t arg, const void *data, size_t size)
{
	struct tls *tls = arg;
	const ssize_t sent = send(tls->file, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0)
		gnutls_transport_set_errno(tls->session, errno);
	return sent;
}

/* Called by GnuTLS before anything of ours is sent to whoever it is. Not 0: it is not. */
static int judge(gnutls_session_t session)
{
	struct tls *tls = gnutls_session_get_ptr(session);

	return tls_judge(session, tls->host, tls->has_fingerprint ? tls->fingerprint : NULL,
		&tls->judgement);
}

static int read_fingerprint(
	const struct tls_trust *trust, uint8_t fingerprint[GW_FINGERPRINT], struct gw_error *error)
{
	if (gw_fingerprint_read(trust->fingerprint, fingerprint))
		return 0;
	return gw_error_set(error, -EACCES, "tls_fingerprint is none of SHA-256");
}

static int take_trust(struct tls *tls, const struct tls_trust *trust, struct gw_error *error)
{
	if (!trust->fingerprint) {
		tls->authorities = authorities_get(trust->ca_file, error);
		return tls->authorities ? 0 : -errno;
	}
	const int status = read_fingerprint(trust, tls->fingerprint, error);

	tls->has_fingerprint = status == 0;
	if (status != 0)
		return status;
	return gnutls_certificate_allocate_credentials(&tls->nobody) == 0
		? 0
		: gw_error_set(error, -ENOMEM, "out of memory");
}

/* A certificate is shown but once. */
static void drop_trust(struct tls *tls)
{
	if (tls->session)
		gnutls_credentials_clear(tls->session);
	authorities_put(tls->authorities);
	if (tls->nobody)
		gnutls_certificate_free_credentials(tls->nobody);
	tls->authorities = NULL;
	tls->nobody = NULL;
}

static bool is_address(const char *host)
{
	uint8_t bytes[16];

	return inet_pton(strchr(host, ':') ? AF_INET6 : AF_INET, host, bytes) == 1;
}

static int set_up(struct tls *tls, const struct tls_trust *trust, struct gw_error *error)
{
	tls->host = strdup(trust->host);
	if (!tls->host ||
		gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
		return gw_error_set(error, -ENOMEM, "out of memory");
	const int status = take_trust(tls, trust, error);

	if (status != 0)
		return status;
	gnutls_certificate_credentials_t credentials =
		tls->authorities ? authorities_credentials(tls->authorities) : tls->nobody;

	if (gnutls_priority_set_direct(tls->session, PRIORITY, NULL) < 0 ||
		gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, credentials) < 0)
		return gw_error_set(
			error, -EIO, "this machine's GnuTLS does not take our settings");
	/* An address is no name to be asked for (RFC 6066, 3). */
	if (!is_address(tls->host))
		gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, tls->host, strlen(tls->host));
	gnutls_session_set_ptr(tls->session, tls);
	/* The credentials are all connections'. */
	gnutls_session_set_verify_function(tls->session, judge);
	gnutls_transport_set_ptr(tls->session, tls);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_transport_set_push_function(tls->session, push);
	return 0;
}

struct tls *tls_create(int file, const struct tls_trust *trust, struct gw_error *error)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls) {
		errno = -gw_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	tls->file = file;
	const int status = set_up(tls, trust, error);

	if (status == 0)
		return tls;
	tls_destroy(tls);
	errno = -status;
	return NULL;
}

int tls_check_trust(const struct tls_trust *trust, struct gw_error *error)
{
	uint8_t fingerprint[GW_FINGERPRINT];

	if (trust->fingerprint)
		return read_fingerprint(trust, fingerprint, error);
	struct authorities *authorities = authorities_get(trust->ca_file, error);

	if (!authorities)
		return -errno;
	authorities_put(authorities);
	return 0;
}

void tls_destroy(struct tls *tls)
{
	if (!tls)
		return;
	if (tls->is_open && !tls->has_said)
		(void)gnutls_bye(tls->session, GNUTLS_SHUT_WR);
	drop_trust(tls);
	if (tls->session)
		gnutls_deinit(tls->session);
	free(tls->host);
	free(tls);
}

int tls_open(struct tls *tls, struct gw_error *error)
{
	int status;

	if (tls->is_open)
		return 0;
	do
		status = gnutls_handshake(tls->session);
	while (status == GNUTLS_E_INTERRUPTED ||
		(status < 0 && status != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(status)));
	if (status == GNUTLS_E_AGAIN)
		return -EAGAIN;
	if (status == 0) {
		tls->is_open = true;
		drop_trust(tls);
		return 0;
	}
	return tls_failure_explain(tls->session, status, &tls->judgement, tls->host, error);
}

static int failure_number(int status)
{
	switch (status) {
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_PREMATURE_TERMINATION:
		return ECONNRESET;
	case GNUTLS_E_DECRYPTION_FAILED:
		return EBADMSG;
	default:
		return ECONNABORTED;
	}
}

/* What GnuTLS says, as recv(2) and send(2) do. What it says after its first failure tells of no
 * more than that. */
static ssize_t fail(struct tls *tls, int status)
{
	if (status != GNUTLS_E_AGAIN && tls->failure == 0) {
		tls->failure = status;
		tls->alert = gnutls_alert_get(tls->session);
	}
	errno = status == GNUTLS_E_AGAIN ? EAGAIN : failure_number(tls->failure);
	return -1;
}

int tls_explain(const struct tls *tls, struct gw_error *error)
{
	const int number = tls->failure == 0 ? 0 : failure_number(tls->failure);

	if (number == EBADMSG)
		return gw_error_set(error, -EBADMSG,
			"what came within TLS was changed on its way (%s): look at what stands "
			"between it and this machine",
			gnutls_strerror(tls->failure));
	if (number != ECONNABORTED)
		return 0;
	if (tls->failure == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return gw_error_set(error, -ECONNABORTED,
			"it has ended TLS (%s): look into the camera's own log",
			gnutls_alert_get_name(tls->alert));
	return gw_error_set(error, -ECONNABORTED,
		"what it says within TLS cannot be taken (%s): update the camera's software",
		gnutls_strerror(tls->failure));
}

ssize_t tls_receive(struct tls *tls, void *data, size_t size)
{
	size_t done = 0;

	/* Camera's records hold a packet each: as many as are here and fit. */
	while (done < size) {
		const ssize_t got =
			gnutls_record_recv(tls->session, (uint8_t *)data + done, size - done);

		if (got > 0) {
			done += (size_t)got;
			continue;
		}
		/* That it ends, or why, is told by the next call, too. */
		if (done > 0)
			break;
		/* Who closes TCP without a word of TLS has closed. */
		if (got == 0 || got == GNUTLS_E_PREMATURE_TERMINATION)
			return 0;
		/* A new session ticket, a change of keys: no data, and no error. */
		if (got != GNUTLS_E_AGAIN && !gnutls_error_is_fatal((int)got))
			continue;
		return fail(tls, (int)got);
	}
	return (ssize_t)done;
}

ssize_t tls_send(struct tls *tls, const void *data, size_t size)
{
	ssize_t sent;

	/* A record that was made goes out as it is. */
	do
		sent = gnutls_record_send(
			tls->session, tls->has_said ? NULL : data, tls->has_said ? 0 : size);
	while (sent == GNUTLS_E_INTERRUPTED);
	tls->has_said = sent == GNUTLS_E_AGAIN;
	return sent < 0 ? fail(tls, (int)sent) : sent;
}

bool tls_waits_for_room(const struct tls *tls)
{
	return !tls->is_open && gnutls_record_get_direction(tls->session) == 1;
}

bool tls_has_more(const struct tls *tls)
{
	return tls->is_open &&
		(tls->in_at < tls->in_size || gnutls_record_check_pending(tls->session) > 0);
}

const char *tls_version(const struct tls *tls)
{
	return tls->is_open ? gnutls_protocol_get_name(gnutls_protocol_get_version(tls->session))
			    : "";
}
