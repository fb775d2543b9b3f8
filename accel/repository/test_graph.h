/* Makes models in memory, for tests of what reads them: the few fields of onnx/onnx.proto that say
 * what goes in and comes out. Entries without a name end a list. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TEST_GRAPH_ROOM 16384

struct test_tensor {
	const char *name;
	int type; /* enum onnx_type */
	uint32_t rank;
	int64_t dims[6]; /* 0: open */
};

struct test_node {
	const char *name, *input, *output;
};

struct test_property {
	const char *key, *value;
};

struct test_graph {
	struct test_tensor input[4], output[10];
	struct test_node node[6];
	const char *value[4]; /* names of initializers */
	struct test_property property[8];
};

/* Returns the model's size; the room has TEST_GRAPH_ROOM bytes. */
size_t test_graph_write(const struct test_graph *graph, uint8_t *room);
