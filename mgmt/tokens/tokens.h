/* Tokens: what lets somebody in who is on no UNIX socket.
 *
 * A token is 256 random bits. Of each the SHA-256 is kept and nothing else: that is enough, and
 * nothing slower is needed, as nobody can try 2^256 of them; what makes digests of passwords slow
 * is that people choose those.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/api.h"
#include "core/health.h"

struct tokens;
struct json_t;

#define TOKENS_MOST 256
#define TOKEN_NAME 64
#define TOKEN_TEXT 68 /* "fg_", 64 hexadecimal digits, the end */

/* What a token lets its holder do. */
struct token_grant {
	char name[TOKEN_NAME];
	enum gw_role role;
	struct json_t *cameras; /* names of those that it is for, a reference; NULL: for all */
	bool sets_up; /* it makes the first token of an admin, and nothing else */
};

struct token_wish {
	const char *name;
	enum gw_role role;
	const struct json_t *cameras; /* an array of names; NULL: all */
	int64_t expires_s; /* from now; 0: never */
	const char *who; /* makes it */
	bool sets_up; /* with the token for the set-up, which may have been used meanwhile */
};

/* Reads the tokens that are kept in `path`, which is made with the first one, for its owner alone.
 * A file that cannot be read is a trouble: then no token is good, and none can be made. NULL when
 * out of memory. */
struct tokens *tokens_open(const char *path);

/* Accepts NULL. */
void tokens_close(struct tokens *tokens);

/* Whose token that is, at `now` (seconds UTC). How long it takes says nothing of those that there
 * are. Returns 0, or -ENOENT when it is nobody's, or not any more. The grant's reference is the
 * caller's. Any thread, as are all below. */
int tokens_find(struct tokens *tokens, const char *text, int64_t now, struct token_grant *grant);

/* Makes one, keeps it on the disk, and tells it, this once. Returns 0 or a negative errno with a
 * line: -EEXIST when the name is another's, -ENOSPC when there are TOKENS_MOST, -EPERM when the
 * gateway is set up already, -EAGAIN when somebody else has waited for the disk for five seconds.
 * Then nothing has changed. TOKENS_UNSURE with a line: it was made, and
 * a power cut may take it; that is a trouble until tokens_settle() has mended it. */
#define TOKENS_UNSURE 1
int tokens_add(struct tokens *tokens, const struct token_wish *wish, char text[TOKEN_TEXT],
	struct gw_error *error);

/* It lets nobody in from now on. Returns 0 or a negative errno with a line, -ENOENT when there is
 * none of that name; TOKENS_UNSURE as above: a power cut may bring it back. */
int tokens_remove(struct tokens *tokens, const char *name, struct gw_error *error);

/* Writes again what a power cut may undo, unless somebody writes right now. Now and then, on a
 * thread that may wait for the disk. */
void tokens_settle(struct tokens *tokens);

/* An array of {"name", "role", "cameras", "expires", "made", "who", "expired"}; NULL: out of
 * memory. */
struct json_t *tokens_json(struct tokens *tokens);

/* One of `name` alone. */
struct json_t *tokens_one_json(struct tokens *tokens, const char *name);

/* The token to set the gateway up with, as long as there is no admin's that is for all cameras and
 * not expired: a new one after each start. False: there is such a one. */
bool tokens_set_up(struct tokens *tokens, char text[TOKEN_TEXT]);

void tokens_health(struct tokens *tokens, struct gw_health *health);
