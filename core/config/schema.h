/* How the YAML file maps onto struct gw_config: keys, types, limits. Private to core/config*.c. */
#pragma once

#include <cyaml/cyaml.h>

extern const cyaml_schema_value_t gw_config_schema;
