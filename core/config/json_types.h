/* The types of JSON's values against a schema. YAML has none of its own: read as YAML, "5004" and
 * 5004 are one. Private to core/config. */
#pragma once

#include <cyaml/cyaml.h>
#include <jansson.h>

#include "core/error.h"

/* Whether every number, text and truth value stands where the schema wants one. What is of no such
 * type, or unknown, is left to those who read it. `name` is what the error line begins with.
 * Returns 0, or -EINVAL with the key, the type that it must have and what was found. */
int config_json_types(const json_t *json, const cyaml_schema_value_t *schema, const char *name,
	struct gw_error *error);
