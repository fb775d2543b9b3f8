/* From what libcyaml says of a failure to a line for a person. Private to core/config. */
#pragma once

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

#define YAML_PATH_SIZE 256
#define YAML_WORDS_SIZE 256

/* What libcyaml says of a failure: the first line is the problem, then a backtrace from the inside
 * out. */
struct yaml_trouble {
	char problem[256];
	char path[YAML_PATH_SIZE];
	bool in_key; /* the innermost place is the mapping itself, not one of its fields */
};

/* Says what is wrong with `text`, where, and what would have been right. Returns -EINVAL. */
int yaml_explain(cyaml_err_t status, const struct yaml_trouble *trouble, const char *text,
	size_t size, const char *file, const cyaml_schema_value_t *schema, struct gw_error *error);

/* What a value of that schema must be, in words: "a whole number from 1 to 64". */
void yaml_expectation(const cyaml_schema_value_t *schema, char *text, size_t size);

/* Says that the value at `path` is not what the schema wants. Returns -EINVAL. */
int yaml_refuse_value(const char *path, const char *text, size_t size, const char *file,
	const cyaml_schema_value_t *schema, struct gw_error *error);
