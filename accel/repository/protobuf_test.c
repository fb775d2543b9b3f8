#include "accel/repository/protobuf.h"

#include "core/test.h"

static bool next(const uint8_t *bytes, size_t size, struct protobuf_field *field)
{
	struct protobuf_bytes message = {bytes, bytes + size};

	return protobuf_next(&message, field);
}

static void fields_of_each_type_are_taken_off_in_turn(void **state)
{
	static const uint8_t bytes[] = {
		1 << 3 | 0, 0x96, 0x01, /* 150 */
		2 << 3 | 2, 2, 'h', 'i', /* */
		3 << 3 | 5, 1, 2, 3, 4, /* 32 bits */
		0xa1, 0x01, 8, 7, 6, 5, 4, 3, 2, 1, /* field 20, 64 bits */
	};
	struct protobuf_bytes message = {bytes, bytes + sizeof(bytes)};
	struct protobuf_field field;

	assert_true(protobuf_next(&message, &field));
	assert_int_equal(field.number, 1);
	assert_int_equal(field.value, 150);
	assert_false(field.has_length);
	assert_true(protobuf_next(&message, &field));
	assert_true(field.has_length);
	assert_memory_equal(field.bytes.at, "hi", protobuf_size(&field.bytes));
	assert_true(protobuf_next(&message, &field));
	assert_int_equal(field.value, 0x04030201);
	assert_true(protobuf_next(&message, &field));
	assert_int_equal(field.number, 20);
	assert_int_equal(field.value, 0x0102030405060708);
	assert_ptr_equal(message.at, message.end);
}

static void what_goes_beyond_its_message_is_refused(void **state)
{
	static const uint8_t length[] = {1 << 3 | 2, 3, 'h', 'i'};
	static const uint8_t huge[] = {
		1 << 3 | 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
	static const uint8_t fixed[] = {1 << 3 | 1, 1, 2, 3, 4, 5, 6, 7};
	static const uint8_t number[] = {1 << 3 | 0, 0x80};
	struct protobuf_field field;

	assert_false(next(length, sizeof(length), &field));
	assert_false(next(huge, sizeof(huge), &field));
	assert_false(next(fixed, sizeof(fixed), &field));
	assert_false(next(number, sizeof(number), &field));
}

static void what_protobuf_does_not_have_is_refused(void **state)
{
	static const uint8_t group[] = {1 << 3 | 3, 0};
	static const uint8_t zero[] = {0, 0};
	struct protobuf_field field;

	assert_false(next(group, sizeof(group), &field));
	assert_false(next(zero, sizeof(zero), &field));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_each_type_are_taken_off_in_turn),
		cmocka_unit_test(what_goes_beyond_its_message_is_refused),
		cmocka_unit_test(what_protobuf_does_not_have_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
