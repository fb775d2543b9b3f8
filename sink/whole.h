/* Writing that is whole or an error. */
#pragma once

#include <stddef.h>

/* Writes all of it. Returns 0 or a negative errno; then some of it may be written. */
int write_whole(int fd, const void *data, size_t size);
