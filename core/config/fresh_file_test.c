/* A file is replaced whole or not at all. */
#include "core/config/fresh_file.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/test.h"

struct folder {
	char path[64];
	char file[96];
};

static int make(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	strcpy(folder->path, "/tmp/framegate-fresh-XXXXXX");
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

static int place(const char *path, const char *text, struct gw_error *error)
{
	const char *const texts[] = {text, "# end\n"};
	const size_t sizes[] = {strlen(text), 6};
	struct fresh_file fresh;
	int status = fresh_file_write(&fresh, path, NULL, NULL, texts, sizes, error);

	return status == 0 ? fresh_file_place(&fresh, error) : status;
}

static void save(const char *path)
{
	struct gw_error error;

	if (place(path, "new\n", &error) != 0)
		fail_msg("%s", error.text);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_says(const char *path, const char *text)
{
	char content[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	(void)!fread(content, 1, sizeof(content) - 1, file);
	fclose(file);
	assert_string_equal(content, text);
}

static void a_file_is_replaced_whole_and_keeps_mode_and_owner(void **state)
{
	struct folder *folder = *state;
	struct stat before, after;

	write_file(folder->file, "old\n");
	assert_int_equal(chmod(folder->file, 0604), 0);
	/* Only root gives files away. */
	assert_int_equal(chown(folder->file, geteuid() == 0 ? 12 : geteuid(), getegid()), 0);
	assert_int_equal(stat(folder->file, &before), 0);
	save(folder->file);
	assert_int_equal(stat(folder->file, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_int_not_equal(after.st_ino, before.st_ino);
	assert_says(folder->file, "new\n# end\n");
}

static void what_is_dropped_leaves_the_old_one(void **state)
{
	struct folder *folder = *state;
	struct fresh_file fresh;
	struct gw_error error;

	write_file(folder->file, "old\n");
	assert_int_equal(fresh_file_write(&fresh, folder->file, NULL, NULL,
				 (const char *const[]){"a", "b"}, (const size_t[]){1, 1}, &error),
		0);
	assert_says(folder->file, "old\n");
	assert_says(fresh.path, "ab");
	fresh_file_drop(&fresh);
	fresh_file_drop(&fresh);
	assert_says(folder->file, "old\n");
}

static void a_new_file_is_not_for_everybody(void **state)
{
	struct folder *folder = *state;
	struct stat facts;

	save(folder->file);
	assert_int_equal(stat(folder->file, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0640);
}

static void one_of_ours_is_whoever_had_it_before(void **state)
{
	struct folder *folder = *state;
	struct fresh_file fresh;
	struct gw_error error;
	struct stat facts;

	write_file(folder->file, "old\n");
	assert_int_equal(chmod(folder->file, 0600), 0);
	/* Only who may do everything can give a file away. */
	(void)!chown(folder->file, 4711, 4711);
	assert_int_equal(fresh_file_write(&fresh, folder->file, NULL, FRESH_FILE_OURS,
				 (const char *const[]){"a", "b"}, (const size_t[]){1, 1}, &error),
		0);
	assert_int_equal(fresh_file_place(&fresh, &error), 0);
	assert_says(folder->file, "ab");
	assert_int_equal(stat(folder->file, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0644);
	assert_int_equal(facts.st_uid, geteuid());
	assert_int_equal(facts.st_gid, getegid());
}

static void a_link_stays_a_link(void **state)
{
	struct folder *folder = *state;
	struct stat facts;
	char link[128];

	snprintf(link, sizeof(link), "%s/link.yaml", folder->path);
	save(folder->file);
	assert_int_equal(symlink("gateway.yaml", link), 0);
	save(link);
	assert_int_equal(lstat(link, &facts), 0);
	assert_true(S_ISLNK(facts.st_mode));
	unlink(link);
}

static void what_cannot_be_written_is_said_and_leaves_nothing(void **state)
{
	struct folder *folder = *state;
	struct gw_error error;
	char path[128];

	snprintf(path, sizeof(path), "%s/nosuch/gateway.yaml", folder->path);
	assert_int_equal(place(path, "x", &error), -2);
	assert_non_null(strstr(error.text, "was not saved: No such file or directory"));
	assert_int_not_equal(place(folder->path, "x", &error), 0);
	assert_non_null(strstr(error.text, "not a regular file"));
}

/* In a mount namespace of its own; 0: it was as it should be. */
static int save_onto_a_mount(const struct folder *folder)
{
	struct gw_error error = {""};
	char other[128];

	snprintf(other, sizeof(other), "%s/mounted.yaml", folder->path);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount(folder->file, other, NULL, MS_BIND, NULL) != 0)
		return 77;
	const int status = place(other, "x", &error);

	if (status != -ENOTSUP || !strstr(error.text, "mount the folder that it is in instead"))
		return 1;
	return 0;
}

static void a_file_that_is_a_mount_of_its_own_is_said_to_be_one(void **state)
{
	struct folder *folder = *state;
	char other[128];
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
	assert_says(folder->file, "# mine\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, take_away)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_replaced_whole_and_keeps_mode_and_owner),
		TEST(what_is_dropped_leaves_the_old_one),
		TEST(a_new_file_is_not_for_everybody),
		TEST(one_of_ours_is_whoever_had_it_before),
		TEST(a_link_stays_a_link),
		TEST(a_file_that_is_a_mount_of_its_own_is_said_to_be_one),
		TEST(what_cannot_be_written_is_said_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
