/* Copies files of a model, so that they are on the disk when it is said so. For `gwd model add`. */
#pragma once

#include "core/error.h"

/* Copies a regular file to where none is. On failure a negative errno with a line; what was written
 * is left. */
int copy_file(const char *from, const char *to, struct gw_error *error);

/* The names in a folder are on the disk, too. 0 or a negative errno with a line. */
int copy_settle(const char *folder, struct gw_error *error);
