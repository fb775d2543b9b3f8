#include "sink/wire.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "sink/schema/result_fields.h"

#define VARINT_MOST 10
#define LARGEST 1e9f

enum wire_type { WIRE_VARINT = 0, WIRE_SIZED = 2, WIRE_FIXED32 = 5 };

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats are written as they lie");

/* Seven bits a byte, the low ones first; returns how many bytes. */
static size_t varint(uint8_t bytes[VARINT_MOST], uint64_t value)
{
	size_t size = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[size++] = (uint8_t)(value | 0x80);
	bytes[size++] = (uint8_t)value;
	return size;
}

void wire_element(struct writer *writer, uint64_t value)
{
	uint8_t bytes[VARINT_MOST];

	writer_bytes(writer, bytes, varint(bytes, value));
}

static void put_tag(struct writer *writer, uint32_t field, enum wire_type type)
{
	wire_element(writer, (uint64_t)field << 3 | type);
}

void wire_set_number(struct writer *writer, uint32_t field, uint64_t value)
{
	put_tag(writer, field, WIRE_VARINT);
	wire_element(writer, value);
}

void wire_number(struct writer *writer, uint32_t field, uint64_t value)
{
	if (value != 0)
		wire_set_number(writer, field, value);
}

static void put_fixed32(struct writer *writer, uint32_t field, const void *value)
{
	put_tag(writer, field, WIRE_FIXED32);
	writer_bytes(writer, value, 4);
}

void wire_fixed32(struct writer *writer, uint32_t field, uint32_t value)
{
	if (value != 0)
		put_fixed32(writer, field, &value);
}

void wire_set_float(struct writer *writer, uint32_t field, float value)
{
	const float number = isnan(value) ? 0 : fmaxf(-LARGEST, fminf(value, LARGEST));

	put_fixed32(writer, field, &number);
}

void wire_float(struct writer *writer, uint32_t field, float value)
{
	if (value != 0 && !isnan(value))
		wire_set_float(writer, field, value);
}

static void set_text(struct writer *writer, uint32_t field, const void *text, size_t size)
{
	const size_t begin = wire_begin(writer, field);

	writer_utf8(writer, text, size);
	wire_end(writer, begin);
}

void wire_text(struct writer *writer, uint32_t field, const void *text, size_t size)
{
	if (size > 0)
		set_text(writer, field, text, size);
}

void wire_string(struct writer *writer, uint32_t field, const char *text)
{
	wire_text(writer, field, text, strlen(text));
}

void wire_set_string(struct writer *writer, uint32_t field, const char *text)
{
	set_text(writer, field, text, strlen(text));
}

void wire_bytes(struct writer *writer, uint32_t field, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	put_tag(writer, field, WIRE_SIZED);
	wire_element(writer, size);
	writer_bytes(writer, bytes, size);
}

size_t wire_begin(struct writer *writer, uint32_t field)
{
	put_tag(writer, field, WIRE_SIZED);
	/* Most are short: one byte for the size, and room for more when it is known. */
	writer_bytes(writer, "", 1);
	return writer->size;
}

void wire_end(struct writer *writer, size_t begin)
{
	uint8_t bytes[VARINT_MOST];

	if (writer->cut)
		return;
	const size_t size = writer->size - begin, more = varint(bytes, size) - 1;

	if (more > writer->capacity - writer->size) {
		writer->cut = true;
		return;
	}
	if (more > 0)
		memmove(writer->data + begin + more, writer->data + begin, size);
	memcpy(writer->data + begin - 1, bytes, more + 1);
	writer->size += more;
}

void wire_framing(struct writer *writer, uint32_t schema_id)
{
	const uint8_t bytes[] = {0, (uint8_t)(schema_id >> 24), (uint8_t)(schema_id >> 16),
		(uint8_t)(schema_id >> 8), (uint8_t)schema_id, 0};

	writer_bytes(writer, bytes, sizeof(bytes));
}

void wire_time(struct writer *writer, uint32_t field, int64_t utc_ns)
{
	const int64_t rest = utc_ns % GW_NS_PER_S, nanos = rest < 0 ? rest + GW_NS_PER_S : rest;
	const size_t begin = wire_begin(writer, field);

	/* A negative number has all ten bytes, as int64 is written. */
	wire_number(writer, TIMESTAMP_SECONDS, (uint64_t)((utc_ns - nanos) / GW_NS_PER_S));
	wire_number(writer, TIMESTAMP_NANOS, (uint64_t)nanos);
	wire_end(writer, begin);
}
