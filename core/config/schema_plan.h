/* A step of a plan, for schema.c. Private to core/config. */
#pragma once

#include <cyaml/cyaml.h>

#define CONFIG_MODEL_SIZE 127 /* characters of NAME or NAME:VERSION */

extern const cyaml_schema_value_t config_step_entry;
