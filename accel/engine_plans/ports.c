#include "accel/engine_plans/ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accel/repository/model.h"

static int find(const struct graph_port *ports, uint32_t count, const char *noun, const char *name,
	const struct infer_spec *spec, uint32_t *index, struct gw_error *error)
{
	char names[256] = "";

	for (*index = 0; *index < count; (*index)++) {
		const size_t used = strlen(names);

		if (strcmp(ports[*index].name, name) == 0)
			return 0;
		snprintf(names + used, sizeof(names) - used, "%s\"%s\"", used > 0 ? ", " : "",
			ports[*index].name);
	}
	gw_error_set(error, -EINVAL,
		"model %s: it has no %s \"%s\": set what names it in model.yaml to one of %s",
		spec->name, noun, name, names);
	graph_one_line(error);
	return -EINVAL;
}

static void print_shape(char *text, size_t size, const struct graph_shape *shape)
{
	size_t used = (size_t)snprintf(text, size, "[");

	for (uint32_t i = 0; i < shape->rank && used < size; i++)
		used += (size_t)(shape->dims[i] > 0
				? snprintf(text + used, size - used, "%s%u", i ? ", " : "",
					  shape->dims[i])
				: snprintf(text + used, size - used, "%s?", i ? ", " : ""));
	if (used < size)
		snprintf(text + used, size - used, "]");
}

static int check_input(const struct graph *graph, const struct infer_spec *spec, uint32_t index,
	const struct infer_tensor *tensor, uint32_t *fixed, struct gw_error *error)
{
	const struct graph_shape *has = &graph->value[graph->input[index].value].shape;
	struct graph_shape wanted = {.rank = tensor->rank + 1};
	bool fits = has->rank == wanted.rank;
	char has_text[80], wanted_text[80];

	for (uint32_t i = 0; i < tensor->rank; i++) {
		wanted.dims[i + 1] = tensor->dims[i];
		fits = fits && (has->dims[i + 1] == 0 || has->dims[i + 1] == tensor->dims[i]);
	}
	if (!fits) {
		print_shape(has_text, sizeof(has_text), has);
		print_shape(wanted_text, sizeof(wanted_text), &wanted);
		return gw_error_set(error, -EINVAL,
			"model %s: its input \"%s\" has the shape %s, model.yaml asks for %s: "
			"correct "
			"model.yaml, or export model.onnx again",
			spec->name, tensor->name, has_text, wanted_text);
	}
	if (has->dims[0] != 0 && has->dims[0] != spec->max_batch)
		return gw_error_set(error, -EINVAL,
			"model %s: it takes batches of %u: set batch.max in model.yaml to that, or "
			"export model.onnx with an open batch dimension",
			spec->name, has->dims[0]);
	*fixed = has->dims[0] != 0 ? has->dims[0] : *fixed;
	return 0;
}

int ports_find(struct ports *ports, const char *engine, const struct graph *graph,
	const struct infer_spec *spec, struct gw_error *error)
{
	const struct model_size_input *size = spec->picture->size;
	const struct infer_tensor of_size = {
		.name = size ? size->tensor : NULL, .rank = 1, .dims = {2}};
	int status = find(graph->input, graph->inputs, "input", spec->input.name, spec,
		&ports->input[0], error);

	ports->inputs = size ? 2 : 1;
	ports->fixed = 0;
	if (status == 0 && spec->picture->type != MODEL_FLOAT32)
		status = gw_error_set(error, -ENOTSUP,
			"model %s: engine \"%s\" runs models of float32 only: export it so, or "
			"choose another accel.backend",
			spec->name, engine);
	if (status == 0)
		status = check_input(
			graph, spec, ports->input[0], &spec->input, &ports->fixed, error);
	if (status == 0 && size)
		status = find(graph->input, graph->inputs, "input", size->tensor, spec,
			&ports->input[1], error);
	if (status == 0 && size)
		status = check_input(graph, spec, ports->input[1], &of_size, &ports->fixed, error);
	if (status == 0 && graph->inputs != ports->inputs)
		status = gw_error_set(error, -EINVAL,
			"model %s: it has %u inputs: besides the picture only one for the "
			"picture's "
			"size is supported; name it in model.yaml, input.size.tensor",
			spec->name, graph->inputs);
	for (uint32_t k = 0; status == 0 && k < spec->output_count; k++)
		status = find(graph->output, graph->outputs, "output", spec->output[k].name, spec,
			&ports->output[k], error);
	return status;
}

void ports_shapes(const struct ports *ports, const struct infer_spec *spec, uint32_t count,
	struct graph_shape shapes[PORTS_INPUTS])
{
	struct graph_shape *picture = &shapes[ports->input[0]];

	picture->rank = spec->input.rank + 1;
	picture->dims[0] = count;
	memcpy(picture->dims + 1, spec->input.dims, spec->input.rank * sizeof(uint32_t));
	if (ports->inputs > 1)
		shapes[ports->input[1]] = (struct graph_shape){2, {count, 2}};
}

/* The shape without the batch, and without ones that are too many. */
static bool squeeze(struct graph_shape *shape, uint32_t count, uint32_t rank, bool any)
{
	const bool batched = shape->rank > 0 && shape->dims[0] == count &&
		(any || shape->rank > rank || count > 1);

	/* Of a single picture it may be left out. */
	if (!batched && count > 1)
		return false;
	for (uint32_t i = 0; batched && i + 1 < shape->rank; i++)
		shape->dims[i] = shape->dims[i + 1];
	shape->rank -= batched;
	for (uint32_t i = 0; !any && i < shape->rank && shape->rank > rank;) {
		if (shape->dims[i] != 1) {
			i++;
			continue;
		}
		for (uint32_t k = i; k + 1 < shape->rank; k++)
			shape->dims[k] = shape->dims[k + 1];
		shape->rank--;
	}
	return shape->rank <= INFER_RANK && (any || shape->rank == rank);
}

int ports_settle(const struct ports *ports, const struct graph_plan *plan, uint32_t count,
	struct infer_spec *spec, struct gw_error *error)
{
	for (uint32_t k = 0; k < spec->output_count; k++) {
		struct infer_tensor *tensor = &spec->output[k];
		struct graph_shape shape = plan->output[ports->output[k]].shape;
		struct graph_shape wanted = {.rank = tensor->rank};
		char has_text[80], wanted_text[80];

		print_shape(has_text, sizeof(has_text), &shape);
		memcpy(wanted.dims, tensor->dims, tensor->rank * sizeof(uint32_t));
		print_shape(wanted_text, sizeof(wanted_text), &wanted);
		if (!squeeze(&shape, count, tensor->rank, tensor->free && tensor->rank == 0) ||
			(!tensor->free &&
				memcmp(shape.dims, tensor->dims, shape.rank * sizeof(uint32_t)) !=
					0))
			return gw_error_set(error, -EINVAL,
				"model %s: its output \"%s\" has the shape %s for a batch of %u, "
				"model.yaml asks for %s for each picture: correct model.yaml, or "
				"export "
				"model.onnx again",
				spec->name, tensor->name, has_text, count, wanted_text);
		tensor->rank = shape.rank;
		memcpy(tensor->dims, shape.dims, shape.rank * sizeof(uint32_t));
		tensor->varies = false;
	}
	return 0;
}
