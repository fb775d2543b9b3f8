#include "session/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TIMED_OUT 408
#define PROOF "WWW-Authenticate:"
#define NAME "Session:"
/* The status line, the number, and the empty line at the end. */
#define FRAME_MOST 96

void exchange_ask(struct exchange *exchange, uint32_t number)
{
	exchange->is_asked = true;
	exchange->number = number;
}

void exchange_hear(struct exchange *exchange, const uint8_t *data, uint32_t size)
{
	const uint32_t left = EXCHANGE_HEADER - exchange->size;
	const uint32_t kept = size < left ? size : left;

	memcpy(exchange->header + exchange->size, data, kept);
	exchange->size += kept;
}

void exchange_forget(struct exchange *exchange)
{
	exchange->size = 0;
}

/* "RTSP/1.0 200 OK": 200; 0: it says none. The text has an end. */
static unsigned int read_status(const char *line)
{
	char digits[4];

	if (sscanf(line, "RTSP/%*15[0-9.]%*[ \t]%3[0-9]", digits) != 1 || strlen(digits) != 3)
		return 0;
	return (unsigned int)strtoul(digits, NULL, 10);
}

/* A name that is empty is none. */
static bool is_name(const char *line, uint32_t length)
{
	const size_t size = sizeof(NAME) - 1;

	if (strncasecmp(line, NAME, size) != 0)
		return false;
	const size_t at = size + strspn(line + size, " \t");

	return at < length && line[at] != ';';
}

/* Copies the lines that ask for a proof, or that name the session where that is wanted, as far as
 * there is room. Returns their size. */
static uint32_t copy_lines(const char *header, bool names, char *to, uint32_t room)
{
	uint32_t size = 0;

	for (const char *line = header; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const uint32_t length = (uint32_t)strcspn(line, "\r\n");

		if (strncasecmp(line, PROOF, sizeof(PROOF) - 1) != 0 &&
			!(names && is_name(line, length)))
			continue;
		if (size + length + 2 > room)
			continue;
		memcpy(to + size, line, length);
		memcpy(to + size + length, "\r\n", 2);
		size += length + 2;
	}
	return size;
}

static uint32_t tell(struct exchange *exchange, unsigned int status, const char *header, char *text)
{
	uint32_t size = (uint32_t)snprintf(text, EXCHANGE_HEADER,
		"RTSP/1.0 %u Camera\r\nCSeq: %u\r\n", status, exchange->number);

	size += copy_lines(
		header, exchange->is_nameless, text + size, EXCHANGE_HEADER - FRAME_MOST);
	memcpy(text + size, "\r\n", 2);
	exchange->is_asked = false;
	return size + 2;
}

uint32_t exchange_answer(struct exchange *exchange, uint32_t number, char text[EXCHANGE_HEADER])
{
	char header[EXCHANGE_HEADER];
	const uint32_t size =
		exchange->size < EXCHANGE_HEADER ? exchange->size : EXCHANGE_HEADER - 1;

	memcpy(header, exchange->header, size);
	header[size] = '\0';
	exchange->size = 0;
	const unsigned int status = read_status(header);
	const bool is_late = number != 0 && number == exchange->given_up;

	if (is_late)
		exchange->given_up = 0;
	/* An answer before the answer (RFC 2326, 7.1.1: 1xx) is none yet. */
	if (is_late || status < 200 || !exchange->is_asked)
		return 0;
	return tell(exchange, status, header, text);
}

uint32_t exchange_give_up(struct exchange *exchange, char text[EXCHANGE_HEADER])
{
	if (!exchange->is_asked)
		return 0;
	exchange->given_up = exchange->number;
	return tell(exchange, TIMED_OUT, "", text);
}
