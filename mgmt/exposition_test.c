/* The text that Prometheus reads. */
#include "mgmt/exposition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/test.h"

static void assert_text(struct exposition *exposition, const char *text)
{
	assert_false(exposition->failed);
	assert_int_equal(exposition->size, strlen(text));
	assert_memory_equal(exposition->text, text, strlen(text));
	exposition_free(exposition);
	assert_null(exposition->text);
}

static void a_family_is_told_before_its_samples(void **state)
{
	struct exposition exposition = {0};

	exposition_begin(&exposition, "things_total", EXPOSITION_COUNTER, "Things.");
	exposition_count(&exposition, NULL, 18446744073709551615u);
	exposition_begin(&exposition, "fill_ratio", EXPOSITION_GAUGE, "Fill.");
	exposition_number(&exposition, EXPOSITION_LABELS({"port", "lan0"}, {"kind", "x"}), 0.25);
	assert_text(&exposition,
		"# HELP things_total Things.\n"
		"# TYPE things_total counter\n"
		"things_total 18446744073709551615\n"
		"# HELP fill_ratio Fill.\n"
		"# TYPE fill_ratio gauge\n"
		"fill_ratio{port=\"lan0\",kind=\"x\"} 0.25\n");
}

static void what_would_end_a_line_or_a_value_is_escaped(void **state)
{
	struct exposition exposition = {0};

	exposition_begin(&exposition, "a", EXPOSITION_GAUGE, "Say \"a\\b\"\nagain.");
	exposition_count(&exposition, EXPOSITION_LABELS({"l", "\"} 7\nb{x=\"\\"}), 1);
	exposition_count(&exposition, EXPOSITION_LABELS({"l", "t\xc3\xbcr"}), 2);
	exposition_count(&exposition, EXPOSITION_LABELS({"l", ""}), 3);
	assert_text(&exposition,
		"# HELP a Say \"a\\\\b\"\\nagain.\n"
		"# TYPE a gauge\n"
		"a{l=\"\\\"} 7\\nb{x=\\\"\\\\\"} 1\n"
		"a{l=\"t\xc3\xbcr\"} 2\n"
		"a{l=\"\"} 3\n");
}

static void parts_have_their_own_names(void **state)
{
	struct exposition exposition = {0};

	exposition_begin(&exposition, "h", EXPOSITION_HISTOGRAM, "H.");
	exposition_part(&exposition, "_bucket", EXPOSITION_LABELS({"le", "+Inf"}), 3);
	exposition_part(&exposition, "_sum", NULL, 0.000123);
	exposition_begin(&exposition, "s", EXPOSITION_SUMMARY, "S.");
	exposition_part(&exposition, "_count", NULL, 9007199254740991.0);
	assert_text(&exposition,
		"# HELP h H.\n# TYPE h histogram\n"
		"h_bucket{le=\"+Inf\"} 3\nh_sum 0.000123\n"
		"# HELP s S.\n# TYPE s summary\ns_count 9.00719925474099e+15\n");
}

static void what_is_no_number_is_told_so(void **state)
{
	struct exposition exposition = {0};

	exposition_begin(&exposition, "n", EXPOSITION_GAUGE, "N.");
	exposition_number(&exposition, NULL, (double)NAN);
	exposition_number(&exposition, NULL, (double)INFINITY);
	exposition_number(&exposition, NULL, -(double)INFINITY);
	assert_text(&exposition, "# HELP n N.\n# TYPE n gauge\nn NaN\nn +Inf\nn -Inf\n");
}

static void a_long_text_is_kept_whole(void **state)
{
	struct exposition exposition = {0};
	char line[32];
	size_t size = 0;

	exposition_begin(&exposition, "n", EXPOSITION_GAUGE, "N.");
	for (uint64_t i = 0; i < 100000; i++)
		exposition_count(&exposition, NULL, i);
	const char *text = strstr(exposition.text, "\nn 0\n") + 1;

	for (uint64_t i = 0; i < 100000; i++) {
		const int length = snprintf(line, sizeof(line), "n %lu\n", i);

		assert_memory_equal(text + size, line, (size_t)length);
		size += (size_t)length;
	}
	assert_ptr_equal(text + size, exposition.text + exposition.size);
	exposition_free(&exposition);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_is_told_before_its_samples),
		cmocka_unit_test(what_would_end_a_line_or_a_value_is_escaped),
		cmocka_unit_test(parts_have_their_own_names),
		cmocka_unit_test(what_is_no_number_is_told_so),
		cmocka_unit_test(a_long_text_is_kept_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
