/* One record of the topic that pictures come from: what is found in it. Any thread. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"
#include "jpeg/probe.h"

/* What a record consists of. Nothing is owned, and nothing of it is trusted. */
struct picture_record {
	const void *key, *value; /* NULL: none */
	size_t key_size, size;
	const rd_kafka_headers_t *headers; /* NULL: none */
	int64_t time_ms; /* UTC, since 1970; negative: none */
};

struct picture {
	enum gw_drop
		drop; /* why it can be no frame, whatever its camera is; GW_DROP_NONE: it can */
	struct jpeg_info info;
	int64_t capture_ns; /* UTC */
	enum gw_clock clock;
	bool relayed; /* another gateway's sampled picture */
};

/* The record that a message of librdkafka's is; it lives as long as the message. */
struct picture_record picture_record_of(const rd_kafka_message_t *message);

/* Reads key, value and headers. */
void picture_look(const struct picture_record *record, const struct jpeg_limits *limits,
	struct picture *picture);

/* Writes a record that can be one into a frame that has room for it. */
void picture_copy(
	const struct picture_record *record, const struct picture *picture, struct gw_frame *frame);
