/* Which value a name stands for, while a graph is read. */
#pragma once

#include "accel/repository/onnx_tensor.h"

struct graph_names {
	struct graph_name {
		struct onnx_text name; /* in the model's bytes */
		uint32_t value;
	} * slot;
	uint32_t room, count; /* a power of two; at most half of it is used */
};

/* The value, or GRAPH_NONE. */
uint32_t graph_names_find(const struct graph_names *names, const struct onnx_text *name);

/* Gives it the name, whoever had it before. False: out of memory. */
bool graph_names_put(struct graph_names *names, const struct onnx_text *name, uint32_t value);

void graph_names_free(struct graph_names *names);
