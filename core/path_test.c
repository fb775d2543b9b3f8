#include "core/test.h"

#include <errno.h>

#include "core/path.h"

static char name[32];

static int match(const char *pattern, const char *path)
{
	return path_match(pattern, path, name, sizeof(name));
}

static void a_plain_path_matches_itself_and_nothing_else(void **state)
{
	assert_int_equal(match("cameras", "cameras"), 1);
	assert_string_equal(name, "");
	assert_int_equal(match("cameras", "camera"), 0);
	assert_int_equal(match("cameras", "camerass"), 0);
	assert_int_equal(match("cameras", "cameras/"), 0);
	assert_int_equal(match("cameras", "cameras/cam0"), 0);
	assert_int_equal(match("cameras/{name}", "cameras"), 0);
	assert_int_equal(match("", ""), 1);
	assert_int_equal(match("", "x"), 0);
}

static void a_placeholder_takes_one_whole_segment(void **state)
{
	assert_int_equal(match("cameras/{name}/sample", "cameras/cam0/sample"), 1);
	assert_string_equal(name, "cam0");
	assert_int_equal(match("cameras/{name}", "cameras/a/b"), 0);
	assert_int_equal(match("cameras/{name}", "cameras/"), 0);
}

static void an_escaped_slash_separates_nothing(void **state)
{
	assert_int_equal(match("cameras/{name}", "cameras/a%2fb"), 1);
	assert_string_equal(name, "a/b");
	assert_int_equal(match("cameras/{name}/sample", "cameras/%c3%a4%20%25/sample"), 1);
	assert_string_equal(name, "\xc3\xa4 %");
	assert_int_equal(match("cameras", "c%61meras"), 1);
}

static void a_broken_escape_is_an_error(void **state)
{
	assert_int_equal(match("cameras/{name}", "cameras/%"), -EINVAL);
	assert_int_equal(match("cameras/{name}", "cameras/%4"), -EINVAL);
	assert_int_equal(match("cameras/{name}", "cameras/%zz"), -EINVAL);
	assert_int_equal(match("cameras/{name}/sample", "cameras/%4/sample"), -EINVAL);
	/* A NUL would end the name before its end. */
	assert_int_equal(match("cameras/{name}", "cameras/cam0%00x"), -EINVAL);
	/* A line feed would write a line of its own into the log. */
	assert_int_equal(match("cameras/{name}", "cameras/cam0%0ax"), -EINVAL);
	assert_int_equal(match("cameras/{name}", "cameras/cam0\nx"), -EINVAL);
	assert_int_equal(match("cameras/{name}", "cameras/cam0%7fx"), -EINVAL);
}

static void a_name_that_does_not_fit_is_an_error_and_never_cut(void **state)
{
	assert_int_equal(match("cameras/{name}", "cameras/1234567890123456789012345678901"), 1);
	assert_int_equal(
		match("cameras/{name}", "cameras/12345678901234567890123456789012"), -ENAMETOOLONG);
}

static void decoding_leaves_a_plus_alone(void **state)
{
	char out[8];

	assert_int_equal(path_decode("a+b", 3, out, sizeof(out)), 0);
	assert_string_equal(out, "a+b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_path_matches_itself_and_nothing_else),
		cmocka_unit_test(a_placeholder_takes_one_whole_segment),
		cmocka_unit_test(an_escaped_slash_separates_nothing),
		cmocka_unit_test(a_broken_escape_is_an_error),
		cmocka_unit_test(a_name_that_does_not_fit_is_an_error_and_never_cut),
		cmocka_unit_test(decoding_leaves_a_plus_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
