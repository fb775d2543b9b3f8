/* Writes protobuf's wire format (protobuf.dev, "Encoding") into memory that is there already, as
 * sink/writer.h writes JSON: no allocation, and what does not fit is cut and noted.
 *
 * The functions without `set` leave out what is zero or empty, as proto3 has it for a field without
 * presence. `field` is its number, 1 .. 2^29 - 1.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sink/writer.h"

/* Of type uint32, uint64, bool or an enum; an element is one of a packed list. */
void wire_number(struct writer *writer, uint32_t field, uint64_t value);
void wire_set_number(struct writer *writer, uint32_t field, uint64_t value);
void wire_element(struct writer *writer, uint64_t value);

void wire_fixed32(struct writer *writer, uint32_t field, uint32_t value);

/* What is no number becomes 0; beyond +-1e9 it stays there. */
void wire_float(struct writer *writer, uint32_t field, float value);
void wire_set_float(struct writer *writer, uint32_t field, float value);

/* A string: a byte that is not UTF-8 becomes U+FFFD. */
void wire_text(struct writer *writer, uint32_t field, const void *text, size_t size);
void wire_string(struct writer *writer, uint32_t field, const char *text);
void wire_set_string(struct writer *writer, uint32_t field, const char *text);

/* Bytes as they are: also a packed list of floats of this machine, which is little-endian. */
void wire_bytes(struct writer *writer, uint32_t field, const void *bytes, size_t size);

/* A message within, or a packed list that is not empty: what is written in between. wire_begin()
 * returns what wire_end() takes. */
size_t wire_begin(struct writer *writer, uint32_t field);
void wire_end(struct writer *writer, size_t begin);

/* Confluent's wire format, which stands before a message that is the first one of its file: a zero,
 * the number that a schema registry gave the file, big-endian, and a zero for "the first". */
void wire_framing(struct writer *writer, uint32_t schema_id);

/* google.protobuf.Timestamp, of UTC nanoseconds since 1970. */
void wire_time(struct writer *writer, uint32_t field, int64_t utc_ns);
