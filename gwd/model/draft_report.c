#include "gwd/model/draft_report.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "accel/graph/graph.h"

#define WORD 256 /* of a name, for people */
#define MIB (1024.0 * 1024.0)

/* Size of a file that the weights are in, beside the model; -1: it is not there. */
static int64_t external_size(const char *model, const char *name)
{
	const char *slash = strrchr(model, '/');
	char path[PATH_MAX];
	struct stat facts;

	snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash - model) + 1 : 0, model, name);
	return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? facts.st_size : -1;
}

static void print_tensors(
	FILE *to, const char *what, const struct onnx_tensor *tensor, uint32_t count, uint32_t all)
{
	char name[WORD], shape[128];

	for (uint32_t i = 0; i < count; i++)
		fprintf(to, "%s %s: %s %s\n", what,
			draft_clean(name, sizeof(name), &tensor[i].name),
			draft_type(tensor[i].type), draft_shape(shape, sizeof(shape), &tensor[i]));
	if (all > count)
		fprintf(to, "%s: %u more\n", what, all - count);
}

static void print_origin(FILE *to, const struct draft_report *report)
{
	const struct onnx_graph *graph = report->facts->graph;
	char producer[WORD], version[WORD], name[WORD];

	fprintf(to, "%s: ONNX, IR version %lld, ", report->facts->file,
		(long long)graph->ir_version);
	for (uint32_t i = 0; i < graph->opsets; i++)
		fprintf(to, "opset %lld%s%s, ", (long long)graph->opset[i].version,
			graph->opset[i].domain.size > 0 ? " of " : "",
			draft_clean(name, sizeof(name), &graph->opset[i].domain));
	fprintf(to, "%.1f MiB, %u nodes", (double)report->size / MIB, graph->nodes);
	if (graph->producer.size > 0)
		fprintf(to, ", by %s %s", draft_clean(producer, sizeof(producer), &graph->producer),
			draft_clean(version, sizeof(version), &graph->producer_version));
	fputc('\n', to);
}

/* What our own engines lack: ONNX Runtime has them all. */
static void print_missing(FILE *to, const struct onnx_graph *graph)
{
	char name[WORD];
	uint32_t count = 0;

	for (uint32_t i = 0; i < graph->operators; i++) {
		const struct onnx_operator *operator= & graph->operator[i];

		if (graph_lacks(&operator->domain, &operator->name))
			fprintf(to, "%s%s", count++ == 0 ? "engine opencl lacks: " : ", ",
				draft_clean(name, sizeof(name), &operator->name));
	}
	if (count > 0)
		fputc('\n', to);
}

void draft_report_print(FILE *to, const struct draft_report *report)
{
	const struct draft_facts *facts = report->facts;
	const struct onnx_graph *graph = facts->graph;

	print_origin(to, report);
	print_tensors(to, "input", graph->input, graph->inputs, graph->inputs_all);
	print_tensors(to, "output", graph->output, graph->outputs, graph->outputs_all);
	for (uint32_t i = 0; i < report->external->count; i++) {
		const char *name = report->external->file[i];
		const int64_t size = external_size(facts->file, name);

		if (size < 0)
			fprintf(to, "weights in %s: MISSING, copy it beside the model\n", name);
		else
			fprintf(to, "weights in %s: %.1f MiB\n", name, (double)size / MIB);
	}
	print_missing(to, graph);
	fprintf(to, "likely head: %s; %u line%s marked CHECK\n", draft_kind_name(facts->head.kind),
		report->checks, report->checks == 1 ? " is" : "s are");
}

static json_t *text_json(const struct onnx_text *text)
{
	char room[4096];

	return json_string(draft_clean(room, sizeof(room), text));
}

static json_t *tensors_json(const struct onnx_tensor *tensor, uint32_t count)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < count; i++) {
		json_t *shape = tensor[i].has_shape ? json_array() : json_null();

		for (uint32_t k = 0; k < tensor[i].rank && k < ONNX_DIMS; k++)
			json_array_append_new(shape,
				tensor[i].dims[k].size > 0 ? json_integer(tensor[i].dims[k].size)
							   : text_json(&tensor[i].dims[k].symbol));
		json_array_append_new(list,
			json_pack("{s:o, s:s, s:o}", "name", text_json(&tensor[i].name), "type",
				draft_type(tensor[i].type), "shape", shape));
	}
	return list;
}

static json_t *operators_json(const struct onnx_graph *graph)
{
	json_t *operators = json_object();
	char name[WORD], domain[WORD], key[2 * WORD + 2];

	for (uint32_t i = 0; i < graph->operators; i++) {
		const struct onnx_operator *operator= & graph->operator[i];

		draft_clean(name, sizeof(name), &operator->name);
		draft_clean(domain, sizeof(domain), &operator->domain);
		snprintf(key, sizeof(key), "%s%s%s", domain, domain[0] ? "." : "", name);
		json_object_set_new(operators, key, json_integer(operator->count));
	}
	return operators;
}

static json_t *missing_json(const struct onnx_graph *graph)
{
	json_t *missing = json_array();

	for (uint32_t i = 0; i < graph->operators; i++) {
		const struct onnx_operator *operator= & graph->operator[i];

		if (graph_lacks(&operator->domain, &operator->name))
			json_array_append_new(missing, text_json(&operator->name));
	}
	return missing;
}

static json_t *opsets_json(const struct onnx_graph *graph)
{
	json_t *opsets = json_object();
	char domain[WORD];

	for (uint32_t i = 0; i < graph->opsets; i++)
		json_object_set_new(opsets,
			draft_clean(domain, sizeof(domain), &graph->opset[i].domain),
			json_integer(graph->opset[i].version));
	return opsets;
}

static json_t *properties_json(const struct onnx_graph *graph)
{
	json_t *properties = json_object();
	char key[WORD];

	for (uint32_t i = 0; i < graph->properties; i++)
		json_object_set_new(properties,
			draft_clean(key, sizeof(key), &graph->property[i].key),
			text_json(&graph->property[i].value));
	return properties;
}

static json_t *external_json(const struct draft_report *report)
{
	json_t *files = json_array();

	for (uint32_t i = 0; i < report->external->count; i++) {
		const char *name = report->external->file[i];
		const int64_t size = external_size(report->facts->file, name);
		const struct onnx_text text = {name, strlen(name)};

		json_array_append_new(files,
			json_pack("{s:o, s:o}", "name", text_json(&text), "size",
				size < 0 ? json_null() : json_integer(size)));
	}
	return files;
}

bool draft_report_json(FILE *to, const struct draft_report *report)
{
	const struct onnx_graph *graph = report->facts->graph;
	const struct onnx_text file = {report->facts->file, strlen(report->facts->file)};
	json_t *all = json_pack(
		"{s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:i, s:s}",
		"file", text_json(&file), "size", (json_int_t)report->size, "ir_version",
		(json_int_t)graph->ir_version, "opsets", opsets_json(graph), "producer",
		text_json(&graph->producer), "producer_version",
		text_json(&graph->producer_version), "graph", text_json(&graph->name), "inputs",
		tensors_json(graph->input, graph->inputs), "outputs",
		tensors_json(graph->output, graph->outputs), "operators", operators_json(graph),
		"opencl_lacks", missing_json(graph), "metadata", properties_json(graph), "external",
		external_json(report), "head", draft_kind_name(report->facts->head.kind), "checks",
		(int)report->checks, "model_yaml", report->yaml);

	if (!all)
		return false;
	json_dumpf(all, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(all);
	return true;
}
