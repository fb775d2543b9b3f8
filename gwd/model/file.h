/* A model's file in memory, and what it is when it is none. For `gwd model`. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct model_file {
	const uint8_t *data;
	size_t size;
};

/* Maps a regular file that is not empty, for reading. On failure a line that says what to do. */
int model_file_open(const char *path, struct model_file *file, struct gw_error *error);

/* After a file was read and is no ONNX model: puts another line into `error` when it is a model of
 * another framework, or something else that is known. */
void model_file_explain(const char *path, const struct model_file *file, struct gw_error *error);

void model_file_close(struct model_file *file);
