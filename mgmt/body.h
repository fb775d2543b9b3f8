/* The body of a request, as it comes in, and what it says. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct gw_reply;
struct json_t;

#define BODY_LIMIT (64u * 1024u)
#define BODY_LIMIT_LARGE \
	(4u * 1024u * 1024u) /* a configuration of 4,096 cameras, and then some \
			      */

struct body {
	char *data;
	size_t room;
	size_t limit; /* BODY_LIMIT or BODY_LIMIT_LARGE */
	size_t size; /* of all that came, also of what was not kept */
};

/* Takes some more. What goes beyond the limit is thrown away; false when somebody sends without
 * end, or memory ran out: then there is nobody to answer. */
bool body_add(struct body *body, const char *data, size_t size);

/* Reads it as JSON; *json is NULL when there is no body. Returns 0, or -1 with an error as the
 * reply: 413 beyond the limit, 400 with line and column for what is no JSON. */
int body_parse(const struct body *body, struct json_t **json, struct gw_reply *reply);

void body_free(struct body *body);
