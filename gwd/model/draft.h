/* A model.yaml that is drafted from a graph: how its lines are written. Private to `gwd model
 * inspect`. */
#pragma once

#include <stdio.h>

#include "accel/repository/onnx_graph.h"

/* Room for a text of 255 bytes, each of which may need to be escaped. */
#define DRAFT_ROOM 1100

struct draft {
	FILE *to;
	uint32_t checks; /* lines that are marked */
};

/* Writes a line. `check` says what to look up, for a line that the graph does not settle; NULL: it
 * does. */
__attribute__((format(printf, 3, 4))) void draft_line(
	struct draft *draft, const char *check, const char *format, ...);

/* Copies the text, cut to what fits, with a question mark in place of what is no printable
 * UTF-8. Returns `room`. */
const char *draft_clean(char *room, size_t size, const struct onnx_text *text);

/* The same as a scalar of YAML, quoted where that is needed, also within [] and {}. */
const char *draft_scalar(char room[DRAFT_ROOM], const struct onnx_text *text);

/* "[batch, 3, 640, 640]", "?" when the graph says none. */
const char *draft_shape(char *room, size_t size, const struct onnx_tensor *tensor);

/* "float32", "another type". */
const char *draft_type(int32_t type);
