#include "mgmt/tokens/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config/fresh_file.h"
#include "core/private_file.h"

#define CAMERAS_MOST 64
#define HEX "0123456789abcdef"

enum gw_role token_role(const char *name)
{
	for (int role = GW_ROLE_VIEWER; role <= GW_ROLE_ADMIN; role++)
		if (name && strcmp(name, gw_role_name((enum gw_role)role)) == 0)
			return (enum gw_role)role;
	return GW_ROLE_NONE;
}

bool token_cameras_fit(const json_t *cameras)
{
	json_t *name;
	size_t i;

	json_array_foreach(cameras, i, name)
		if (json_string_length(name) == 0)
			return false;
	return json_array_size(cameras) >= 1 && json_array_size(cameras) <= CAMERAS_MOST;
}

bool token_name_fits(const char *name)
{
	const size_t size = strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_.");

	return size > 0 && size < TOKEN_NAME && name[size] == '\0' && strcmp(name, "set-up") != 0;
}

static bool read_digest(const char *text, uint8_t digest[TOKEN_DIGEST])
{
	if (!text || strlen(text) != 2 * TOKEN_DIGEST || strspn(text, HEX) != 2 * TOKEN_DIGEST)
		return false;
	for (size_t i = 0; i < TOKEN_DIGEST; i++) {
		unsigned int byte;

		sscanf(text + 2 * i, "%2x", &byte);
		digest[i] = (uint8_t)byte;
	}
	return true;
}

static int read_token(const json_t *json, struct token *token)
{
	const char *name, *role, *digest, *who;
	json_int_t expires, made;
	json_t *cameras = NULL;

	if (json_unpack((json_t *)json, "{s:s, s:s, s:s, s?o, s:I, s:I, s:s!}", "name", &name,
		    "sha256", &digest, "role", &role, "cameras", &cameras, "expires", &expires,
		    "made", &made, "who", &who) != 0)
		return -EBADMSG;
	*token = (struct token){.role = token_role(role), .expires = expires, .made = made};
	if (!token_name_fits(name) || !read_digest(digest, token->digest) ||
		token->role == GW_ROLE_NONE || (cameras && !token_cameras_fit(cameras)))
		return -EBADMSG;
	snprintf(token->name, sizeof(token->name), "%s", name);
	snprintf(token->who, sizeof(token->who), "%s", who);
	token->cameras = json_incref(cameras);
	return 0;
}

static int read_all(const json_t *list, struct token *token, uint32_t *count)
{
	const size_t size = json_array_size(list);
	int status = json_is_array(list) && size <= TOKENS_MOST ? 0 : -EBADMSG;

	for (size_t i = 0; i < size && status == 0; i++) {
		status = read_token(json_array_get(list, i), &token[*count]);
		if (status == 0)
			++*count;
	}
	while (status != 0 && *count > 0)
		json_decref(token[--*count].cameras);
	return status;
}

int token_file_read(
	const char *path, struct token token[TOKENS_MOST], uint32_t *count, struct gw_error *error)
{
	const int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	json_error_t why;

	*count = 0;
	if (file < 0 && errno == ENOENT)
		return 0;
	if (file < 0)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	json_t *json = json_loadfd(file, JSON_REJECT_DUPLICATES, &why);

	close(file);
	const int status = read_all(json_object_get(json, "tokens"), token, count);

	json_decref(json);
	return status == 0
		? 0
		: gw_error_set(error, status, "%s: these are no tokens of Framegate", path);
}

static json_t *token_json(const struct token *token)
{
	char digest[2 * TOKEN_DIGEST + 1];

	for (size_t i = 0; i < TOKEN_DIGEST; i++)
		snprintf(digest + 2 * i, 3, "%02x", token->digest[i]);
	return json_pack("{s:s, s:s, s:s, s:O*, s:I, s:I, s:s}", "name", token->name, "sha256",
		digest, "role", gw_role_name(token->role), "cameras", token->cameras, "expires",
		(json_int_t)token->expires, "made", (json_int_t)token->made, "who", token->who);
}

static int write_text(const char *path, char *text)
{
	return private_file_write(path, &(struct iovec){text, strlen(text)}, 1);
}

int token_file_write(
	const char *path, const struct token *token, uint32_t count, struct gw_error *error)
{
	json_t *list = json_array(), *json = json_pack("{s:o}", "tokens", list);

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list, token_json(&token[i]));
	char *text = json_array_size(list) == count ? json_dumps(json, JSON_INDENT(1)) : NULL;
	const int status = text ? write_text(path, text) : -ENOMEM;

	free(text);
	json_decref(json);
	if (status != 0)
		return gw_error_set(error, status,
			"the tokens could not be written to %s: %s: nothing was changed", path,
			strerror(-status));
	/* A token that was revoked must not come back with the power. */
	const int synced = fresh_file_sync(path);

	if (synced != 0)
		return gw_error_set(error, TOKEN_FILE_UNSURE,
			"the tokens were changed, and a power cut may undo it: the folder of %s "
			"could not be synced: %s",
			path, strerror(-synced));
	return 0;
}
