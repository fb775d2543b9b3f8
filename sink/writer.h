/* Writes JSON text into memory that is there already: no allocation, no locale, never a broken
 * string.
 *
 * The caller writes the punctuation. What does not fit is cut and noted: a text is only of use
 * while `cut` is false.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
	char *data;
	size_t size, capacity;
	bool cut;
};

/* "2026-11-21T07:40:00.123Z" and its end. */
#define WRITER_TIME_SIZE 25

/* Begins an empty text of at most `capacity` bytes. */
void writer_begin(struct writer *writer, char *data, size_t capacity);

void writer_raw(struct writer *writer, const char *text);

/* Bytes as they are, for what is no text. */
void writer_bytes(struct writer *writer, const void *bytes, size_t size);

/* Text without quotes and escapes; a byte that is not UTF-8 becomes U+FFFD. */
void writer_utf8(struct writer *writer, const void *text, size_t size);

/* A string in quotes. Control characters, quotes and backslashes are escaped; a byte that is not
 * UTF-8 becomes U+FFFD. */
void writer_string(struct writer *writer, const char *text);

/* The same of `size` bytes; a zero byte is one like any other. NULL: none. */
void writer_text(struct writer *writer, const void *text, size_t size);

/* Whether writer_string() writes the text as it is, but for quotes and backslashes: it is UTF-8
 * without control characters. */
bool writer_keeps(const char *text);

/* The bytes as base64 (RFC 4648, 4), in quotes. */
void writer_base64(struct writer *writer, const void *bytes, size_t size);

void writer_unsigned(struct writer *writer, uint64_t value);

/* `value` with `digits` (0 .. 6) digits after the point, rounded. What is no number becomes 0;
 * beyond
 * +-1e9 it stays there. */
void writer_fixed(struct writer *writer, double value, unsigned int digits);

/* UTC nanoseconds since 1970 as RFC 3339 with milliseconds, without quotes; `text` is ended. */
void writer_time(char text[WRITER_TIME_SIZE], int64_t utc_ns);
