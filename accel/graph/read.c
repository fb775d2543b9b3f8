/* From the bytes of an ONNX model to nodes and values. Nothing in them is trusted. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/graph.h"
#include "accel/graph/names.h"
#include "accel/graph/read_node.h"
#include "accel/repository/file_bytes.h"
#include "accel/repository/onnx_graph.h"

/* Numbers of fields (onnx/onnx.proto: GraphProto). */
enum { NODE = 1, INITIALIZER = 5, INPUT = 11, OUTPUT };

static int out_of_memory(struct gw_error *error)
{
	return gw_error_set(error, -ENOMEM, "out of memory for the model, or it is too large");
}

static int read_constant(
	struct graph_reader *reader, struct protobuf_bytes bytes, struct gw_error *error)
{
	const uint32_t value = graph_add_value(reader->graph);
	struct onnx_text name;

	if (value == GRAPH_NONE)
		return out_of_memory(error);
	const int status = graph_weights_read(
		&reader->files, bytes, &reader->graph->value[value], &name, error);

	if (status != 0)
		return status;
	return graph_names_put(&reader->names, &name, value) ? 0 : out_of_memory(error);
}

static struct graph_port *add_port(
	struct graph_port **ports, uint32_t *count, uint32_t *room, const struct onnx_text *name)
{
	if (*count == *room) {
		const uint32_t more = *room ? 2 * *room : 4;
		struct graph_port *larger = realloc(*ports, more * sizeof(*larger));

		if (!larger)
			return NULL;
		*ports = larger;
		*room = more;
	}
	struct graph_port *port = &(*ports)[*count];

	*port = (struct graph_port){.name = strndup(name->at ? name->at : "", name->size)};
	if (!port->name)
		return NULL;
	(*count)++;
	return port;
}

static int read_input(
	struct graph_reader *reader, struct protobuf_bytes bytes, struct gw_error *error)
{
	struct graph *graph = reader->graph;
	struct onnx_tensor tensor;

	if (!onnx_tensor_read(bytes, &tensor))
		return gw_error_set(error, -EINVAL, "it is no ONNX model: export it again");
	/* Older models list their weights as inputs. */
	if (graph_names_find(&reader->names, &tensor.name) != GRAPH_NONE)
		return 0;
	if (!tensor.has_shape || tensor.rank > GRAPH_RANK || tensor.type != ONNX_FLOAT32)
		return gw_error_set(error, -ENOTSUP,
			"its input '%.*s' is not of float32, or has no shape, or one of more than "
			"%d dimensions",
			(int)(tensor.name.size < 100 ? tensor.name.size : 100),
			tensor.name.at ? tensor.name.at : "", GRAPH_RANK);
	const uint32_t value = graph_add_value(graph);
	struct graph_port *port = value == GRAPH_NONE
		? NULL
		: add_port(&graph->input, &graph->inputs, &graph->room_inputs, &tensor.name);

	if (!port || !graph_names_put(&reader->names, &tensor.name, value))
		return out_of_memory(error);
	port->value = value;
	graph->value[value].shape.rank = tensor.rank;
	for (uint32_t i = 0; i < tensor.rank; i++) {
		if ((uint64_t)tensor.dims[i].size > GRAPH_ELEMENTS)
			return gw_error_set(error, -EINVAL, "an input of it is too large");
		graph->value[value].shape.dims[i] = (uint32_t)tensor.dims[i].size;
	}
	return 0;
}

static int read_output(
	struct graph_reader *reader, struct protobuf_bytes bytes, struct gw_error *error)
{
	struct graph *graph = reader->graph;
	struct onnx_tensor tensor;

	if (!onnx_tensor_read(bytes, &tensor))
		return gw_error_set(error, -EINVAL, "it is no ONNX model: export it again");
	const uint32_t value = graph_names_find(&reader->names, &tensor.name);
	struct graph_port *port =
		add_port(&graph->output, &graph->outputs, &graph->room_outputs, &tensor.name);

	if (!port)
		return out_of_memory(error);
	if (value == GRAPH_NONE)
		return gw_error_set(
			error, -EINVAL, "nothing makes its output '%.100s'", port->name);
	port->value = value;
	graph->value[value].uses++;
	return 0;
}

typedef int part_fn(
	struct graph_reader *reader, struct protobuf_bytes bytes, struct gw_error *error);

static int read_parts(struct graph_reader *reader, struct protobuf_bytes bytes, uint32_t number,
	part_fn *read, struct gw_error *error)
{
	struct protobuf_field field;
	int status = 0;

	while (bytes.at < bytes.end && status == 0) {
		if (!protobuf_next(&bytes, &field))
			return gw_error_set(error, -EINVAL, "it is no ONNX model");
		if (field.number == number && field.has_length)
			status = read(reader, field.bytes, error);
	}
	return status;
}

/* Which nodes read which value. */
static bool list_readers(struct graph *graph)
{
	uint32_t count = 0;

	graph->first_reader = calloc(graph->values + 2, sizeof(graph->first_reader[0]));
	if (!graph->first_reader)
		return false;
	uint32_t *first = graph->first_reader + 1;

	for (uint32_t i = 0; i < graph->nodes; i++)
		for (uint32_t k = 0; k < graph->node[i].inputs; k++)
			if (graph->node[i].input[k] != GRAPH_NONE) {
				first[graph->node[i].input[k]]++;
				count++;
			}
	graph->reader = calloc(count + 1, sizeof(graph->reader[0]));
	if (!graph->reader)
		return false;
	for (uint32_t i = 0, sum = 0; i <= graph->values; i++) {
		const uint32_t own = first[i];

		first[i] = sum;
		sum += own;
	}
	/* Each begins where the one before ends once all are filled in. */
	for (uint32_t i = 0; i < graph->nodes; i++)
		for (uint32_t k = 0; k < graph->node[i].inputs; k++)
			if (graph->node[i].input[k] != GRAPH_NONE)
				graph->reader[first[graph->node[i].input[k]]++] = i;
	return true;
}

static int read_all(
	struct graph_reader *reader, const struct onnx_graph *model, struct gw_error *error)
{
	const struct protobuf_bytes body = model->body;
	int status = read_parts(reader, body, INITIALIZER, read_constant, error);

	if (status == 0)
		status = read_parts(reader, body, INPUT, read_input, error);
	if (status == 0)
		status = read_parts(reader, body, NODE, graph_read_node, error);
	if (status == 0 && reader->missing_count > 0)
		status = graph_tell_missing(reader, error);
	if (status == 0)
		status = read_parts(reader, body, OUTPUT, read_output, error);
	if (status == 0 && !list_readers(reader->graph))
		status = out_of_memory(error);
	return status;
}

int graph_read(struct graph *graph, const uint8_t *model, size_t size, const char *folder,
	struct gw_error *error)
{
	struct graph_reader *reader = calloc(1, sizeof(*reader));
	struct onnx_graph *facts = calloc(1, sizeof(*facts));

	*graph = (struct graph){0};
	if (!reader || !facts) {
		free(reader);
		free(facts);
		return out_of_memory(error);
	}
	int status = onnx_graph_read(model, size, facts, error);

	if (status == 0) {
		reader->graph = graph;
		status = graph_files_open(&reader->files, model, size, folder, error);
	}
	for (uint32_t i = 0; status == 0 && i < facts->opsets; i++)
		if (facts->opset[i].domain.size == 0 ||
			onnx_text_is(&facts->opset[i].domain, "ai.onnx"))
			graph->opset = facts->opset[i].version;
	if (status == 0)
		status = read_all(reader, facts, error);
	if (status != 0)
		graph_one_line(error);
	graph_files_close(&reader->files);
	graph_names_free(&reader->names);
	free(reader);
	free(facts);
	return status;
}

int graph_open(struct graph *graph, const char *path, struct gw_error *error)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	struct file_bytes bytes = {0};

	*graph = (struct graph){0};
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 0, path);
	int status = file_bytes_read(path, &bytes, error);

	if (status != 0)
		return status;
	status = graph_read(graph, bytes.data, bytes.size, folder, error);
	if (status != 0)
		gw_error_prefix(error, "%s: ", path);
	file_bytes_free(&bytes);
	return status;
}
