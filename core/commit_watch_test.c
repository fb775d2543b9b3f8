/* A commit that somebody has to confirm: what comes when nobody does, and who is told. */
#include "core/commit_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/api.h"
#include "core/clock.h"
#include "core/config/history.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_nobody_confirms_comes_back),
		TEST(who_set_a_deadline_is_who_goes_back),
		TEST(what_nobody_can_write_down_comes_back_all_the_same),
		TEST(a_way_back_that_fails_is_written_down_once_and_when_it_is_done),
		TEST(the_next_way_back_that_fails_is_written_down_too),
		TEST(what_somebody_confirms_stays),
		TEST(a_deadline_goes_on_after_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
