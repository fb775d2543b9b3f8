/* What an ONNX model says of itself: who made it, what goes in and comes out, and which operators
 * it is made of (onnx/onnx.proto). A walk over the protobuf in memory; weights are passed over, and
 * texts point into the model's bytes, which outlive the graph. Any thread. */
#pragma once

#include "accel/repository/onnx_tensor.h"
#include "core/error.h"

#define ONNX_TENSORS 64 /* inputs, and outputs */
#define ONNX_OPERATORS 192 /* kinds */
#define ONNX_PROPERTIES 32
#define ONNX_OPSETS 8

struct onnx_operator {
	struct onnx_text domain, name;
	uint32_t count;
};

struct onnx_property {
	struct onnx_text key, value;
};

struct onnx_opset {
	struct onnx_text domain; /* empty: ONNX's own */
	int64_t version;
};

/* What has more entries than there is room for is told by its `_all`, which counts them all. */
struct onnx_graph {
	int64_t ir_version;
	struct onnx_text producer, producer_version, name;
	struct onnx_opset opset[ONNX_OPSETS];
	struct onnx_property property[ONNX_PROPERTIES]; /* metadata_props */
	struct onnx_tensor input[ONNX_TENSORS]; /* without those that have a value in the graph */
	struct onnx_tensor output[ONNX_TENSORS];
	struct onnx_operator operator[ONNX_OPERATORS]; /* of the graph, not of those within it */
	uint32_t opsets, properties, inputs, outputs, operators;
	uint32_t inputs_all, outputs_all;
	uint32_t nodes;
	struct protobuf_bytes body; /* the GraphProto */
};

/* A step of the graph. */
struct onnx_node {
	struct onnx_text name; /* of its operator */
	struct onnx_text domain;
	struct onnx_text input; /* its first */
};

/* Reads the model. Returns 0; -EINVAL for bytes that are no ONNX model; -E2BIG when it declares
 * more inputs than anybody could mean. */
int onnx_graph_read(
	const uint8_t *model, size_t size, struct onnx_graph *graph, struct gw_error *error);

/* Finds the node that makes the tensor. False: none does. */
bool onnx_graph_maker(
	const struct onnx_graph *graph, const struct onnx_text *tensor, struct onnx_node *node);

/* How many nodes of the graph are that operator of ONNX's own. */
uint32_t onnx_graph_count(const struct onnx_graph *graph, const char *name);

/* The value of a property; NULL: there is none of that name. */
const struct onnx_text *onnx_graph_property(const struct onnx_graph *graph, const char *key);
