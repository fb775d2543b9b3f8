/* What the schema cannot say: defaults, and values that must fit each other. Private to
 * core/config.c. */
#pragma once

#include <stddef.h>

#include "core/config/config.h"

struct config_source {
	const char *text;
	size_t size;
	const char *file;
};

/* Puts defaults where nothing was given. Returns 0 or -ENOMEM. */
int config_complete(struct gw_config *config, struct gw_error *error);

/* Parses addresses and checks names and limits. Returns 0 or -EINVAL with place and reason. */
int config_check(
	struct gw_config *config, const struct config_source *source, struct gw_error *error);
