/* Texts and differences that a commit is made of. Private to core's commits. Control thread. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "core/gateway.h"

/* What is in effect as the text of a file: the stored one's where it says the same, comments and
 * all. free(). */
int commit_running_text(const struct gw *gw, char **text, size_t *size, struct gw_error *error);

/* What a commit of what is in effect would store: what waits for a restart keeps waiting. */
int commit_wanted_text(const struct gw *gw, char **text, size_t *size, struct gw_error *error);

/* [{"path", "was", "is", "restart"}]; `restart` may be NULL: then none needs one. NULL: no memory.
 */
json_t *commit_differences(const struct gw_config *was, const struct gw_config *is, bool *restart);

/* Whether the stored file has exactly this text. */
bool commit_is_stored(const struct gw *gw, const char *text, size_t size);

/* Returns 0, or -ENOTSUP with a line: there is no file that could be changed. */
int commit_need_path(const struct gw *gw, struct gw_error *error);
