/* The headers of a message: what tells results, pictures and enhanced pictures apart. */
#include "kafka/message.h"

#include "core/test.h"

#include <string.h>

static void assert_headers(const struct sink_record *record, const char *expected)
{
	rd_kafka_headers_t *headers = message_headers(record);
	char text[512] = "";
	const char *name;
	const void *value;
	size_t size;

	for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
		RD_KAFKA_RESP_ERR_NO_ERROR;
		i++) {
		strcat(strcat(text, name), "=");
		strncat(text, value, size);
		strcat(text, "\n");
	}
	assert_string_equal(text, expected);
	rd_kafka_headers_destroy(headers);
}

static void kinds_are_told_apart_by_their_headers(void **state)
{
	struct sink_record record = {
		.kind = SINK_RESULT,
		.id = "b/cam0/7",
		.source = "/gateways/g/cameras/cam0",
		.time = "2026-11-21T07:40:00.123Z",
		.finding = GW_NO_FINDING,
	};

	assert_headers(&record,
		"ce_specversion=1.0\nce_id=b/cam0/7\nce_source=/gateways/g/cameras/cam0\n"
		"ce_type=com.framegate.result.v1\nce_time=2026-11-21T07:40:00.123Z\n"
		"content-type=application/json\n");
	record.format = GW_RECORD_PROTOBUF;
	assert_headers(&record,
		"ce_specversion=1.0\nce_id=b/cam0/7\nce_source=/gateways/g/cameras/cam0\n"
		"ce_type=com.framegate.result.v1\nce_time=2026-11-21T07:40:00.123Z\n"
		"content-type=application/protobuf\n");
	record.kind = SINK_SAMPLE;
	assert_headers(&record,
		"ce_specversion=1.0\nce_id=b/cam0/7\nce_source=/gateways/g/cameras/cam0\n"
		"ce_type=com.framegate.frame.v1\nce_time=2026-11-21T07:40:00.123Z\n"
		"content-type=image/jpeg\n");
	record.finding = 255;
	assert_headers(&record,
		"ce_specversion=1.0\nce_id=b/cam0/7\nce_source=/gateways/g/cameras/cam0\n"
		"ce_type=com.framegate.frame.enhanced.v1\nce_time=2026-11-21T07:40:00.123Z\n"
		"content-type=image/jpeg\nce_finding=255\n");
	record.reduced = true;
	record.finding = GW_NO_FINDING;
	assert_headers(&record,
		"ce_specversion=1.0\nce_id=b/cam0/7\nce_source=/gateways/g/cameras/cam0\n"
		"ce_type=com.framegate.frame.v1\nce_time=2026-11-21T07:40:00.123Z\n"
		"content-type=image/jpeg\nce_reduced=true\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_told_apart_by_their_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
