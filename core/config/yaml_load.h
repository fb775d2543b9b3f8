/* Strict YAML into structs, with errors that a person can act on: file, line, column, key, what was
 * found and what would have been right. For the configuration and for model.yaml. Any thread.
 */
#pragma once

#include <cyaml/cyaml.h>
#include <stddef.h>

#include "core/error.h"

/* A flag of ours for an unsigned number in a schema: 0 is refused. libcyaml does not look at it. */
#define GW_YAML_POSITIVE (1u << 24)

/* Of a list: a number may stand in its place. NULL with a count that is not 0 is that number. */
#define GW_YAML_OR_COUNT (1u << 25)

/* What stands there, and below it, is never repeated in an error line: it may be a password. */
#define GW_YAML_PRIVATE (1u << 26)

/* Loads `text` by `schema` (a pointer to a mapping). `file` is the name that errors begin with.
 * *data is released with gw_yaml_free(). Returns 0, -EINVAL with an error line, or -ENOMEM. */
int gw_yaml_load(const char *text, size_t size, const char *file,
	const cyaml_schema_value_t *schema, void **data, struct gw_error *error);

/* Accepts NULL data. */
void gw_yaml_free(const cyaml_schema_value_t *schema, void *data);

/* Reads a whole regular file (anything else is refused: a FIFO would never end) and ends it with a
 * zero byte that `size` does not count. *text is released with free(). Returns 0 or a negative
 * errno with an error line. */
int gw_yaml_read(const char *path, char **text, size_t *size, struct gw_error *error);

/* Says that the value at `path` ("cameras[2].source") is wrong: "FILE:LINE:COLUMN: PATH: reason".
 * Returns -EINVAL. For what a schema cannot check. */
__attribute__((format(printf, 6, 7))) int gw_yaml_complain(const char *text, size_t size,
	const char *file, const char *path, struct gw_error *error, const char *format, ...);
