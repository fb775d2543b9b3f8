/* A configuration back into its file. */
#pragma once

#include <stddef.h>

#include "core/config/config.h"

/* The YAML text that loads to the same configuration: only what differs from the defaults, in the
 * order of the file's keys. Secrets stand in it. *text is released with free(). Any thread. Returns
 * 0 or -ENOMEM. */
int gw_config_text(
	const struct gw_config *config, char **text, size_t *size, struct gw_error *error);

/* Writes that text to `path`, whole or not at all, and on the disk when it returns: the old file is
 * replaced by a new one in the same folder, with its mode and owner. A path that is a link stays
 * one. Waits for the disk: no stage's thread. Returns 0, or a negative errno with a line, -ENOTSUP
 * for a file that is a mount of its own, as in a container; then the old file is as it was. */
int gw_config_save(const struct gw_config *config, const char *path, struct gw_error *error);
