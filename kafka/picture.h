/* One record of the topic that pictures come from: what is found in it. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"
#include "jpeg/probe.h"
#include "kafka/record.h"

struct picture {
	enum gw_drop
		drop; /* why it can be no frame, whatever its camera is; GW_DROP_NONE: it can */
	struct jpeg_info info;
	int64_t capture_ns; /* UTC */
	enum gw_clock clock;
	bool relayed; /* another gateway's sampled picture */
};

/* Reads key, value and headers. */
void picture_look(const struct kafka_record *record, const struct jpeg_limits *limits,
	struct picture *picture);

/* Writes a record that can be one into a frame that has room for it. */
void picture_copy(
	const struct kafka_record *record, const struct picture *picture, struct gw_frame *frame);
