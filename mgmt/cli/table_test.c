#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "mgmt/cli/reply.h"
#include "mgmt/cli/screen.h"
#include "mgmt/cli/table.h"
#include "mgmt/cli/units.h"

static void printed(struct table *table, bool color, int width, const char *wanted)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_print(table, out, color, width);
	fclose(out);
	table_destroy(table);
	assert_string_equal(text, wanted);
	free(text);
}

static struct table *two_columns(void)
{
	struct table *table = table_create();

	table_column(table, "NAME", TABLE_LEFT);
	table_column(table, "COUNT", TABLE_RIGHT);
	return table;
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct table *table = two_columns();

	table_cell(table, STYLE_PLAIN, "a");
	table_cell(table, STYLE_PLAIN, "%d", 1234567);
	table_cell(table, STYLE_PLAIN, "longer");
	table_cell(table, STYLE_PLAIN, "%d", 5);
	printed(table, false, 0,
		"NAME      COUNT\n"
		"a       1234567\n"
		"longer        5\n");
}

static void an_empty_table_still_has_titles(void **state)
{
	printed(two_columns(), false, 0, "NAME  COUNT\n");
}

static void no_line_ends_in_spaces(void **state)
{
	struct table *table = table_create();

	table_column(table, "A", TABLE_LEFT);
	table_column(table, "", TABLE_LEFT);
	table_cell(table, STYLE_PLAIN, "x");
	table_cell(table, STYLE_PLAIN, "%s", "");
	table_cell(table, STYLE_PLAIN, "xyz");
	table_cell(table, STYLE_PLAIN, "%s", "");
	printed(table, false, 0, "A\nx\nxyz\n");
}

static void letters_beyond_ascii_take_one_column(void **state)
{
	struct table *table = two_columns();

	table_cell(table, STYLE_PLAIN,
		"K\xc3\xbc"
		"che");
	table_cell(table, STYLE_PLAIN, "1");
	printed(table, false, 0,
		"NAME   COUNT\nK\xc3\xbc"
		"che      1\n");
}

static void colour_does_not_move_columns(void **state)
{
	struct table *table = two_columns();

	table_cell(table, STYLE_GOOD, "x");
	table_cell(table, STYLE_PLAIN, "1");
	printed(table, true, 0,
		"\033[1mNAME\033[0m  \033[1mCOUNT\033[0m\n\033[32mx\033[0m         1\n");
}

static void the_last_column_is_broken_between_words(void **state)
{
	struct table *table = table_create();

	table_column(table, "A", TABLE_LEFT);
	table_column(table, "MEANING", TABLE_LEFT);
	table_cell(table, STYLE_PLAIN, "x");
	table_cell(table, STYLE_PLAIN, "one two three four five six");
	printed(table, false, 23,
		"A  MEANING\n"
		"x  one two three four\n"
		"   five six\n");
}

static void figures_have_units(void **state)
{
	char text[UNITS_TEXT];

	assert_string_equal(units_us(text, 0), "0 us");
	assert_string_equal(units_us(text, 999), "999 us");
	assert_string_equal(units_us(text, 12345), "12.3 ms");
	assert_string_equal(units_us(text, 123456), "123 ms");
	assert_string_equal(units_us(text, 2500000), "2.50 s");
	assert_string_equal(units_duration(text, 59.9), "00:00:59");
	assert_string_equal(units_duration(text, 90061), "1d 01:01:01");
	assert_string_equal(units_ago(text, -1), "never");
	assert_string_equal(units_ago(text, 40), "40 ms ago");
	assert_string_equal(units_ago(text, 3210), "3.2 s ago");
	assert_string_equal(units_ago(text, 300000), "5 min ago");
	assert_string_equal(units_share(text, 0), "0 %");
	assert_string_equal(units_share(text, 0.004), "<1 %");
	assert_string_equal(units_share(text, 0.126), "13 %");
	assert_string_equal(units_share(text, 1), "100 %");
}

static void counts_are_listed_largest_first(void **state)
{
	json_t *counts = json_pack("{s:i, s:i, s:i, s:i}", "a", 1, "none", 0, "b", 7, "c", 7);
	char text[64];

	assert_string_equal(reply_counts(counts, 8, text, sizeof(text)), "b 7, c 7, a 1");
	assert_string_equal(reply_counts(counts, 2, text, sizeof(text)), "b 7, c 7, ...");
	assert_string_equal(reply_counts(NULL, 2, text, sizeof(text)), "");
	/* Too little room cuts the text and nothing else. */
	reply_counts(counts, 8, text, 6);
	assert_string_equal(text, "b 7, ");
	json_decref(counts);
}

static void what_an_answer_lacks_reads_as_nothing(void **state)
{
	json_t *reply = json_pack("{s:n}", "model");

	assert_string_equal(reply_text(reply, "model"), "");
	assert_string_equal(reply_text(NULL, "model"), "");
	assert_int_equal(reply_count(reply, "count"), 0);
	assert_false(reply_flag(reply, "ready"));
	json_decref(reply);
}

static void a_line_is_cut_at_the_edge_but_not_its_colours(void **state)
{
	char line[64];
	const char *text = "\033[1mabc\033[0mdef\nnext";
	const char *rest = screen_clip(text, 4, line, sizeof(line));

	assert_string_equal(line, "\033[1mabc\033[0md");
	assert_string_equal(rest, "next");
	rest = screen_clip("abcdef\033[0m", 2, line, sizeof(line));
	assert_string_equal(line, "ab\033[0m");
	assert_string_equal(rest, "");
	screen_clip("\xc3\xa4\xc3\xb6\xc3\xbc", 2, line, sizeof(line));
	assert_string_equal(line, "\xc3\xa4\xc3\xb6");
	/* An escape that never ends does not lead beyond the text. */
	assert_string_equal(screen_clip("a\033[1", 9, line, sizeof(line)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(an_empty_table_still_has_titles),
		cmocka_unit_test(no_line_ends_in_spaces),
		cmocka_unit_test(letters_beyond_ascii_take_one_column),
		cmocka_unit_test(colour_does_not_move_columns),
		cmocka_unit_test(the_last_column_is_broken_between_words),
		cmocka_unit_test(figures_have_units),
		cmocka_unit_test(counts_are_listed_largest_first),
		cmocka_unit_test(what_an_answer_lacks_reads_as_nothing),
		cmocka_unit_test(a_line_is_cut_at_the_edge_but_not_its_colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
