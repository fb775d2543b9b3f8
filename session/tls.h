/* TLS of a connection to a camera (RFC 8446, RFC 5246), our end, by GnuTLS. It never waits. One
 * thread at a time; which one may change between two calls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"

/* What makes us believe that it is the camera. */
struct tls_trust {
	const char *host; /* that its certificate is to name: as in the URL */
	const char *ca_file; /* PEM: who may have signed it, or itself; NULL: those of the system */
	/* Of the certificate itself (gw_fingerprint_read()), which then may be anybody's and of any
	 * time; NULL: any. */
	const char *fingerprint;
};

struct tls;

/* `file` is a connected, non-blocking socket, which stays the caller's and outlives it. What
 * `trust` points to is not needed afterwards. NULL with a line and errno: EACCES where nobody can
 * be believed. */
struct tls *tls_create(int file, const struct tls_trust *trust, struct gw_error *error);

/* Whether `trust` says whom to believe: reads its file, if that is not known yet. 0 or a negative
 * errno with a line: -EACCES, where only a person can help. */
int tls_check_trust(const struct tls_trust *trust, struct gw_error *error);

/* Says goodbye, as far as that needs no waiting. Accepts NULL. */
void tls_destroy(struct tls *tls);

/* Until it is open. 0: it is; -EAGAIN: more must come, or go; another negative errno, with a line
 * that says what to do: -EACCES where the certificate is not to be believed. */
int tls_open(struct tls *tls, struct gw_error *error);

/* As recv(2) and send(2) that do not wait, errno included; EBADMSG: what came was changed on its
 * way, ECONNABORTED: TLS has ended for another reason (tls_explain()). What was given to tls_send()
 * and found no room (EAGAIN) must be given again, and more may follow it. */
ssize_t tls_receive(struct tls *tls, void *data, size_t size);
ssize_t tls_send(struct tls *tls, const void *data, size_t size);

/* Why TLS has ended after it was open: -EBADMSG or -ECONNABORTED with a line. 0: nothing is known,
 * or it was the connection's end alone. */
int tls_explain(const struct tls *tls, struct gw_error *error);

/* Until it is open: whether what it waits for is room to send, and not something to receive. */
bool tls_waits_for_room(const struct tls *tls);

/* Whether tls_receive() has something of which the file tells nothing any more. */
bool tls_has_more(const struct tls *tls);

/* "TLS1.3"; until it is open: "". */
const char *tls_version(const struct tls *tls);
