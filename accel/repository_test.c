#include "core/test.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel/repository.h"

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
	add_model("letters", "1", "abc");
	add_model("letters", "2", "second");
	add_model("letters", "10", "tenth");
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
	/* SHA-256 of "abc": FIPS 180-2, appendix B.1. */
	assert_string_equal(model->digest,
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	model_free(model);
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
		cmocka_unit_test(a_missing_model_is_answered_with_those_that_are_there),
		cmocka_unit_test(a_missing_version_is_answered_with_those_that_are_there),
		cmocka_unit_test(a_reference_cannot_leave_the_repository),
		cmocka_unit_test(an_empty_model_file_is_refused),
		cmocka_unit_test(a_repository_that_does_not_exist_is_named),
	};

	return cmocka_run_group_tests(tests, make_repository, remove_repository);
}
