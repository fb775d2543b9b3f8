/* A configuration back into the text of its file. */
#pragma once

#include <stddef.h>

#include "core/config/config.h"

/* The YAML text that loads to the same configuration: only what differs from the defaults, in the
 * order of the file's keys. Secrets stand in it. *text is released with free(). Any thread. Returns
 * 0 or -ENOMEM. */
int gw_config_text(
	const struct gw_config *config, char **text, size_t *size, struct gw_error *error);

/* The same under a heading that says who wrote it: for the gateway's own file. */
int gw_config_file_text(
	const struct gw_config *config, char **text, size_t *size, struct gw_error *error);
