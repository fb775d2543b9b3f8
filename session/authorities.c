#include "session/authorities.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"

/* Of the system's list nobody says where it is, nor that it has changed. */
#define SYSTEM_NS (60 * GW_NS_PER_S)
/* What nobody needs any more is kept so long, for who comes next. */
#define UNUSED_NS (600 * GW_NS_PER_S)

/* Of a file: what is another when it was written, or another one has its name. */
struct version {
	dev_t device;
	ino_t number;
	off_t size;
	struct timespec written, changed;
};

struct authorities {
	struct authorities *next; /* of all that can be had anew */
	char *ca_file; /* NULL: the system's */
	struct version version;
	int64_t read_at, used_at; /* gw_now() */
	uint32_t shares; /* with that of the list */
	gnutls_certificate_credentials_t credentials;
};

/* Of what follows. Files are read without it, on the thread of all sessions: they belong on a disk
 * that answers. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct authorities *known;

static struct version look(const char *ca_file)
{
	struct version version;
	struct stat facts;

	/* Its gaps are compared, too. */
	memset(&version, 0, sizeof(version));
	if (!ca_file || stat(ca_file, &facts) != 0)
		return version;
	version.device = facts.st_dev;
	version.number = facts.st_ino;
	version.size = facts.st_size;
	version.written = facts.st_mtim;
	version.changed = facts.st_ctim;
	return version;
}

static bool is_of(const struct authorities *it, const char *ca_file)
{
	return ca_file && it->ca_file ? strcmp(it->ca_file, ca_file) == 0 : ca_file == it->ca_file;
}

static void drop_share(struct authorities *it)
{
	if (--it->shares > 0)
		return;
	if (it->credentials)
		gnutls_certificate_free_credentials(it->credentials);
	free(it->ca_file);
	free(it);
}

/* The one that is asked for, or NULL. Those that are of no use any more are forgotten. */
static struct authorities *find(const char *ca_file, const struct version *version, int64_t now)
{
	struct authorities **at = &known, *found = NULL;

	while (*at) {
		struct authorities *it = *at;
		const bool is_it = is_of(it, ca_file);
		const bool is_old = ca_file ? memcmp(&it->version, version, sizeof(*version)) != 0
					    : now - it->read_at >= SYSTEM_NS;

		if (is_it && !is_old)
			found = it;
		const bool is_unused = it->shares == 1 && now - it->used_at >= UNUSED_NS;

		if (is_it ? is_old : is_unused) {
			*at = it->next;
			drop_share(it);
		} else {
			at = &it->next;
		}
	}
	return found;
}

static int load(struct authorities *it, struct gw_error *error)
{
	if (!it->ca_file) {
		if (gnutls_certificate_set_x509_system_trust(it->credentials) > 0)
			return 0;
		return gw_error_set(error, -EACCES,
			"this system has no list of authorities to check its certificate by: "
			"install ca-certificates, or give tls_ca_file or tls_fingerprint");
	}
	const int count = gnutls_certificate_set_x509_trust_file(
		it->credentials, it->ca_file, GNUTLS_X509_FMT_PEM);

	if (count > 0)
		return 0;
	return gw_error_set(error, -EACCES,
		"tls_ca_file %s: no certificate in PEM can be read from it (%s): make it a file "
		"that gwd may read",
		it->ca_file, count < 0 ? gnutls_strerror(count) : "it holds none");
}

static struct authorities *make(const char *ca_file, struct gw_error *error)
{
	struct authorities *it = calloc(1, sizeof(*it));

	int status;

	if (!it) {
		errno = -gw_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	it->shares = 1;
	it->ca_file = ca_file ? strdup(ca_file) : NULL;
	if ((ca_file && !it->ca_file) ||
		gnutls_certificate_allocate_credentials(&it->credentials) < 0)
		status = gw_error_set(error, -ENOMEM, "out of memory");
	else
		status = load(it, error);
	if (status == 0)
		return it;
	drop_share(it);
	errno = -status;
	return NULL;
}

/* The one that is known; else `made`, which the list has then. NULL: neither. */
static struct authorities *share(
	const char *ca_file, const struct version *version, struct authorities *made, int64_t now)
{
	pthread_mutex_lock(&lock);
	struct authorities *it = find(ca_file, version, now);

	if (it) {
		it->shares++;
	} else if (made) {
		it = made;
		it->shares = 2;
		it->next = known;
		known = it;
		made = NULL;
	}
	if (it)
		it->used_at = now;
	/* Somebody else was faster. */
	if (made)
		drop_share(made);
	pthread_mutex_unlock(&lock);
	return it;
}

struct authorities *authorities_get(const char *ca_file, struct gw_error *error)
{
	/* Before it is read: what is written meanwhile is read the next time. */
	const struct version version = look(ca_file);
	const int64_t now = gw_now();
	struct authorities *it = share(ca_file, &version, NULL, now);

	if (it)
		return it;
	it = make(ca_file, error);
	if (!it)
		return NULL;
	it->version = version;
	it->read_at = now;
	return share(ca_file, &version, it, now);
}

void authorities_put(struct authorities *authorities)
{
	if (!authorities)
		return;
	pthread_mutex_lock(&lock);
	drop_share(authorities);
	pthread_mutex_unlock(&lock);
}

gnutls_certificate_credentials_t authorities_credentials(const struct authorities *authorities)
{
	return authorities->credentials;
}
