/* What the gateway tells of one frame as protobuf: the fields of Result (sink/schema/result.proto).
 * The same as the JSON, from the same findings. Lane of the sink. */
#pragma once

#include "core/gateway.h"
#include "sink/record.h"

/* `record` has id, time and source of the frame. */
void result_message_write(struct writer *writer, const struct record *record,
	const struct gw_frame *frame, bool sampled);
