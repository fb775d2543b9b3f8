/* What became of an update, as its file says it. */
#include "mgmt/alarms/update.h"

#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test_log.h"
#include "mgmt/handmade.h"

#define FAILED \
	"{\"version\": \"0.2.0\", \"running\": \"0.1.0\", \"state\": \"failed\", \"text\": \"it " \
	"was not well\"}"

struct fixture {
	struct handmade made;
	struct alarm_update *update;
	char path[128];
	int64_t now;
	struct test_log log;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct gw_alarms_config *alarms;

	handmade_open(&f->made);
	alarms = f->made.gw.config->alarms;
	snprintf(f->path, sizeof(f->path), "%s/outcome.json", f->made.folder);
	free(alarms->update);
	alarms->update = strdup(f->path);
	f->update = alarm_update_open(&f->made.gw);
	f->now = gw_now();
	test_log_begin(&f->log);
	*state = f;
	return f->update ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	test_log_end(&f->log);
	unlink(f->path);
	alarm_update_close(f->update);
	handmade_close(&f->made);
	free(f);
	return 0;
}

/* As the updater writes it: another file takes the place of the one that is there. */
static void write_outcome(struct fixture *f, const char *text)
{
	char beside[160];
	FILE *file;

	snprintf(beside, sizeof(beside), "%s.new", f->path);
	file = fopen(beside, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(rename(beside, f->path), 0);
}

/* Whether the alarm is raised after a look; its text then. */
static bool raised(struct fixture *f, char text[GW_TROUBLE_TEXT])
{
	struct gw_alarm list[4];
	struct gw_alarms *alarms = f->made.gw.alarms;

	alarm_update_look(f->update);
	gw_alarms_begin(alarms, f->now += GW_NS_PER_S, gw_now_utc());
	alarm_update_say(f->update, (struct gw_alarm_patience){0, 0});
	gw_alarms_end(alarms);
	const size_t count = gw_alarms_list(alarms, list, 4);

	assert_in_range(count, 0, 1);
	if (count == 0)
		return false;
	assert_int_equal(list[0].kind, GW_ALARM_UPDATE_FAILED);
	strcpy(text, list[0].text);
	return true;
}

static void one_that_failed_is_told_until_the_next(void **state)
{
	struct fixture *f = *state;
	char text[GW_TROUBLE_TEXT];

	assert_false(raised(f, text));
	write_outcome(f, FAILED);
	assert_true(raised(f, text));
	assert_string_equal(
		text, "the update to 0.2.0 failed: it was not well; what runs is 0.1.0");
	assert_true(raised(f, text));
	write_outcome(f, "{\"version\": \"0.3.0\", \"state\": \"installed\"}");
	assert_false(raised(f, text));
	write_outcome(f, FAILED);
	assert_true(raised(f, text));
	assert_int_equal(unlink(f->path), 0);
	assert_false(raised(f, text));
	assert_string_equal(test_log_said(&f->log), "");
}

static void every_other_state_is_none(void **state)
{
	static const char *const states[] = {"installed", "good", "rolled_back"};
	struct fixture *f = *state;
	char text[GW_TROUBLE_TEXT];

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		snprintf(text, sizeof(text), "{\"version\": \"1\", \"state\": \"%s\"}", states[i]);
		write_outcome(f, text);
		assert_false(raised(f, text));
	}
	assert_string_equal(test_log_said(&f->log), "");
}

/* It is said once, and what was known stays: garbage does not end an alarm. */
static void what_says_nothing_is_told_and_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"", "failed", "[]", "{\"state\": \"sunny\"}", "{\"state\": 7}", "{\"state\":"};
	struct fixture *f = *state;
	char text[GW_TROUBLE_TEXT], *lot = calloc(1, 5000);

	write_outcome(f, FAILED);
	assert_true(raised(f, text));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_outcome(f, wrong[i]);
		assert_true(raised(f, text));
		assert_non_null(
			strstr(test_log_said(&f->log), "does not say what became of an update"));
		test_log_end(&f->log);
		test_log_begin(&f->log);
		assert_true(raised(f, text));
		assert_string_equal(test_log_said(&f->log), "");
	}
	memset(lot, ' ', 4999);
	write_outcome(f, lot);
	assert_true(raised(f, text));
	assert_non_null(strstr(test_log_said(&f->log), "longer than 4096 bytes"));
	free(lot);
}

static void a_pipe_in_its_place_holds_up_nobody(void **state)
{
	struct fixture *f = *state;
	char text[GW_TROUBLE_TEXT];

	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_false(raised(f, text));
}

/* Still raised, with one line that says why, and none more at the next look. */
static void assert_stays(struct fixture *f, const char *why)
{
	char text[GW_TROUBLE_TEXT];

	assert_true(raised(f, text));
	assert_non_null(strstr(test_log_said(&f->log), why));
	test_log_end(&f->log);
	test_log_begin(&f->log);
	assert_true(raised(f, text));
	assert_string_equal(test_log_said(&f->log), "");
}

static void what_cannot_be_read_is_told_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	char text[GW_TROUBLE_TEXT];

	write_outcome(f, FAILED);
	assert_true(raised(f, text));
	assert_int_equal(unlink(f->path), 0);
	/* No user may read that one, not even root. */
	assert_int_equal(symlink(f->path, f->path), 0);
	assert_stays(f, strerror(ELOOP));
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_stays(f, "it is no file");
	write_outcome(f, FAILED);
	assert_true(raised(f, text));
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_stays(f, "it is no file");
	assert_int_equal(rmdir(f->path), 0);
	assert_false(raised(f, text));
}

#define UPDATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UPDATE_TEST(one_that_failed_is_told_until_the_next),
		UPDATE_TEST(every_other_state_is_none),
		UPDATE_TEST(what_says_nothing_is_told_and_changes_nothing),
		UPDATE_TEST(a_pipe_in_its_place_holds_up_nobody),
		UPDATE_TEST(what_cannot_be_read_is_told_and_changes_nothing),
	};

	return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
