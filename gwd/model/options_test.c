#include "core/test.h"

#include <stdio.h>
#include <string.h>

#include "gwd/model/command.h"
#include "gwd/model/options.h"

static char said[256];

int model_command_fail(const char *command, const char *line, int code)
{
	snprintf(said, sizeof(said), "%s: %s", command, line);
	return code;
}

static const char *output, *range;
static bool json;
static const struct model_option options[] = {
	{.name = "output", .letter = 'o', .value = &output},
	{.name = "range", .value = &range},
	{.name = "json", .given = &json},
	{0},
};

static int read_words(char *const *words, int count)
{
	static char *argv[16];

	output = range = NULL;
	json = false;
	said[0] = '\0';
	memcpy(argv, words, (size_t)count * sizeof(words[0]));
	argv[count] = NULL;
	const int first = model_options_read(count, argv, options);

	if (first > 0 && first < count)
		snprintf(said, sizeof(said), "%s", argv[first]);
	return first;
}

#define READ(...) \
	read_words((char *[]){__VA_ARGS__}, sizeof((char *[]){__VA_ARGS__}) / sizeof(char *))

static void options_are_taken_wherever_they_stand(void **state)
{
	assert_int_equal(READ("check", "a.onnx", "--output", "there", "--json", "b.jpg"), 4);
	assert_string_equal(output, "there");
	assert_true(json);
	assert_null(range);
	assert_string_equal(said, "a.onnx");
	assert_int_equal(READ("check", "-o", "here", "--range=full", "a"), 4);
	assert_string_equal(output, "here");
	assert_string_equal(range, "full");
	assert_false(json);
	assert_int_equal(READ("check", "--", "--json"), 2);
	assert_false(json);
	assert_string_equal(said, "--json");
}

static void what_makes_no_sense_is_named(void **state)
{
	assert_int_equal(READ("check", "a", "--nosuch"), -1);
	assert_string_equal(said, "check: unknown option '--nosuch'");
	assert_int_equal(READ("check", "a", "--range"), -1);
	assert_string_equal(said, "check: --range needs a value");
	assert_int_equal(READ("check", "a", "-o"), -1);
	assert_string_equal(said, "check: -o needs a value");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_taken_wherever_they_stand),
		cmocka_unit_test(what_makes_no_sense_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
