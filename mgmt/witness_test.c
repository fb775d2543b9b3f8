/* Every request that changes something leaves its lines, and without them nothing is changed. */
#include "mgmt/witness.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "core/gateway.h"
#include "core/log.h"
#include "core/test.h"
#include "mgmt/audit_log/check_json.h"
#include "mgmt/audit_log/log.h"
#include "mgmt/audit_log/test_folder.h"

struct fixture {
	char folder[64];
	struct audit_log *log;
	struct witness witness;
	struct gw gw;
	struct gw_reply reply;
	json_t *said;
};

static int handled;

static int toy_change(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	handled++;
	reply->change = json_pack("{s:s, s:s}", "before", "off", "after", "on");
	return 204;
}

static struct rlimit before_full;

/* The disk is full from here on. */
static int toy_fill(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	getrlimit(RLIMIT_FSIZE, &before_full);
	const struct rlimit none = {1, before_full.rlim_max};

	setrlimit(RLIMIT_FSIZE, &none);
	return toy_change(owner, request, reply, error);
}

static const struct gw_api_route routes[] = {
	{GW_ROLE_ADMIN, "PUT", "things/{name}", "Quick.", .handle = toy_change},
	{GW_ROLE_ADMIN, "POST", "things/{name}", "Slow.", .handle = toy_change, .slow = true},
	{GW_ROLE_ADMIN, "PATCH", "things/{name}", "Fills.", .handle = toy_fill, .slow = true},
	{GW_ROLE_VIEWER, "GET", "things/{name}", "No change.", .handle = toy_change},
	{0},
};
static const struct gw_service_ops service_ops = {.name = "toy", .routes = routes};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_folder_make(f->folder);
	f->log = audit_log_open(f->folder);
	witness_begin(&f->witness, f->log);
	f->gw.services[0] = (struct gw_service){&service_ops, "mine"};
	f->gw.service_count = 1;
	f->gw.witness = &f->witness.of_api;
	handled = 0;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	json_decref(f->said);
	audit_log_close(f->log);
	test_folder_remove(f->folder);
	free(f);
	return 0;
}

static int call(struct fixture *f, const char *method, enum gw_role role)
{
	const struct gw_request request = {.role = role, .who = "anna", .from = "socket"};

	gw_api_call(&f->gw, method, "things/a", &request, &f->reply);
	const int status = f->reply.status;

	gw_reply_release(&f->reply);
	return status;
}

/* Line number `i`, as compact text without what differs each time. */
static const json_t *line(struct fixture *f, size_t i)
{
	struct gw_error error;

	json_decref(f->said);
	assert_int_equal(audit_check_json(f->folder, true, &f->said, &error), 0);
	assert_true(json_is_true(json_object_get(f->said, "whole")));
	return json_array_get(json_object_get(f->said, "lines"), i);
}

static void assert_says(const json_t *line, const char *key, const char *value)
{
	assert_string_equal(json_string_value(json_object_get(line, key)), value);
}

static void a_change_leaves_a_line_before_it_and_one_after(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "PUT", GW_ROLE_ADMIN), 204);
	assert_says(line(f, 0), "event", "asked");
	assert_says(line(f, 0), "path", "/api/v1/things/a");
	assert_says(line(f, 1), "event", "done");
	assert_says(line(f, 1), "before", "off");
	assert_says(line(f, 1), "after", "on");
	assert_int_equal(json_integer_value(json_object_get(line(f, 1), "asked")), 1);
	assert_null(line(f, 2));
}

static void what_only_looks_leaves_none(void **state)
{
	struct fixture *f = *state;

	call(f, "GET", GW_ROLE_VIEWER);
	assert_null(line(f, 0));
}

static void a_role_that_does_not_do_leaves_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "PUT", GW_ROLE_OPERATOR), 403);
	assert_int_equal(handled, 0);
	assert_says(line(f, 0), "event", "refused");
	assert_says(line(f, 0), "role", "operator");
	assert_null(line(f, 1));
}

static void the_lines_of_a_slow_one_are_on_the_disk(void **state)
{
	struct fixture *f = *state;

	call(f, "PUT", GW_ROLE_ADMIN);
	line(f, 0);
	assert_int_equal(json_integer_value(json_object_get(f->said, "unsettled")), 2);
	call(f, "POST", GW_ROLE_ADMIN);
	line(f, 0);
	assert_int_equal(json_integer_value(json_object_get(f->said, "unsettled")), 0);
}

static void who_is_refused_without_end_does_not_fill_the_log(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 10 * WITNESS_REFUSED; i++)
		call(f, "PUT", GW_ROLE_VIEWER);
	assert_null(line(f, WITNESS_REFUSED));
	f->witness.since -= 61000000000;
	call(f, "PUT", GW_ROLE_VIEWER);
	assert_int_equal(
		json_integer_value(json_object_get(line(f, WITNESS_REFUSED), "refused_before")),
		9 * WITNESS_REFUSED);
}

static void what_cannot_be_written_down_is_not_done(void **state)
{
	struct fixture *f = *state;

	audit_log_close(f->log);
	f->log = f->witness.log = audit_log_open("/nonexistent/log");
	gw_api_call(&f->gw, "PUT", "things/a",
		&(struct gw_request){.role = GW_ROLE_ADMIN, .who = "anna"}, &f->reply);
	assert_int_equal(f->reply.status, 503);
	assert_int_equal(handled, 0);
	assert_says(json_object_get(f->reply.json, "error"), "message",
		"nothing was changed: the audit log in /nonexistent/log cannot be written: No such "
		"file or directory");
	gw_reply_release(&f->reply);
	/* Looking goes on. */
	call(f, "GET", GW_ROLE_VIEWER);
	assert_int_equal(handled, 1);
}

static void what_came_of_it_is_written_when_it_can_be(void **state)
{
	struct fixture *f = *state;

	signal(SIGXFSZ, SIG_IGN);
	const int status = call(f, "PATCH", GW_ROLE_ADMIN);

	assert_int_equal(audit_log_settle(f->log, 0, NULL), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before_full);
	assert_int_equal(status, 204);
	assert_null(line(f, 1));
	assert_int_equal(audit_log_settle(f->log, 0, NULL), 0);
	assert_says(line(f, 1), "event", "done");
	assert_int_equal(json_integer_value(json_object_get(line(f, 1), "asked")), 1);
	assert_says(line(f, 1), "after", "on");
	assert_int_equal(json_integer_value(json_object_get(f->said, "unsettled")), 0);
	assert_int_equal(audit_log_settle(f->log, 0, NULL), 0);
	assert_null(line(f, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_change_leaves_a_line_before_it_and_one_after),
		TEST(what_only_looks_leaves_none),
		TEST(a_role_that_does_not_do_leaves_one),
		TEST(the_lines_of_a_slow_one_are_on_the_disk),
		TEST(who_is_refused_without_end_does_not_fill_the_log),
		TEST(what_cannot_be_written_down_is_not_done),
		TEST(what_came_of_it_is_written_when_it_can_be),
	};

	gw_log_set_level(GW_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
