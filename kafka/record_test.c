#include "kafka/record.h"

#include "core/test.h"

#include <string.h>

static struct kafka_record with(const char *value, size_t size)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(2);

	rd_kafka_header_add(headers, "ce_id", -1, "the first one", -1);
	rd_kafka_header_add(headers, "ce_id", -1, value, (ssize_t)size);
	return (struct kafka_record){.headers = headers};
}

static void assert_read(const char *value, size_t size, const char *text)
{
	const struct kafka_record record = with(value, size);
	char read[8] = "before";

	kafka_record_header(&record, "ce_id", read, sizeof(read));
	assert_string_equal(read, text);
	rd_kafka_headers_destroy((rd_kafka_headers_t *)record.headers);
}

static void the_last_header_of_a_name_counts(void **state)
{
	assert_read("42", 2, "42");
	assert_read("1234567", 7, "1234567");
	assert_read("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
	/* It does not fall back to the one before. */
	assert_read(NULL, 0, "");
}

static void what_is_no_text_or_too_long_reads_as_nothing(void **state)
{
	assert_read("12345678", 8, "");
	assert_read("1\0002", 3, "");
	assert_read("1\n2", 3, "");
	assert_read("1\xff", 2, "");
	/* The first byte of a character that never ends. */
	assert_read("1\xc3", 2, "");
}

static void what_is_not_there_reads_as_nothing(void **state)
{
	struct kafka_record record = with("42", 2);
	char read[8] = "before";

	kafka_record_header(&record, "ce_type", read, sizeof(read));
	assert_string_equal(read, "");
	rd_kafka_headers_destroy((rd_kafka_headers_t *)record.headers);
	record.headers = NULL;
	memcpy(read, "before", 7);
	kafka_record_header(&record, "ce_id", read, sizeof(read));
	assert_string_equal(read, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_header_of_a_name_counts),
		cmocka_unit_test(what_is_no_text_or_too_long_reads_as_nothing),
		cmocka_unit_test(what_is_not_there_reads_as_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
