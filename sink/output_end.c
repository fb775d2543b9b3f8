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

ssize_t output_end_message(int fd, off_t size)
{
	struct window *window = calloc(1, sizeof(*window));
	off_t at = 0, message = 1;
	ssize_t status = 0;

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
		at += message;
	}
	if (status == 0 && at < size) {
		if (message < 0 && !is_zero(window, at, size))
			status = -EBADMSG;
		else
			status = ftruncate(fd, at) == 0 ? (ssize_t)(size - at) : -errno;
	}
	free(window);
	return status;
}
