/* A model as engines of ours run it: the nodes of an ONNX graph and the values between them, read
 * from the file and not yet planned (plan.h). Nothing here knows what it will run on.
 *
 * All values are float32 here, whole numbers too: those that a graph computes with are shapes,
 * which stay far below 2^24. Read-only once it is read, but for `weights`, to which plans add what
 * they need; one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/repository/onnx_tensor.h"
#include "core/error.h"

#define GRAPH_RANK 6
#define GRAPH_NODES 20000
#define GRAPH_VALUES 100000
#define GRAPH_INPUTS 64 /* of one node */
#define GRAPH_INTS 16
#define GRAPH_ELEMENTS ((uint64_t)1 << 28) /* of one value */
#define GRAPH_NONE UINT32_MAX

struct graph_shape {
	uint32_t rank;
	uint32_t dims[GRAPH_RANK];
};

struct graph_value {
	struct graph_shape shape; /* of a constant; of an input, 0 where it is open */
	float *data; /* of a constant */
	bool whole; /* of a constant: the file has it as whole numbers */
	uint32_t uses; /* nodes' inputs, and outputs of the graph */
};

struct graph_attribute {
	char name[32];
	float f;
	int64_t i;
	char text[32];
	uint32_t count; /* of ints or floats */
	int64_t ints[GRAPH_INTS];
	float floats[GRAPH_INTS];
	uint32_t value; /* of a tensor: a constant */
};

struct graph_operator;

struct graph_node {
	const struct graph_operator *operator;
	char *name; /* of the node, or of its first output where it has none */
	uint32_t inputs, outputs, attributes;
	uint32_t *input; /* values; GRAPH_NONE: left out */
	uint32_t *output;
	struct graph_attribute *attribute;
	uint32_t packed; /* where its weights lie among graph->weights; GRAPH_NONE: nowhere yet */
};

struct graph_port {
	char *name;
	uint32_t value;
};

struct graph {
	int64_t opset;
	uint32_t values, nodes, inputs, outputs;
	struct graph_value *value;
	struct graph_node *node; /* in an order in which they can be computed */
	struct graph_port *input, *output;
	uint32_t room_values, room_nodes, room_inputs, room_outputs;

	/* The nodes that read a value: reader[first_reader[value] .. first_reader[value + 1]]. */
	uint32_t *first_reader, *reader;

	/* What kernels read that does not change: packed as they want it. */
	float *weights;
	uint32_t weights_count, weights_room;
	uint32_t *place; /* of a constant among the weights; GRAPH_NONE: nowhere yet */
};

/* Reads the model at `path` and the files of weights that it names, all within its folder. 0, or a
 * negative errno with a line, which lists the operators that are missing: -ENOTSUP. `graph` is to
 * be freed in either case. Slow. */
int graph_open(struct graph *graph, const char *path, struct gw_error *error);

/* The same of bytes whose weights lie in files that are given: `folder` NULL means there are none.
 */
int graph_read(struct graph *graph, const uint8_t *model, size_t size, const char *folder,
	struct gw_error *error);

/* Accepts one that is all zero. */
void graph_free(struct graph *graph);

/* Whether the operator is not among those that are known here. */
bool graph_lacks(const struct onnx_text *domain, const struct onnx_text *name);

/* Makes a value; GRAPH_NONE: out of memory, or too many. */
uint32_t graph_add_value(struct graph *graph);

/* Room for so many more weights, behind those that are there: where they begin, or GRAPH_NONE. */
uint32_t graph_add_weights(struct graph *graph, uint64_t count);

/* Where the constant lies among the weights; GRAPH_NONE: out of memory. */
uint32_t graph_place_constant(struct graph *graph, uint32_t value);

/* The attribute of that name; NULL: there is none. */
const struct graph_attribute *graph_attribute(const struct graph_node *node, const char *name);

/* Its number, or what counts when it is not there. */
int64_t graph_int(const struct graph_node *node, const char *name, int64_t otherwise);
float graph_float(const struct graph_node *node, const char *name, float otherwise);

/* Whether it is that text, which counts also when it is not there if `otherwise` says so. */
bool graph_text_is(
	const struct graph_node *node, const char *name, const char *text, bool otherwise);

/* Names in it may be of any bytes: makes it one line. Accepts NULL. */
void graph_one_line(struct gw_error *error);

/* The elements of a shape; 0 also for one that has too many. */
uint64_t graph_elements(const struct graph_shape *shape);
