#include "accel/repository/onnx_graph.h"

#include <errno.h>
#include <string.h>

/* Each is looked for among all values: a bound on the time that a hostile model takes. */
#define MOST_INPUTS 4096

/* Numbers of fields (onnx/onnx.proto). */
enum { MODEL_IR = 1, MODEL_PRODUCER, MODEL_PRODUCER_VERSION, MODEL_GRAPH = 7, MODEL_OPSET };
enum { MODEL_PROPERTY = 14 };
enum { GRAPH_NODE = 1, GRAPH_NAME, GRAPH_VALUE = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT };
enum { NODE_INPUT = 1, NODE_OUTPUT, NODE_OPERATOR = 4, NODE_DOMAIN = 7 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION };
enum { PROPERTY_KEY = 1, PROPERTY_VALUE };
enum { VALUE_NAME = 8 };

/* Readers return whether the bytes were such a message. */

/* The node, and whether it makes that tensor (NULL: none is asked for). */
static bool read_node(struct protobuf_bytes bytes, const struct onnx_text *tensor,
	struct onnx_node *node, bool *makes)
{
	struct protobuf_field field;
	bool first = true;

	*node = (struct onnx_node){0};
	*makes = false;
	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		const struct onnx_text text = onnx_text_of(&field);

		if (field.number == NODE_INPUT && first) {
			node->input = text;
			first = false;
		} else if (field.number == NODE_OUTPUT && tensor) {
			*makes = *makes || onnx_text_same(&text, tensor);
		} else if (field.number == NODE_OPERATOR) {
			node->name = text;
		} else if (field.number == NODE_DOMAIN) {
			node->domain = text;
		}
	}
	return true;
}

static bool count_node(struct onnx_graph *graph, struct protobuf_bytes bytes)
{
	struct onnx_node node;
	bool makes;
	uint32_t i = 0;

	if (!read_node(bytes, NULL, &node, &makes))
		return false;
	graph->nodes++;
	while (i < graph->operators &&
		!(onnx_text_same(&graph->operator[i].name, &node.name) &&
			onnx_text_same(&graph->operator[i].domain, &node.domain)))
		i++;
	if (i == ONNX_OPERATORS)
		return true;
	if (i == graph->operators)
		graph->operator[graph->operators++] =(struct onnx_operator){
			node.domain, node.name, 0};
	graph->operator[i].count++;
	return true;
}

/* Whether the graph has a value for the tensor: older models list their weights as inputs. */
static bool has_value(const struct onnx_graph *graph, const struct onnx_text *tensor)
{
	struct protobuf_bytes graph_bytes = graph->body;
	struct protobuf_field field, part;

	while (graph_bytes.at < graph_bytes.end && protobuf_next(&graph_bytes, &field)) {
		if (field.number != GRAPH_VALUE || !field.has_length)
			continue;
		while (field.bytes.at < field.bytes.end && protobuf_next(&field.bytes, &part)) {
			const struct onnx_text name = onnx_text_of(&part);

			if (part.number == VALUE_NAME && onnx_text_same(&name, tensor))
				return true;
		}
	}
	return false;
}

static bool take_input(struct onnx_graph *graph, struct protobuf_bytes bytes, uint32_t *declared)
{
	struct onnx_tensor tensor;

	if (!onnx_tensor_read(bytes, &tensor))
		return false;
	if (++*declared > MOST_INPUTS || has_value(graph, &tensor.name))
		return true;
	if (graph->inputs < ONNX_TENSORS)
		graph->input[graph->inputs++] = tensor;
	graph->inputs_all++;
	return true;
}

static bool take_output(struct onnx_graph *graph, struct protobuf_bytes bytes)
{
	struct onnx_tensor tensor;

	if (!onnx_tensor_read(bytes, &tensor))
		return false;
	if (graph->outputs < ONNX_TENSORS)
		graph->output[graph->outputs++] = tensor;
	graph->outputs_all++;
	return true;
}

static bool read_graph(struct onnx_graph *graph, uint32_t *declared)
{
	struct protobuf_bytes bytes = graph->body;
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		bool well = true;

		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == GRAPH_NAME)
			graph->name = onnx_text_of(&field);
		if (!field.has_length)
			continue;
		if (field.number == GRAPH_NODE)
			well = count_node(graph, field.bytes);
		else if (field.number == GRAPH_INPUT)
			well = take_input(graph, field.bytes, declared);
		else if (field.number == GRAPH_OUTPUT)
			well = take_output(graph, field.bytes);
		if (!well)
			return false;
	}
	return true;
}

static bool read_opset(struct onnx_graph *graph, struct protobuf_bytes bytes)
{
	struct onnx_opset opset = {0};
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == OPSET_DOMAIN)
			opset.domain = onnx_text_of(&field);
		else if (field.number == OPSET_VERSION && !field.has_length)
			opset.version = (int64_t)field.value;
	}
	if (graph->opsets < ONNX_OPSETS)
		graph->opset[graph->opsets++] = opset;
	return true;
}

static bool read_property(struct onnx_graph *graph, struct protobuf_bytes bytes)
{
	struct onnx_property property = {0};
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == PROPERTY_KEY)
			property.key = onnx_text_of(&field);
		else if (field.number == PROPERTY_VALUE)
			property.value = onnx_text_of(&field);
	}
	if (graph->properties < ONNX_PROPERTIES)
		graph->property[graph->properties++] = property;
	return true;
}

static bool read_model(struct onnx_graph *graph, struct protobuf_bytes bytes)
{
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		bool well = true;

		if (!protobuf_next(&bytes, &field))
			return false;
		if (field.number == MODEL_IR && !field.has_length)
			graph->ir_version = (int64_t)field.value;
		else if (field.number == MODEL_PRODUCER)
			graph->producer = onnx_text_of(&field);
		else if (field.number == MODEL_PRODUCER_VERSION)
			graph->producer_version = onnx_text_of(&field);
		else if (field.number == MODEL_GRAPH && field.has_length)
			graph->body = field.bytes;
		else if (field.number == MODEL_OPSET && field.has_length)
			well = read_opset(graph, field.bytes);
		else if (field.number == MODEL_PROPERTY && field.has_length)
			well = read_property(graph, field.bytes);
		if (!well)
			return false;
	}
	return graph->ir_version > 0 && graph->body.at != NULL;
}

int onnx_graph_read(
	const uint8_t *model, size_t size, struct onnx_graph *graph, struct gw_error *error)
{
	uint32_t declared = 0;

	memset(graph, 0, sizeof(*graph));
	if (!read_model(graph, (struct protobuf_bytes){model, model + size}) ||
		!read_graph(graph, &declared))
		return gw_error_set(error, -EINVAL,
			"it is no ONNX model: export it again, or copy it again if that was cut "
			"short");
	if (declared > MOST_INPUTS)
		return gw_error_set(error, -E2BIG,
			"it declares %u inputs, %d at most are read: export it again without the "
			"weights among them",
			declared, MOST_INPUTS);
	return 0;
}

bool onnx_graph_maker(
	const struct onnx_graph *graph, const struct onnx_text *tensor, struct onnx_node *node)
{
	struct protobuf_bytes bytes = graph->body;
	struct protobuf_field field;
	bool makes;

	while (bytes.at < bytes.end && protobuf_next(&bytes, &field))
		if (field.number == GRAPH_NODE && field.has_length &&
			read_node(field.bytes, tensor, node, &makes) && makes)
			return true;
	return false;
}

uint32_t onnx_graph_count(const struct onnx_graph *graph, const char *name)
{
	for (uint32_t i = 0; i < graph->operators; i++)
		if (graph->operator[i].domain.size == 0 &&
			onnx_text_is(&graph->operator[i].name, name))
			return graph->operator[i].count;
	return 0;
}

const struct onnx_text *onnx_graph_property(const struct onnx_graph *graph, const char *key)
{
	for (uint32_t i = 0; i < graph->properties; i++)
		if (onnx_text_is(&graph->property[i].key, key))
			return &graph->property[i].value;
	return NULL;
}
