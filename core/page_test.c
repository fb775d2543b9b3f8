#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/page.h"

static void a_page_is_whole_and_what_it_names_is_text(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	gw_page_begin(out, "a & b", "p{color:red}\n", "1 < 2");
	gw_page_text(out, "<i>R&amp;D</i>");
	gw_page_text(out, NULL);
	gw_page_text(out, "\n");
	gw_page_end(out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<title>a &amp; b</title>\n<style>\np{color:red}\n</style>\n</head>\n<body>\n"
		"<h1>1 &lt; 2</h1>\n&lt;i&gt;R&amp;amp;D&lt;/i&gt;\n</body>\n</html>\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_whole_and_what_it_names_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
