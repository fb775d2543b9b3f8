#include "gwd/model/draft_names.h"

#include <string.h>

#include "core/test.h"

static struct onnx_text text(const char *words)
{
	return (struct onnx_text){words, strlen(words)};
}

static uint32_t count(const char *words)
{
	const struct onnx_text names = text(words);

	return draft_names_count(&names);
}

static void names_of_a_dictionary_are_taken_in_turn(void **state)
{
	struct onnx_text names = text("{0: 'person', 1: \"driver's seat\", 2: 'it\\'s'}");
	char label[MODEL_LABEL + 1];

	assert_int_equal(draft_names_count(&names), 3);
	assert_true(draft_names_next(&names, label));
	assert_string_equal(label, "person");
	assert_true(draft_names_next(&names, label));
	assert_string_equal(label, "driver's seat");
	assert_true(draft_names_next(&names, label));
	assert_string_equal(label, "it's");
	assert_false(draft_names_next(&names, label));
}

static void a_list_is_taken_too(void **state)
{
	struct onnx_text names = text("['a', 'b']");
	char label[MODEL_LABEL + 1];

	assert_int_equal(draft_names_count(&names), 2);
	assert_true(draft_names_next(&names, label));
	assert_true(draft_names_next(&names, label));
	assert_string_equal(label, "b");
}

static void names_that_are_not_numbered_one_by_one_are_none(void **state)
{
	assert_int_equal(count("{0: 'a', 2: 'b'}"), 0);
	assert_int_equal(count("{1: 'a'}"), 0);
	assert_int_equal(count("{99999999999999999999: 'a'}"), 0);
}

static void what_is_something_else_has_no_names(void **state)
{
	static const char *const others[] = {"", "{", "{}", "[", "person", "{0: 'a'", "{0 'a'}",
		"{0: ''}", "{0: 'a}", "{0: 'a', }", "{'a'}"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(count(others[i]), 0);
}

static void a_name_that_is_too_long_for_a_label_is_none(void **state)
{
	char names[400] = "['";

	memset(names + 2, 'x', MODEL_LABEL);
	strcpy(names + 2 + MODEL_LABEL, "']");
	assert_int_equal(count(names), 1);
	strcpy(names + 2 + MODEL_LABEL, "x']");
	assert_int_equal(count(names), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_a_dictionary_are_taken_in_turn),
		cmocka_unit_test(a_list_is_taken_too),
		cmocka_unit_test(names_that_are_not_numbered_one_by_one_are_none),
		cmocka_unit_test(what_is_something_else_has_no_names),
		cmocka_unit_test(a_name_that_is_too_long_for_a_label_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
