/* The API over its socket, on a gateway made by hand, asked by a client that is not ours. */
#include "core/test.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/thread.h"
#include "mgmt/jobs.h"
#include "mgmt/mgmt.h"
#include "mgmt/page.h"
#include "mgmt/test_server.h"

static void every_route_of_ours_answers(void **state)
{
	static const char *const paths[] = {"/api/v1/", "/api/v1/version", "/api/v1/status",
		"/api/v1/config", "/api/v1/cameras", "/api/v1/cameras/cam0", "/api/v1/drops",
		"/api/v1/latency", "/api/v1/audit", "/api/v1/stages", "/api/v1/services"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		json_decref(server_get(*state, paths[i]));
}

static void stages_answer_on_routes_of_their_own(void **state)
{
	json_decref(server_get(*state, "/api/v1/models"));
	assert_int_equal(server_ask(*state, "POST", "/api/v1/cameras/cam0/sample"), 202);
}

static void the_errors_of_a_handler_become_http(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(server_ask(f, "GET", "/api/v1/cameras/nosuch"), 404);
	server_assert_error(f, "not_found");
	assert_non_null(strstr(f->body, "nosuch"));
	assert_int_equal(server_ask(f, "POST", "/api/v1/cameras/busy/sample"), 409);
	server_assert_error(f, "busy");
	assert_int_equal(server_ask(f, "POST", "/api/v1/cameras/broken/sample"), 500);
	server_assert_error(f, "internal");
}

static void wrong_paths_are_not_found(void **state)
{
	static const char *const paths[] = {"/web", "/web/", "/api", "/api/v1", "/api/v2/status",
		"/api/v1/nosuch", "/api/v1/status/", "/api/v1/cameras//sample",
		"/api/v1/../v1/status", "/api/v1/cameras/%ff"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(server_ask(*state, "GET", paths[i]), 404);
		server_assert_error(*state, "not_found");
	}
}

static void the_page_and_its_files_are_served_from_memory(void **state)
{
	static const struct {
		const char *path, *type, *begin;
	} files[] = {
		{"/", "text/html; charset=utf-8", "<!doctype html>"},
		{"/?a=b", "text/html; charset=utf-8", "<!doctype html>"},
		{"/web/app.js", "text/javascript; charset=utf-8", "// "},
		{"/web/style.css", "text/css; charset=utf-8", ":root"},
		{"/web/icon.svg", "image/svg+xml", "<svg"},
	};
	struct server_fixture *f = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(server_ask(f, "GET", files[i].path), 200);
		assert_string_equal(f->type, files[i].type);
		assert_memory_equal(f->body, files[i].begin, strlen(files[i].begin));
		assert_string_equal(f->policy, PAGE_POLICY);
		assert_string_equal(f->options, "nosniff");
	}
	assert_int_equal(server_ask(f, "HEAD", "/"), 200);
	assert_int_equal(server_ask(f, "POST", "/"), 405);
	assert_string_equal(f->allow, "GET, HEAD");
	assert_int_equal(server_ask(f, "GET", "/web/%61pp.js"), 404);
}

/* Whatever a browser gets here it takes for what it is, and runs no code of it. */
static void every_answer_says_what_a_browser_may_do_with_it(void **state)
{
	static const char *const paths[] = {"/api/v1/status", "/api/v1/nosuch", "/nosuch",
		"/metrics", "/api/v1/cameras/cam0/picture"};
	struct server_fixture *f = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		server_ask(f, "GET", paths[i]);
		assert_string_equal(f->policy, PAGE_POLICY);
		assert_string_equal(f->options, "nosniff");
	}
}

static void broken_escapes_are_bad_requests(void **state)
{
	assert_int_equal(server_ask(*state, "GET", "/api/v1/cameras/%zz"), 400);
	server_assert_error(*state, "bad_request");
	assert_int_equal(server_ask(*state, "GET", "/api/v1/cameras/cam0%00"), 400);
}

static void names_are_decoded(void **state)
{
	json_t *camera = server_get(*state, "/api/v1/cameras/cam%2F1");

	assert_string_equal(json_string_value(json_object_get(camera, "name")), "cam/1");
	assert_int_equal(json_integer_value(json_object_get(camera, "width")), 320);
	assert_string_equal(json_string_value(json_object_get(camera, "state")), "silent");
	json_decref(camera);
}

static void wrong_methods_hear_which_are_right(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(server_ask(f, "DELETE", "/api/v1/status"), 405);
	server_assert_error(f, "method_not_allowed");
	assert_string_equal(f->allow, "GET, HEAD, OPTIONS");
	assert_int_equal(server_ask(f, "GET", "/api/v1/cameras/cam0/sample"), 405);
	assert_string_equal(f->allow, "POST, OPTIONS");
}

static void head_and_options_have_no_body(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(server_ask(f, "HEAD", "/api/v1/status"), 200);
	assert_int_equal(f->size, 0);
	assert_int_equal(server_ask(f, "OPTIONS", "/api/v1/status"), 204);
	assert_string_equal(f->allow, "GET, HEAD, OPTIONS");
	assert_int_equal(f->size, 0);
	assert_int_equal(server_ask(f, "OPTIONS", "/api/v1/nosuch"), 404);
}

static void a_large_body_is_refused(void **state)
{
	char *body = malloc(100001);

	memset(body, 'x', 100000);
	body[0] = '"';
	body[100000] = '\0';
	assert_int_equal(server_ask_with(*state, "PATCH", "/api/v1/echo", body), 413);
	server_assert_error(*state, "too_large");
	free(body);
}

static void a_body_is_handed_to_the_route_that_takes_one(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(server_ask_with(f, "PATCH", "/api/v1/echo", "{\"quota\": 7}"), 200);
	assert_non_null(strstr(f->body, "{\"quota\":7}"));
	assert_int_equal(server_ask(f, "PATCH", "/api/v1/echo"), 200);
	assert_non_null(strstr(f->body, "\"body\":null"));
	assert_int_equal(server_ask_with(f, "POST", "/api/v1/cameras/cam0/sample", "{}"), 400);
	assert_non_null(strstr(f->body, "takes no body"));
}

static void a_body_that_is_no_json_is_told_where(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(
		server_ask_with(f, "PATCH", "/api/v1/echo", "{\"a\": 1,\n  \"b\": }"), 400);
	server_assert_error(f, "bad_request");
	assert_non_null(strstr(f->body, "line 2, column 8"));
	assert_int_equal(server_ask_with(f, "PATCH", "/api/v1/echo", "{\"a\": 1, \"a\": 2}"), 400);
	assert_int_equal(server_ask_with(f, "PATCH", "/api/v1/echo", "{} {}"), 400);
	assert_int_equal(server_ask_with(f, "PATCH", "/api/v1/echo", "\xff"), 400);
}

static void what_is_said_of_a_body_is_about_json_and_not_about_the_library(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(server_ask_with(f, "POST", "/api/v1/cameras", "null"), 400);
	assert_non_null(strstr(f->body, "the body must be a JSON object"));
	assert_int_equal(
		server_ask_with(f, "POST", "/api/v1/cameras", "{\"name\":\n \"a\\u0000b\"}"), 400);
	assert_non_null(strstr(f->body, "the body holds a text with \\\\u0000 in it: line 2"));
	assert_null(strstr(f->body, "JSON_ALLOW_NUL"));
}

static void who_asks_is_the_user_at_the_other_end(void **state)
{
	struct server_fixture *f = *state;
	char who[64];

	snprintf(who, sizeof(who), "\"who\":\"uid %u", getuid());
	assert_int_equal(server_ask(f, "PATCH", "/api/v1/echo"), 200);
	assert_non_null(strstr(f->body, who));
	if (getuid() == 0)
		assert_non_null(strstr(f->body, "uid 0 (root)"));
}

static void the_description_is_served_as_it_stands(void **state)
{
	struct server_fixture *f = *state;
	char text[sizeof(f->body)];
	FILE *file = fopen(SOURCE_ROOT "/mgmt/openapi.yaml", "r");

	assert_non_null(file);
	size_t size = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_int_equal(server_ask(f, "GET", "/api/v1/openapi.yaml"), 200);
	assert_string_equal(f->type, "application/yaml");
	assert_int_equal(f->size, size);
	assert_memory_equal(f->body, text, size);
	assert_int_equal(server_ask(f, "HEAD", "/api/v1/openapi.yaml"), 200);
	assert_int_equal(f->size, 0);
}

static unsigned long long blocked_signals(pid_t thread)
{
	unsigned long long blocked = 0;
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", thread);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "SigBlk: %llx", &blocked);
	fclose(file);
	return blocked;
}

static int count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = 0;

	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count - 2; /* "." and ".." */
}

/* The main thread may be pinned and has signals of its own: neither is the API's business. */
static void its_threads_take_no_signals_and_are_not_pinned(void **state)
{
	struct server_fixture *f = *state;
	cpu_set_t before, one, after;
	struct gw_error error;
	sigset_t mask;

	assert_true(server_close(&f->made.gw));
	const int threads = count_threads();
	sched_getaffinity(0, sizeof(before), &before);
	gw_inherit_remember();
	CPU_ZERO(&one);
	CPU_SET((unsigned int)sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(server_open(&f->made.gw, &error), 0);
	sched_getaffinity(0, sizeof(after), &after);
	assert_memory_equal(&after, &one, sizeof(one));
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	assert_false(sigismember(&mask, SIGUSR1));

	DIR *tasks = opendir("/proc/self/task");
	for (struct dirent *task; (task = readdir(tasks));) {
		pid_t thread = atoi(task->d_name);
		cpu_set_t cores;

		if (thread == 0 || thread == getpid())
			continue;
		assert_true(blocked_signals(thread) & 1ull << (SIGTERM - 1));
		assert_int_equal(sched_getaffinity(thread, sizeof(cores), &cores), 0);
		assert_true(CPU_COUNT(&cores) >= CPU_COUNT(&before));
	}
	closedir(tasks);
	assert_int_equal(count_threads(), threads + 5 + JOBS_THREADS);
	sched_setaffinity(0, sizeof(before), &before);
}

static void read_name(pid_t thread, char name[32])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", thread);
	FILE *file = fopen(path, "r");

	name[0] = '\0';
	if (file && !fgets(name, 32, file))
		name[0] = '\0';
	if (file)
		fclose(file);
}

static bool has_name_of(pid_t thread, pid_t other)
{
	char names[2][32];

	read_name(thread, names[0]);
	read_name(other, names[1]);
	return strcmp(names[0], names[1]) == 0;
}

/* Threads but the main one that have not given way. */
static int count_equals(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = 0;

	for (struct dirent *task; (task = readdir(tasks));) {
		const pid_t thread = atoi(task->d_name);

		/* A sanitizer's own thread has the process's name. */
		if (thread != 0 && thread != getpid() && !has_name_of(thread, getpid()) &&
			sched_getscheduler(thread) != SCHED_BATCH)
			count++;
	}
	closedir(tasks);
	return count;
}

static void its_threads_give_way_to_those_of_the_pipeline(void **state)
{
	struct server_fixture *f = *state;

	/* The library's does with the first request. */
	assert_int_equal(server_ask(f, "GET", "/api/v1/version"), 200);
	/* A thread that was just made needs a moment. */
	for (int i = 0; i < 500 && count_equals() > 0; i++)
		usleep(10000);
	assert_int_equal(count_equals(), 0);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}

static void a_replay_has_no_api(void **state)
{
	struct server_fixture *f = *state;
	struct gw_replay replay = {0};
	struct gw_error error;
	void *none = NULL;

	f->made.gw.replay = &replay;
	assert_int_equal(mgmt_service.open(&f->made.gw, &none, &error), 0);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(every_route_of_ours_answers),
		SERVER_TEST(stages_answer_on_routes_of_their_own),
		SERVER_TEST(the_errors_of_a_handler_become_http),
		SERVER_TEST(wrong_paths_are_not_found),
		SERVER_TEST(the_page_and_its_files_are_served_from_memory),
		SERVER_TEST(every_answer_says_what_a_browser_may_do_with_it),
		SERVER_TEST(broken_escapes_are_bad_requests),
		SERVER_TEST(names_are_decoded),
		SERVER_TEST(wrong_methods_hear_which_are_right),
		SERVER_TEST(head_and_options_have_no_body),
		SERVER_TEST(a_large_body_is_refused),
		SERVER_TEST(a_body_is_handed_to_the_route_that_takes_one),
		SERVER_TEST(a_body_that_is_no_json_is_told_where),
		SERVER_TEST(what_is_said_of_a_body_is_about_json_and_not_about_the_library),
		SERVER_TEST(who_asks_is_the_user_at_the_other_end),
		SERVER_TEST(the_description_is_served_as_it_stands),
		SERVER_TEST(its_threads_take_no_signals_and_are_not_pinned),
		SERVER_TEST(its_threads_give_way_to_those_of_the_pipeline),
		SERVER_TEST(a_replay_has_no_api),
	};

	return cmocka_run_group_tests(tests, server_begin, server_end);
}
