/* What a camera says of its streams when it is asked once, before it is configured: DESCRIBE (RFC
 * 2326, 10.2), without SETUP, without a picture. */
#pragma once

#include "core/api.h"
#include "core/config/config.h"
#include "core/error.h"
#include "session/dialogue.h"

/* An address that hangs costs whoever asks no more than this. */
#define ENQUIRY_MS 5000

/* Asks the camera's `url`, as its user. Waits ENQUIRY_MS at most, or until `request` ends. Returns
 * 0 with the dialogue behind its first answer: `stream` and `server` are set; or a negative errno
 * with a line that says what is wrong and what to do. After rtsp_global_open(); any thread that may
 * wait. */
int enquiry_make(const struct gw_camera_config *camera, const struct gw_request *request,
	struct dialogue *dialogue, struct gw_error *error);

/* POST camera-probe: the same for who asks over the API, one at a time. For admins, as
 * POST cameras is: whoever asks names a host that only the gateway may reach, and a file of a
 * password that is sent there. */
gw_api_handler enquiry_answer;
