#include "mgmt/response.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/page.h"

static struct MHD_Response *json_response(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9));
	struct MHD_Response *response = MHD_create_response_from_buffer(
		text ? strlen(text) : 0, text, MHD_RESPMEM_MUST_FREE);

	if (!response)
		free(text);
	return response;
}

static void keep(void *owner)
{
}

/* The bytes are the response's from then on: it releases them when the last one has been sent. */
static struct MHD_Response *bytes_response(struct gw_reply *reply)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer_with_free_callback_cls(reply->size,
			(void *)reply->bytes, reply->release ? reply->release : keep, reply->owner);

	if (response)
		reply->release = NULL;
	return response;
}

/* Headers that browsers heed, and those that few answers have. */
static void add_details(struct MHD_Response *response, const struct gw_reply *reply)
{
	char text[sizeof(reply->tag) + 3];

	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy", PAGE_POLICY);
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	if (reply->tag[0]) {
		snprintf(text, sizeof(text), "\"%s\"", reply->tag);
		MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, text);
	}
	if (reply->retry_after > 0) {
		snprintf(text, sizeof(text), "%u", reply->retry_after);
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, text);
	}
}

/* Whether the client has that answer already (RFC 9110, 13.1.2): a tag is like no other text, so
 * that it need only stand somewhere in the list. */
static bool is_known(struct MHD_Connection *connection, const char *tag)
{
	const char *known = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
	char quoted[sizeof(((struct gw_reply *)NULL)->tag) + 3];

	if (!known || !tag[0])
		return false;
	snprintf(quoted, sizeof(quoted), "\"%s\"", tag);
	return strstr(known, quoted) || strcmp(known, "*") == 0;
}

void response_leave_out_known(struct MHD_Connection *connection, struct gw_reply *reply)
{
	struct gw_reply same = {.status = MHD_HTTP_NOT_MODIFIED};

	if (reply->status != MHD_HTTP_OK || !is_known(connection, reply->tag))
		return;
	memcpy(same.tag, reply->tag, sizeof(same.tag));
	gw_reply_release(reply);
	*reply = same;
}

enum MHD_Result response_send(
	struct MHD_Connection *connection, struct gw_reply *reply, const struct refusal *refusal)
{
	const char *type = reply->json ? "application/json" : reply->type;
	struct MHD_Response *response =
		type && !reply->json ? bytes_response(reply) : json_response(reply->json);
	enum MHD_Result result = MHD_NO;

	if (response) {
		if (type)
			MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
		MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
		add_details(response, reply);
		if (refusal)
			MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
		if (refusal && refusal->header)
			MHD_add_response_header(response, refusal->header, refusal->value);
		if (reply->allow[0])
			MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
		result = MHD_queue_response(connection, (unsigned int)reply->status, response);
		MHD_destroy_response(response);
	}
	gw_reply_release(reply);
	return result;
}
