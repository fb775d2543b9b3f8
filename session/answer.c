#include "session/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "session/sdp.h"

#define BODY_FIRST 4096
#define TIMEOUT_MOST_S 86400

static bool copy_value(const char *line, const char *name, char *to, size_t room)
{
	const size_t size = strlen(name);

	if (strncasecmp(line, name, size) != 0)
		return false;
	line += size + strspn(line + size, " \t");
	if (strlen(line) < room)
		strcpy(to, line);
	return true;
}

/* What a camera says of itself goes to terminals and into JSON. */
static void clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '.';
}

/* "7;timeout=60" (RFC 2326, 12.37); blanks stand wherever a camera puts them. */
static void read_session(const char *line, struct rtsp_answer *answer)
{
	static const char name[] = "timeout";
	unsigned long seconds = 0;

	for (const char *at = strchr(line, ';'); at && seconds == 0; at = strchr(at, ';')) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, name, sizeof(name) - 1) != 0)
			continue;
		const char *value = at + sizeof(name) - 1;

		value += strspn(value, " \t");
		if (*value != '=')
			continue;
		value += 1 + strspn(value + 1, " \t\"");
		seconds = *value >= '0' && *value <= '9' ? strtoul(value, NULL, 10) : 0;
	}
	answer->timeout_s = seconds < TIMEOUT_MOST_S ? (uint32_t)seconds : TIMEOUT_MOST_S;
}

static bool is_digest(const char *line)
{
	static const char name[] = "WWW-Authenticate:", kind[] = "Digest";

	if (strncasecmp(line, name, sizeof(name) - 1) != 0)
		return false;
	line += sizeof(name) - 1;
	return strncasecmp(line + strspn(line, " \t"), kind, sizeof(kind) - 1) == 0;
}

void answer_take_line(struct rtsp_answer *answer, const char *data, size_t size)
{
	char line[GW_URL + 32];

	snprintf(
		line, sizeof(line), "%.*s", (int)(size < sizeof(line) ? size : sizeof(line)), data);
	line[strcspn(line, "\r\n")] = '\0';
	if (strncasecmp(line, "RTSP/", 5) == 0) {
		/* Also of the answer that only asks who we are. */
		answer->transport[0] = answer->base[0] = '\0';
		answer->timeout_s = 0;
		answer->body_size = 0;
		answer->is_challenge = false;
	} else if (is_digest(line)) {
		answer->is_challenge = true;
	} else if (strncasecmp(line, "Session:", 8) == 0) {
		read_session(line, answer);
	} else if (copy_value(line, "Server:", answer->server, sizeof(answer->server))) {
		clean(answer->server);
	} else if (!copy_value(line, "Transport:", answer->transport, sizeof(answer->transport)) &&
		!copy_value(line, "Location:", answer->location, sizeof(answer->location)) &&
		!copy_value(line, "Content-Base:", answer->base, sizeof(answer->base)) &&
		answer->base[0] == '\0') {
		copy_value(line, "Content-Location:", answer->base, sizeof(answer->base));
	}
}

bool answer_take_body(
	struct rtsp_answer *answer, struct answer_body *body, const char *data, size_t size)
{
	const size_t used = answer->body_size;

	if (used + size > SDP_SIZE) {
		body->too_large = true;
		return false;
	}
	if (used + size > body->room) {
		size_t room = body->room ? body->room : BODY_FIRST;

		while (room < used + size)
			room *= 2;
		char *larger = realloc(body->bytes, room);

		if (!larger)
			return false;
		body->bytes = larger;
		body->room = room;
	}
	memcpy(body->bytes + used, data, size);
	answer->body = body->bytes;
	answer->body_size = used + size;
	return true;
}

void answer_body_free(struct answer_body *body)
{
	free(body->bytes);
	*body = (struct answer_body){0};
}
