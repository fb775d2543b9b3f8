/* What an engine cannot be, as who asks for it is told. */
#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "lib/framegate.h"
#include "lib/test_repository.h"

static void assert_refused(const struct framegate_options *options, const char *words)
{
	char error[FRAMEGATE_ERROR] = "";
	struct framegate_options given = *options;

	if (given.size == 0)
		given.size = sizeof(given);
	assert_null(framegate_open(&given, error));
	assert_int_not_equal(errno, 0);
	if (!strstr(error, words))
		print_error("%s\n", error);
	assert_non_null(strstr(error, words));
	assert_null(strchr(error, '\n'));
	assert_null(framegate_open(&given, NULL));
}

static void what_cannot_be_opened_says_what_to_do(void **state)
{
	assert_refused(&(struct framegate_options){.model = "marks"}, "repository is missing");
	assert_refused(
		&(struct framegate_options){.repository = test_repository}, "model is missing");
	assert_refused(
		&(struct framegate_options){
			.repository = test_repository, .model = "marks", .plan = "- model: marks"},
		"not both");
	assert_refused(&(struct framegate_options){.repository = "/nowhere", .model = "marks"},
		"/nowhere");
	assert_refused(&(struct framegate_options){.repository = test_repository, .model = "other"},
		"marks");
	assert_refused(&(struct framegate_options){.repository = test_repository, .model = "a/b"},
		"model:1");
	assert_refused(
		&(struct framegate_options){
			.repository = test_repository, .model = "marks", .backend = "abacus"},
		"accel.backend: there is no back-end \"abacus\"");
#if HAVE_ORT
	assert_refused(&(struct framegate_options){.repository = test_repository,
			       .model = "marks",
			       .onnxruntime = "/nowhere.so"},
		"accel.library: cannot load ONNX Runtime");
#endif
	assert_refused(&(struct framegate_options){.repository = test_repository,
			       .plan = "- model: marks\n- {model: \"marks:1\", from: others}\n"},
		"there is no step 'others' before this one");
	assert_refused(&(struct framegate_options){.repository = test_repository, .plan = "[]"},
		"at least 1");
	assert_refused(&(struct framegate_options){.repository = test_repository,
			       .plan = "- model: marks\n- {least: 2"},
		"plan:3:");
	assert_refused(&(struct framegate_options){.repository = test_repository,
			       .plan = "- model: marks\n- {model: x, least: 0.5}"},
		"plan:2:21: plan[1].least: is of crops");
	assert_refused(
		&(struct framegate_options){
			.repository = test_repository, .model = "marks", .threads = 1000},
		"threads: 1000 are too many");
	assert_refused(&(struct framegate_options){.size = 4096, .model = "marks"}, "options.size");
	assert_null(framegate_open(NULL, NULL));
}

/* As from a program that was compiled before there was a largest size. */
static void fewer_options_are_enough(void **state)
{
	struct framegate_options options = {.size = offsetof(struct framegate_options, max_width),
		.repository = test_repository,
		.model = "marks",
		.backend = "null",
		.max_width = 1};
	char error[FRAMEGATE_ERROR];
	struct framegate *engine = framegate_open(&options, error);

	assert_non_null(engine);
	assert_string_equal(error, "");
	framegate_close(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_opened_says_what_to_do),
		cmocka_unit_test(fewer_options_are_enough),
	};

	return cmocka_run_group_tests(tests, test_repository_make, test_repository_remove);
}
