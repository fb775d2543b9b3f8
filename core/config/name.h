/* What cameras, interfaces and topics may be called. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Letters, digits, '.', '_' and '-', and no '.' first: what may be a part of file names, record
 * keys and URLs. `size` bytes, nothing ends them. */
bool gw_name_is_good(const char *name, size_t size);

/* Whether no camera may have it: a file of that name stands beside their folders. */
bool gw_name_is_reserved(const char *name, size_t size);
