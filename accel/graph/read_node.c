#include "accel/graph/read_node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/operators.h"

/* Numbers of fields (onnx/onnx.proto: NodeProto, AttributeProto). */
enum { NODE_INPUT = 1, NODE_OUTPUT, NODE_NAME, NODE_OPERATOR, NODE_ATTRIBUTE, NODE_DOMAIN = 7 };
enum { NAME = 1, FLOAT, INT, STRING, TENSOR, FLOATS = 7, INTS };

#define OUTPUTS 16 /* of one node */
#define ATTRIBUTES 16

/* A node as the file has it. */
struct raw_node {
	struct onnx_text name, operator, domain;
	struct onnx_text input[GRAPH_INPUTS], output[OUTPUTS];
	struct protobuf_bytes attribute[ATTRIBUTES];
	uint32_t inputs, outputs, attributes;
};

static int out_of_memory(struct gw_error *error)
{
	return gw_error_set(error, -ENOMEM, "out of memory for the model, or it is too large");
}

static bool read_raw(struct protobuf_bytes bytes, struct raw_node *node)
{
	struct protobuf_field field;

	*node = (struct raw_node){0};
	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return false;
		const struct onnx_text text = onnx_text_of(&field);

		if (field.number == NODE_NAME)
			node->name = text;
		else if (field.number == NODE_OPERATOR)
			node->operator= text;
		else if (field.number == NODE_DOMAIN)
			node->domain = text;
		else if (field.number == NODE_INPUT && node->inputs < GRAPH_INPUTS)
			node->input[node->inputs++] = text;
		else if (field.number == NODE_OUTPUT && node->outputs < OUTPUTS)
			node->output[node->outputs++] = text;
		else if (field.number == NODE_ATTRIBUTE && node->attributes < ATTRIBUTES)
			node->attribute[node->attributes++] = field.bytes;
		else if (field.number == NODE_INPUT || field.number == NODE_OUTPUT ||
			field.number == NODE_ATTRIBUTE)
			return false;
	}
	return true;
}

static void copy(char *to, size_t room, const struct onnx_text *text)
{
	snprintf(to, room, "%.*s", (int)(text->size < room ? text->size : room),
		text->at ? text->at : "");
}

static bool add_int(struct graph_attribute *attribute, uint64_t value)
{
	if (attribute->count < GRAPH_INTS)
		attribute->ints[attribute->count] = (int64_t)value;
	return attribute->count++ < GRAPH_INTS;
}

static bool add_float(struct graph_attribute *attribute, uint64_t value)
{
	const uint32_t bits = (uint32_t)value;

	if (attribute->count < GRAPH_INTS)
		memcpy(&attribute->floats[attribute->count], &bits, sizeof(bits));
	return attribute->count++ < GRAPH_INTS;
}

static bool read_list(const struct protobuf_field *field, struct graph_attribute *attribute)
{
	const bool whole = field->number == INTS;
	struct protobuf_bytes bytes = field->bytes;
	uint64_t value;

	if (!field->has_length)
		return whole ? add_int(attribute, field->value)
			     : add_float(attribute, field->value);
	while (bytes.at < bytes.end)
		if (whole ? !protobuf_varint(&bytes, &value) || !add_int(attribute, value)
			  : !protobuf_fixed(&bytes, 4, &value) || !add_float(attribute, value))
			return false;
	return true;
}

static int read_tensor(struct graph_reader *reader, struct protobuf_bytes bytes,
	struct graph_attribute *attribute, struct gw_error *error)
{
	struct onnx_text unnamed;

	attribute->value = graph_add_value(reader->graph);
	if (attribute->value == GRAPH_NONE)
		return out_of_memory(error);
	return graph_weights_read(
		&reader->files, bytes, &reader->graph->value[attribute->value], &unnamed, error);
}

static int read_attribute(struct graph_reader *reader, struct protobuf_bytes bytes,
	struct graph_attribute *attribute, struct gw_error *error)
{
	struct protobuf_field field;
	int status = 0;

	*attribute = (struct graph_attribute){.value = GRAPH_NONE};
	while (bytes.at < bytes.end && status == 0) {
		bool well = protobuf_next(&bytes, &field);
		const struct onnx_text text = well ? onnx_text_of(&field) : (struct onnx_text){0};
		const uint32_t bits = well ? (uint32_t)field.value : 0;

		if (well && field.number == NAME)
			copy(attribute->name, sizeof(attribute->name), &text);
		else if (well && field.number == FLOAT)
			memcpy(&attribute->f, &bits, sizeof(bits));
		else if (well && field.number == INT)
			attribute->i = (int64_t)field.value;
		else if (well && field.number == STRING)
			copy(attribute->text, sizeof(attribute->text), &text);
		else if (well && (field.number == INTS || field.number == FLOATS))
			well = read_list(&field, attribute);
		else if (well && field.number == TENSOR && field.has_length &&
			attribute->value == GRAPH_NONE)
			status = read_tensor(reader, field.bytes, attribute, error);
		if (!well)
			return gw_error_set(error, -EINVAL,
				"it is no ONNX model, or an attribute of it is too long");
	}
	return status;
}

static void note_missing(struct graph_reader *reader, const char *name, const struct raw_node *node)
{
	uint32_t i = 0;

	while (i < reader->missing_count && i < GRAPH_MISSING &&
		strcmp(reader->missing[i].name, name) != 0)
		i++;
	if (i < GRAPH_MISSING && i == reader->missing_count) {
		struct graph_missing *missing = &reader->missing[i];

		snprintf(missing->name, sizeof(missing->name), "%s", name);
		copy(missing->node, sizeof(missing->node),
			node->name.size > 0 ? &node->name : &node->output[0]);
		reader->missing_count++;
	}
	if (i < GRAPH_MISSING)
		reader->missing[i].count++;
}

int graph_tell_missing(const struct graph_reader *reader, struct gw_error *error)
{
	char list[400] = "";

	for (uint32_t i = 0; i < reader->missing_count; i++) {
		const size_t used = strlen(list);
		const struct graph_missing *missing = &reader->missing[i];

		snprintf(list + used, sizeof(list) - used, "%s%s (%u, first '%s')",
			i > 0 ? ", " : "", missing->name, missing->count, missing->node);
	}
	return gw_error_set(error, -ENOTSUP, "it has operators that are missing here: %s", list);
}

/* Looks the operator up, and notes what of it is missing. */
static const struct graph_operator *find_operator(
	struct graph_reader *reader, const struct raw_node *node)
{
	char name[72], domain[32];

	if (!graph_lacks(&node->domain, &node->operator))
		return graph_operator_find(&node->operator);
	copy(name, 32, &node->operator);
	copy(domain, sizeof(domain), &node->domain);
	if (domain[0] != '\0')
		snprintf(name + strlen(name), sizeof(name) - strlen(name), " of %s", domain);
	note_missing(reader, name, node);
	return NULL;
}

static int read_attributes(struct graph_reader *reader, const struct raw_node *raw,
	struct graph_node *node, struct gw_error *error)
{
	char name[72];
	int status = 0;

	for (; node->attributes < raw->attributes && status == 0; node->attributes++) {
		struct graph_attribute *attribute = &node->attribute[node->attributes];

		status = read_attribute(reader, raw->attribute[node->attributes], attribute, error);
		if (status == 0 && !graph_operator_reads(node->operator, attribute->name)) {
			snprintf(name, sizeof(name), "%s with %s", node->operator->name,
				attribute->name);
			note_missing(reader, name, raw);
		}
	}
	return status;
}

/* Outputs get values of their own, or are those of the input. */
static int name_outputs(struct graph_reader *reader, const struct raw_node *raw,
	const struct graph_operator *operator, uint32_t input, struct graph_node *node,
	struct gw_error *error)
{
	struct graph *graph = reader->graph;

	for (uint32_t i = 0; i < raw->outputs; i++) {
		const bool same = operator&& !operator->lower && i == 0;
		const uint32_t value = same ? input : graph_add_value(graph);

		if (value == GRAPH_NONE || !graph_names_put(&reader->names, &raw->output[i], value))
			return out_of_memory(error);
		if (node)
			node->output[node->outputs++] = value;
	}
	return 0;
}

static int read_inputs(struct graph_reader *reader, const struct raw_node *raw, uint32_t *input,
	struct gw_error *error)
{
	char name[100];

	for (uint32_t i = 0; i < raw->inputs; i++) {
		input[i] = raw->input[i].size == 0
			? GRAPH_NONE
			: graph_names_find(&reader->names, &raw->input[i]);
		if (raw->input[i].size == 0 || input[i] != GRAPH_NONE)
			continue;
		copy(name, sizeof(name), &raw->input[i]);
		return gw_error_set(error, -EINVAL,
			"its nodes are in no order that can be computed: nothing makes '%s' before "
			"it is used",
			name);
	}
	return 0;
}

static struct graph_node *add_node(struct graph *graph, const struct raw_node *raw)
{
	if (graph->nodes == graph->room_nodes) {
		const uint32_t room = graph->room_nodes ? 2 * graph->room_nodes : 64;
		struct graph_node *larger = room > 2 * GRAPH_NODES
			? NULL
			: realloc(graph->node, room * sizeof(*larger));

		if (!larger)
			return NULL;
		graph->node = larger;
		graph->room_nodes = room;
	}
	struct graph_node *node = &graph->node[graph->nodes++];
	char name[100];

	copy(name, sizeof(name), raw->name.size > 0 ? &raw->name : &raw->output[0]);
	*node = (struct graph_node){
		.name = strdup(name),
		.input = calloc(raw->inputs + 1, sizeof(uint32_t)),
		.output = calloc(raw->outputs + 1, sizeof(uint32_t)),
		.attribute = calloc(raw->attributes + 1, sizeof(struct graph_attribute)),
		.packed = GRAPH_NONE,
	};
	return node->name && node->input && node->output && node->attribute ? node : NULL;
}

int graph_read_node(
	struct graph_reader *reader, struct protobuf_bytes bytes, struct gw_error *error)
{
	uint32_t input[GRAPH_INPUTS] = {0};
	struct graph *graph = reader->graph;
	struct raw_node raw;

	if (!read_raw(bytes, &raw) || raw.outputs == 0)
		return gw_error_set(error, -EINVAL,
			"it is no ONNX model, or a node of it has more than %d inputs or %d "
			"outputs",
			GRAPH_INPUTS, OUTPUTS);
	int status = read_inputs(reader, &raw, input, error);
	const struct graph_operator *operator= status == 0 ? find_operator(reader, &raw) : NULL;

	if (status != 0)
		return status;
	if (operator&&(raw.inputs < operator->least || raw.inputs> operator->most))
		return gw_error_set(error, -EINVAL, "%s has %u inputs", operator->name, raw.inputs);
	if (operator&& !operator->lower && input[0] == GRAPH_NONE)
		return gw_error_set(error, -EINVAL, "%s has no input", operator->name);
	if (!operator|| !operator->lower)
		return name_outputs(reader, &raw, operator, input[0], NULL, error);
	struct graph_node *node = add_node(graph, &raw);

	if (!node)
		return out_of_memory(error);
	node->operator= operator;
	node->inputs = raw.inputs;
	memcpy(node->input, input, raw.inputs * sizeof(input[0]));
	for (uint32_t i = 0; i < raw.inputs; i++)
		if (input[i] != GRAPH_NONE)
			graph->value[input[i]].uses++;
	status = read_attributes(reader, &raw, node, error);
	return status == 0 ? name_outputs(reader, &raw, operator, input[0], node, error) : status;
}
