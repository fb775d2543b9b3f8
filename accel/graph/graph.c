#include "accel/graph/graph.h"

#include <stdlib.h>
#include <string.h>

uint32_t graph_add_value(struct graph *graph)
{
	if (graph->values == graph->room_values) {
		const uint32_t room = graph->room_values ? 2 * graph->room_values : 256;
		struct graph_value *larger = room > 2 * GRAPH_VALUES
			? NULL
			: realloc(graph->value, room * sizeof(*larger));

		if (!larger)
			return GRAPH_NONE;
		graph->value = larger;
		graph->room_values = room;
	}
	graph->value[graph->values] = (struct graph_value){0};
	return graph->values++;
}

uint32_t graph_add_weights(struct graph *graph, uint64_t count)
{
	const uint64_t needed = graph->weights_count + count;

	if (needed > UINT32_MAX / 2)
		return GRAPH_NONE;
	if (needed > graph->weights_room) {
		const uint64_t room = needed + needed / 2 + 1024;
		float *larger = realloc(graph->weights, room * sizeof(*larger));

		if (!larger)
			return GRAPH_NONE;
		graph->weights = larger;
		graph->weights_room = (uint32_t)room;
	}
	const uint32_t at = graph->weights_count;

	memset(graph->weights + at, 0, count * sizeof(float));
	graph->weights_count = (uint32_t)needed;
	return at;
}

uint32_t graph_place_constant(struct graph *graph, uint32_t value)
{
	const uint64_t count = graph_elements(&graph->value[value].shape);

	if (!graph->place) {
		graph->place = malloc(graph->values * sizeof(graph->place[0]));
		for (uint32_t i = 0; graph->place && i < graph->values; i++)
			graph->place[i] = GRAPH_NONE;
	}
	if (graph->place && graph->place[value] == GRAPH_NONE) {
		graph->place[value] = graph_add_weights(graph, count);
		if (graph->place[value] != GRAPH_NONE)
			memcpy(graph->weights + graph->place[value], graph->value[value].data,
				count * sizeof(float));
	}
	return graph->place ? graph->place[value] : GRAPH_NONE;
}

const struct graph_attribute *graph_attribute(const struct graph_node *node, const char *name)
{
	for (uint32_t i = 0; i < node->attributes; i++)
		if (strcmp(node->attribute[i].name, name) == 0)
			return &node->attribute[i];
	return NULL;
}

int64_t graph_int(const struct graph_node *node, const char *name, int64_t otherwise)
{
	const struct graph_attribute *attribute = graph_attribute(node, name);

	return attribute ? attribute->i : otherwise;
}

float graph_float(const struct graph_node *node, const char *name, float otherwise)
{
	const struct graph_attribute *attribute = graph_attribute(node, name);

	return attribute ? attribute->f : otherwise;
}

bool graph_text_is(
	const struct graph_node *node, const char *name, const char *text, bool otherwise)
{
	const struct graph_attribute *attribute = graph_attribute(node, name);

	return attribute ? strcmp(attribute->text, text) == 0 : otherwise;
}

void graph_one_line(struct gw_error *error)
{
	for (char *at = error ? error->text : ""; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = '?';
}

uint64_t graph_elements(const struct graph_shape *shape)
{
	uint64_t elements = 1;

	for (uint32_t i = 0; i < shape->rank; i++) {
		elements *= shape->dims[i];
		if (elements > GRAPH_ELEMENTS)
			return 0;
	}
	return elements;
}

void graph_free(struct graph *graph)
{
	for (uint32_t i = 0; i < graph->values; i++)
		free(graph->value[i].data);
	for (uint32_t i = 0; i < graph->nodes; i++) {
		free(graph->node[i].name);
		free(graph->node[i].input);
		free(graph->node[i].output);
		free(graph->node[i].attribute);
	}
	for (uint32_t i = 0; i < graph->inputs; i++)
		free(graph->input[i].name);
	for (uint32_t i = 0; i < graph->outputs; i++)
		free(graph->output[i].name);
	free(graph->value);
	free(graph->node);
	free(graph->input);
	free(graph->output);
	free(graph->first_reader);
	free(graph->reader);
	free(graph->weights);
	free(graph->place);
	*graph = (struct graph){0};
}
