#include "mgmt/alarms/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "whsec_"
#define DIGEST 32

/* A FIFO would never end. Returns 0 or a negative errno. */
static int read_file(const char *path, char text[WEBHOOK_SECRET])
{
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat facts;
	ssize_t size = -1;

	if (file < 0)
		return -errno;
	if (fstat(file, &facts) == 0 && !S_ISREG(facts.st_mode))
		errno = EINVAL;
	else
		size = read(file, text, WEBHOOK_SECRET);
	const int status = size < 0 ? -errno : 0;

	close(file);
	if (status != 0)
		return status;
	if (size == WEBHOOK_SECRET && !memchr(text, '\n', WEBHOOK_SECRET))
		return -EMSGSIZE;
	if (size < WEBHOOK_SECRET)
		text[size] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return 0;
}

static int read_text(
	const struct gw_webhook_config *config, char text[WEBHOOK_SECRET], struct gw_error *error)
{
	if (config->secret_file) {
		const int status = read_file(config->secret_file, text);

		return status == 0 ? 0
				   : gw_error_set(error, status,
					     "alarms.webhook.secret_file %s cannot be read: %s",
					     config->secret_file, strerror(-status));
	}
	const char *value = getenv(config->secret_env);

	if (!value)
		return gw_error_set(error, -ENOENT,
			"alarms.webhook.secret_env: gwd's environment has no %s: set it "
			"(Environment= or EnvironmentFile= of its unit) and restart gwd",
			config->secret_env);
	if (strlen(value) >= WEBHOOK_SECRET)
		return gw_error_set(error, -EMSGSIZE,
			"alarms.webhook.secret_env: %s is longer than %d characters",
			config->secret_env, WEBHOOK_SECRET - 1);
	strcpy(text, value);
	return 0;
}

/* False: what stands behind the prefix is no base64. */
static bool decode(const char *text, struct webhook_secret *secret)
{
	const gnutls_datum_t code = {(unsigned char *)text, (unsigned int)strlen(text)};
	gnutls_datum_t bytes;

	if (gnutls_base64_decode2(&code, &bytes) != 0)
		return false;
	secret->size = bytes.size < WEBHOOK_SECRET ? bytes.size : WEBHOOK_SECRET;
	memcpy(secret->bytes, bytes.data, secret->size);
	explicit_bzero(bytes.data, bytes.size);
	gnutls_free(bytes.data);
	return true;
}

static int understand(const char *text, struct webhook_secret *secret, struct gw_error *error)
{
	if (strncmp(text, PREFIX, strlen(PREFIX)) != 0) {
		secret->size = strlen(text);
		memcpy(secret->bytes, text, secret->size);
	} else if (!decode(text + strlen(PREFIX), secret)) {
		return gw_error_set(error, -EINVAL,
			"alarms.webhook: what stands behind " PREFIX " in the secret is no base64");
	}
	if (secret->size < WEBHOOK_SECRET_LEAST)
		return gw_error_set(error, -EINVAL,
			"alarms.webhook: the secret is shorter than %d bytes: make one with "
			"openssl rand -hex 32",
			WEBHOOK_SECRET_LEAST);
	return 0;
}

int webhook_secret_read(const struct gw_webhook_config *config, struct webhook_secret *secret,
	struct gw_error *error)
{
	char text[WEBHOOK_SECRET];
	int status;

	secret->size = 0;
	status = read_text(config, text, error);
	if (status == 0)
		status = understand(text, secret, error);
	explicit_bzero(text, sizeof(text));
	if (status != 0)
		explicit_bzero(secret, sizeof(*secret));
	return status;
}

/* "ID.SECONDS.BODY", in pieces. */
static int digest_of(const struct webhook_secret *secret, const char *id, int64_t seconds,
	const char *body, uint8_t digest[DIGEST])
{
	gnutls_hmac_hd_t hmac;
	char time[32];

	if (gnutls_hmac_init(&hmac, GNUTLS_MAC_SHA256, secret->bytes, secret->size) != 0)
		return -EIO;
	snprintf(time, sizeof(time), ".%ld.", seconds);
	const bool well = gnutls_hmac(hmac, id, strlen(id)) == 0 &&
		gnutls_hmac(hmac, time, strlen(time)) == 0 &&
		gnutls_hmac(hmac, body, strlen(body)) == 0;

	gnutls_hmac_deinit(hmac, digest);
	return well ? 0 : -EIO;
}

int webhook_sign(const struct webhook_secret *secret, const char *id, int64_t seconds,
	const char *body, char signature[WEBHOOK_SIGNATURE])
{
	uint8_t digest[DIGEST];
	const gnutls_datum_t bytes = {digest, DIGEST};
	gnutls_datum_t code;

	if (digest_of(secret, id, seconds, body, digest) != 0 ||
		gnutls_base64_encode2(&bytes, &code) != 0)
		return -EIO;
	snprintf(signature, WEBHOOK_SIGNATURE, "v1,%.*s", (int)code.size, (const char *)code.data);
	gnutls_free(code.data);
	return 0;
}
