#include "gwd/model/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/test.h"

static struct gw_error error;

/* What is told of a file of that name's ending and those bytes, which is no ONNX model. */
static const char *told_of(const char *ending, const void *bytes, size_t size)
{
	char path[64];
	struct model_file file;

	snprintf(path, sizeof(path), "/tmp/framegate-model-XXXXXX%s", ending);
	const int fd = mkstemps(path, (int)strlen(ending));

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	assert_int_equal(model_file_open(path, &file, &error), 0);
	assert_int_equal(file.size, size);
	gw_error_set(&error, -EINVAL, "no ONNX model");
	model_file_explain(path, &file, &error);
	model_file_close(&file);
	unlink(path);
	return error.text;
}

#define TOLD_OF(ending, bytes) told_of(ending, bytes, sizeof(bytes) - 1)

static void models_of_other_frameworks_are_told_how_to_be_exported(void **state)
{
	assert_non_null(strstr(TOLD_OF(".bin", "PK\x03\x04 archive"), "torch.onnx.export"));
	assert_non_null(strstr(TOLD_OF(".pth", "\x80\x02}q"), "torch.onnx.export"));
	assert_non_null(strstr(TOLD_OF("", "\x1c\0\0\0TFL3...."), "--tflite"));
	assert_non_null(strstr(TOLD_OF(".pb", "\x0a\x10graph"), "tf2onnx.convert --saved-model"));
	assert_non_null(strstr(TOLD_OF(".h5", "\x89HDF\r\n"), "Keras"));
	assert_non_null(strstr(TOLD_OF("", "\x18\0\0\0ORTM"), "ONNX Runtime's own"));
	assert_non_null(strstr(TOLD_OF("", "\x40\0\0\0\0\0\0\0{\"w\": 1}"), "safetensors"));
	assert_non_null(strstr(TOLD_OF(".engine", "ftrt...."), "TensorRT"));
}

static void what_is_no_model_at_all_is_told_so(void **state)
{
	assert_non_null(strstr(TOLD_OF(".onnx", "<!DOCTYPE html>"), "page of the web"));
	assert_non_null(
		strstr(TOLD_OF(".onnx", "version https://git-lfs.github.com/spec/v1"), "lfs pull"));
}

static void what_is_not_known_keeps_its_line(void **state)
{
	assert_string_equal(TOLD_OF(".onnx", "nonsense"), "no ONNX model");
	assert_string_equal(TOLD_OF(".onnx", "P"), "no ONNX model");
}

static void what_cannot_be_read_is_refused(void **state)
{
	struct model_file file;

	assert_int_equal(model_file_open("/nonexistent/model.onnx", &file, &error), -ENOENT);
	assert_int_equal(model_file_open("/tmp", &file, &error), -EINVAL);
	assert_non_null(strstr(error.text, "it is a folder"));
	assert_int_equal(model_file_open("/dev/null", &file, &error), -EINVAL);
	assert_non_null(strstr(error.text, "empty or no file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(models_of_other_frameworks_are_told_how_to_be_exported),
		cmocka_unit_test(what_is_no_model_at_all_is_told_so),
		cmocka_unit_test(what_is_not_known_keeps_its_line),
		cmocka_unit_test(what_cannot_be_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
