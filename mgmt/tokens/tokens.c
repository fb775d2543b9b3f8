#include "mgmt/tokens/tokens.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/lock.h"
#include "mgmt/tokens/token_file.h"

#define PREFIX "fg_"
#define RANDOM 32 /* bytes */
/* Who has waited so long for the one before is told that its disk hangs. */
#define HANGS_NS (5 * GW_NS_PER_S)

struct tokens {
	char path[PATH_MAX];
	pthread_mutex_t disk; /* of those who change something; taken before `lock` */
	/* Guards all below: they are written with both, and nobody waits for a disk with it. */
	pthread_mutex_t lock;
	struct token token[TOKENS_MOST];
	uint32_t count;
	char set_up[TOKEN_TEXT]; /* empty: it was used, or there was no need yet */
	char fault[256]; /* why the file cannot be read; empty: it can */
	char unsure[256]; /* why a power cut may undo what was changed; empty: it may not */
};

static void digest_of(const char *text, uint8_t digest[TOKEN_DIGEST])
{
	memset(digest, 0, TOKEN_DIGEST);
	gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), digest);
}

/* Returns 0 or -EIO: the system has no random bits. */
static int make_text(char text[TOKEN_TEXT])
{
	uint8_t raw[RANDOM];

	if (gnutls_rnd(GNUTLS_RND_KEY, raw, sizeof(raw)) != 0)
		return -EIO;
	strcpy(text, PREFIX);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(text + strlen(PREFIX) + 2 * i, 3, "%02x", raw[i]);
	gnutls_memset(raw, 0, sizeof(raw));
	return 0;
}

static bool is_over(const struct token *token, int64_t now)
{
	return token->expires > 0 && now >= token->expires;
}

static int64_t now_s(void)
{
	return gw_now_utc() / GW_NS_PER_S;
}

static bool has_admin(const struct tokens *tokens)
{
	for (uint32_t i = 0; i < tokens->count; i++) {
		const struct token *token = &tokens->token[i];

		if (token->role == GW_ROLE_ADMIN && !token->cameras && !is_over(token, now_s()))
			return true;
	}
	return false;
}

struct tokens *tokens_open(const char *path)
{
	struct tokens *tokens = calloc(1, sizeof(*tokens));
	struct gw_error error;

	if (!tokens)
		return NULL;
	pthread_mutex_init(&tokens->disk, NULL);
	pthread_mutex_init(&tokens->lock, NULL);
	snprintf(tokens->path, sizeof(tokens->path), "%s", path);
	if (token_file_read(path, tokens->token, &tokens->count, &error) != 0)
		snprintf(tokens->fault, sizeof(tokens->fault), "%.255s", error.text);
	return tokens;
}

void tokens_close(struct tokens *tokens)
{
	if (!tokens)
		return;
	for (uint32_t i = 0; i < tokens->count; i++)
		json_decref(tokens->token[i].cameras);
	pthread_mutex_destroy(&tokens->lock);
	pthread_mutex_destroy(&tokens->disk);
	gnutls_memset(tokens->set_up, 0, sizeof(tokens->set_up));
	free(tokens);
}

static void grant_set_up(struct token_grant *grant)
{
	*grant = (struct token_grant){.role = GW_ROLE_ADMIN, .sets_up = true};
	strcpy(grant->name, "set-up");
}

static void grant_token(const struct token *token, struct token_grant *grant)
{
	*grant = (struct token_grant){.role = token->role, .cameras = json_incref(token->cameras)};
	strcpy(grant->name, token->name);
}

int tokens_find(struct tokens *tokens, const char *text, int64_t now, struct token_grant *grant)
{
	uint8_t digest[TOKEN_DIGEST], other[TOKEN_DIGEST];
	const struct token *found = NULL;

	digest_of(text, digest);
	pthread_mutex_lock(&tokens->lock);
	/* All are looked at, and each to its end. */
	for (uint32_t i = 0; i < tokens->count; i++)
		if (gnutls_memcmp(tokens->token[i].digest, digest, sizeof(digest)) == 0)
			found = &tokens->token[i];
	digest_of(tokens->set_up, other);
	const bool sets_up = gnutls_memcmp(other, digest, sizeof(digest)) == 0 &&
		tokens->set_up[0] && !has_admin(tokens);

	if (found && is_over(found, now))
		found = NULL;
	if (sets_up)
		grant_set_up(grant);
	else if (found)
		grant_token(found, grant);
	pthread_mutex_unlock(&tokens->lock);
	return found || sets_up ? 0 : -ENOENT;
}

static struct token *named(struct tokens *tokens, const char *name)
{
	for (uint32_t i = 0; i < tokens->count; i++)
		if (strcmp(tokens->token[i].name, name) == 0)
			return &tokens->token[i];
	return NULL;
}

/* What came of writing the file. With `disk`. */
static void note_written(struct tokens *tokens, int status, const struct gw_error *error)
{
	pthread_mutex_lock(&tokens->lock);
	snprintf(tokens->unsure, sizeof(tokens->unsure), "%.255s",
		status == TOKEN_FILE_UNSURE ? error->text : "");
	pthread_mutex_unlock(&tokens->lock);
}

static int refuse_fault(const struct tokens *tokens, struct gw_error *error)
{
	return gw_error_set(error, -EBADMSG,
		"%s: bring that file back or move it away, and restart gwd", tokens->fault);
}

static int may_add(struct tokens *tokens, const struct token_wish *wish, struct gw_error *error)
{
	if (tokens->fault[0])
		return refuse_fault(tokens, error);
	if (wish->sets_up && has_admin(tokens))
		return gw_error_set(error, -EPERM,
			"the token for the set-up was used already: there is one of an admin");
	if (named(tokens, wish->name))
		return gw_error_set(error, -EEXIST,
			"there is a token '%s' already: revoke it, or give this one another name",
			wish->name);
	if (tokens->count == TOKENS_MOST)
		return gw_error_set(error, -ENOSPC,
			"there are %d tokens, and no more can be kept: revoke one", TOKENS_MOST);
	return 0;
}

static int add(struct tokens *tokens, const struct token_wish *wish, const char *text,
	struct gw_error *error)
{
	int status = may_add(tokens, wish, error);

	if (status != 0)
		return status;
	/* Nobody looks there yet. */
	struct token *token = &tokens->token[tokens->count];

	*token = (struct token){.role = wish->role,
		.made = now_s(),
		.expires = wish->expires_s ? now_s() + wish->expires_s : 0,
		.cameras = json_incref((json_t *)wish->cameras)};
	snprintf(token->name, sizeof(token->name), "%s", wish->name);
	snprintf(token->who, sizeof(token->who), "%s", wish->who);
	digest_of(text, token->digest);
	status = token_file_write(tokens->path, tokens->token, tokens->count + 1, error);
	if (status < 0) {
		json_decref(token->cameras);
		return status;
	}
	note_written(tokens, status, error);
	pthread_mutex_lock(&tokens->lock);
	tokens->count++;
	/* It has done what it was for. */
	if (has_admin(tokens))
		gnutls_memset(tokens->set_up, 0, sizeof(tokens->set_up));
	pthread_mutex_unlock(&tokens->lock);
	return status == TOKEN_FILE_UNSURE ? TOKENS_UNSURE : 0;
}

/* Whether the caller may change something now; lets go `disk` then. */
static int begin_change(struct tokens *tokens, struct gw_error *error)
{
	if (gw_lock_within(&tokens->disk, HANGS_NS))
		return 0;
	return gw_error_set(error, -EAGAIN,
		"nothing was changed: %s is being written, and its disk gives no answer: look at "
		"that disk",
		tokens->path);
}

int tokens_add(struct tokens *tokens, const struct token_wish *wish, char text[TOKEN_TEXT],
	struct gw_error *error)
{
	int status = make_text(text);

	if (status != 0)
		return gw_error_set(error, status, "this machine has no random bits");
	status = begin_change(tokens, error);
	if (status == 0) {
		status = add(tokens, wish, text, error);
		pthread_mutex_unlock(&tokens->disk);
	}
	if (status < 0)
		gnutls_memset(text, 0, TOKEN_TEXT);
	return status;
}

/* The last one takes its place. */
static int take_out(struct tokens *tokens, struct token *token, struct gw_error *error)
{
	const uint32_t left = tokens->count - 1, index = (uint32_t)(token - tokens->token);
	struct token *others = malloc(sizeof(tokens->token));

	if (!others)
		return gw_error_set(error, -ENOMEM, "out of memory");
	memcpy(others, tokens->token, sizeof(tokens->token));
	others[index] = others[left];
	const int status = token_file_write(tokens->path, others, left, error);

	free(others);
	if (status < 0)
		return status;
	note_written(tokens, status, error);
	pthread_mutex_lock(&tokens->lock);
	json_decref(token->cameras);
	*token = tokens->token[left];
	tokens->count = left;
	pthread_mutex_unlock(&tokens->lock);
	return status == TOKEN_FILE_UNSURE ? TOKENS_UNSURE : 0;
}

int tokens_remove(struct tokens *tokens, const char *name, struct gw_error *error)
{
	int status = begin_change(tokens, error);

	if (status != 0)
		return status;
	struct token *token = named(tokens, name);

	if (tokens->fault[0])
		status = refuse_fault(tokens, error);
	else if (!token)
		status = gw_error_set(error, -ENOENT, "there is no token '%s'", name);
	else
		status = take_out(tokens, token, error);
	pthread_mutex_unlock(&tokens->disk);
	return status;
}

void tokens_settle(struct tokens *tokens)
{
	struct gw_error error;

	/* Somebody writes it right now; who calls this has other disks to look at. */
	if (pthread_mutex_trylock(&tokens->disk) != 0)
		return;
	if (tokens->unsure[0]) {
		const int status =
			token_file_write(tokens->path, tokens->token, tokens->count, &error);

		if (status == 0)
			note_written(tokens, 0, &error);
	}
	pthread_mutex_unlock(&tokens->disk);
}

static json_t *time_json(int64_t seconds)
{
	const time_t time = seconds;
	char text[32];
	struct tm parts;

	if (seconds == 0)
		return json_null();
	gmtime_r(&time, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_string(text);
}

static json_t *token_json(const struct token *token)
{
	return json_pack("{s:s, s:s, s:O?, s:o, s:b, s:o, s:s}", "name", token->name, "role",
		gw_role_name(token->role), "cameras", token->cameras, "expires",
		time_json(token->expires), "expired", is_over(token, now_s()), "made",
		time_json(token->made), "who", token->who);
}

json_t *tokens_json(struct tokens *tokens)
{
	json_t *list = json_array();

	pthread_mutex_lock(&tokens->lock);
	for (uint32_t i = 0; i < tokens->count; i++)
		json_array_append_new(list, token_json(&tokens->token[i]));
	pthread_mutex_unlock(&tokens->lock);
	return list;
}

json_t *tokens_one_json(struct tokens *tokens, const char *name)
{
	pthread_mutex_lock(&tokens->lock);
	const struct token *token = named(tokens, name);
	json_t *json = token ? token_json(token) : NULL;

	pthread_mutex_unlock(&tokens->lock);
	return json;
}

bool tokens_set_up(struct tokens *tokens, char text[TOKEN_TEXT])
{
	pthread_mutex_lock(&tokens->lock);
	bool is_needed = !has_admin(tokens) && !tokens->fault[0];

	if (is_needed && !tokens->set_up[0])
		is_needed = make_text(tokens->set_up) == 0;
	if (is_needed)
		strcpy(text, tokens->set_up);
	pthread_mutex_unlock(&tokens->lock);
	return is_needed;
}

void tokens_health(struct tokens *tokens, struct gw_health *health)
{
	pthread_mutex_lock(&tokens->lock);
	if (tokens->fault[0])
		gw_health_add(health, GW_DEGRADED, "api.tokens", NULL,
			"no token is good: %s: bring that file back or move it away, and restart "
			"gwd",
			tokens->fault);
	if (tokens->unsure[0])
		gw_health_add(health, GW_DEGRADED, "api.tokens.unsure", NULL,
			"%s: look at the disk: it is tried again every second", tokens->unsure);
	pthread_mutex_unlock(&tokens->lock);
}
