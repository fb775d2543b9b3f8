#include "sink/writer.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define TEXT_SIZE 256

static void assert_string(const char *text, const char *json)
{
	char data[TEXT_SIZE];
	struct writer writer;

	writer_begin(&writer, data, sizeof(data) - 1);
	writer_string(&writer, text);
	data[writer.size] = '\0';
	assert_false(writer.cut);
	assert_string_equal(data, json);
}

static void assert_fixed(double value, unsigned int digits, const char *json)
{
	char data[TEXT_SIZE];
	struct writer writer;

	writer_begin(&writer, data, sizeof(data) - 1);
	writer_fixed(&writer, value, digits);
	data[writer.size] = '\0';
	assert_string_equal(data, json);
}

static void a_string_is_escaped_as_json_wants(void **state)
{
	assert_string("", "\"\"");
	assert_string("plain", "\"plain\"");
	assert_string("a\"b\\c", "\"a\\\"b\\\\c\"");
	assert_string("\x01\n\x1f\x7f", "\"\\u0001\\u000a\\u001f\x7f\"");
	assert_string("Grüße, 日本, 😀", "\"Grüße, 日本, 😀\"");
}

static void only_text_without_control_characters_is_kept(void **state)
{
	assert_true(writer_keeps(""));
	assert_true(writer_keeps("Grüße, \"日本\", 😀 ~"));
	assert_false(writer_keeps("a\n"));
	assert_false(writer_keeps("\x1f"));
	assert_false(writer_keeps("a\x7f"));
	assert_false(writer_keeps("a\xff\xfe"));
	assert_false(writer_keeps("cut: \xe6\x97"));
}

static void bytes_that_are_no_utf8_are_replaced_one_by_one(void **state)
{
	assert_string("a\xff z", "\"a\xef\xbf\xbd z\"");
	assert_string("\xc3", "\"\xef\xbf\xbd\"");
	/* Overlong, surrogate, beyond the last code point, cut short. */
	assert_string("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_string("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_string("\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_string("\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void every_string_of_random_bytes_is_read_back_by_a_json_parser(void **state)
{
	srandom(3);
	for (int round = 0; round < 20000; round++) {
		char text[24], data[TEXT_SIZE];
		struct writer writer;
		json_error_t error;
		size_t size = (size_t)random() % (sizeof(text) - 1);

		for (size_t i = 0; i < size; i++)
			text[i] = (char)(random() % 255 + 1);
		text[size] = '\0';
		writer_begin(&writer, data, sizeof(data));
		writer_string(&writer, text);
		json_t *value = json_loadb(data, writer.size, JSON_DECODE_ANY, &error);
		assert_non_null(value);
		json_decref(value);
	}
}

static void numbers_have_fixed_digits_and_are_always_numbers(void **state)
{
	assert_fixed(0, 0, "0");
	assert_fixed(0, 2, "0.00");
	assert_fixed(0.5, 0, "1");
	assert_fixed(1.005, 1, "1.0");
	assert_fixed(0.98766f, 4, "0.9877");
	assert_fixed(-1.25, 2, "-1.25");
	assert_fixed(-0.001, 2, "0.00");
	assert_fixed(0.999999, 2, "1.00");
	assert_fixed(12345.678, 2, "12345.68");
	assert_fixed((double)NAN, 2, "0.00");
	assert_fixed((double)INFINITY, 2, "1000000000.00");
	assert_fixed(-(double)INFINITY, 6, "-1000000000.000000");
	assert_fixed(1e300, 0, "1000000000");
}

static void unsigned_numbers_reach_to_the_last_bit(void **state)
{
	char data[TEXT_SIZE];
	struct writer writer;

	writer_begin(&writer, data, sizeof(data) - 1);
	writer_unsigned(&writer, 0);
	writer_raw(&writer, " ");
	writer_unsigned(&writer, UINT64_MAX);
	data[writer.size] = '\0';
	assert_string_equal(data, "0 18446744073709551615");
}

/* RFC 4648, 10. */
static void bytes_become_base64(void **state)
{
	static const char *const expected[] = {"\"\"", "\"Zg==\"", "\"Zm8=\"", "\"Zm9v\"",
		"\"Zm9vYg==\"", "\"Zm9vYmE=\"", "\"Zm9vYmFy\""};
	char data[TEXT_SIZE];
	struct writer writer;

	for (size_t size = 0; size <= 6; size++) {
		writer_begin(&writer, data, sizeof(data) - 1);
		writer_base64(&writer, "foobar", size);
		data[writer.size] = '\0';
		assert_string_equal(data, expected[size]);
	}
}

static void what_does_not_fit_is_cut_and_noted(void **state)
{
	char data[8] = "xxxxxxx";
	struct writer writer;

	writer_begin(&writer, data, 4);
	writer_raw(&writer, "abc");
	assert_false(writer.cut);
	writer_raw(&writer, "de");
	assert_true(writer.cut);
	/* Nothing comes after a hole. */
	writer_raw(&writer, "f");
	assert_int_equal(writer.size, 3);
	assert_int_equal(data[4], 'x');
}

static void a_time_is_rfc_3339_in_utc(void **state)
{
	char text[WRITER_TIME_SIZE];

	writer_time(text, 0);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	writer_time(text, -1);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	writer_time(text, 1709210096789999999);
	assert_string_equal(text, "2024-02-29T12:34:56.789Z");
	writer_time(text, INT64_MAX);
	assert_string_equal(text, "2262-04-11T23:47:16.854Z");
	writer_time(text, INT64_MIN);
	assert_string_equal(text, "1677-09-21T00:12:43.145Z");
}

static void times_agree_with_the_c_library(void **state)
{
	srandom(5);
	for (int round = 0; round < 100000; round++) {
		int64_t seconds = (((int64_t)random() << 31) | random()) % 9000000000 - 500000000;
		char ours[WRITER_TIME_SIZE], theirs[32];
		time_t time = seconds;
		struct tm utc;

		writer_time(ours, seconds * 1000000000 + 42000000);
		gmtime_r(&time, &utc);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S.042Z", &utc);
		assert_string_equal(ours, theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_string_is_escaped_as_json_wants),
		cmocka_unit_test(only_text_without_control_characters_is_kept),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced_one_by_one),
		cmocka_unit_test(every_string_of_random_bytes_is_read_back_by_a_json_parser),
		cmocka_unit_test(numbers_have_fixed_digits_and_are_always_numbers),
		cmocka_unit_test(unsigned_numbers_reach_to_the_last_bit),
		cmocka_unit_test(bytes_become_base64),
		cmocka_unit_test(what_does_not_fit_is_cut_and_noted),
		cmocka_unit_test(a_time_is_rfc_3339_in_utc),
		cmocka_unit_test(times_agree_with_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
