/* What is kept of a text where it is cut, and of bytes that are none. */
#include "core/utf8.h"

#include "core/test.h"

#include <string.h>

static void assert_copied(const char *text, size_t size, const char *wanted)
{
	char out[32];

	memset(out, 'x', sizeof(out));
	gw_utf8_copy(out, size, text);
	assert_string_equal(out, wanted);
	assert_true(strlen(out) < size);
}

static void a_limit_cuts_no_character(void **state)
{
	assert_copied("Küche", 7, "Küche");
	assert_copied("Küche", 4, "Kü");
	assert_copied("Küche", 3, "K");
	assert_copied("a€", 4, "a");
	assert_copied("a€", 5, "a€");
	assert_copied("😀", 4, "");
	assert_copied("😀", 5, "😀");
	assert_copied("any", 1, "");
	assert_int_equal(gw_utf8_fit("Küche", 2), 1);
	assert_int_equal(gw_utf8_fit("Küche", 100), 6);
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
	assert_copied("K\xfc"
		      "che",
		16, "K?che");
	assert_copied("\xc3", 16, "?");
	assert_copied("\xe2\x82", 16, "??");
	/* Overlong, a surrogate, and beyond U+10FFFF. */
	assert_copied("\xc0\xaf", 16, "??");
	assert_copied("\xed\xa0\x80", 16, "???");
	assert_copied("\xf4\x90\x80\x80", 16, "????");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_cuts_no_character),
		cmocka_unit_test(bytes_that_are_no_text_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
