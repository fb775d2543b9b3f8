#include "accel/repository/protobuf.h"

/* The type of a field, in the lowest bits of its key. */
enum wire { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

bool protobuf_varint(struct protobuf_bytes *bytes, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; bytes->at < bytes->end && shift < 64; shift += 7) {
		const uint8_t byte = *bytes->at++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* Little-endian, `size` bytes. */
bool protobuf_fixed(struct protobuf_bytes *bytes, size_t size, uint64_t *value)
{
	if (size > protobuf_size(bytes))
		return false;
	*value = 0;
	for (size_t i = 0; i < size; i++)
		*value |= (uint64_t)*bytes->at++ << 8 * i;
	return true;
}

static bool read_length(struct protobuf_bytes *bytes, struct protobuf_bytes *part)
{
	uint64_t size;

	if (!protobuf_varint(bytes, &size) || size > protobuf_size(bytes))
		return false;
	part->at = bytes->at;
	bytes->at += size;
	part->end = bytes->at;
	return true;
}

bool protobuf_next(struct protobuf_bytes *message, struct protobuf_field *field)
{
	uint64_t key;

	if (!protobuf_varint(message, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return false;
	*field = (struct protobuf_field){.number = (uint32_t)(key >> 3)};
	switch (key & 7) {
	case VARINT:
		return protobuf_varint(message, &field->value);
	case FIXED64:
		return protobuf_fixed(message, 8, &field->value);
	case LENGTH:
		field->has_length = true;
		return read_length(message, &field->bytes);
	case FIXED32:
		return protobuf_fixed(message, 4, &field->value);
	default:
		return false;
	}
}
