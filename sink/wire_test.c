#include "sink/wire.h"

#include <math.h>
#include <string.h>

#include "core/test.h"

static char room[1024];
static struct writer writer;

static int begin(void **state)
{
	writer_begin(&writer, room, sizeof(room));
	return 0;
}

static void assert_written(const void *bytes, size_t size)
{
	assert_false(writer.cut);
	assert_int_equal(writer.size, size);
	assert_memory_equal(writer.data, bytes, size);
	begin(NULL);
}

#define ASSERT_WRITTEN(...) \
	do { \
		const uint8_t bytes_[] = {__VA_ARGS__}; \
		assert_written(bytes_, sizeof(bytes_)); \
	} while (0)

static void numbers_have_seven_bits_a_byte(void **state)
{
	/* The documentation's own example: 150 as field 1. */
	wire_number(&writer, 1, 150);
	ASSERT_WRITTEN(0x08, 0x96, 0x01);
	wire_number(&writer, 16, 1);
	ASSERT_WRITTEN(0x80, 0x01, 0x01);
	wire_number(&writer, 1, UINT64_MAX);
	ASSERT_WRITTEN(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
	wire_fixed32(&writer, 2, 0x01020304);
	ASSERT_WRITTEN(0x15, 4, 3, 2, 1);
}

static void zero_is_left_out_unless_it_is_set(void **state)
{
	wire_number(&writer, 1, 0);
	wire_fixed32(&writer, 1, 0);
	wire_float(&writer, 1, 0);
	wire_float(&writer, 1, NAN);
	wire_string(&writer, 1, "");
	wire_text(&writer, 1, NULL, 0);
	wire_bytes(&writer, 1, NULL, 0);
	assert_int_equal(writer.size, 0);
	wire_set_number(&writer, 1, 0);
	wire_set_float(&writer, 2, NAN);
	wire_set_string(&writer, 3, "");
	ASSERT_WRITTEN(0x08, 0, 0x15, 0, 0, 0, 0, 0x1a, 0);
}

static void floats_stay_in_their_range(void **state)
{
	wire_float(&writer, 1, 1);
	ASSERT_WRITTEN(0x0d, 0, 0, 0x80, 0x3f);
	wire_float(&writer, 1, INFINITY);
	ASSERT_WRITTEN(0x0d, 0x28, 0x6b, 0x6e, 0x4e);
	wire_float(&writer, 1, -INFINITY);
	ASSERT_WRITTEN(0x0d, 0x28, 0x6b, 0x6e, 0xce);
}

static void text_is_utf8_whatever_came(void **state)
{
	wire_string(&writer, 1, "\xc3\xa9\xff");
	ASSERT_WRITTEN(0x0a, 5, 0xc3, 0xa9, 0xef, 0xbf, 0xbd);
	wire_text(&writer, 1, "a\0\"", 3);
	ASSERT_WRITTEN(0x0a, 3, 'a', 0, '"');
	/* Cut within a character. */
	wire_text(&writer, 1, "\xe2\x82\xac", 2);
	ASSERT_WRITTEN(0x0a, 6, 0xef, 0xbf, 0xbd, 0xef, 0xbf, 0xbd);
}

static void what_is_within_is_as_long_as_it_says(void **state)
{
	const size_t outer = wire_begin(&writer, 1), inner = wire_begin(&writer, 2);

	for (int i = 0; i < 126; i++)
		wire_element(&writer, 1);
	wire_end(&writer, inner);
	wire_end(&writer, outer);
	/* 126 bytes with tag and size are 128: the outer one's size takes two. */
	assert_int_equal(writer.size, 131);
	assert_memory_equal(room, "\x0a\x80\x01\x12\x7e\x01", 6);
	assert_int_equal(room[130], 1);
}

static void what_does_not_fit_is_cut(void **state)
{
	writer_begin(&writer, room, 130);
	const size_t place = wire_begin(&writer, 1);

	for (int i = 0; i < 128; i++)
		wire_element(&writer, 1);
	assert_false(writer.cut);
	/* The second byte of its size has no room. */
	wire_end(&writer, place);
	assert_true(writer.cut);
}

static void times_are_seconds_and_nanoseconds(void **state)
{
	wire_time(&writer, 3, 2000000005);
	ASSERT_WRITTEN(0x1a, 4, 0x08, 2, 0x10, 5);
	/* Before 1970 the nanoseconds count upwards all the same. */
	wire_time(&writer, 3, -1);
	ASSERT_WRITTEN(0x1a, 17, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
		0x10, 0xff, 0x93, 0xeb, 0xdc, 0x03);
}

static void a_frame_of_confluents_names_schema_and_message(void **state)
{
	wire_framing(&writer, 0x01020304);
	ASSERT_WRITTEN(0, 1, 2, 3, 4, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_have_seven_bits_a_byte),
		TEST(zero_is_left_out_unless_it_is_set),
		TEST(floats_stay_in_their_range),
		TEST(text_is_utf8_whatever_came),
		TEST(what_is_within_is_as_long_as_it_says),
		TEST(what_does_not_fit_is_cut),
		TEST(times_are_seconds_and_nanoseconds),
		TEST(a_frame_of_confluents_names_schema_and_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
