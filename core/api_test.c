/* The one way in: which request goes where, who may, and what failures become. */
#include "core/api.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/gateway.h"
#include "core/test.h"

struct fixture {
	struct gw gw;
	struct gw_request request;
	struct gw_reply reply;
};

static int handled; /* how often a handler ran */
static int released;

static int toy_echo(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	handled++;
	reply->json = json_pack("{s:s?, s:O?, s:s}", "name", request->name, "body",
		(json_t *)request->body, "who", request->who);
	return 200;
}

/* Tells whom it belongs to: a stage, here. */
static int toy_stage(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw_stage *stage = owner;

	reply->json = json_pack("{s:s}", "owner", stage->ops->name);
	return 200;
}

static int toy_service(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	reply->json = json_pack("{s:s}", "owner", (const char *)owner);
	return 200;
}

static int toy_fail(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	int number = atoi(request->name);

	/* What was begun goes away with the failure. */
	reply->json = json_object();
	return number == 0 ? -EIO : gw_error_set(error, -number, "number %d", number);
}

static int toy_nothing(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	return request->name ? 204 : 200;
}

static void release(void *owner)
{
	released += owner == &released;
}

static int toy_picture(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	reply->type = "image/jpeg";
	reply->bytes = "\xff\xd8\xff\xd9";
	reply->size = 4;
	reply->release = release;
	reply->owner = &released;
	return 200;
}

static const struct gw_api_route stage_routes[] = {
	{GW_ROLE_VIEWER, "GET", "things/{name}", "One.", .handle = toy_echo},
	{GW_ROLE_OPERATOR, "PATCH", "things/{name}", "Another one.", .handle = toy_echo,
		.body = true},
	{GW_ROLE_ADMIN, "DELETE", "things/{name}", "None.", .handle = toy_echo, .slow = true},
	{GW_ROLE_VIEWER, "GET", "stage", "Whose?", .handle = toy_stage},
	{0},
};
static const struct gw_api_route service_routes[] = {
	{GW_ROLE_VIEWER, "PUT", "things/{name}", "Just this.", .handle = toy_echo, .body = true},
	{GW_ROLE_VIEWER, "GET", "service", "Whose?", .handle = toy_service},
	{GW_ROLE_VIEWER, "GET", "cameras/{name}", "A camera.", .handle = toy_echo},
	{GW_ROLE_VIEWER, "POST", "cameras/{name}/sample", "Of it.", .handle = toy_echo},
	{GW_ROLE_VIEWER, "GET", "open", "Of none.", .handle = toy_echo, .for_some = true},
	{GW_ROLE_ADMIN, "GET", "tokens", "All.", .handle = toy_echo},
	{GW_ROLE_ADMIN, "POST", "tokens", "One more.", .handle = toy_echo},
	{GW_ROLE_NONE, "GET", "nobodys", "Never.", .handle = toy_service},
	{GW_ROLE_VIEWER, "GET", "picture", "A picture.", .handle = toy_picture},
	{GW_ROLE_VIEWER, "POST", "fail/{name}", "Fail.", .handle = toy_fail},
	{GW_ROLE_VIEWER, "POST", "nothing/{name}", "Nothing.", .handle = toy_nothing},
	{GW_ROLE_VIEWER, "POST", "nothing", "Forgets to answer.", .handle = toy_nothing},
	{0},
};
static const struct gw_stage_ops stage_ops = {.name = "toy", .routes = stage_routes};
static const struct gw_service_ops service_ops = {.name = "toy", .routes = service_routes};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->gw.stages[GW_STAGE_ACCEL].ops = &stage_ops;
	f->gw.services[0] = (struct gw_service){&service_ops, "mine"};
	f->gw.service_count = 1;
	f->request = (struct gw_request){.role = GW_ROLE_ADMIN, .who = "the test"};
	handled = released = 0;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	gw_reply_release(&f->reply);
	free(f);
	return 0;
}

static int call(struct fixture *f, const char *method, const char *path)
{
	gw_reply_release(&f->reply);
	gw_api_call(&f->gw, method, path, &f->request, &f->reply);
	return f->reply.status;
}

static const char *said(const struct fixture *f, const char *key)
{
	const char *text = json_string_value(json_object_get(f->reply.json, key));

	return text ? text : "";
}

static const char *of_error(const struct fixture *f, const char *key)
{
	return json_string_value(json_object_get(json_object_get(f->reply.json, "error"), key));
}

static void each_table_is_handed_whom_it_belongs_to(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "GET", "stage"), 200);
	assert_string_equal(said(f, "owner"), "toy");
	assert_int_equal(call(f, "GET", "service"), 200);
	assert_string_equal(said(f, "owner"), "mine");
}

static void a_service_that_is_not_wanted_has_no_routes(void **state)
{
	struct fixture *f = *state;

	f->gw.services[0].state = NULL;
	assert_int_equal(call(f, "GET", "service"), 404);
}

static void a_handler_hears_name_body_and_who(void **state)
{
	static const char *const methods[] = {"PATCH", "PUT"};
	struct fixture *f = *state;
	json_t *body = json_pack("{s:i}", "quota", 7);

	for (size_t i = 0; i < 2; i++) {
		f->request.body = body;
		assert_int_equal(call(f, methods[i], "things/a%20b"), 200);
		assert_string_equal(said(f, "name"), "a b");
		assert_string_equal(said(f, "who"), "the test");
		assert_true(json_equal(json_object_get(f->reply.json, "body"), body));
	}
	json_decref(body);
}

static void a_body_where_none_belongs_is_refused(void **state)
{
	struct fixture *f = *state;
	json_t *body = json_object();

	f->request.body = body;
	assert_int_equal(call(f, "GET", "things/a"), 400);
	assert_string_equal(of_error(f, "code"), "bad_request");
	assert_non_null(strstr(of_error(f, "message"), "takes no body"));
	assert_int_equal(call(f, "DELETE", "things/a"), 400);
	assert_int_equal(handled, 0);
	json_decref(body);
}

static void too_low_a_role_is_told_which_is_needed(void **state)
{
	struct fixture *f = *state;

	f->request.role = GW_ROLE_VIEWER;
	assert_int_equal(call(f, "GET", "things/a"), 200);
	assert_int_equal(call(f, "PATCH", "things/a"), 403);
	assert_string_equal(of_error(f, "code"), "forbidden");
	assert_non_null(strstr(of_error(f, "message"), "operator"));
	f->request.role = GW_ROLE_OPERATOR;
	assert_int_equal(call(f, "PATCH", "things/a"), 200);
	assert_int_equal(call(f, "DELETE", "things/a"), 403);
	assert_non_null(strstr(of_error(f, "message"), "admin"));
	assert_int_equal(handled, 2);
}

static void who_has_no_role_may_nothing_and_a_route_for_none_is_nobodys(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "GET", "nobodys"), 403);
	f->request.role = GW_ROLE_NONE;
	assert_int_equal(call(f, "GET", "nobodys"), 403);
	assert_int_equal(call(f, "GET", "things/a"), 403);
	assert_int_equal(handled, 0);
}

static void a_route_for_none_is_found_at_the_start(void **state)
{
	static const struct gw_api_route named[] = {
		{.role = GW_ROLE_VIEWER, .method = "GET", .path = "fine", .handle = toy_echo},
		{.method = "POST", .path = "forgotten/{name}", .handle = toy_echo},
		{0},
	};
	const struct gw_service_ops careless = {.name = "careless", .routes = named};
	struct fixture *f = *state;
	struct gw_error error;

	assert_int_equal(gw_api_check(&f->gw, &error), -EINVAL);
	assert_non_null(strstr(error.text, "GET /api/v1/nobodys"));
	f->gw.services[0].ops = &careless;
	assert_int_equal(gw_api_check(&f->gw, &error), -EINVAL);
	assert_non_null(strstr(error.text, "POST /api/v1/forgotten/{name}"));
	/* One that is not wanted has none. */
	f->gw.services[0].state = NULL;
	assert_int_equal(gw_api_check(&f->gw, &error), 0);
}

static void failures_have_a_number_and_a_word(void **state)
{
	static const struct {
		int number, status;
		const char *code;
	} expected[] = {
		{ENOENT, 404, "not_found"},
		{EINVAL, 400, "bad_request"},
		{EBUSY, 409, "busy"},
		{EEXIST, 409, "exists"},
		{EBADMSG, 409, "unreadable"},
		{EPERM, 403, "forbidden"},
		{ETIMEDOUT, 504, "timeout"},
		{EAGAIN, 503, "unavailable"},
		{ENOTSUP, 501, "not_supported"},
		{EMSGSIZE, 413, "too_large"},
		{ENOMEM, 500, "internal"},
	};
	struct fixture *f = *state;
	char path[32], line[32];

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		snprintf(path, sizeof(path), "fail/%d", expected[i].number);
		snprintf(line, sizeof(line), "number %d", expected[i].number);
		assert_int_equal(call(f, "POST", path), expected[i].status);
		assert_string_equal(of_error(f, "code"), expected[i].code);
		assert_string_equal(of_error(f, "message"), line);
	}
	/* No line: at least the errno's own words. */
	assert_int_equal(call(f, "POST", "fail/0"), 500);
	assert_string_equal(of_error(f, "message"), strerror(EIO));
}

static void an_answer_may_be_bytes_or_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "GET", "picture"), 200);
	assert_string_equal(f->reply.type, "image/jpeg");
	assert_int_equal(f->reply.size, 4);
	assert_int_equal(released, 0);
	gw_reply_release(&f->reply);
	assert_int_equal(released, 1);
	assert_int_equal(call(f, "POST", "nothing/a"), 204);
	assert_null(f->reply.json);
	/* A handler that ran out of memory. */
	assert_int_equal(call(f, "POST", "nothing"), 500);
}

static void the_methods_of_a_path_come_from_all_tables(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "OPTIONS", "things/a"), 204);
	assert_string_equal(f->reply.allow, "GET, PATCH, DELETE, PUT, HEAD, OPTIONS");
	assert_int_equal(call(f, "POST", "things/a"), 405);
	assert_string_equal(of_error(f, "code"), "method_not_allowed");
	assert_string_equal(f->reply.allow, "GET, PATCH, DELETE, PUT, HEAD, OPTIONS");
	assert_int_equal(call(f, "HEAD", "things/a"), 200);
	assert_int_equal(call(f, "BREW", "stage"), 405);
	assert_string_equal(f->reply.allow, "GET, HEAD, OPTIONS");
}

static void what_is_slow_is_known_beforehand(void **state)
{
	struct fixture *f = *state;

	assert_true(gw_api_is_slow(&f->gw, "DELETE", "things/a"));
	assert_false(gw_api_is_slow(&f->gw, "GET", "things/a"));
	assert_false(gw_api_is_slow(&f->gw, "OPTIONS", "things/a"));
	assert_false(gw_api_is_slow(&f->gw, "DELETE", "nosuch"));
	assert_false(gw_api_is_slow(&f->gw, "DELETE", "things/%zz"));
}

static bool admits(struct fixture *f, const char *method, const char *path, enum gw_role role)
{
	f->request.role = role;
	return gw_api_admits(&f->gw, method, path, &f->request);
}

static void whom_a_route_is_not_for_is_known_beforehand(void **state)
{
	struct fixture *f = *state;

	assert_true(admits(f, "PATCH", "things/a", GW_ROLE_OPERATOR));
	assert_false(admits(f, "PATCH", "things/a", GW_ROLE_VIEWER));
	assert_false(admits(f, "HEAD", "things/a", GW_ROLE_NONE));
	assert_false(admits(f, "GET", "nobodys", GW_ROLE_ADMIN));
	/* These are refused for another reason. */
	assert_true(admits(f, "GET", "nosuch", GW_ROLE_VIEWER));
	assert_true(admits(f, "BREW", "stage", GW_ROLE_VIEWER));
	assert_true(admits(f, "DELETE", "things/%zz", GW_ROLE_VIEWER));
}

static void count(const struct gw_api_route *route, void *arg)
{
	int *routes = arg;

	assert_non_null(route->handle);
	++*routes;
}

static void every_route_is_visited(void **state)
{
	struct fixture *f = *state;
	int routes = 0;

	gw_api_each(&f->gw, count, &routes);
	assert_int_equal(routes, 4 + 12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void who_is_for_some_cameras_gets_to_no_other(void **state)
{
	struct fixture *f = *state;
	json_t *cameras = json_pack("[s]", "door");

	f->request.cameras = cameras;
	assert_int_equal(call(f, "GET", "cameras/door"), 200);
	assert_int_equal(call(f, "GET", "cameras/%64oor"), 200);
	assert_int_equal(call(f, "POST", "cameras/door/sample"), 200);
	assert_int_equal(call(f, "GET", "open"), 200);
	handled = 0;
	assert_int_equal(call(f, "GET", "cameras/gate"), 403);
	assert_int_equal(call(f, "GET", "cameras/%67ate"), 403);
	assert_int_equal(call(f, "POST", "cameras/gate/sample"), 403);
	assert_int_equal(call(f, "GET", "things/door"), 403);
	assert_int_equal(call(f, "GET", "stage"), 403);
	assert_int_equal(handled, 0);
	assert_false(admits(f, "POST", "cameras/gate/sample", GW_ROLE_ADMIN));
	assert_true(admits(f, "POST", "cameras/door/sample", GW_ROLE_ADMIN));
	json_decref(cameras);
}

static void who_sets_up_makes_a_token_and_nothing_else(void **state)
{
	struct fixture *f = *state;

	f->request.sets_up = true;
	assert_int_equal(call(f, "POST", "tokens"), 200);
	assert_int_equal(call(f, "GET", "tokens"), 403);
	assert_int_equal(call(f, "GET", "open"), 403);
	assert_int_equal(call(f, "GET", "cameras/door"), 403);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_table_is_handed_whom_it_belongs_to),
		TEST(who_is_for_some_cameras_gets_to_no_other),
		TEST(who_sets_up_makes_a_token_and_nothing_else),
		TEST(a_service_that_is_not_wanted_has_no_routes),
		TEST(a_handler_hears_name_body_and_who),
		TEST(a_body_where_none_belongs_is_refused),
		TEST(too_low_a_role_is_told_which_is_needed),
		TEST(who_has_no_role_may_nothing_and_a_route_for_none_is_nobodys),
		TEST(a_route_for_none_is_found_at_the_start),
		TEST(failures_have_a_number_and_a_word),
		TEST(an_answer_may_be_bytes_or_nothing),
		TEST(the_methods_of_a_path_come_from_all_tables),
		TEST(what_is_slow_is_known_beforehand),
		TEST(whom_a_route_is_not_for_is_known_beforehand),
		TEST(every_route_is_visited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
