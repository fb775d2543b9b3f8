#include "accel/repository/onnx_external.h"

#include <errno.h>
#include <string.h>

#include "core/test.h"

static struct onnx_external external;
static struct gw_error error;

/* Protobuf written by hand: a field with a length. */
struct text {
	uint8_t bytes[1024];
	size_t size;
};

static struct text field(uint32_t number, const void *data, size_t size)
{
	struct text out = {.size = 0};

	out.bytes[out.size++] = (uint8_t)((number << 3 | 2) & 0x7f) | (number > 15 ? 0x80 : 0);
	if (number > 15)
		out.bytes[out.size++] = (uint8_t)(number >> 4);
	assert_true(size < 900);
	out.bytes[out.size++] = (uint8_t)(size & 0x7f) | 0x80;
	out.bytes[out.size++] = (uint8_t)(size >> 7);
	memcpy(out.bytes + out.size, data, size);
	out.size += size;
	return out;
}

static struct text wrap(uint32_t number, struct text inner)
{
	return field(number, inner.bytes, inner.size);
}

static struct text join(struct text a, struct text b)
{
	memcpy(a.bytes + a.size, b.bytes, b.size);
	a.size += b.size;
	return a;
}

/* A tensor with its values in that file. */
static struct text tensor(const char *file)
{
	const struct text offset = join(field(1, "offset", 6), field(2, "4096", 4));
	const struct text location = join(field(1, "location", 8), field(2, file, strlen(file)));

	return join(wrap(13, offset), wrap(13, location));
}

static int read_model(struct text graph)
{
	const struct text model = wrap(7, graph);

	return onnx_external_read(model.bytes, model.size, &external, &error);
}

static void a_model_that_keeps_all_in_itself_has_no_files(void **state)
{
	assert_int_equal(read_model(wrap(5, field(8, "weights", 7))), 0);
	assert_int_equal(external.count, 0);
}

static void files_are_sorted_and_named_once(void **state)
{
	assert_int_equal(read_model(join(join(wrap(5, tensor("b.data")), wrap(5, tensor("a.data"))),
				 wrap(5, tensor("b.data")))),
		0);
	assert_int_equal(external.count, 2);
	assert_string_equal(external.file[0], "a.data");
	assert_string_equal(external.file[1], "b.data");
}

static void graphs_within_attributes_count_too(void **state)
{
	const struct text inner = wrap(5, tensor("inner.data"));
	const struct text node = wrap(1, wrap(5, wrap(6, inner))); /* attribute.g */
	const struct text constant = wrap(1, wrap(5, wrap(5, tensor("constant.data"))));

	assert_int_equal(read_model(join(node, constant)), 0);
	assert_int_equal(external.count, 2);
}

static void files_outside_of_the_folder_are_refused(void **state)
{
	static const char *const names[] = {"/etc/passwd", "../w.data", "a/../../w.data", ".."};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(read_model(wrap(5, tensor(names[i]))), -EINVAL);
		assert_non_null(strstr(error.text, "outside of its own folder"));
	}
	assert_int_equal(read_model(wrap(5, tensor("sub/w.data"))), 0);
}

static void what_is_cut_short_is_refused(void **state)
{
	const struct text model = wrap(7, wrap(5, tensor("w.data")));

	for (size_t size = 1; size < model.size; size++)
		assert_int_equal(onnx_external_read(model.bytes, size, &external, &error), -EINVAL);
	assert_int_equal(
		onnx_external_read((const uint8_t *)"<html>", 6, &external, &error), -EINVAL);
	assert_non_null(strstr(error.text, "no ONNX model"));
}

static void graphs_without_end_are_refused(void **state)
{
	struct text nested = field(8, "x", 1);

	for (int i = 0; i < 40; i++)
		nested = wrap(1, wrap(5, wrap(6, nested)));
	assert_int_equal(read_model(nested), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_that_keeps_all_in_itself_has_no_files),
		cmocka_unit_test(files_are_sorted_and_named_once),
		cmocka_unit_test(graphs_within_attributes_count_too),
		cmocka_unit_test(files_outside_of_the_folder_are_refused),
		cmocka_unit_test(what_is_cut_short_is_refused),
		cmocka_unit_test(graphs_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
