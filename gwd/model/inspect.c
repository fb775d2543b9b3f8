#include "gwd/model/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gwd/model/command.h"
#include "gwd/model/draft_report.h"
#include "gwd/model/file.h"

/* What a graph and its files take: more than a stack should hold. */
struct inspection {
	struct onnx_graph graph;
	struct onnx_external external;
	struct draft_facts facts;
	struct model_file file;
};

static int read_file(struct inspection *inspection, const char *path, struct gw_error *error)
{
	const struct model_file *file = &inspection->file;
	struct draft_facts *facts = &inspection->facts;
	int status = onnx_graph_read(file->data, file->size, &inspection->graph, error);

	/* TensorFlow's protobuf may look like a model without anything in it. */
	if (status == 0 && inspection->graph.outputs == 0)
		status = gw_error_set(error, -EINVAL, "it has no output: export it again");
	if (status != 0)
		model_file_explain(path, file, error);
	else
		status = onnx_external_read(file->data, file->size, &inspection->external, error);
	if (status != 0)
		return status;
	facts->file = path;
	facts->graph = &inspection->graph;
	facts->ultralytics = draft_is_ultralytics(facts->graph);
	status = draft_picture_find(facts->graph, &facts->picture, error);
	if (status == 0)
		draft_head_guess(facts->graph, &facts->picture, &facts->head);
	return status;
}

static int write_all(const struct inspection *inspection, bool json, struct gw_error *error)
{
	struct draft_report report = {.facts = &inspection->facts,
		.external = &inspection->external,
		.size = inspection->file.size};
	struct draft draft = {0};
	char *yaml = NULL;
	size_t size;
	bool written = true;

	draft.to = open_memstream(&yaml, &size);
	if (!draft.to)
		return gw_error_set(error, -ENOMEM, "out of memory");
	draft_yaml(&draft, &inspection->facts);
	if (fclose(draft.to) != 0) {
		free(yaml);
		return gw_error_set(error, -ENOMEM, "out of memory");
	}
	report.yaml = yaml;
	report.checks = draft.checks;
	if (json) {
		written = draft_report_json(stdout, &report);
	} else {
		fputs(yaml, stdout);
		draft_report_print(stderr, &report);
	}
	free(yaml);
	if (!written || fflush(stdout) != 0)
		return gw_error_set(error, -EIO,
			"the draft could not be written to the standard output: %s",
			strerror(errno));
	return 0;
}

static int inspect(const char *path, bool json, struct gw_error *error)
{
	struct inspection *inspection = calloc(1, sizeof(*inspection));
	int status;

	if (!inspection)
		return gw_error_set(error, -ENOMEM, "out of memory");
	status = model_file_open(path, &inspection->file, error);
	if (status == 0) {
		status = read_file(inspection, path, error);
		if (status != 0)
			gw_error_prefix(error, "%s: ", path);
		else
			status = write_all(inspection, json, error);
		model_file_close(&inspection->file);
	}
	free(inspection);
	return status;
}

int model_inspect(int argc, char **argv)
{
	const char *path = NULL;
	struct gw_error error;
	bool json = false, options = true;

	for (int i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--json") == 0)
			json = true;
		else if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if ((options && argv[i][0] == '-') || path)
			return model_command_fail("inspect", "it takes one file, and --json", 2);
		else
			path = argv[i];
	}
	if (!path)
		return model_command_fail("inspect", "the file is missing", 2);
	if (inspect(path, json, &error) != 0)
		return model_command_fail("inspect", error.text, 1);
	return 0;
}
