/* The receive stage: ports, packets, streams and reassembly of RTP/JPEG (RFC 2435) into frames. */
#pragma once

#include "core/stage.h"

/* First stage: no link in; complete frames in state GW_FRAME_JPEG go out. */
extern const struct gw_stage_ops dataplane_stage;
