#include "sink/output_end.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "sink/file_fields.h"
#include "sink/whole.h"

#define WINDOW (64u << 10)
/* Of a length, and of the tag behind it. */
#define HEAD_MOST 6

/* Whether the end of a line that has no newline is a whole record all the same. */
static bool is_whole(const char *text, size_t size)
{
	json_t *json = json_loadb(text, size, 0, NULL);

	json_decref(json);
	return json != NULL;
}

ssize_t output_end_line(int fd, off_t size)
{
	const size_t most = size < RECORD_SIZE ? (size_t)size : RECORD_SIZE;
	char *end = malloc(most + 1);

	if (!end)
		return -ENOMEM;
	const ssize_t got = pread(fd, end, most, size - (off_t)most);
	ssize_t torn = 0;

	while (torn < got && end[got - 1 - torn] != '\n')
		torn++;
	/* The whole file may be one. */
	const bool is_line = torn < got || got == size;
	ssize_t status = got < 0 ? -errno : 0;

	if (torn > 0 && is_line && !is_whole(end + got - torn, (size_t)torn) &&
		ftruncate(fd, size - torn) == 0)
		status = torn;
	else if (torn > 0)
		status = write_whole(fd, "\n", 1);
	free(end);
	return status;
}

/* A part of the file that is looked at. */
struct window {
	int fd;
	off_t at;
	size_t size;
	uint8_t bytes[WINDOW];
};

/* Bytes from a place on, at least HEAD_MOST where the file has so many. NULL: it cannot be read. */
static const uint8_t *look(struct window *window, off_t at, size_t *size)
{
	if (at < window->at || at + HEAD_MOST > window->at + (off_t)window->size) {
		const ssize_t got = pread(window->fd, window->bytes, WINDOW, at);

		if (got < 0)
			return NULL;
		window->at = at;
		window->size = (size_t)got;
	}
	*size = window->size - (size_t)(at - window->at);
	return window->bytes + (at - window->at);
}

/* What begins at a place: the bytes of a message with its length; 0: a length that is cut;
 * -EBADMSG: no message of ours, which begins with its result. */
static off_t message_at(const uint8_t *bytes, size_t size)
{
	uint32_t length = 0;

	for (uint32_t i = 0; i < HEAD_MOST - 1; i++) {
		if (i == size)
			return 0;
		length |= (uint32_t)(bytes[i] & 0x7f) << (7 * i);
		if (bytes[i] & 0x80)
			continue;
		if (length == 0 || length > OUTPUT_ENTRY ||
			(i + 1 < size && bytes[i + 1] != FILE_RESULT_TAG))
			return -EBADMSG;
		return (off_t)length + i + 1;
	}
	return -EBADMSG;
}

/* A power cut may leave zeros. */
static bool is_zero(struct window *window, off_t at, off_t end)
{
	while (at < end) {
		size_t size;
		const uint8_t *bytes = look(window, at, &size);

		if (!bytes || size == 0)
			return false;
		for (size_t i = 0; i < size; i++)
			if (bytes[i] != 0)
				return false;
		at += (off_t)size;
	}
	return true;
}

/* A varint; false: it does not end within `size`. */
static bool take_varint(const uint8_t *bytes, size_t size, size_t *at, uint64_t *value)
{
	*value = 0;
	for (uint32_t shift = 0; *at < size && shift < 64; shift += 7) {
		const uint8_t byte = bytes[(*at)++];

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* Whether a message is fields from its beginning to its end (protobuf.dev, "Encoding"), and its
 * results too: no field has the number 0. */
static bool is_fields(const uint8_t *bytes, size_t size, bool results)
{
	uint64_t tag, value;

	for (size_t at = 0; at < size;) {
		if (!take_varint(bytes, size, &at, &tag) || tag >> 3 == 0)
			return false;
		switch (tag & 7) {
		case 0:
			if (!take_varint(bytes, size, &at, &value))
				return false;
			continue;
		case 1:
			value = 8;
			break;
		case 2:
			if (!take_varint(bytes, size, &at, &value))
				return false;
			break;
		case 5:
			value = 4;
			break;
		default:
			return false;
		}
		if (value > size - at)
			return false;
		if (results && tag == FILE_RESULT_TAG &&
			!is_fields(bytes + at, (size_t)value, false))
			return false;
		at += (size_t)value;
	}
	return true;
}

/* Whether a message with its length has zeros in place of its end: it ends with one, and zeros
 * follow (`more`), or it is no message. Zeros in its last field that reach to the end of the file
 * are not told from a mask that ends so. */
static int is_hollow(int fd, off_t at, size_t size, bool more)
{
	uint8_t *bytes = malloc(size);
	uint64_t length;
	size_t front = 0;

	if (!bytes)
		return -ENOMEM;
	const ssize_t got = pread(fd, bytes, size, at);
	const bool hollow = got == (ssize_t)size && bytes[size - 1] == 0 &&
		(more || !take_varint(bytes, size, &front, &length) ||
			!is_fields(bytes + front, size - front, true));

	free(bytes);
	return got == (ssize_t)size ? hollow : -EIO;
}

/* Whether nothing but zeros follows, with or without a length before them that was begun. */
static bool is_cut(struct window *window, off_t at, off_t end)
{
	size_t there;
	const uint8_t *bytes = look(window, at, &there);
	off_t head = 0;

	while (bytes && head < HEAD_MOST - 1 && (size_t)head < there && bytes[head] & 0x80)
		head++;
	if (bytes && (size_t)head < there && bytes[head] != 0)
		head++;
	return at + head < end && is_zero(window, at + head, end);
}

ssize_t output_end_message(int fd, off_t from, off_t size)
{
	off_t at = from, last = from, message = 1;
	ssize_t status = 0;

	if (size - from > OUTPUT_WALK_MOST)
		return -EFBIG;
	struct window *window = calloc(1, sizeof(*window));

	if (!window)
		return -ENOMEM;
	window->fd = fd;
	while (at < size && status == 0) {
		size_t there;
		const uint8_t *bytes = look(window, at, &there);

		if (!bytes) {
			status = -EIO;
			break;
		}
		message = message_at(bytes, there);
		if (message <= 0 || message > size - at)
			break;
		last = at;
		at += message;
	}
	const bool zeros = status == 0 && at < size && is_zero(window, at, size);

	if (status == 0 && at < size && message < 0 && !is_cut(window, at, size))
		status = -EBADMSG;
	if (status == 0 && at > last && (at == size || zeros)) {
		const int hollow = is_hollow(fd, last, (size_t)(at - last), zeros);

		if (hollow > 0)
			at = last;
		else
			status = hollow;
	}
	if (status == 0 && at < size)
		status = ftruncate(fd, at) == 0 ? (ssize_t)(size - at) : -errno;
	free(window);
	return status;
}
