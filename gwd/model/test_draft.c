#include "gwd/model/test_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/test.h"

char *test_yaml;
struct model_description *test_described;
struct draft test_draft;
struct draft_facts test_facts;
struct gw_error test_error;

static uint8_t bytes[TEST_GRAPH_ROOM];
static struct onnx_graph graph;
static size_t length; /* of the text */

int test_find(const struct test_graph *made)
{
	const size_t size = test_graph_write(made, bytes);

	assert_int_equal(onnx_graph_read(bytes, size, &graph, &test_error), 0);
	test_facts = (struct draft_facts){
		"model.onnx", .graph = &graph, .ultralytics = draft_is_ultralytics(&graph)};
	return draft_picture_find(&graph, &test_facts.picture, &test_error);
}

int test_forget(void **state)
{
	free(test_yaml);
	test_yaml = NULL;
	model_yaml_free(test_described);
	test_described = NULL;
	return 0;
}

void test_write(void)
{
	draft_head_guess(&graph, &test_facts.picture, &test_facts.head);
	test_draft = (struct draft){.to = open_memstream(&test_yaml, &length)};
	draft_yaml(&test_draft, &test_facts);
	fclose(test_draft.to);
}

int test_drafted(const struct test_graph *made)
{
	test_forget(NULL);
	assert_int_equal(test_find(made), 0);
	test_write();
	return model_yaml_parse("model.yaml", test_yaml, length, &test_described, &test_error);
}

void test_drafts(const struct test_graph *made)
{
	if (test_drafted(made) != 0)
		fail_msg("%s\n%s", test_error.text, test_yaml);
}

bool test_is_marked(const char *key)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "\n  %s:", key);
	const char *line = strstr(test_yaml, wanted);

	assert_non_null(line);
	const char *mark = strstr(line + 1, "# CHECK: ");

	return mark && mark < strchr(line + 1, '\n');
}
