#include "core/test.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gwd/bench/kafka/book.h"
#include "gwd/bench/kafka/page.h"

static char folder[] = "/tmp/framegate-book-XXXXXX";
static struct gw_error error;
static struct plan plan = {
	.brokers = "here:9092",
	.out = folder,
	.partitions = {1, {1}},
	.consumers = {1, {2}},
	.scenario = {true, true, true},
	.messages = 10,
	.size = 7,
};

static const struct plan_cell one = {PLAN_TOGETHER, 1, 2}, other = {PLAN_PRODUCER, 1, 0};

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

static int remove_folder(void **state)
{
	return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static json_t *cell(void)
{
	return json_pack("{s:s, s:i, s:i, s:s, s:s, s:f, s:{s:f, s:f}, s:{s:f}}", "scenario",
		"together", "partitions", 1, "consumers", 2, "limit", "broker", "because",
		"a <b> & c", "seconds", 2.0, "producing", "messages_s", 5000.0, "headroom", 3.0,
		"consuming", "messages_s", 4000.0);
}

static void what_is_finished_is_found_after_a_restart(void **state)
{
	struct book book;

	assert_int_equal(book_open(&book, &plan, &error), 0);
	assert_null(book_find(&book, &one));
	assert_int_equal(book_note_topic(&book, "mine-1", &error), 0);
	assert_int_equal(book_note_topic(&book, "mine-2", &error), 0);
	assert_int_equal(book_add(&book, cell(), &error), 0);
	book_close(&book);
	plan.resume = true;
	assert_int_equal(book_open(&book, &plan, &error), 0);
	assert_non_null(book_find(&book, &one));
	assert_null(book_find(&book, &other));
	assert_int_equal(book_strike_topic(&book, "mine-1", &error), 0);
	assert_string_equal(book_topic(&book), "mine-2");
	assert_int_equal(book_strike_topic(&book, "mine-2", &error), 0);
	assert_null(book_topic(&book));
	book_close(&book);
}

static void nobody_loses_a_book_by_accident(void **state)
{
	struct book book;

	plan.resume = false;
	assert_int_equal(book_open(&book, &plan, &error), -EEXIST);
	assert_non_null(strstr(error.text, "--resume"));
	book_close(&book);
	plan.resume = true;
	plan.messages++;
	assert_true(book_open(&book, &plan, &error) < 0);
	assert_non_null(strstr(error.text, "messages"));
	book_close(&book);
	plan.messages--;
}

static void a_file_of_somebody_else_is_refused(void **state)
{
	char path[64];
	struct book book;

	snprintf(path, sizeof(path), "%s/kafka.json", folder);
	FILE *file = fopen(path, "w");

	fputs("[", file);
	fclose(file);
	assert_true(book_open(&book, &plan, &error) < 0);
	assert_non_null(strstr(error.text, "none of ours"));
	book_close(&book);
}

static void the_page_has_a_plot_and_says_what_limits(void **state)
{
	static char text[65536];
	char path[64];
	json_t *book = json_pack("{s:{s:s, s:i, s:i, s:s}, s:{s:s, s:i}, s:[o]}", "plan", "brokers",
		"<here>", "messages", 10, "size", 7, "payload", "bytes", "machine", "processor",
		"any", "processors", 2, "cells", cell());

	snprintf(path, sizeof(path), "%s/page.html", folder);
	assert_int_equal(page_write(path, book, &error), 0);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(text, ">Together: producer</text>"));
	assert_null(strstr(text, ">Producer alone</text>"));
	assert_non_null(strstr(text, ">2 consumers</text>"));
	assert_non_null(strstr(text, "a &lt;b&gt; &amp; c"));
	assert_non_null(strstr(text, "&lt;here&gt;"));
	assert_non_null(strstr(text, "limit of 0 of the 1 cells"));
	assert_non_null(strstr(text, "at least 3.00 times"));
	json_decref(book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_finished_is_found_after_a_restart),
		cmocka_unit_test(nobody_loses_a_book_by_accident),
		cmocka_unit_test(a_file_of_somebody_else_is_refused),
		cmocka_unit_test(the_page_has_a_plot_and_says_what_limits),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
