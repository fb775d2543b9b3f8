#include "kafka/command.h"

#include "core/test.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define NOW 1795246800000

static rd_kafka_headers_t *headers;

static int begin(void **state)
{
	headers = rd_kafka_headers_new(4);
	rd_kafka_header_add(headers, "ce_type", -1, "com.framegate.command.v1", -1);
	rd_kafka_header_add(headers, "ce_id", -1, "42", -1);
	rd_kafka_header_add(headers, "ce_source", -1, "/desk", -1);
	return 0;
}

static int end(void **state)
{
	rd_kafka_headers_destroy(headers);
	return 0;
}

static struct kafka_record record_of(const char *value)
{
	return (struct kafka_record){.headers = headers,
		.key = "gw1",
		.key_size = 3,
		.value = value,
		.size = strlen(value),
		.time_ms = NOW - 1000};
}

static int look(struct command *command, const struct kafka_record *record, const char *words)
{
	struct gw_error error = {""};
	const int status = command_read(command, record, "gw1", NOW, 300000, &error);

	if (!strstr(error.text, words))
		fail_msg("'%s' is not in '%s'", words, error.text);
	return status;
}

static void a_command_says_what_is_asked_for_and_by_whom(void **state)
{
	const struct kafka_record record =
		record_of("{\"method\": \"PATCH\", \"path\": \"/api/v1/cameras/door\", "
			  "\"body\": {\"quota\": 4}}");
	struct command command;

	assert_int_equal(look(&command, &record, ""), 0);
	assert_string_equal(command.id, "42");
	assert_string_equal(command.source, "/desk");
	assert_string_equal(command.method, "PATCH");
	assert_string_equal(command.path, "cameras/door");
	assert_int_equal(json_integer_value(json_object_get(command.body, "quota")), 4);
	command_release(&command);
	/* And as the routes are written. */
	const struct kafka_record plain =
		record_of("{\"method\": \"POST\", \"path\": \"cameras/door/sample\"}");

	assert_int_equal(look(&command, &plain, ""), 0);
	assert_string_equal(command.path, "cameras/door/sample");
	assert_null(command.body);
	command_release(&command);
}

static void what_is_for_others_is_passed_by(void **state)
{
	struct kafka_record record = record_of("{\"method\": \"GET\", \"path\": \"status\"}");
	struct command command;

	record.key = "gw2";
	assert_int_equal(look(&command, &record, ""), -ENOENT);
	record.key_size = 2;
	assert_int_equal(look(&command, &record, ""), -ENOENT);
	record.key = NULL;
	assert_int_equal(look(&command, &record, ""), -ENOENT);
	record = record_of("{\"method\": \"GET\", \"path\": \"status\"}");
	rd_kafka_header_remove(headers, "ce_type");
	assert_int_equal(look(&command, &record, ""), -ENOENT);
	rd_kafka_header_add(headers, "ce_type", -1, "com.framegate.result.v1", -1);
	assert_int_equal(look(&command, &record, ""), -ENOENT);
	record.headers = NULL;
	assert_int_equal(look(&command, &record, ""), -ENOENT);
}

static void who_cannot_be_answered_is_not_heard(void **state)
{
	const struct kafka_record record = record_of("{\"method\": \"GET\", \"path\": \"status\"}");
	char longest[COMMAND_ID + 1] = "";
	struct command command;

	memset(longest, 'x', COMMAND_ID);
	rd_kafka_header_remove(headers, "ce_id");
	assert_int_equal(look(&command, &record, "ce_id"), -ENOMSG);
	rd_kafka_header_add(headers, "ce_id", -1, longest, -1);
	assert_int_equal(look(&command, &record, "ce_id"), -ENOMSG);
	/* Nor who would write lines of his own into the log. */
	rd_kafka_header_add(headers, "ce_id", -1, "1\n2026 all is well", -1);
	assert_int_equal(look(&command, &record, "ce_id"), -ENOMSG);
}

static void what_is_old_is_not_carried_out_any_more(void **state)
{
	struct kafka_record record = record_of("{\"method\": \"GET\", \"path\": \"status\"}");
	struct command command;

	record.time_ms = NOW - 300000;
	assert_int_equal(look(&command, &record, ""), 0);
	command_release(&command);
	record.time_ms--;
	assert_int_equal(look(&command, &record, "older than 300 s"), -ETIME);
	assert_string_equal(command.id, "42");
	record.time_ms = -1;
	assert_int_equal(look(&command, &record, "older than"), -ETIME);
}

/* It would not be old for as long as its date is wrong. */
static void what_is_dated_ahead_is_not_carried_out(void **state)
{
	struct kafka_record record = record_of("{\"method\": \"GET\", \"path\": \"status\"}");
	struct command command;

	record.time_ms = NOW + 300000;
	assert_int_equal(look(&command, &record, ""), 0);
	command_release(&command);
	record.time_ms++;
	assert_int_equal(look(&command, &record, "300 s ahead of this gateway's clock"), -EINVAL);
	assert_string_equal(command.id, "42");
	assert_null(command.root);
	record.time_ms = INT64_MAX;
	assert_int_equal(look(&command, &record, "may be 300 s: set the clocks"), -EINVAL);
}

static void what_cannot_be_understood_is_refused(void **state)
{
	static const struct {
		const char *value, *words;
	} bad[] = {
		{"", "no JSON object"},
		{"[]", "no JSON object"},
		{"{\"method\": \"GET\"", "no JSON object"},
		{"{\"method\": \"GET\", \"method\": \"PUT\", \"path\": \"a\"}", "no JSON object"},
		{"{}", "needs 'method' and 'path'"},
		{"{\"method\": \"GET\"}", "needs 'method' and 'path'"},
		{"{\"method\": 7, \"path\": \"status\"}", "needs 'method' and 'path'"},
		{"{\"method\": \"CONJUGATE\", \"path\": \"status\"}", "needs 'method' and 'path'"},
		{"{\"method\": \"GET\", \"path\": \"\"}", "needs 'method' and 'path'"},
		{"{\"method\": \"GET\", \"path\": \"a\\u0000b\"}", "no JSON object"},
		{"{\"method\": \"GET\", \"path\": \"status\", \"bdoy\": {}}", "no 'bdoy'"},
	};
	struct command command;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct kafka_record record = record_of(bad[i].value);

		assert_int_equal(look(&command, &record, bad[i].words), -EINVAL);
		assert_string_equal(command.id, "42");
		command_release(&command);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_command_says_what_is_asked_for_and_by_whom),
		TEST(what_is_for_others_is_passed_by),
		TEST(who_cannot_be_answered_is_not_heard),
		TEST(what_is_old_is_not_carried_out_any_more),
		TEST(what_is_dated_ahead_is_not_carried_out),
		TEST(what_cannot_be_understood_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
