/* Any bytes: if they are a graph that takes a picture, a draft of it can be written and is read
 * back, well or with a line. */
#include <stdlib.h>
#include <string.h>

#include "accel/repository/model.h"
#include "gwd/model/draft_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void read_back(const char *yaml, size_t size)
{
	struct model_description *description;
	struct gw_error error = {0};

	if (model_yaml_parse("model.yaml", yaml, size, &description, &error) != 0)
		require(error.text[0] != '\0');
	model_yaml_free(description);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct onnx_graph graph;
	struct draft_facts facts = {"model.onnx", .graph = &graph};
	struct draft draft = {0};
	struct gw_error error = {0};
	char *yaml = NULL;
	size_t written;

	if (onnx_graph_read(data, size, &graph, &error) != 0 || graph.outputs == 0)
		return 0;
	facts.ultralytics = draft_is_ultralytics(&graph);
	if (draft_picture_find(&graph, &facts.picture, &error) != 0) {
		require(error.text[0] != '\0' && !strchr(error.text, '\n'));
		return 0;
	}
	draft_head_guess(&graph, &facts.picture, &facts.head);
	draft.to = open_memstream(&yaml, &written);
	require(draft.to);
	draft_yaml(&draft, &facts);
	fclose(draft.to);
	read_back(yaml, written);
	free(yaml);
	return 0;
}
