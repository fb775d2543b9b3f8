/* How the YAML file maps onto struct gw_config: keys, types, limits. Private to core/config. */
#pragma once

#include <cyaml/cyaml.h>
#include <stddef.h>

#define CONFIG_CORES_FIELDS 6 /* with the one that ends them */
#define CONFIG_FIELDS 12

/* For everything but loading. */
extern const cyaml_schema_value_t gw_config_schema;

/* One camera alone. */
extern const cyaml_schema_value_t gw_camera_schema;

/* A value has one type in a schema, but `cores.rx` may be a list or a number: the room for a schema
 * that fits one text. */
struct config_schema {
	cyaml_schema_field_t cores[CONFIG_CORES_FIELDS];
	cyaml_schema_field_t fields[CONFIG_FIELDS];
	cyaml_schema_value_t root;
};

/* The schema that loads `text`, made in `schema`. What it loads, gw_config_schema frees. */
const cyaml_schema_value_t *config_schema_for(
	const char *text, size_t size, struct config_schema *schema);
