/* What a session learned becomes a version of its camera, as what the file or the API says does. */
#pragma once

#include "core/config/learned.h"
#include "core/error.h"

struct gw;

/* Lets the control thread do it, and waits. Does nothing where the camera is so already. Returns 0
 * or a negative errno with a line: -EBUSY while another change is being made (soon again), -ESTALE
 * when the camera is gone or has another session, -ESHUTDOWN, and what gw_camera_put() returns. */
int session_publish(struct gw *gw, const struct gw_camera_config *camera,
	const struct gw_learned *learned, struct gw_error *error);

/* The same for a session that is over: no packets are expected for the camera, and its addresses
 * and port are free for another one. Returns as session_publish(); 0 also where there is nothing to
 * take back. */
int session_take_back(struct gw *gw, const struct gw_camera_config *camera, struct gw_error *error);
