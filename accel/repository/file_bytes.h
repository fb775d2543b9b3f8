/* A regular file, read into memory: what somebody does to the file afterwards changes nothing here.
 * A mapping would end the process when the file is cut short under it (SIGBUS). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct file_bytes {
	uint8_t *data;
	size_t size;
};

/* 0; or a negative errno with a line that begins with the path: for what is no file, or empty, or
 * changes its length while it is read. Slow; any thread. */
int file_bytes_read(const char *path, struct file_bytes *bytes, struct gw_error *error);

/* Accepts what was never read (all zero). */
void file_bytes_free(struct file_bytes *bytes);
