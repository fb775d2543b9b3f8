/* A disk that fails or hangs in the middle of the log: who waits for it, and what is told. */
#include "mgmt/audit_log/log_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/clock.h"
#include "mgmt/audit_log/test_folder.h"

static _Atomic int failing; /* so many syncs fail */
static _Atomic bool hold_data, hold_lines, cut; /* syncs wait; lines do; a write comes half */
static _Atomic int held, lost; /* syncs that wait; descriptors that were closed meanwhile */
static struct fixture *watched; /* somebody asks for its health while a folder is synced */
static _Atomic bool answered;
static int folders, unanswered;

/* The program's own are found before the C library's. */
#define EXPORTED __attribute__((visibility("default")))

static void *ask_for_health(void *arg)
{
	static struct gw_health health;
	struct fixture *f = arg;

	audit_log_health(f->log, &health);
	answered = true;
	return NULL;
}

static void watch(void)
{
	pthread_t asker;

	folders++;
	answered = false;
	assert_int_equal(pthread_create(&asker, NULL, ask_for_health, watched), 0);
	pthread_detach(asker);
	for (int i = 0; i < 3000 && !answered; i++)
		usleep(1000);
	unanswered += !answered;
}

/* The C library's own names of its parameters are reserved.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

EXPORTED int fdatasync(int fd)
{
	held++;
	while (hold_data)
		usleep(500);
	held--;
	lost += fcntl(fd, F_GETFD) < 0;
	if (failing <= 0)
		return (int)syscall(SYS_fdatasync, fd);
	failing--;
	errno = EIO;
	return -1;
}

EXPORTED int fsync(int fd)
{
	struct stat facts;

	if (watched && fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode))
		watch();
	return (int)syscall(SYS_fsync, fd);
}

EXPORTED ssize_t write(int fd, const void *data, size_t size)
{
	if (hold_lines) {
		held++;
		while (hold_lines)
			usleep(500);
		held--;
	}
	return syscall(SYS_write, fd, data, cut ? size / 2 : size);
}

EXPORTED int ftruncate64(int fd, off_t size)
{
	if (!cut)
		return (int)syscall(SYS_ftruncate, fd, size);
	errno = EIO;
	return -1;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* The kernel drops what it could not write, and the next sync succeeds. */
static void a_line_that_a_sync_failed_on_is_never_called_settled(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(append(f, "one"), 0);
	assert_int_equal(audit_log_settle(f->log, 1, &f->error), 0);
	assert_int_equal(append(f, "two"), 0);
	assert_int_equal(append(f, "three"), 0);
	failing = 3;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(audit_log_settle(f->log, 0, &f->error), -EIO);
		/* Whoever comes meanwhile is refused, and no file begins for each try. */
		assert_int_equal(append(f, "four"), -EIO);
	}
	look(f);
	assert_string_equal(f->health.trouble[0].id, "api.audit_log");
	assert_int_equal(audit_log_settle(f->log, 3, &f->error), -EIO);
	assert_int_equal(audit_log_settle(f->log, 2, &f->error), -EIO);
	assert_int_equal(audit_log_settle(f->log, 1, &f->error), 0);
	assert_int_equal(append(f, "five"), 0);
	assert_int_equal(audit_log_settle(f->log, 5, &f->error), 0);
	look(f);
	assert_int_equal(f->health.count, 0);
	assert_int_equal(f->check.faults, 0);
	assert_int_equal(f->check.last, 5);
	assert_non_null(strstr(f->check.path, "/audit-000000000004.jsonl"));
	char line[512];
	FILE *file = fopen(f->check.path, "r");

	assert_non_null(fgets(line, sizeof(line), file));
	assert_non_null(strstr(line, "lines 2 to 3: they may be missing after a power cut"));
	fclose(file);
}

static void *settle(void *arg)
{
	struct fixture *f = arg;

	(void)audit_log_settle(f->log, 0, NULL);
	return NULL;
}

static void begin_to_settle(struct fixture *f, pthread_t *thread)
{
	assert_int_equal(pthread_create(thread, NULL, settle, f), 0);
	for (int i = 0; i < 10000 && held == 0; i++)
		usleep(1000);
	assert_int_equal(held, 1);
}

static void nobody_waits_for_the_disk_to_hear_how_it_is(void **state)
{
	struct fixture *f = *state;
	char *text = malloc(AUDIT_FILE_BYTES);

	memset(text, 'x', AUDIT_FILE_BYTES);
	text[AUDIT_FILE_BYTES - 1] = '\0';
	assert_int_equal(append(f, text), 0);
	free(text);
	watched = f;
	/* The next file begins; then its name comes to the disk, with a line. */
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	assert_int_equal(append(f, "two"), 0);
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	watched = NULL;
	assert_true(folders >= 1);
	assert_int_equal(unanswered, 0);
}

static void half_a_line_closes_no_file_that_somebody_waits_for(void **state)
{
	struct fixture *f = *state;
	pthread_t settler;

	assert_int_equal(append(f, "one"), 0);
	lost = 0;
	hold_data = true;
	begin_to_settle(f, &settler);
	cut = true;
	assert_true(append(f, "two") < 0);
	assert_true(append(f, "three") < 0);
	cut = false;
	hold_data = false;
	pthread_join(settler, NULL);
	assert_int_equal(lost, 0);
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	assert_int_equal(append(f, "four"), 0);
	look(f);
	assert_int_equal(f->check.faults, 0);
	assert_int_equal(f->check.last, 2);
}

static const char *trouble(struct fixture *f)
{
	f->health = (struct gw_health){0};
	audit_log_health(f->log, &f->health);
	return f->health.count > 0 ? f->health.trouble[0].text : "";
}

static void *append_there(void *arg)
{
	json_t *entry = json_pack("{s:s}", "text", "from there");
	struct fixture *f = arg;
	uint64_t number;

	(void)audit_log_append(f->log, entry, &number, NULL);
	json_decref(entry);
	return NULL;
}

static void owe(struct fixture *f, const char *text)
{
	json_t *entry = json_pack("{s:s}", "text", text);

	audit_log_owe(f->log, entry);
	json_decref(entry);
}

/* How many lines of the file that is written have this in them. */
static int lines_with(struct fixture *f, const char *text)
{
	char line[512];
	int count = 0;

	look(f);
	FILE *file = fopen(f->check.path, "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, text) != NULL;
	fclose(file);
	return count;
}

/* Whoever calls what hangs stays there; nobody else does, and all is well when the disk is. */
static void hang_in(struct fixture *f, _Atomic bool *hold, void *(*there)(void *))
{
	const int64_t deadline = gw_now() + 30 * GW_NS_PER_S;
	pthread_t thread;

	assert_int_equal(append(f, "before"), 0);
	*hold = true;
	assert_int_equal(pthread_create(&thread, NULL, there, f), 0);
	while (held == 0 && gw_now() < deadline)
		usleep(1000);
	assert_string_equal(trouble(f), "");
	while (!strstr(trouble(f), "its disk has given no answer for") && gw_now() < deadline)
		usleep(10000);
	const int refused = append(f, "refused");

	owe(f, "an outcome");
	const int unsettled = audit_log_settle(f->log, 1, &f->error);
	const int still = held;

	*hold = false;
	pthread_join(thread, NULL);
	assert_int_equal(refused, -EIO);
	assert_int_equal(unsettled, -EIO);
	assert_non_null(strstr(f->error.text, "its disk gives no answer"));
	assert_int_equal(still, 1);
	assert_int_equal(append(f, "after"), 0);
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	assert_string_equal(trouble(f), "");
	assert_int_equal(lines_with(f, "\"text\":\"an outcome\""), 1);
	assert_int_equal(lines_with(f, "\"text\":\"refused\""), 0);
	assert_int_equal(f->check.faults, 0);
}

struct answer {
	struct fixture *f;
	_Atomic int status; /* 1: there is none yet */
};

static void *answer_for_the_first_line(void *arg)
{
	struct answer *answer = arg;

	answer->status = audit_log_settle(answer->f->log, 1, NULL);
	return NULL;
}

/* Whose line is there already does not stay behind one that hangs after it. */
static void a_line_that_hangs_keeps_no_other_unanswered(void **state)
{
	struct answer answer = {.f = *state, .status = 1};
	const int64_t deadline = gw_now() + 30 * GW_NS_PER_S;
	pthread_t thread, other;

	assert_int_equal(append(answer.f, "one"), 0);
	hold_lines = true;
	assert_int_equal(pthread_create(&thread, NULL, append_there, answer.f), 0);
	while (held == 0 && gw_now() < deadline)
		usleep(1000);
	assert_int_equal(pthread_create(&other, NULL, answer_for_the_first_line, &answer), 0);
	while (answer.status == 1 && gw_now() < deadline)
		usleep(10000);
	const int status = answer.status;

	hold_lines = false;
	pthread_join(thread, NULL);
	pthread_join(other, NULL);
	assert_int_equal(status, -EIO);
	assert_int_equal(audit_log_settle(answer.f->log, 1, NULL), 0);
	assert_string_equal(trouble(answer.f), "");
}

/* The first sync of a file that was opened just now is one, too. */
static void a_first_sync_that_hangs_is_told(void **state)
{
	const int64_t deadline = gw_now() + 30 * GW_NS_PER_S;
	struct fixture *f = *state, late = {0};
	char parent[64], away[64];
	pthread_t thread;

	snprintf(parent, sizeof(parent), "%.40s/there", f->folder);
	snprintf(away, sizeof(away), "%.40s/away", f->folder);
	snprintf(late.folder, sizeof(late.folder), "%.40s/there/log", f->folder);
	assert_int_equal(mkdir(parent, 0700), 0);
	audit_log_close(audit_log_open(late.folder));
	assert_int_equal(rename(parent, away), 0);
	late.log = audit_log_open(late.folder);
	assert_int_equal(rename(away, parent), 0);
	hold_data = true;
	begin_to_settle(&late, &thread);
	while (!strstr(trouble(&late), "its disk has given no answer for") && gw_now() < deadline)
		usleep(10000);
	const bool told = strstr(trouble(&late), "its disk has given no answer for");

	hold_data = false;
	pthread_join(thread, NULL);
	assert_true(told);
	assert_string_equal(trouble(&late), "");
	audit_log_close(late.log);
	test_folder_remove(late.folder);
	test_folder_remove(parent);
}

static void what_is_owed_is_paid_once_and_says_what_was_too_much(void **state)
{
	struct fixture *f = *state;
	char text[32];

	assert_int_equal(append(f, "one"), 0);
	failing = 2;
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), -EIO);
	for (int i = 0; i < 70; i++) {
		snprintf(text, sizeof(text), "outcome %d.", i);
		owe(f, text);
	}
	/* What a file in doubt has in it is written again: nothing is paid into it. */
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), -EIO);
	assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
	assert_int_equal(lines_with(f, "outcome "), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(audit_log_settle(f->log, 0, &f->error), 0);
		assert_int_equal(lines_with(f, "outcome "), 64);
		assert_int_equal(lines_with(f, "outcome 63."), 1);
		assert_int_equal(lines_with(f, "what came of 6 requests was not written"), 1);
	}
	assert_int_equal(f->check.faults, 0);
	owe(f, "the last");
	reopen(f);
	assert_int_equal(lines_with(f, "the last"), 1);
}

static void a_sync_that_hangs_keeps_nobody_waiting(void **state)
{
	hang_in(*state, &hold_data, settle);
}

static void a_line_that_hangs_keeps_nobody_waiting(void **state)
{
	hang_in(*state, &hold_lines, append_there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_that_a_sync_failed_on_is_never_called_settled),
		TEST(nobody_waits_for_the_disk_to_hear_how_it_is),
		TEST(half_a_line_closes_no_file_that_somebody_waits_for),
		TEST(a_sync_that_hangs_keeps_nobody_waiting),
		TEST(a_line_that_hangs_keeps_nobody_waiting),
		TEST(a_line_that_hangs_keeps_no_other_unanswered),
		TEST(a_first_sync_that_hangs_is_told),
		TEST(what_is_owed_is_paid_once_and_says_what_was_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
