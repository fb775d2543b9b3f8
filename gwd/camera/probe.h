/* Asks a camera what it sends, and listens for some seconds: without a gateway. */
#pragma once

#include <stdbool.h>

#include "core/config/config.h"
#include "core/error.h"
#include "gwd/camera/measure.h"
#include "session/dialogue.h"

struct probe {
	const struct gw_camera_config
		*camera; /* url, user, where the password is, transport, srtp */
	uint32_t seconds;
	struct dialogue dialogue; /* what was said */
	bool plays;
	bool udp_was_silent; /* so it was asked once more, for pictures within the connection */
	struct measure measure; /* what came */
	struct gw_error trouble; /* why it does not play; empty: it does */
};

/* Where any way will do and nothing comes by UDP, the camera is asked for TCP as the gateway would,
 * for as many seconds more. Returns 0 when the camera described a stream of JPEG pictures, whatever
 * came of it afterwards
 * (`trouble`); else a negative errno with a line. */
int probe_run(struct probe *probe, struct gw_error *error);
