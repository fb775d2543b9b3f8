#include "mgmt/https/keeper.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/config.h"
#include "core/log.h"
#include "mgmt/https/certificate.h"

#define DAY_S (24 * 3600)
#define AGAIN_NS (60 * GW_NS_PER_S)
#define NEAR_S (21 * DAY_S) /* the end is said to be near */

/* What a file was when it was read. */
struct seen {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec time;
};

struct keeper {
	char *file, *key_file;
	bool own; /* made by us, of what is next */
	char *name, address[64];
	int64_t again; /* gw_now(): not before is another one made */
	struct seen seen[2]; /* of who looks */
	pthread_mutex_t lock; /* guards what follows */
	struct certificate *certificate;
	char fault[512]; /* why the newer files are not taken; empty: they are */
};

/* GnuTLS asks without saying whom. */
static pthread_mutex_t shown_lock = PTHREAD_MUTEX_INITIALIZER;
static struct keeper *shown;

static void look_at(const char *path, struct seen *seen)
{
	struct stat facts;

	*seen = (struct seen){0};
	if (stat(path, &facts) == 0)
		*seen = (struct seen){facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim};
}

static bool is_same(const struct seen *a, const struct seen *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
		a->time.tv_sec == b->time.tv_sec && a->time.tv_nsec == b->time.tv_nsec;
}

static bool is_changed(struct keeper *keeper)
{
	struct seen now[2];

	look_at(keeper->file, &now[0]);
	look_at(keeper->key_file, &now[1]);
	if (is_same(&now[0], &keeper->seen[0]) && is_same(&now[1], &keeper->seen[1]))
		return false;
	keeper->seen[0] = now[0];
	keeper->seen[1] = now[1];
	return true;
}

/* The address of "192.0.2.7:8443" or "[2001:db8::7]:8443". */
static void address_of(const char *listen, char address[64])
{
	const char *begin = listen[0] == '[' ? listen + 1 : listen;
	const char *end = strrchr(listen, ':');

	if (end && listen[0] == '[')
		end--;
	snprintf(address, 64, "%.*s", end > begin ? (int)(end - begin) : 0, begin);
}

static int64_t now_s(void)
{
	return gw_now_utc() / GW_NS_PER_S;
}

/* One of our own is made where there is none, and again when it does not hold now: it was made
 * while the clock was not set yet, or is too old. */
static int make(const struct keeper *keeper, struct gw_error *error)
{
	struct gw_error why;
	struct certificate *there = NULL;

	if (access(keeper->file, F_OK) == 0) {
		there = certificate_load(keeper->file, keeper->key_file, &why);
		const bool holds = !there || certificate_holds(there, now_s());

		certificate_free(there);
		/* What cannot be read is somebody else's to look at. */
		if (holds)
			return 0;
		gw_warn("api",
			"the certificate in %s does not hold at this time: another one is made, "
			"with another fingerprint",
			keeper->file);
	}
	return certificate_make(keeper->file, keeper->name, keeper->address, error);
}

int keeper_check(const struct gw_api_https_config *config, struct gw_error *error)
{
	if (!config || !config->certificate)
		return 0;
	struct certificate *certificate = certificate_load(config->certificate, config->key, error);

	certificate_free(certificate);
	if (certificate)
		return 0;
	gw_error_prefix(error, "api.https: ");
	return -EINVAL;
}

struct keeper *keeper_open(const struct gw_api_https_config *config, const char *name,
	const char *made, struct gw_error *error)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	int status = 0;

	if (!keeper) {
		gw_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&keeper->lock, NULL);
	keeper->own = !config->certificate;
	keeper->file = strdup(config->certificate ? config->certificate : made);
	keeper->key_file = strdup(config->certificate ? config->key : made);
	keeper->name = strdup(name);
	address_of(config->listen, keeper->address);
	const bool is_whole = keeper->file && keeper->key_file && keeper->name;

	if (!is_whole)
		gw_error_set(error, -ENOMEM, "out of memory");
	else if (keeper->own)
		status = make(keeper, error);
	if (is_whole && status == 0) {
		(void)is_changed(keeper);
		keeper->certificate = certificate_load(keeper->file, keeper->key_file, error);
	}
	if (!keeper->certificate) {
		gw_error_prefix(error, "api.https: ");
		keeper_close(keeper);
		return NULL;
	}
	pthread_mutex_lock(&shown_lock);
	shown = keeper;
	pthread_mutex_unlock(&shown_lock);
	return keeper;
}

void keeper_close(struct keeper *keeper)
{
	if (!keeper)
		return;
	pthread_mutex_lock(&shown_lock);
	if (shown == keeper)
		shown = NULL;
	pthread_mutex_unlock(&shown_lock);
	certificate_free(keeper->certificate);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper->file);
	free(keeper->key_file);
	free(keeper->name);
	free(keeper);
}

/* Our own one has come to its end, or the clock was set meanwhile. */
static void renew(struct keeper *keeper)
{
	struct gw_error error;

	pthread_mutex_lock(&keeper->lock);
	const bool holds = certificate_holds(keeper->certificate, now_s());

	pthread_mutex_unlock(&keeper->lock);
	if (holds || !keeper->own || gw_now() < keeper->again)
		return;
	keeper->again = gw_now() + AGAIN_NS;
	if (make(keeper, &error) != 0)
		gw_error_log("api", "%s", error.text);
}

void keeper_look(struct keeper *keeper)
{
	struct gw_error error = {{0}};

	renew(keeper);
	if (!is_changed(keeper))
		return;
	struct certificate *fresh = certificate_load(keeper->file, keeper->key_file, &error), *old;

	pthread_mutex_lock(&keeper->lock);
	old = fresh ? keeper->certificate : NULL;
	if (fresh)
		keeper->certificate = fresh;
	snprintf(keeper->fault, sizeof(keeper->fault), "%s", error.text);
	pthread_mutex_unlock(&keeper->lock);
	certificate_free(old);
	if (fresh)
		gw_info("api", "the certificate of HTTPS was read again: SHA-256 fingerprint %s",
			fresh->fingerprint);
	else
		gw_error_log("api", "the certificate of HTTPS stays the old one: %s", error.text);
}

void keeper_health(struct keeper *keeper, struct gw_health *health)
{
	pthread_mutex_lock(&keeper->lock);
	const int64_t left = certificate_end(keeper->certificate) - gw_now_utc() / GW_NS_PER_S;

	if (keeper->fault[0])
		gw_health_add(health, GW_DEGRADED, "api.https.certificate", NULL,
			"the certificate stays the old one: %s", keeper->fault);
	if (left <= 0)
		gw_health_add(health, GW_DEGRADED, "api.https.expired", NULL,
			"the certificate in %s is no good any more: replace it", keeper->file);
	else if (left < NEAR_S)
		gw_health_add(health, GW_NOTICE, "api.https.expires", NULL,
			"the certificate in %s is good for %d more days: replace it", keeper->file,
			(int)(left / DAY_S));
	pthread_mutex_unlock(&keeper->lock);
}

void keeper_fingerprint(struct keeper *keeper, char fingerprint[CERTIFICATE_FINGERPRINT])
{
	pthread_mutex_lock(&keeper->lock);
	memcpy(fingerprint, keeper->certificate->fingerprint, CERTIFICATE_FINGERPRINT);
	pthread_mutex_unlock(&keeper->lock);
}

json_t *keeper_json(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	json_t *json = certificate_json(keeper->certificate);

	pthread_mutex_unlock(&keeper->lock);
	if (json)
		json_object_set_new(json, "file", json_string(keeper->file));
	return json;
}

/* GnuTLS frees what it gets with its own functions. */
static int copy_chain(const struct certificate *from, gnutls_pcert_st **chain, unsigned int *count)
{
	gnutls_pcert_st *copy = gnutls_calloc(from->count, sizeof(*copy));

	if (!copy)
		return -1;
	for (unsigned int i = 0; i < from->count; i++) {
		if (gnutls_pcert_import_x509(&copy[i], from->chain[i], 0) == 0)
			continue;
		while (i-- > 0)
			gnutls_pcert_deinit(&copy[i]);
		gnutls_free(copy);
		return -1;
	}
	*chain = copy;
	*count = from->count;
	return 0;
}

static int copy_key(const struct certificate *from, gnutls_privkey_t *key)
{
	if (gnutls_privkey_init(key) != 0)
		return -1;
	if (gnutls_privkey_import_x509(*key, from->key, GNUTLS_PRIVKEY_IMPORT_COPY) == 0)
		return 0;
	gnutls_privkey_deinit(*key);
	return -1;
}

static int copy(
	struct keeper *keeper, gnutls_pcert_st **chain, unsigned int *count, gnutls_privkey_t *key)
{
	pthread_mutex_lock(&keeper->lock);
	int status = copy_key(keeper->certificate, key);

	if (status == 0 && copy_chain(keeper->certificate, chain, count) != 0) {
		gnutls_privkey_deinit(*key);
		status = -1;
	}
	pthread_mutex_unlock(&keeper->lock);
	return status;
}

int keeper_show(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
	gnutls_pcert_st **chain, unsigned int *count, gnutls_ocsp_data_st **ocsp,
	unsigned int *ocsp_count, gnutls_privkey_t *key, unsigned int *flags)
{
	*ocsp = NULL;
	*ocsp_count = 0;
	pthread_mutex_lock(&shown_lock);
	const int status = shown ? copy(shown, chain, count, key) : -1;

	pthread_mutex_unlock(&shown_lock);
	*flags = GNUTLS_CERT_RETR_DEINIT_ALL;
	return status;
}
