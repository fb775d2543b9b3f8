/* What a webhook's requests are signed with, and the signature. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"

#define WEBHOOK_SECRET 512
#define WEBHOOK_SECRET_LEAST 16
#define WEBHOOK_SIGNATURE 64 /* "v1,", the base64 of 32 bytes, the end */

struct webhook_secret {
	uint8_t bytes[WEBHOOK_SECRET];
	size_t size;
};

/* Reads it from its file's first line or from the environment: "whsec_" and base64, or any other
 * text as it is. Returns 0 or a negative errno with a line that repeats nothing of it. Whoever has
 * it wipes it with explicit_bzero(). Any thread. */
int webhook_secret_read(const struct gw_webhook_config *config, struct webhook_secret *secret,
	struct gw_error *error);

/* The value of `webhook-signature`: HMAC-SHA256 over id, time (seconds since 1970) and body, as
 * Standard Webhooks has it. Returns 0 or -EIO. */
int webhook_sign(const struct webhook_secret *secret, const char *id, int64_t seconds,
	const char *body, char signature[WEBHOOK_SIGNATURE]);
