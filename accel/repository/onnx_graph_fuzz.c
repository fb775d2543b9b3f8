/* Any bytes: a graph whose texts lie within them, or a line. */
#include <stdlib.h>
#include <string.h>

#include "accel/repository/onnx_graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_text(const struct onnx_text *text, const uint8_t *data, size_t size)
{
	const uint8_t *at = (const uint8_t *)text->at;

	require(text->size == 0 || (at >= data && at + text->size <= data + size));
}

static void check(const struct onnx_graph *graph, const uint8_t *data, size_t size)
{
	struct onnx_node node;

	require(graph->inputs <= ONNX_TENSORS && graph->outputs <= ONNX_TENSORS);
	require(graph->inputs <= graph->inputs_all && graph->outputs <= graph->outputs_all);
	for (uint32_t i = 0; i < graph->operators; i++)
		require_text(&graph->operator[i].name, data, size);
	for (uint32_t i = 0; i < graph->properties; i++)
		require_text(&graph->property[i].value, data, size);
	for (uint32_t i = 0; i < graph->outputs; i++) {
		const struct onnx_tensor *tensor = &graph->output[i];

		require_text(&tensor->name, data, size);
		for (uint32_t k = 0; k < tensor->rank && k < ONNX_DIMS; k++)
			require(tensor->dims[k].size >= 0);
		if (onnx_graph_maker(graph, &tensor->name, &node))
			require_text(&node.input, data, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct onnx_graph graph;
	struct gw_error error = {0};

	if (onnx_graph_read(data, size, &graph, &error) == 0)
		check(&graph, data, size);
	else
		require(error.text[0] != '\0' && !strchr(error.text, '\n'));
	return 0;
}
