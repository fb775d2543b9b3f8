/* One rule for every table of back-ends. */
#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "core/backends.h"

static const char *const names[] = {"fast", "slow", "null"};
static struct gw_error error;

static const char *name_of(uint32_t index)
{
	return names[index];
}

/* `arg` points to bits: which of them open. */
static int open_one(void *arg, uint32_t index, struct gw_error *e)
{
	const unsigned *opens = arg;

	return *opens >> index & 1 ? 0 : gw_error_set(e, -EIO, "%s is broken", names[index]);
}

static const struct gw_backends backends = {
	.key = "decode.backend",
	.count = 3,
	.name = name_of,
	.open = open_one,
	.none = "install one",
};

static int open_with(const char *name, unsigned opens)
{
	return gw_backends_open(&backends, name, &opens, &error);
}

static void the_one_that_is_named_is_opened_and_no_other(void **state)
{
	assert_int_equal(open_with("slow", 7), 1);
	assert_int_equal(open_with("null", 7), 2);
	assert_int_equal(open_with("slow", 5), -EIO);
	assert_string_equal(error.text, "slow is broken");
}

static void without_a_name_the_first_that_opens_is_taken(void **state)
{
	assert_int_equal(open_with(NULL, 7), 0);
	assert_int_equal(open_with(NULL, 6), 1);
}

static void null_is_never_taken_by_itself(void **state)
{
	const struct gw_backends only_null = {
		.key = "k", .count = 0, .name = name_of, .open = open_one, .none = "install one"};

	assert_int_equal(open_with(NULL, 4), -EIO);
	assert_string_equal(error.text, "slow is broken");
	assert_int_equal(gw_backends_open(&only_null, NULL, NULL, &error), -ENODEV);
	assert_string_equal(error.text, "k: install one");
}

static void an_unknown_name_is_answered_with_the_known(void **state)
{
	assert_int_equal(open_with("warp", 7), -EINVAL);
	assert_string_equal(error.text,
		"decode.backend: there is no back-end \"warp\"; there are: fast, slow, null");
	assert_int_equal(gw_backends_find(&backends, "slow", &error), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_is_named_is_opened_and_no_other),
		cmocka_unit_test(without_a_name_the_first_that_opens_is_taken),
		cmocka_unit_test(null_is_never_taken_by_itself),
		cmocka_unit_test(an_unknown_name_is_answered_with_the_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
