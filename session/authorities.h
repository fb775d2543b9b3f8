/* Whom we believe that a certificate is a camera's: those authorities that this system trusts, or
 * those of a file. What is read once serves all connections: a system's list takes tens of
 * milliseconds to read, and some megabytes. Any thread. */
#pragma once

#include <gnutls/gnutls.h>

#include "core/error.h"

struct authorities;

/* Those of `ca_file` (PEM), as it is now; NULL: those of the system, as they were a minute ago at
 * most. Reads only what is not known yet. The caller has a share in it, until
 * authorities_put(). NULL with a line and errno: EACCES, as nobody can be believed, or
 * ENOMEM. */
struct authorities *authorities_get(const char *ca_file, struct gw_error *error);

/* Accepts NULL. */
void authorities_put(struct authorities *authorities);

/* For sessions of GnuTLS, which may only read them; for as long as the share lasts. */
gnutls_certificate_credentials_t authorities_credentials(const struct authorities *authorities);
