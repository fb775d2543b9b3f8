#include "mgmt/audit_log/entry.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "***"
#define TEXT_MOST 256 /* bytes of a text that is shown */
#define PART_MOST 2048 /* bytes of a body, or of what was before */
#define MEMBERS_MOST 32 /* of a list */
#define DEPTH_MOST 16

/* What people put into bodies, by the name that it has there. */
static bool sounds_secret(const char *name)
{
	static const char *const words[] = {
		"pass", "secret", "token", "key", "jaas", "oauth", "credential", ".pem"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

/* A text as it may be shown: without the user of a URL (RFC 3986, 3.2.1), and not a whole file. */
static json_t *shown_text(const json_t *value)
{
	const char *text = json_string_value(value), *scheme = strstr(text, "://");
	const size_t size = json_string_length(value);
	const char *user = scheme ? strchr(scheme, '@') : NULL;

	if (size > TEXT_MOST)
		return json_sprintf("(%zu bytes)", size);
	if (user)
		return json_sprintf("%.*s" HIDDEN "%s", (int)(scheme + 3 - text), text, user);
	return json_copy((json_t *)value);
}

static json_t *shown(const json_t *value, int depth);

static json_t *shown_object(const json_t *value, int depth)
{
	json_t *copy = json_object(), *member;
	/* As properties of Kafka are given: whatever it is, it may be a password. */
	const bool is_property = json_object_get(value, "name") && json_object_get(value, "value");
	const char *key;

	json_object_foreach((json_t *)value, key, member) {
		const bool hide = sounds_secret(key) || (is_property && strcmp(key, "value") == 0);

		json_object_set_new(
			copy, key, hide ? json_string(HIDDEN) : shown(member, depth + 1));
	}
	return copy;
}

static json_t *shown_array(const json_t *value, int depth)
{
	json_t *copy = json_array(), *member;
	size_t i;

	json_array_foreach(value, i, member) {
		if (i == MEMBERS_MOST) {
			json_array_append_new(copy,
				json_sprintf("(%zu more)", json_array_size(value) - MEMBERS_MOST));
			break;
		}
		json_array_append_new(copy, shown(member, depth + 1));
	}
	return copy;
}

static json_t *shown(const json_t *value, int depth)
{
	if (depth > DEPTH_MOST)
		return json_string("(deeper)");
	if (json_is_string(value))
		return shown_text(value);
	if (json_is_object(value))
		return shown_object(value, depth);
	if (json_is_array(value))
		return shown_array(value, depth);
	return json_deep_copy(value);
}

/* As much of it as a line has room for. */
static json_t *part(const json_t *value)
{
	json_t *copy = shown(value, 0);
	const size_t size =
		json_dumpb(copy, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

	if (size <= PART_MOST)
		return copy;
	json_decref(copy);
	return json_sprintf("(%zu bytes)", size);
}

/* Of the network's bytes, what can be read. */
static json_t *plain(const char *text)
{
	char copy[TEXT_MOST + 1];
	size_t i;

	for (i = 0; text && text[i] && i < TEXT_MOST; i++)
		copy[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	copy[i] = '\0';
	return json_string(copy);
}

static json_t *entry(
	const char *event, const char *method, const char *path, const struct gw_request *request)
{
	char whole[TEXT_MOST + sizeof(GW_API_PREFIX)];

	snprintf(whole, sizeof(whole), GW_API_PREFIX "%s", path);
	json_t *json = json_pack("{s:s, s:o, s:s, s:o, s:s, s:o}", "event", event, "who",
		plain(request->who), "role", gw_role_name(request->role), "from",
		plain(request->from), "method", method, "path", plain(whole));

	if (json && request->body)
		json_object_set_new(json, "body", part(request->body));
	return json;
}

json_t *audit_entry_asked(const char *method, const char *path, const struct gw_request *request)
{
	return entry("asked", method, path, request);
}

static void add_answer(json_t *json, const struct gw_reply *reply)
{
	const json_t *failure = json_object_get(reply->json, "error");
	const char *message = json_string_value(json_object_get(failure, "message"));

	json_object_set_new(json, "status", json_integer(reply->status));
	if (message)
		json_object_set_new(json, "error", plain(message));
}

json_t *audit_entry_refused(const char *method, const char *path, const struct gw_request *request,
	const struct gw_reply *reply, uint64_t more)
{
	json_t *json = entry("refused", method, path, request);

	if (!json)
		return NULL;
	add_answer(json, reply);
	if (more > 0)
		json_object_set_new(json, "refused_before", json_integer((json_int_t)more));
	return json;
}

json_t *audit_entry_done(uint64_t asked, const struct gw_reply *reply)
{
	json_t *json = json_pack("{s:s, s:I}", "event", "done", "asked", (json_int_t)asked);
	const char *key;
	json_t *value;

	if (!json)
		return NULL;
	add_answer(json, reply);
	json_object_foreach(reply->change, key, value)
		json_object_set_new(json, key, part(value));
	return json;
}
