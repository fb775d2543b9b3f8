/* Where a history lies and what its files are called. Private to core/config. */
#pragma once

#include <limits.h>
#include <stdint.h>

#include "core/error.h"

/* Where the record of a commit is. Returns 0 or -ENAMETOOLONG. */
int history_record_path(const char *file, uint32_t number, char path[PATH_MAX]);

/* Makes the folder when it is missing: passwords lie in it, so that it is no more open than the
 * stored file. Returns 0 or a negative errno with a line. */
int history_make_folder(const char *file, char folder[PATH_MAX], struct gw_error *error);

/* Calls `visit` for everything that a commit left which did not come to its end; `number` is 0
 * where it is no record. */
void history_visit_left(
	const char *file, void (*visit)(void *arg, const char *path, uint32_t number), void *arg);

/* All but the newest HISTORY_MOST go. */
void history_forget_oldest(const char *file);
