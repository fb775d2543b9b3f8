/* A commit is made whole or not at all, on the running gateway, in its file and in its history. */
#include "core/commit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/api.h"
#include "core/clock.h"
#include "core/config/history.h"
#include "core/log.h"
#include "core/test.h"
#include "core/test_gateway.h"
#include "core/test_log.h"

#define REST "kafka: {frames: {every: 10}}\n"
#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}\n"
#define BEFORE REST "cameras:\n" CAMERA("a", "1")

struct fixture {
	char folder[64], file[96];
	struct gw gw;
	struct test_log log;
	struct gw_commit_outcome outcome;
	struct gw_error error;
};

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

/* Cameras whose names begin with "odd" cannot be prepared. */
static int toy_prepare(struct gw_stage *stage, struct gw_camera *is, const struct gw_camera *was,
	struct gw_error *error)
{
	if (strncmp(is->config->name, "odd", 3) == 0)
		return gw_error_set(error, -EIO, "it is odd");
	return 0;
}

static const struct gw_stage_ops toy = {
	.name = "rx", .open = toy_open, .close = toy_close, .camera_prepare = toy_prepare};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/framegate-commit-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->file, sizeof(f->file), "%s/gateway.yaml", f->folder);
	write_file(f->file, BEFORE);
	if (test_gateway_open(&f->gw, BEFORE, NULL, GW_STAGE_RX, &toy, &f->error) != 0)
		fail_msg("%s", f->error.text);
	f->gw.config_path = f->file;
	gw_log_open(GW_LOG_STDERR, GW_LOG_INFO);
	test_log_begin(&f->log);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	test_log_end(&f->log);
	test_gateway_close(&f->gw);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	const int status = system(command);

	json_decref(f->outcome.differences);
	free(f);
	return status;
}

static int wish(struct fixture *f, const char *text, struct gw_commit_wish wish)
{
	wish.text = text;
	wish.size = text ? strlen(text) : 0;
	wish.who = "uid 7 (anna)";
	wish.from = "api";
	json_decref(f->outcome.differences);
	return gw_commit_make(&f->gw, &wish, &f->outcome, &f->error);
}

#define WISH(...) ((struct gw_commit_wish){__VA_ARGS__})

static void must(struct fixture *f, const char *text, struct gw_commit_wish how)
{
	if (wish(f, text, how) != 0)
		fail_msg("%s", f->error.text);
	assert_int_equal(f->outcome.result, GW_COMMIT_MADE);
}

static int rollback(struct fixture *f, uint32_t number)
{
	struct gw_commit_wish back = {.who = "uid 7 (anna)", .from = "api", .restart = true};

	json_decref(f->outcome.differences);
	return gw_commit_rollback(&f->gw, number, &back, &f->outcome, &f->error);
}

static uint16_t port_of(struct fixture *f, const char *name)
{
	const uint32_t id = gw_camera_find(&f->gw, name);

	return id == GW_NO_CAMERA ? 0 : gw_camera_now(&f->gw, id)->config->port;
}

static void assert_stored(const struct fixture *f, const char *text)
{
	char content[2048] = "";
	FILE *file = fopen(f->file, "r");

	assert_non_null(file);
	(void)!fread(content, 1, sizeof(content) - 1, file);
	fclose(file);
	assert_string_equal(content, text);
}

static const char *comment_of(const struct fixture *f, uint32_t number)
{
	static struct history_entry entry;
	struct gw_error error;

	assert_int_equal(history_read(f->file, number, &entry, NULL, NULL, &error), 0);
	return entry.comment;
}

static void what_is_committed_is_in_effect_stored_and_kept(void **state)
{
	static const char after[] = "# mine\n" REST "cameras:\n" CAMERA("a", "2") CAMERA("b", "1");
	struct fixture *f = *state;

	must(f, after, WISH(.comment = "for the door"));
	assert_int_equal(f->outcome.number, 2);
	assert_int_equal(json_array_size(f->outcome.differences), 2);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(port_of(f, "b"), 1);
	assert_stored(f, after);
	assert_string_equal(comment_of(f, 1), "as it was before the first commit");
	assert_string_equal(comment_of(f, 2), "for the door");
	assert_int_equal(wish(f, after, WISH(.who = 0)), 0);
	assert_int_equal(f->outcome.result, GW_COMMIT_NOTHING);
	assert_int_equal(history_newest(f->file), 2);
}

static void one_that_fails_half_way_is_taken_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wish(f,
				 "kafka: {frames: {every: 3}}\ncameras:\n" CAMERA("b", "2")
					 CAMERA("a", "3") CAMERA("odd", "5") CAMERA("z", "6"),
				 WISH(.who = 0)),
		-EIO);
	assert_non_null(strstr(f->error.text, "camera odd: it is odd"));
	assert_int_equal(port_of(f, "a"), 1);
	assert_int_equal(f->gw.cameras->count, 1);
	assert_int_equal(f->gw.cameras->slot[0].sample_every, 10);
	assert_stored(f, BEFORE);
	assert_int_equal(history_newest(f->file), 1);
}

static void one_that_cannot_be_stored_is_taken_back(void **state)
{
	struct fixture *f = *state;
	char command[256];

	/* Its history cannot be: something is in its place. */
	snprintf(command, sizeof(command), "%s.history", f->file);
	write_file(command, "");
	assert_int_not_equal(wish(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.who = 0)), 0);
	assert_int_equal(port_of(f, "a"), 1);
	assert_stored(f, BEFORE);
}

static void what_is_not_valid_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wish(f, "cameras: [{name: a, colour: blue}]\n", WISH(.who = 0)), -EINVAL);
	assert_non_null(strstr(f->error.text, "unknown key"));
	assert_int_equal(wish(f,
				 REST "cameras: [{name: a, source: 10.0.0.1, destination: "
				      "10.0.0.2, port: 1, model: nosuch}]\n",
				 WISH(.who = 0)),
		-EINVAL);
	assert_non_null(strstr(f->error.text, "camera a names a model"));
	assert_int_equal(wish(f, BEFORE "interfaces: [{name: lan0, device: '0000:ff:1f.7'}]\n",
				 WISH(.restart = true)),
		-EINVAL);
	assert_non_null(strstr(f->error.text, "interface lan0: there is no /sys/bus/pci/devices"));
	assert_int_equal(
		wish(f,
			BEFORE
			"interfaces: [{name: lan0, device: 'net_af_packet0,iface=nosuch0'}]\n",
			WISH(.restart = true)),
		-EINVAL);
	assert_non_null(strstr(f->error.text, "/sys/class/net/nosuch0"));
	assert_int_equal(history_newest(f->file), 0);
}

static void what_needs_a_restart_is_said_before(void **state)
{
	static const char after[] =
		"decode: {workers: 2}\nkafka: {frames: {every: 3}}\ncameras:\n" CAMERA("a", "1");
	struct fixture *f = *state;

	assert_int_equal(wish(f, after, WISH(.who = 0)), 0);
	assert_int_equal(f->outcome.result, GW_COMMIT_RESTART);
	assert_true(f->outcome.restart);
	assert_int_equal(f->gw.cameras->slot[0].sample_every, 10);
	assert_stored(f, BEFORE);
	must(f, after, WISH(.restart = true));
	assert_int_equal(f->gw.cameras->slot[0].sample_every, 3);
	assert_int_equal(f->gw.config->decode->workers, 1);
	assert_stored(f, after);
	assert_non_null(strstr(test_log_said(&f->log),
		"`decode.workers` changed from 1 to 2: restart gwd to apply it"));
}

/* Otherwise it would be lost with the next camera that somebody keeps. */
static void what_waits_for_a_restart_keeps_waiting(void **state)
{
	struct fixture *f = *state;
	struct gw_config *stored;

	must(f, "decode: {workers: 2}\n" BEFORE, WISH(.restart = true));
	assert_int_equal(gw_camera_remove(&f->gw, "a", &f->error), 0);
	must(f, NULL, WISH(.who = 0));
	assert_int_equal(gw_config_load(f->file, &stored, &f->error), 0);
	assert_int_equal(stored->decode->workers, 2);
	assert_int_equal(stored->cameras_count, 0);
	gw_config_free(stored);
}

static void a_look_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wish(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.check = true)), 0);
	assert_int_equal(f->outcome.result, GW_COMMIT_CHECKED);
	assert_int_equal(json_array_size(f->outcome.differences), 1);
	assert_int_equal(port_of(f, "a"), 1);
	assert_int_equal(history_newest(f->file), 0);
}

static void whoever_is_late_hears_what_came_since(void **state)
{
	struct fixture *f = *state;
	char revision[GW_REVISION], later[GW_REVISION];

	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.who = 0));
	assert_int_equal(gw_commit_revision(&f->gw, revision, &f->error), 0);
	must(f, REST "cameras:\n" CAMERA("a", "3"), WISH(.revision = revision));
	assert_int_equal(
		wish(f, REST "cameras:\n" CAMERA("a", "4"), WISH(.revision = revision)), 0);
	assert_int_equal(f->outcome.result, GW_COMMIT_STALE);
	const json_t *since = json_array_get(f->outcome.differences, 0);

	assert_string_equal(json_string_value(json_object_get(since, "path")), "cameras[a].port");
	assert_string_equal(json_string_value(json_object_get(since, "was")), "2");
	assert_string_equal(json_string_value(json_object_get(since, "is")), "3");
	assert_int_equal(port_of(f, "a"), 3);
	/* What was changed and not committed counts too. */
	assert_int_equal(gw_commit_revision(&f->gw, revision, &f->error), 0);
	assert_int_equal(gw_camera_remove(&f->gw, "a", &f->error), 0);
	assert_int_equal(gw_commit_revision(&f->gw, later, &f->error), 0);
	assert_string_not_equal(revision, later);
}

static void what_nobody_confirms_comes_back(void **state)
{
	struct fixture *f = *state;

	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.confirm_s = 60));
	assert_int_equal(wish(f, BEFORE, WISH(.who = 0)), -EBUSY);
	assert_non_null(strstr(f->error.text, "commit 2 waits for its confirmation"));
	gw_commit_upkeep(&f->gw, gw_now() + 59 * GW_NS_PER_S);
	assert_int_equal(port_of(f, "a"), 2);
	gw_commit_upkeep(&f->gw, gw_now() + 61 * GW_NS_PER_S);
	assert_int_equal(port_of(f, "a"), 1);
	assert_stored(f, BEFORE);
	assert_string_equal(comment_of(f, 3), "it was not confirmed in time");
	assert_int_equal(gw_commit_confirm(&f->gw, "x", &f->error), -ENOENT);
	must(f, REST "cameras:\n" CAMERA("a", "5"), WISH(.who = 0));
}

/* What a witness was told. */
struct told {
	int asked, done, fails; /* `fails`: it cannot write */
	char who[96], from[32], path[64], comment[64];
	char before[GW_REVISION], after[GW_REVISION];
	int status;
};

static int on_asked(void *owner, const struct gw_api_route *route, const char *path,
	const struct gw_request *request, uint64_t *number, struct gw_error *error)
{
	struct told *told = owner;

	if (told->fails)
		return gw_error_set(error, -ENOSPC, "its disk is full");
	assert_true(route->slow);
	assert_int_equal(request->role, GW_ROLE_ADMIN);
	snprintf(told->who, sizeof(told->who), "%s", request->who);
	snprintf(told->from, sizeof(told->from), "%s", request->from);
	snprintf(told->path, sizeof(told->path), "%s %s", route->method, path);
	snprintf(told->comment, sizeof(told->comment), "%s",
		json_string_value(json_object_get(request->body, "comment")));
	*number = (uint64_t)++told->asked;
	return 0;
}

static void on_done(void *owner, const struct gw_api_route *route, uint64_t number,
	const struct gw_reply *reply)
{
	struct told *told = owner;
	const char *before = json_string_value(json_object_get(reply->change, "before"));
	const char *after = json_string_value(json_object_get(reply->change, "after"));

	assert_int_equal(number, told->asked);
	snprintf(told->before, sizeof(told->before), "%s", before ? before : "");
	snprintf(told->after, sizeof(told->after), "%s", after ? after : "");
	told->status = reply->status;
	told->done++;
}

static void who_set_a_deadline_is_who_goes_back(void **state)
{
	struct fixture *f = *state;
	struct told told = {0};
	const struct gw_api_witness witness = {.asked = on_asked, .done = on_done, .owner = &told};
	char before[GW_REVISION], after[GW_REVISION];

	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.confirm_s = 60));
	assert_int_equal(gw_commit_revision(&f->gw, before, &f->error), 0);
	f->gw.witness = &witness;
	gw_commit_upkeep(&f->gw, gw_now() + 61 * GW_NS_PER_S);
	f->gw.witness = NULL;
	assert_int_equal(gw_commit_revision(&f->gw, after, &f->error), 0);
	assert_int_equal(told.asked, 1);
	assert_int_equal(told.done, 1);
	assert_string_equal(told.who, "uid 7 (anna)");
	assert_string_equal(told.from, "deadline");
	assert_string_equal(told.path, "POST config/rollback");
	assert_string_equal(told.comment, "it was not confirmed in time");
	assert_int_equal(told.status, 200);
	assert_string_equal(told.before, before);
	assert_string_equal(told.after, after);
}

/* The way back is there for who is cut off: a full disk does not take it away. */
static void what_nobody_can_write_down_comes_back_all_the_same(void **state)
{
	struct fixture *f = *state;
	struct told told = {.fails = 1};
	const struct gw_api_witness witness = {.asked = on_asked, .done = on_done, .owner = &told};

	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.confirm_s = 60));
	f->gw.witness = &witness;
	gw_commit_upkeep(&f->gw, gw_now() + 61 * GW_NS_PER_S);
	f->gw.witness = NULL;
	assert_int_equal(port_of(f, "a"), 1);
	assert_int_equal(told.done, 0);
	assert_non_null(strstr(test_log_said(&f->log), "its disk is full"));
}

/* Its history is away for a while. */
static void a_way_back_that_fails_is_written_down_once_and_when_it_is_done(void **state)
{
	struct fixture *f = *state;
	struct told told = {0};
	const struct gw_api_witness witness = {.asked = on_asked, .done = on_done, .owner = &told};
	const int64_t due = gw_now() + 61 * GW_NS_PER_S;
	char record[160], away[160];

	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.confirm_s = 60));
	snprintf(record, sizeof(record), "%s.history/00000001.yaml", f->file);
	snprintf(away, sizeof(away), "%s.away", f->file);
	if (rename(record, away) != 0)
		fail_msg("%s: %s", record, strerror(errno));
	f->gw.witness = &witness;
	for (int i = 0; i < 3; i++)
		gw_commit_upkeep(&f->gw, due + i * 11 * GW_NS_PER_S);
	assert_int_equal(told.asked, 1);
	assert_int_equal(told.done, 1);
	assert_in_range(told.status, 400, 599);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(rename(away, record), 0);
	gw_commit_upkeep(&f->gw, due + 100 * GW_NS_PER_S);
	f->gw.witness = NULL;
	assert_int_equal(port_of(f, "a"), 1);
	assert_int_equal(told.asked, 2);
	assert_int_equal(told.done, 2);
	assert_int_equal(told.status, 200);
	assert_string_equal(told.who, "uid 7 (anna)");
	assert_string_not_equal(told.before, told.after);
}

static void lapse_without_record(struct fixture *f, const char *record)
{
	char away[192];

	snprintf(away, sizeof(away), "%s.away", record);
	assert_int_equal(rename(record, away), 0);
	gw_commit_upkeep(&f->gw, gw_now() + 61 * GW_NS_PER_S);
	assert_int_equal(rename(away, record), 0);
}

/* That the way back failed once says nothing of the commits that come later. */
static void the_next_way_back_that_fails_is_written_down_too(void **state)
{
	struct fixture *f = *state;
	struct told told = {0};
	const struct gw_api_witness witness = {.asked = on_asked, .done = on_done, .owner = &told};
	char record[160];

	f->gw.witness = &witness;
	snprintf(record, sizeof(record), "%s.history/00000001.yaml", f->file);
	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.confirm_s = 60));
	lapse_without_record(f, record);
	assert_int_equal(told.done, 1);
	assert_int_equal(gw_commit_confirm(&f->gw, "x", &f->error), 0);

	snprintf(record, sizeof(record), "%s.history/00000002.yaml", f->file);
	must(f, REST "cameras:\n" CAMERA("a", "3"), WISH(.confirm_s = 60));
	lapse_without_record(f, record);
	assert_int_equal(told.asked, 2);
	assert_int_equal(told.done, 2);
	assert_int_equal(rollback(f, 0), 0);

	snprintf(record, sizeof(record), "%s.history/00000004.yaml", f->file);
	must(f, REST "cameras:\n" CAMERA("a", "5"), WISH(.confirm_s = 60));
	lapse_without_record(f, record);
	f->gw.witness = NULL;
	assert_int_equal(told.asked, 3);
	assert_int_equal(told.done, 3);
	assert_in_range(told.status, 400, 599);
}

static void what_somebody_confirms_stays(void **state)
{
	struct fixture *f = *state;

	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.confirm_s = 60));
	assert_int_equal(gw_commit_confirm(&f->gw, "x", &f->error), 0);
	gw_commit_upkeep(&f->gw, gw_now() + 61 * GW_NS_PER_S);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(history_newest(f->file), 2);
}

static void a_deadline_goes_on_after_a_start(void **state)
{
	struct fixture *f = *state;
	struct gw_error said;

	must(f, "decode: {workers: 2}\n" REST "cameras:\n" CAMERA("a", "2"),
		WISH(.confirm_s = 60, .restart = true));
	f->gw.commits = (struct gw_commits){0};
	assert_int_equal(history_mend(f->file, &said, &f->error), 0);
	gw_commit_start(&f->gw);
	assert_true(f->gw.commits.deadline > gw_now());
	gw_commit_upkeep(&f->gw, gw_now() + 61 * GW_NS_PER_S);
	assert_stored(f, BEFORE);
}

static void one_goes_back_to_any_commit(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rollback(f, 0), -ENOENT);
	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.who = 0));
	must(f, REST "cameras:\n" CAMERA("a", "3"), WISH(.who = 0));
	assert_int_equal(rollback(f, 1), 0);
	assert_int_equal(port_of(f, "a"), 1);
	assert_stored(f, BEFORE);
	assert_string_equal(comment_of(f, 4), "back to commit 1");
	assert_int_equal(rollback(f, 0), 0);
	assert_int_equal(port_of(f, "a"), 3);
	assert_int_equal(rollback(f, 9), -ENOENT);
	/* Of one that waits: to where it would go by itself. */
	must(f, REST "cameras:\n" CAMERA("a", "7"), WISH(.confirm_s = 60));
	assert_int_equal(rollback(f, 0), 0);
	assert_int_equal(port_of(f, "a"), 3);
	assert_int_equal(f->gw.commits.deadline, 0);
}

static void a_file_that_was_written_while_nothing_ran_becomes_a_commit(void **state)
{
	struct fixture *f = *state;

	gw_commit_start(&f->gw);
	assert_int_equal(history_newest(f->file), 0);
	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.who = 0));
	gw_commit_start(&f->gw);
	assert_int_equal(history_newest(f->file), 2);
	write_file(f->file, "# by hand\n" BEFORE);
	gw_commit_start(&f->gw);
	assert_string_equal(comment_of(f, 3), "the file as it was found");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(what_is_committed_is_in_effect_stored_and_kept),
		TEST(one_that_fails_half_way_is_taken_back),
		TEST(one_that_cannot_be_stored_is_taken_back),
		TEST(what_is_not_valid_changes_nothing),
		TEST(what_needs_a_restart_is_said_before),
		TEST(what_waits_for_a_restart_keeps_waiting),
		TEST(a_look_changes_nothing),
		TEST(whoever_is_late_hears_what_came_since),
		TEST(what_nobody_confirms_comes_back),
		TEST(who_set_a_deadline_is_who_goes_back),
		TEST(what_nobody_can_write_down_comes_back_all_the_same),
		TEST(a_way_back_that_fails_is_written_down_once_and_when_it_is_done),
		TEST(the_next_way_back_that_fails_is_written_down_too),
		TEST(what_somebody_confirms_stays),
		TEST(a_deadline_goes_on_after_a_start),
		TEST(one_goes_back_to_any_commit),
		TEST(a_file_that_was_written_while_nothing_ran_becomes_a_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
