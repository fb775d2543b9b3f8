/* A walk over the fields of a protobuf message in memory
 * (protobuf.dev/programming-guides/encoding). Nothing is copied, and nothing is trusted: a field
 * never reaches beyond its message. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of somebody else: a message, a string. */
struct protobuf_bytes {
	const uint8_t *at, *end;
};

struct protobuf_field {
	uint32_t number;
	bool has_length; /* a message, a string or bytes: `bytes`; else a number: `value` */
	struct protobuf_bytes bytes;
	uint64_t value; /* a varint as it stands, or the bits of a fixed one */
};

/* Takes the next field off the message, which must not be empty. False when it goes beyond the
 * message, or is of a type that protobuf does not have. */
bool protobuf_next(struct protobuf_bytes *message, struct protobuf_field *field);

/* Takes one number off packed ones. False when they end within it. */
bool protobuf_varint(struct protobuf_bytes *bytes, uint64_t *value);
bool protobuf_fixed(struct protobuf_bytes *bytes, size_t size, uint64_t *value);

static inline size_t protobuf_size(const struct protobuf_bytes *bytes)
{
	return (size_t)(bytes->end - bytes->at);
}
