/* What a line says, and what it must not say. */
#include "mgmt/audit_log/entry.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/test.h"
#include "mgmt/audit_log/chain.h"

static char *line_of(const char *body)
{
	struct gw_request request = {.body = body ? json_loads(body, 0, NULL) : NULL,
		.role = GW_ROLE_ADMIN,
		.who = "uid 7 (anna)",
		.from = "socket"};
	json_t *entry = audit_entry_asked("POST", "cameras", &request);
	char *line = json_dumps(entry, JSON_COMPACT);

	assert_true(!body || request.body);
	json_decref((json_t *)request.body);
	json_decref(entry);
	assert_true(strlen(line) < AUDIT_LINE);
	return line;
}

static void a_line_says_who_from_where_and_what(void **state)
{
	char *line = line_of("{\"name\": \"door\"}");

	assert_string_equal(line,
		"{\"event\":\"asked\",\"who\":\"uid 7 (anna)\",\"role\":\"admin\",\"from\":"
		"\"socket\",\"method\":\"POST\",\"path\":\"/api/v1/cameras\",\"body\":{\"name\":"
		"\"door\"}}");
	free(line);
}

static void secrets_are_left_out_wherever_they_stand(void **state)
{
	static const char *const bodies[] = {
		"{\"url\": \"rtsp://anna:hunter2@10.0.0.1/x\"}",
		"{\"deep\": [{\"password\": \"hunter2\"}]}",
		"{\"properties\": [{\"name\": \"anything\", \"value\": \"hunter2\"}]}",
		"{\"Api_Key\": {\"more\": \"hunter2\"}}",
		"{\"token\": \"hunter2\"}",
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char *line = line_of(bodies[i]);

		assert_null(strstr(line, "hunter2"));
		assert_non_null(strstr(line, "***"));
		free(line);
	}
}

static void a_whole_file_is_told_by_its_size(void **state)
{
	json_t *body = json_pack("{s:s}", "text", "");
	char text[3000], *dumped;

	memset(text, 'h', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	json_object_set_new(body, "text", json_string(text));
	dumped = json_dumps(body, 0);
	char *line = line_of(dumped);

	assert_non_null(strstr(line, "\"text\":\"(2999 bytes)\""));
	free(line);
	free(dumped);
	json_decref(body);
}

static void long_and_deep_things_are_cut_short(void **state)
{
	json_t *body = json_array(), *deep = json_array();
	char key[32], *dumped, *line;

	for (int i = 0; i < 100; i++) {
		deep = json_pack("[o]", deep);
		snprintf(key, sizeof(key), "member %d", i);
		json_array_append_new(body, json_pack("{s:s}", key, key));
	}
	json_array_insert_new(body, 0, deep);
	dumped = json_dumps(body, 0);
	line = line_of(dumped);
	assert_non_null(strstr(line, "(69 more)"));
	assert_non_null(strstr(line, "(deeper)"));
	free(line);
	free(dumped);
	json_decref(body);
}

static void what_is_hostile_is_written_as_plain_text(void **state)
{
	const struct gw_request request = {.role = GW_ROLE_VIEWER, .who = "a\"\n\xff\x1b[31m"};
	struct gw_reply reply;

	gw_reply_refuse(&reply, 403, "forbidden", "it needs the role admin");
	json_t *entry = audit_entry_refused("PUT", "x\xfe\r\ny", &request, &reply, 7);
	char *line = json_dumps(entry, JSON_COMPACT);

	assert_string_equal(line,
		"{\"event\":\"refused\",\"who\":\"a\\\"???[31m\",\"role\":\"viewer\",\"from\":"
		"\"\","
		"\"method\":\"PUT\",\"path\":\"/api/v1/x???y\",\"status\":403,\"error\":\"it needs "
		"the role admin\",\"refused_before\":7}");
	free(line);
	json_decref(entry);
	gw_reply_release(&reply);
}

static void an_outcome_says_what_was_before_and_is_after(void **state)
{
	struct gw_reply reply = {.status = 200};

	reply.change = json_pack("{s:s, s:{s:s, s:s}}", "before", "1-0", "after", "url",
		"rtsp://a:b@c/", "name", "door");
	json_t *entry = audit_entry_done(4, &reply);
	char *line = json_dumps(entry, JSON_COMPACT);

	assert_string_equal(line,
		"{\"event\":\"done\",\"asked\":4,\"status\":200,\"before\":\"1-0\",\"after\":{"
		"\"url\":\"rtsp://***@c/\",\"name\":\"door\"}}");
	free(line);
	json_decref(entry);
	gw_reply_release(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_who_from_where_and_what),
		cmocka_unit_test(secrets_are_left_out_wherever_they_stand),
		cmocka_unit_test(a_whole_file_is_told_by_its_size),
		cmocka_unit_test(long_and_deep_things_are_cut_short),
		cmocka_unit_test(what_is_hostile_is_written_as_plain_text),
		cmocka_unit_test(an_outcome_says_what_was_before_and_is_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
