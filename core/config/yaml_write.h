/* YAML for a person to read. Private to core/config. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* Writes `json` as YAML: one line per key, lists of scalars in one line. *text is released with
 * free(). Returns 0 or -ENOMEM. */
int yaml_write(json_t *json, char **text, size_t *size);
