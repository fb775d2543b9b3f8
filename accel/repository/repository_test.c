#include "core/test.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accel/repository/repository.h"

static const char yaml[] =
	"task: classify\n"
	"labels: [a, b]\n"
	"input: {tensor: in, width: 2, height: 1, channels: 1, mean: [0], scale: [1]}\n"
	"classify: {tensor: out}\n";

static char directory[] = "/tmp/framegate-repository-XXXXXX";
static struct gw_error error;

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void add_model(const char *name, const char *version, const char *onnx)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", directory, name, version);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s/model.onnx", directory, name, version);
	write_file(path, onnx);
	snprintf(path, sizeof(path), "%s/%s/%s/model.yaml", directory, name, version);
	write_file(path, yaml);
}

static int make_repository(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	add_model("letters", "1", "\b\1");
	add_model("letters", "2", "\b\2");
	add_model("letters", "10", "\b\3");
	add_model("letters", "011", "no version");
	add_model("letters", "latest", "no version");
	add_model("empty", "1", "");
	return 0;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

static int remove_repository(void **state)
{
	return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void assert_refused(const char *reference, int status, const char *words)
{
	struct model *model;

	assert_int_equal(repository_load(directory, reference, &model, &error), status);
	assert_null(model);
	if (!strstr(error.text, words))
		print_error("%s\n", error.text);
	assert_non_null(strstr(error.text, words));
}

static void the_highest_version_is_used(void **state)
{
	struct model *model;

	assert_int_equal(repository_load(directory, "letters", &model, &error), 0);
	assert_string_equal(model->name, "letters");
	assert_int_equal(model->version, 10);
	model_free(model);
}

static void a_version_can_be_asked_for(void **state)
{
	struct model *model;

	assert_int_equal(repository_load(directory, "letters:1", &model, &error), 0);
	assert_int_equal(model->version, 1);
	/* printf '\b\1' | sha256sum */
	assert_string_equal(model->digest,
		"sha256:fb8da7eb5b1b399e7321179dac9e9f65773d7331e1e30554e3911e4325e1ef19");
	model_free(model);
}

/* A graph with one tensor, whose values lie in the file "w". */
static const char with_weights[] = "\x3a\x11\x2a\x0f\x6a\x0d\x0a\x08"
				   "location\x12\x01w";

static void weights_in_another_file_are_part_of_the_digest(void **state)
{
	char path[256], digest[2][72];
	struct model *model;

	add_model("outside", "1", with_weights);
	snprintf(path, sizeof(path), "%s/outside/1/w", directory);
	assert_int_not_equal(repository_load(directory, "outside", &model, &error), 0);
	assert_non_null(strstr(error.text, "the model's weights: "));
	assert_non_null(strstr(error.text, "/outside/1/w: No such file"));
	for (int i = 0; i < 2; i++) {
		write_file(path, i ? "these" : "those");
		assert_int_equal(repository_load(directory, "outside", &model, &error), 0);
		strcpy(digest[i], model->digest);
		model_free(model);
	}
	assert_string_not_equal(digest[0], digest[1]);
}

static void weights_outside_of_the_folder_are_refused(void **state)
{
	add_model("astray", "1",
		"\x3a\x19\x2a\x17\x6a\x15\x0a\x08"
		"location\x12\x09../secret");
	assert_refused("astray", -EINVAL, "outside of its own folder");
	add_model("page", "1", "<html>not found</html>");
	assert_refused("page", -EINVAL, "page/1/model.onnx: it is no ONNX model");
}

static void labels_may_be_lines_of_a_file(void **state)
{
	static const char with_file[] =
		"task: classify\n"
		"labels_file: names.txt\n"
		"input: {tensor: in, width: 2, height: 1, channels: 1, mean: [0], scale: [1]}\n"
		"classify: {tensor: out}\n";
	char path[256];
	struct model *model;

	add_model("lines", "1", "\b\1");
	snprintf(path, sizeof(path), "%s/lines/1/model.yaml", directory);
	write_file(path, with_file);
	assert_refused("lines", -ENOENT, "/lines/1/names.txt: No such file");
	snprintf(path, sizeof(path), "%s/lines/1/names.txt", directory);
	write_file(path, "tench, Tinca tinca\r\ngoldfish\n");
	assert_int_equal(repository_load(directory, "lines", &model, &error), 0);
	assert_int_equal(model->description->labels_count, 2);
	assert_string_equal(model->description->labels[0], "tench, Tinca tinca");
	assert_string_equal(model->description->labels[1], "goldfish");
	model_free(model);
	write_file(path, "a\n\nb\n");
	assert_refused("lines", -EINVAL, "names.txt:2: an empty line");
	write_file(path, "");
	assert_refused("lines", -EINVAL, "names.txt: it has no lines");
}

static void a_directory_says_name_and_version(void **state)
{
	struct model *model;
	char path[256];

	snprintf(path, sizeof(path), "%s/letters/2/", directory);
	assert_int_equal(repository_load_directory(path, &model, &error), 0);
	assert_string_equal(model->name, "letters");
	assert_int_equal(model->version, 2);
	assert_non_null(strstr(model->path, "/letters/2/model.onnx"));
	model_free(model);
}

static void a_missing_model_is_answered_with_those_that_are_there(void **state)
{
	assert_refused("digits", -ENOENT, "letters");
	assert_refused("digits", -ENOENT, directory);
}

static void a_missing_version_is_answered_with_those_that_are_there(void **state)
{
	assert_refused("letters:3", -ENOENT, "10");
	assert_refused("letters:latest", -ENOENT, "10");
	assert_refused("letters:", -ENOENT, "10");
	assert_refused("letters:011", -ENOENT, "10");
}

static void a_reference_cannot_leave_the_repository(void **state)
{
	assert_refused("../letters", -EINVAL, "NAME:VERSION");
	assert_refused("letters/1", -EINVAL, "NAME:VERSION");
	assert_refused("", -EINVAL, "NAME:VERSION");
	assert_refused("..", -EINVAL, "NAME:VERSION");
}

static void an_empty_model_file_is_refused(void **state)
{
	assert_refused("empty", -EINVAL, "empty/1/model.onnx");
}

static void a_repository_that_does_not_exist_is_named(void **state)
{
	struct model *model;

	assert_int_equal(repository_load("/nowhere", "letters", &model, &error), -ENOENT);
	assert_non_null(strstr(error.text, "/nowhere"));
	assert_non_null(strstr(error.text, "no models"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_highest_version_is_used),
		cmocka_unit_test(a_version_can_be_asked_for),
		cmocka_unit_test(a_directory_says_name_and_version),
		cmocka_unit_test(weights_in_another_file_are_part_of_the_digest),
		cmocka_unit_test(weights_outside_of_the_folder_are_refused),
		cmocka_unit_test(labels_may_be_lines_of_a_file),
		cmocka_unit_test(a_missing_model_is_answered_with_those_that_are_there),
		cmocka_unit_test(a_missing_version_is_answered_with_those_that_are_there),
		cmocka_unit_test(a_reference_cannot_leave_the_repository),
		cmocka_unit_test(an_empty_model_file_is_refused),
		cmocka_unit_test(a_repository_that_does_not_exist_is_named),
	};

	return cmocka_run_group_tests(tests, make_repository, remove_repository);
}
