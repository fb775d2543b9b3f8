/* Keeps the certificate that the HTTPS port shows: one that is made at the first start, or those
 * files that the configuration names, read again when they change. */
#pragma once

#include <gnutls/abstract.h>
#include <stdint.h>

#include "core/error.h"
#include "core/health.h"

#define CERTIFICATE_FINGERPRINT 96 /* "AB:CD:...", of SHA-256 */

struct keeper;
struct json_t;
struct gw_api_https_config;

/* Whether the files that the configuration names could be shown; NULL: it names none. Returns 0 or
 * a negative errno with a line. */
int keeper_check(const struct gw_api_https_config *config, struct gw_error *error);

/* Reads the certificate; `made` is the path of one of our own, which is made, for `name`, when
 * there is none, or one that does not hold now, and the configuration names none. NULL with a line
 * on failure: then the gateway must not start. One at a time in a process. */
struct keeper *keeper_open(const struct gw_api_https_config *config, const char *name,
	const char *made, struct gw_error *error);

/* Accepts NULL. */
void keeper_close(struct keeper *keeper);

/* Reads the files again if they are others by now, and makes one of our own again when it does not
 * hold any more. What is no good changes nothing, and is a
 * trouble until it is. Now and then, on a thread that may wait for the disk. */
void keeper_look(struct keeper *keeper);

/* Any thread. */
void keeper_health(struct keeper *keeper, struct gw_health *health);

/* Of the certificate that is shown now. Any thread. */
void keeper_fingerprint(struct keeper *keeper, char fingerprint[CERTIFICATE_FINGERPRINT]);

/* As certificate_json(), with "file". */
struct json_t *keeper_json(struct keeper *keeper);

/* For MHD_OPTION_HTTPS_CERT_CALLBACK2: copies of what the one open keeper has, which GnuTLS frees.
 */
int keeper_show(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
	gnutls_pcert_st **chain, unsigned int *count, gnutls_ocsp_data_st **ocsp,
	unsigned int *ocsp_count, gnutls_privkey_t *key, unsigned int *flags);
