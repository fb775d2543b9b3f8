/* Tokens: listed, made, revoked, and the one to set the gateway up with. */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <string.h>

#include "mgmt/state.h"
#include "mgmt/tokens/token_file.h"

#define EXPIRES_MOST_S (3650ll * 24 * 3600)

static int need_tokens(const struct mgmt *mgmt, struct gw_error *error)
{
	if (mgmt->tokens)
		return 0;
	return gw_error_set(error, -ENOTSUP,
		"tokens are for HTTPS, and it is off: give `api.https` a `listen`");
}

int api_tokens(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const int status = need_tokens(mgmt, error);

	if (status != 0)
		return status;
	reply->json = json_pack("{s:o}", "tokens", tokens_json(mgmt->tokens));
	return 200;
}

static int refuse(struct gw_error *error, const char *line)
{
	return gw_error_set(error, -EINVAL, "the body: %s", line);
}

static int read_wish(
	const struct gw_request *request, struct token_wish *wish, struct gw_error *error)
{
	json_int_t expires = 0;
	json_t *cameras = NULL;
	const char *role = NULL;
	json_error_t reason;

	*wish = (struct token_wish){.who = request->who, .sets_up = request->sets_up};
	if (!request->body ||
		json_unpack_ex((json_t *)request->body, &reason, JSON_STRICT,
			"{s:s, s:s, s?o, s?I}", "name", &wish->name, "role", &role, "cameras",
			&cameras, "expires_s", &expires) != 0)
		return refuse(error, request->body ? reason.text : "`name` and `role` are needed");
	wish->role = token_role(role);
	wish->cameras = json_is_null(cameras) ? NULL : cameras;
	wish->expires_s = expires;
	if (!token_name_fits(wish->name))
		return refuse(error,
			"`name` must be 1 to 63 letters, digits, '-', '_' or '.', and not set-up");
	if (wish->role == GW_ROLE_NONE)
		return refuse(error, "`role` must be viewer, operator or admin");
	if (wish->cameras && !token_cameras_fit(wish->cameras))
		return refuse(error, "`cameras` must be a list of 1 to 64 names");
	if (expires < 0 || expires > EXPIRES_MOST_S)
		return refuse(error, "`expires_s` must be seconds, ten years at most");
	if (request->sets_up && (wish->role != GW_ROLE_ADMIN || wish->cameras || expires > 0))
		return refuse(error,
			"the token for the set-up makes that of an admin, for all cameras and "
			"without an end, and nothing else");
	return 0;
}

int api_token_create(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct token_wish wish = {0};
	char text[TOKEN_TEXT] = "";
	int status = need_tokens(mgmt, error);

	if (status == 0)
		status = read_wish(request, &wish, error);
	if (status == 0)
		status = tokens_add(mgmt->tokens, &wish, text, error);
	if (status < 0)
		return status;
	json_t *told = tokens_one_json(mgmt->tokens, wish.name);

	reply->change = json_pack("{s:o?}", "after", json_copy(told));
	if (told)
		json_object_set_new(told, "token", json_string(text));
	if (told && status == TOKENS_UNSURE)
		json_object_set_new(told, "warning", json_string(error->text));
	reply->json = told;
	gnutls_memset(text, 0, sizeof(text));
	return 201;
}

int api_token_revoke(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	int status = need_tokens(mgmt, error);
	json_t *before = status == 0 ? tokens_one_json(mgmt->tokens, request->name) : NULL;

	if (status == 0)
		status = tokens_remove(mgmt->tokens, request->name, error);
	if (status >= 0)
		reply->change = json_pack("{s:O?}", "before", before);
	if (status == TOKENS_UNSURE)
		reply->json = json_pack("{s:s}", "warning", error->text);
	json_decref(before);
	return status == 0 ? 204 : status == TOKENS_UNSURE ? 200 : status;
}

int api_token_set_up(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	char text[TOKEN_TEXT];
	int status = need_tokens(mgmt, error);

	if (status == 0 && !tokens_set_up(mgmt->tokens, text))
		status = gw_error_set(error, -ENOENT,
			"there is a token of an admin already: make others with it, or with gwctl "
			"token create");
	if (status != 0)
		return status;
	reply->json = json_pack("{s:s}", "token", text);
	gnutls_memset(text, 0, sizeof(text));
	return 200;
}
