/* Whoever is killed in the middle of a commit leaves the old state or the new one, and a commit
 * that nobody confirmed goes. */
#include "core/config/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test.h"

struct place {
	char folder[64], file[96];
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->folder, "/tmp/framegate-history-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->file, sizeof(place->file), "%s/gateway.yaml", place->folder);
	write_file(place->file, "one\n");
	*state = place;
	return 0;
}

static int take_away(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", place->folder);
	const int status = system(command);

	free(place);
	return status;
}

static void begin(struct history_commit *commit, const struct place *place, const char *text,
	const struct history_entry *entry)
{
	struct gw_error error;

	if (history_begin(commit, place->file, entry, text, strlen(text), true, &error) != 0)
		fail_msg("%s", error.text);
}

static void commit_as(
	const struct place *place, const char *text, const struct history_entry *entry)
{
	struct history_commit commit;
	struct gw_error error;

	begin(&commit, place, text, entry);
	assert_int_equal(history_end(&commit, place->file, &error), 0);
}

static void commit(const struct place *place, const char *text)
{
	commit_as(place, text, &(struct history_entry){.who = "uid 7 (anna)", .from = "api"});
}

static void assert_says(const char *path, const char *text)
{
	char content[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	(void)!fread(content, 1, sizeof(content) - 1, file);
	fclose(file);
	assert_string_equal(content, text);
}

static void assert_text(const struct place *place, uint32_t number, const char *text)
{
	struct history_entry entry;
	struct gw_error error;
	size_t size;
	char *said;

	if (history_read(place->file, number, &entry, &said, &size, &error) != 0)
		fail_msg("%s", error.text);
	assert_string_equal(said, text);
	assert_int_equal(size, strlen(text));
	free(said);
}

/* As a start does; returns what it says. */
static const char *mend(const struct place *place)
{
	static struct gw_error said;
	struct gw_error error;

	if (history_mend(place->file, &said, &error) != 0)
		fail_msg("%s", error.text);
	return said.text;
}

/* How many files there are in the folder of the history. */
static int files(const struct place *place)
{
	char command[160];
	int count = -1;

	snprintf(command, sizeof(command), "ls %s.history 2>/dev/null | wc -l", place->file);
	FILE *pipe = popen(command, "r");

	assert_int_equal(fscanf(pipe, "%d", &count), 1);
	pclose(pipe);
	return count;
}

static void who_when_from_where_and_why_are_kept(void **state)
{
	static const struct history_entry hostile = {
		.who = "uid 7 (anna)", .from = "api", .comment = "a\nb: \"c\" # \xc3\xa9"};
	struct place *place = *state;
	struct history_entry entry;
	struct gw_error error;

	assert_int_equal(history_newest(place->file), 0);
	assert_string_equal(mend(place), "");
	commit_as(place, "two\n", &hostile);
	assert_says(place->file, "two\n");
	assert_text(place, 1, "two\n");
	assert_int_equal(history_read(place->file, 1, &entry, NULL, NULL, &error), 0);
	assert_string_equal(entry.who, hostile.who);
	assert_string_equal(entry.comment, hostile.comment);
	assert_true(entry.time > 0);
	assert_int_equal(history_read(place->file, 2, &entry, NULL, NULL, &error), -ENOENT);
}

static void only_the_last_fifty_are_kept(void **state)
{
	struct place *place = *state;
	uint32_t numbers[HISTORY_MOST];
	char text[16];

	for (int i = 1; i <= 53; i++) {
		snprintf(text, sizeof(text), "%d\n", i);
		commit(place, text);
	}
	assert_int_equal(history_list(place->file, numbers), 50);
	assert_int_equal(numbers[0], 4);
	assert_int_equal(numbers[49], 53);
	assert_text(place, 53, "53\n");
	assert_int_equal(files(place), 50);
}

static void a_kill_before_the_oldest_went_leaves_no_more_than_fifty(void **state)
{
	struct place *place = *state;
	struct history_commit half;
	struct gw_error error;
	uint32_t numbers[HISTORY_MOST];
	char text[16];

	for (int i = 1; i <= 50; i++) {
		snprintf(text, sizeof(text), "%d\n", i);
		commit(place, text);
	}
	begin(&half, place, "51\n", &(struct history_entry){.who = "x", .from = "api"});
	assert_int_equal(fresh_file_place(&half.stored, &error), 0);
	assert_int_equal(fresh_file_place(&half.record, &error), 0);
	assert_int_equal(history_list(place->file, numbers), 50);
	assert_int_equal(numbers[0], 2);
	assert_int_equal(files(place), 51);
	mend(place);
	assert_int_equal(history_list(place->file, numbers), 50);
	assert_int_equal(numbers[0], 2);
	assert_int_equal(files(place), 50);
}

static void a_kill_before_the_moment_leaves_the_old_state(void **state)
{
	struct place *place = *state;
	struct history_commit lost;

	commit(place, "two\n");
	begin(&lost, place, "three\n", &(struct history_entry){.who = "x", .from = "api"});
	assert_int_equal(files(place), 3);
	assert_string_equal(mend(place), "");
	assert_says(place->file, "two\n");
	assert_int_equal(history_newest(place->file), 1);
	assert_int_equal(files(place), 1);
}

static void a_kill_right_after_the_moment_leaves_the_new_state(void **state)
{
	struct place *place = *state;
	struct history_commit half;
	struct gw_error error;

	commit(place, "two\n");
	begin(&half, place, "three\n", &(struct history_entry){.who = "x", .from = "api"});
	assert_int_equal(fresh_file_place(&half.stored, &error), 0);
	assert_int_equal(history_newest(place->file), 1);
	mend(place);
	assert_says(place->file, "three\n");
	assert_text(place, 2, "three\n");
	assert_int_equal(files(place), 2);
}

static void a_record_that_was_cut_off_is_none(void **state)
{
	struct place *place = *state;
	char path[160];

	commit(place, "two\n");
	snprintf(path, sizeof(path), "%s.history/00000002.yaml.abcdef", place->file);
	write_file(path, "# framegate commit {\"ti");
	mend(place);
	assert_int_equal(files(place), 1);
	assert_int_equal(history_newest(place->file), 1);
}

/* Commits "two" and then "three", which waits. */
static void commit_unconfirmed(const struct place *place, int64_t deadline, uint32_t starts)
{
	struct history_entry waits = {.who = "x", .from = "api", .back = 1, .deadline = deadline};

	waits.starts = starts;
	history_boot(waits.boot);
	commit(place, "two\n");
	commit_as(place, "three\n", &waits);
}

static void what_nobody_confirmed_is_taken_back_at_the_next_start(void **state)
{
	struct place *place = *state;

	commit_unconfirmed(place, gw_now() + 100 * GW_NS_PER_S, 0);
	assert_non_null(strstr(mend(place), "commit 2 was not confirmed: back to commit 1"));
	assert_says(place->file, "two\n");
	assert_text(place, 3, "two\n");
	assert_string_equal(mend(place), "");
}

static void what_needs_a_restart_outlives_one_until_its_deadline(void **state)
{
	struct place *place = *state;

	commit_unconfirmed(place, gw_now() + 100 * GW_NS_PER_S, 1);
	assert_string_equal(mend(place), "");
	assert_says(place->file, "three\n");
	assert_text(place, 2, "three\n");
	/* It did not come up, or was killed. */
	assert_string_not_equal(mend(place), "");
	assert_says(place->file, "two\n");
}

static void a_deadline_that_passed_is_kept_at_the_start(void **state)
{
	struct place *place = *state;

	commit_unconfirmed(place, gw_now() - 1, 1);
	assert_string_not_equal(mend(place), "");
	assert_says(place->file, "two\n");
}

static void a_deadline_of_another_boot_has_passed(void **state)
{
	struct place *place = *state;
	struct history_entry waits = {.who = "x",
		.from = "api",
		.back = 1,
		.deadline = INT64_MAX,
		.boot = "00000000-0000-4000-8000-000000000000",
		.starts = 1};

	commit(place, "two\n");
	commit_as(place, "three\n", &waits);
	assert_string_not_equal(mend(place), "");
	assert_says(place->file, "two\n");
}

static void what_was_confirmed_stays(void **state)
{
	struct place *place = *state;
	struct history_entry entry;
	struct gw_error error;

	commit_unconfirmed(place, gw_now() - 1, 0);
	assert_int_equal(history_read(place->file, 2, &entry, NULL, NULL, &error), 0);
	assert_int_equal(entry.back, 1);
	entry.back = 0;
	assert_int_equal(history_settle(place->file, &entry, &error), 0);
	assert_string_equal(mend(place), "");
	assert_says(place->file, "three\n");
	assert_text(place, 2, "three\n");
}

static void a_file_that_somebody_wrote_meanwhile_is_left_alone(void **state)
{
	struct place *place = *state;

	commit_unconfirmed(place, gw_now() - 1, 0);
	write_file(place->file, "mine\n");
	assert_string_equal(mend(place), "");
	assert_says(place->file, "mine\n");
}

static void a_folder_that_cannot_be_made_is_said(void **state)
{
	struct place *place = *state;
	struct history_commit commit_;
	struct gw_error error;
	char path[160];

	snprintf(path, sizeof(path), "%s/nosuch/gateway.yaml", place->folder);
	assert_int_equal(history_begin(&commit_, path, &(struct history_entry){.who = "x"}, "a", 1,
				 true, &error),
		-ENOENT);
	assert_non_null(strstr(error.text, "nothing was changed: No such file"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, take_away)
	const struct CMUnitTest tests[] = {
		TEST(who_when_from_where_and_why_are_kept),
		TEST(only_the_last_fifty_are_kept),
		TEST(a_kill_before_the_oldest_went_leaves_no_more_than_fifty),
		TEST(a_kill_before_the_moment_leaves_the_old_state),
		TEST(a_kill_right_after_the_moment_leaves_the_new_state),
		TEST(a_record_that_was_cut_off_is_none),
		TEST(what_nobody_confirmed_is_taken_back_at_the_next_start),
		TEST(what_needs_a_restart_outlives_one_until_its_deadline),
		TEST(a_deadline_that_passed_is_kept_at_the_start),
		TEST(a_deadline_of_another_boot_has_passed),
		TEST(what_was_confirmed_stays),
		TEST(a_file_that_somebody_wrote_meanwhile_is_left_alone),
		TEST(a_folder_that_cannot_be_made_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
