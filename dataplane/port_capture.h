/* A capture of one camera's packets, through the API. Private to the receive stage. */
#pragma once

#include "core/api.h"

/* Seconds that one may take, and bytes that its answer may have. */
#define PORT_CAPTURE_SECONDS 60
#define PORT_CAPTURE_BYTES (60u << 20)

int api_capture(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error);
