/* The log goes on after whatever befell it, and says so. */
#include "mgmt/audit_log/log_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "mgmt/audit_log/test_folder.h"

static void lines_have_numbers_a_time_and_what_was_given(void **state)
{
	struct fixture *f = *state;
	char line[512];

	assert_int_equal(append(f, "one\n\xc3\xa9"), 0);
	assert_int_equal(append(f, "two"), 0);
	snprintf(f->path, sizeof(f->path), "%s/audit-000000000001.jsonl", f->folder);
	FILE *file = fopen(f->path, "r");
	assert_non_null(fgets(line, sizeof(line), file));
	assert_non_null(strstr(line, "{\"n\":1,\"time\":\"20"));
	assert_non_null(strstr(
		line, "Z\",\"text\":\"one\\n\\u00E9\",\"previous\":\"" AUDIT_NOTHING "\"}\n"));
	assert_non_null(fgets(line, sizeof(line), file));
	assert_non_null(strstr(line, "{\"n\":2,"));
	fclose(file);
}

static void it_is_for_its_owner_alone(void **state)
{
	struct fixture *f = *state;
	struct stat stat_;

	assert_int_equal(append(f, "one"), 0);
	snprintf(f->path, sizeof(f->path), "%s/audit-000000000001.jsonl", f->folder);
	assert_int_equal(stat(f->path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0777, 0600);
	snprintf(f->path, sizeof(f->path), "%s/head.json", f->folder);
	assert_int_equal(stat(f->path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0777, 0600);
}

static void it_goes_on_after_a_restart(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(append(f, "one"), 0);
		reopen(f);
	}
	assert_int_equal(append(f, "two"), 0);
	look(f);
	assert_int_equal(f->check.faults, 0);
	assert_int_equal(f->check.last, 4);
	assert_int_equal(f->health.count, 0);
}

static void what_is_not_whole_is_a_trouble_and_goes_on(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(append(f, "one"), 0);
	assert_int_equal(append(f, "two"), 0);
	audit_log_close(f->log);
	snprintf(f->path, sizeof(f->path), "%s/audit-000000000001.jsonl", f->folder);
	assert_int_equal(truncate(f->path, 20), 0);
	f->log = audit_log_open(f->folder);
	assert_int_equal(append(f, "three"), 0);
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	look(f);
	assert_int_equal(f->health.count, 1);
	assert_string_equal(f->health.trouble[0].id, "api.audit_log.broken");
	/* No number is given twice, and what is gone stays gone. */
	assert_int_equal(f->check.last, 4);
	assert_true(f->check.faults > 0);
	assert_non_null(strstr(f->check.fault[0], "line"));
	reopen(f);
	look(f);
	assert_int_equal(f->health.count, 1);
}

static void the_oldest_file_goes_and_the_rest_is_whole(void **state)
{
	struct fixture *f = *state;
	uint64_t first[AUDIT_FILES_LISTED];
	char *text = malloc(AUDIT_FILE_BYTES / 2);

	memset(text, 'x', AUDIT_FILE_BYTES / 2);
	text[AUDIT_FILE_BYTES / 2 - 1] = '\0';
	for (int i = 0; i < 2 * (AUDIT_FILES + 3); i++) {
		assert_int_equal(append(f, text), 0);
		assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	}
	free(text);
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	assert_int_equal(audit_files(f->folder, first), AUDIT_FILES);
	look(f);
	assert_int_equal(f->check.faults, 0);
	assert_true(f->check.first > 1);
	reopen(f);
	look(f);
	assert_int_equal(f->check.faults, 0);
	/* Of those that are left, the oldest must not go. */
	assert_int_equal(audit_path(f->folder, first[0], f->path), 0);
	unlink(f->path);
	look(f);
	assert_true(f->check.faults > 0);
}

static void *append_many(void *arg)
{
	struct audit_log *log = arg;
	struct gw_error error;
	uint64_t number;
	json_t *entry = json_pack("{s:s}", "text", "one of many");

	for (int i = 0; i < 200; i++) {
		assert_int_equal(audit_log_append(log, entry, &number, &error), 0);
		if (i % 50 == 0)
			assert_int_equal(audit_log_settle(log, 0, &error), 0);
	}
	json_decref(entry);
	return NULL;
}

static void threads_that_write_at_once_write_a_whole_log(void **state)
{
	struct fixture *f = *state;
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, append_many, f->log), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
		look(f);
		assert_int_equal(f->check.faults, 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	look(f);
	assert_int_equal(f->check.faults, 0);
	assert_int_equal(f->check.last, 800);
}

/* No file may grow any more. */
static void a_full_disk_writes_nothing_and_is_over_when_there_is_room(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, none;
	char text[2048];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(append(f, "one"), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	none = (struct rlimit){1024, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_true(append(f, text) < 0);
	assert_non_null(strstr(f->error.text, "cannot be written"));
	f->health = (struct gw_health){0};
	audit_log_health(f->log, &f->health);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(f->health.count, 1);
	assert_string_equal(f->health.trouble[0].id, "api.audit_log");
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	assert_int_equal(append(f, "two"), 0);
	look(f);
	assert_int_equal(f->health.count, 0);
	assert_int_equal(f->check.faults, 0);
	assert_int_equal(f->check.last, 2);
}

static void a_folder_that_cannot_be_made_is_tried_again(void **state)
{
	struct fixture *f = *state;
	struct audit_log *other;
	uint64_t number;
	json_t *entry = json_pack("{s:s}", "text", "one");

	snprintf(f->path, sizeof(f->path), "%s/not-yet/log", f->folder);
	other = audit_log_open(f->path);
	assert_true(audit_log_append(other, entry, &number, &f->error) < 0);
	audit_log_health(other, &f->health);
	assert_int_equal(f->health.count, 1);
	snprintf(f->path, sizeof(f->path), "%s/not-yet", f->folder);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(audit_log_settle(other, 0, &f->error), 0);
	assert_int_equal(audit_log_append(other, entry, &number, &f->error), 0);
	assert_int_equal(number, 1);
	json_decref(entry);
	audit_log_close(other);
	snprintf(f->path, sizeof(f->path), "%s/not-yet/log", f->folder);
	test_folder_remove(f->path);
	snprintf(f->path, sizeof(f->path), "%s/not-yet", f->folder);
	test_folder_remove(f->path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_have_numbers_a_time_and_what_was_given),
		TEST(it_is_for_its_owner_alone),
		TEST(it_goes_on_after_a_restart),
		TEST(what_is_not_whole_is_a_trouble_and_goes_on),
		TEST(the_oldest_file_goes_and_the_rest_is_whole),
		TEST(threads_that_write_at_once_write_a_whole_log),
		TEST(a_full_disk_writes_nothing_and_is_over_when_there_is_room),
		TEST(a_folder_that_cannot_be_made_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
