/* Hears what a camera sends to a probe: opens what is encrypted, and measures it. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"
#include "gwd/camera/measure.h"

#define LISTENER_PACKET 65536

struct secure;

struct listener {
	struct measure *measure;
	struct secure *secure; /* NULL: packets are plain */
	uint8_t opened[LISTENER_PACKET]; /* a packet that is encrypted is opened here */
};

/* Takes the key that the camera's session negotiated (`srtp_key`), else the one of its `srtp`; in
 * place of the one before. Returns 0 or a negative errno with a line; then nothing has changed. */
int listener_set_key(
	struct listener *listener, const struct gw_camera_config *camera, struct gw_error *error);

/* Takes one packet, the payload of UDP, that came at `now` (gw_now()). One that cannot be opened is
 * counted among those that are refused. */
void listener_take(struct listener *listener, const uint8_t *data, uint32_t size, int64_t now);

/* Forgets the key. */
void listener_close(struct listener *listener);
