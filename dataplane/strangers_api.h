/* What the receive stage answers: who its strangers are. */
#pragma once

#include "core/api.h"

int api_strangers(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error);
