/* Takes answers of the API apart. What is missing reads as nothing: an older gateway may not have
 * it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mgmt/cli/cli.h"

const char *reply_text(const json_t *object, const char *key); /* "" when missing or null */
int64_t reply_count(const json_t *object, const char *key);
double reply_number(const json_t *object, const char *key);
bool reply_flag(const json_t *object, const char *key);

/* Prints an answer as --json does: indented, one object. */
void reply_print(const struct cli *cli, const json_t *reply);

/* "cam0, cam1, cam2": the strings of an array. */
const char *reply_join(const json_t *array, char *text, size_t size);

/* "incomplete 12, late 3": the counts above zero of an object, largest first, at most `limit` and
 * then
 * "...". */
const char *reply_counts(const json_t *object, int limit, char *text, size_t size);
