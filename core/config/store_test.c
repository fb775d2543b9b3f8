/* What is saved loads to the same configuration, and a file is replaced whole. */
#include "core/config/test_configs.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/config/secrets.h"
#include "core/config/store.h"
#include "core/config/yaml_load.h"

struct folder {
	char path[64];
	char file[96];
};

static int make(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	strcpy(folder->path, "/tmp/framegate-store-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	snprintf(folder->file, sizeof(folder->file), "%s/gateway.yaml", folder->path);
	*state = folder;
	return 0;
}

/* Nothing but the file itself is left behind. */
static int take_away(void **state)
{
	struct folder *folder = *state;

	unlink(folder->file);
	const int status = rmdir(folder->path);

	free(folder);
	return status;
}

static void assert_same(const struct gw_config *config, const struct gw_config *again)
{
	json_t *before = config_json_with_secrets(config);
	json_t *after = config_json_with_secrets(again);

	if (!json_equal(before, after))
		fail_msg("%s\n%s", json_dumps(before, 0), json_dumps(after, 0));
	json_decref(before);
	json_decref(after);
}

static void assert_reads_the_same(const struct gw_config *config)
{
	struct gw_config *again;
	struct gw_error error;
	size_t size;
	char *text;

	assert_int_equal(gw_config_text(config, &text, &size, &error), 0);
	assert_int_equal(strlen(text), size);
	if (gw_config_parse(text, size, &again, &error) != 0)
		fail_msg("%s\n%s", error.text, text);
	assert_same(config, again);
	gw_config_free(again);
	free(text);
}

static void every_key_comes_back(void **state)
{
	struct gw_config *config = test_config(EVERY_KEY);

	assert_reads_the_same(config);
	gw_config_free(config);
}

static void the_annotated_file_comes_back(void **state)
{
	struct gw_config *config;
	struct gw_error error;

	assert_int_equal(gw_config_load(SOURCE_ROOT "/configs/gateway.yaml", &config, &error), 0);
	assert_reads_the_same(config);
	gw_config_free(config);
}

static void only_what_differs_from_the_defaults_is_written(void **state)
{
	struct gw_config *config = test_config(
		"cores: {decode: [1, 2]}\n"
		"log: {level: info}\n"
		"cameras: [{name: 'off', source: 10.0.0.1, destination: 10.0.0.2, port: 5004,\n"
		"  quota: 8, conceal: false}]\n"
		"kafka: {frames: {every: 5}, properties: [{name: linger.ms, value: '5'}]}\n");
	struct gw_error error;
	size_t size;
	char *text;

	assert_int_equal(gw_config_text(config, &text, &size, &error), 0);
	assert_string_equal(text,
		"cores:\n"
		"  decode: [1, 2]\n"
		"cameras:\n"
		"- name: 'off'\n"
		"  source: 10.0.0.1\n"
		"  destination: 10.0.0.2\n"
		"  port: 5004\n"
		"kafka:\n"
		"  frames:\n"
		"    every: 5\n"
		"  properties:\n"
		"  - name: linger.ms\n"
		"    value: '5'\n");
	free(text);
	gw_config_free(config);
}

static void a_gateway_without_cameras_is_saved_as_one(void **state)
{
	struct gw_config *config = test_config("cameras: []\n");
	struct gw_error error;
	size_t size;
	char *text;

	assert_int_equal(gw_config_text(config, &text, &size, &error), 0);
	assert_string_equal(text, "cameras: []\n");
	free(text);
	gw_config_free(config);
}

static void save(const struct gw_config *config, const char *path)
{
	struct gw_error error;

	if (gw_config_save(config, path, &error) != 0)
		fail_msg("%s", error.text);
}

static void a_file_is_replaced_whole_and_keeps_mode_and_owner(void **state)
{
	struct folder *folder = *state;
	struct gw_config *config = test_config(EVERY_KEY), *again;
	struct stat before, after;
	struct gw_error error;
	size_t size;
	char *text;

	FILE *file = fopen(folder->file, "w");

	assert_non_null(file);
	fputs("cameras: []\n", file);
	fclose(file);
	assert_int_equal(chmod(folder->file, 0604), 0);
	/* Only root gives files away. */
	assert_int_equal(chown(folder->file, geteuid() == 0 ? 12 : geteuid(), getegid()), 0);
	assert_int_equal(stat(folder->file, &before), 0);
	save(config, folder->file);
	assert_int_equal(stat(folder->file, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_int_not_equal(after.st_ino, before.st_ino);

	assert_int_equal(gw_yaml_read(folder->file, &text, &size, &error), 0);
	assert_int_equal(strncmp(text, "# Written by Framegate", 22), 0);
	free(text);
	assert_int_equal(gw_config_load(folder->file, &again, &error), 0);
	assert_same(config, again);
	gw_config_free(again);
	gw_config_free(config);
}

static void a_new_file_is_not_for_everybody(void **state)
{
	struct folder *folder = *state;
	struct gw_config *config = test_config("cameras: []\n");
	struct stat facts;

	save(config, folder->file);
	assert_int_equal(stat(folder->file, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0640);
	gw_config_free(config);
}

static void a_link_stays_a_link(void **state)
{
	struct folder *folder = *state;
	struct gw_config *config = test_config("cameras: []\n");
	struct stat facts;
	char link[128];

	snprintf(link, sizeof(link), "%s/link.yaml", folder->path);
	save(config, folder->file);
	assert_int_equal(symlink("gateway.yaml", link), 0);
	save(config, link);
	assert_int_equal(lstat(link, &facts), 0);
	assert_true(S_ISLNK(facts.st_mode));
	unlink(link);
	gw_config_free(config);
}

static void what_cannot_be_written_is_said_and_leaves_nothing(void **state)
{
	struct folder *folder = *state;
	struct gw_config *config = test_config("cameras: []\n");
	struct gw_error error;
	char path[128];

	snprintf(path, sizeof(path), "%s/nosuch/gateway.yaml", folder->path);
	assert_int_equal(gw_config_save(config, path, &error), -2);
	assert_non_null(strstr(error.text, "was not saved: No such file or directory"));
	assert_int_not_equal(gw_config_save(config, folder->path, &error), 0);
	assert_non_null(strstr(error.text, "not a regular file"));
	gw_config_free(config);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* In a mount namespace of its own; 0: it was as it should be. */
static int save_onto_a_mount(const struct folder *folder)
{
	struct gw_config *config = test_config("cameras: []\n");
	struct gw_error error = {""};
	char other[128];

	snprintf(other, sizeof(other), "%s/mounted.yaml", folder->path);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount(folder->file, other, NULL, MS_BIND, NULL) != 0)
		return 77;
	const int status = gw_config_save(config, other, &error);

	gw_config_free(config);
	if (status != -ENOTSUP || !strstr(error.text, "mount the folder that it is in instead"))
		return 1;
	return 0;
}

static void a_file_that_is_a_mount_of_its_own_is_said_to_be_one(void **state)
{
	struct folder *folder = *state;
	char other[128], content[16] = "";
	int status;

	write_file(folder->file, "# mine\n");
	snprintf(other, sizeof(other), "%s/mounted.yaml", folder->path);
	write_file(other, "");
	const pid_t child = fork();

	if (child == 0)
		_exit(unshare(CLONE_NEWNS) == 0 ? save_onto_a_mount(folder) : 77);
	waitpid(child, &status, 0);
	unlink(other);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
	FILE *file = fopen(folder->file, "r");

	assert_non_null(fgets(content, sizeof(content), file));
	fclose(file);
	assert_string_equal(content, "# mine\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, take_away)
	const struct CMUnitTest tests[] = {
		TEST(every_key_comes_back),
		TEST(the_annotated_file_comes_back),
		TEST(only_what_differs_from_the_defaults_is_written),
		TEST(a_gateway_without_cameras_is_saved_as_one),
		TEST(a_file_is_replaced_whole_and_keeps_mode_and_owner),
		TEST(a_new_file_is_not_for_everybody),
		TEST(a_link_stays_a_link),
		TEST(a_file_that_is_a_mount_of_its_own_is_said_to_be_one),
		TEST(what_cannot_be_written_is_said_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
