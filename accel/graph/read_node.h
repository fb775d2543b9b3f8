/* How the nodes of a graph are read, for read.c. */
#pragma once

#include "accel/graph/graph.h"
#include "accel/graph/names.h"
#include "accel/graph/weights.h"

#define GRAPH_MISSING 8

struct graph_reader {
	struct graph *graph;
	struct graph_names names;
	struct graph_files files;

	/* Operators, and attributes of operators, that are not supported. */
	struct graph_missing {
		char name[72], node[64]; /* ... and the first node of them */
		uint32_t count;
	} missing[GRAPH_MISSING];
	uint32_t missing_count; /* kinds, more than there is room for too */
};

/* Reads a NodeProto. One whose operator is missing is noted, and its outputs are values that
 * nothing makes. */
int graph_read_node(
	struct graph_reader *reader, struct protobuf_bytes bytes, struct gw_error *error);

/* The line that lists what is missing; returns -ENOTSUP. */
int graph_tell_missing(const struct graph_reader *reader, struct gw_error *error);
