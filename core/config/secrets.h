/* The one place that knows what must not be shown. Private to core/config. */
#pragma once

#include <jansson.h>

#include "core/config/config.h"

/* The whole truth, for what writes the file and what compares two of them. */
json_t *config_json_with_secrets(const struct gw_config *config);

#define CONFIG_HIDDEN "***"

/* Whether this is a `name` that sounds secret, with its `value`. */
bool config_is_secret(const json_t *json);

/* Hides all such values, however deep. */
void config_hide_secrets(json_t *json);
