/* Tokens as they are kept on the disk: their digests, never themselves. */
#pragma once

#include <stdint.h>

#include "mgmt/tokens/tokens.h"

#define TOKEN_DIGEST 32
#define TOKEN_WHO 96

struct token {
	char name[TOKEN_NAME];
	uint8_t digest[TOKEN_DIGEST];
	enum gw_role role;
	struct json_t *cameras; /* NULL: all */
	int64_t expires; /* seconds UTC; 0: never */
	int64_t made;
	char who[TOKEN_WHO];
};

/* No file is none. Returns 0 or a negative errno with a line; then *count is 0. */
int token_file_read(
	const char *path, struct token token[TOKENS_MOST], uint32_t *count, struct gw_error *error);

/* In place of the one before, whole or not at all, for its owner alone. Waits for the disk. Returns
 * 0; TOKEN_FILE_UNSURE when it is in place and a power cut may bring the one before back; or a
 * negative errno. Both with a line. */
#define TOKEN_FILE_UNSURE 1
int token_file_write(
	const char *path, const struct token *token, uint32_t count, struct gw_error *error);

/* A role by its name; GW_ROLE_NONE: there is none of that name that a token may have. */
enum gw_role token_role(const char *name);

/* A list of names of cameras that a token can have: 1 to 64 texts. */
bool token_cameras_fit(const struct json_t *cameras);

/* 1 to 63 letters, digits, '-', '_' and '.', not "set-up". */
bool token_name_fits(const char *name);
