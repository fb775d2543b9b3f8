#include "mgmt/body.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/api.h"

#define PATIENCE 16 /* times the limit is read for the sake of an answer */

bool body_add(struct body *body, const char *data, size_t size)
{
	const size_t before = body->size;

	body->size += size;
	if (body->size > body->limit)
		return body->size <= PATIENCE * body->limit;
	if (body->size > body->room) {
		const size_t room = body->size > body->limit / 2 ? body->limit : 2 * body->size;
		char *more = realloc(body->data, room);

		if (!more)
			return false;
		body->data = more;
		body->room = room;
	}
	memcpy(body->data + before, data, size);
	return true;
}

int body_parse(const struct body *body, struct json_t **json, struct gw_reply *reply)
{
	json_error_t error;

	*json = NULL;
	if (body->size > body->limit) {
		gw_reply_refuse(reply, 413, "too_large", "a request body may have %zu bytes here",
			body->limit);
		return -1;
	}
	if (body->size == 0)
		return 0;
	*json = json_loadb(
		body->data, body->size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (*json)
		return 0;
	/* It is JSON, and the library says how its caller could have it. */
	if (json_error_code(&error) == json_error_null_character ||
		json_error_code(&error) == json_error_null_byte_in_key) {
		gw_reply_refuse(reply, 400, "bad_request",
			"the body holds a text with \\u0000 in it: line %d, column %d: leave that "
			"character out",
			error.line, error.column);
		return -1;
	}
	gw_reply_refuse(reply, 400, "bad_request", "the body is no JSON: line %d, column %d: %s",
		error.line, error.column, error.text);
	return -1;
}

void body_free(struct body *body)
{
	free(body->data);
	*body = (struct body){0};
}
