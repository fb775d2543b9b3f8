/* Scalars that libcyaml takes too kindly: "5004.5" for a port, "maybe" for true, "010" for 8.
 * Private to core/config/yaml_load.c. */
#pragma once

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>

/* Looks at every scalar of `text`, which `schema` has accepted. False when one is not wholly what
 * the schema wants; `path` (of `path_size` bytes) then says which. */
bool yaml_strict_check(const char *text, size_t size, const cyaml_schema_value_t *schema,
	char *path, size_t path_size);
