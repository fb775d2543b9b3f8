#include "core/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/private_file.h"

struct fixture {
	char folder[64], file[80], fresh[96];
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/framegate-private-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->file, sizeof(f->file), "%s/tokens", f->folder);
	snprintf(f->fresh, sizeof(f->fresh), "%s.new", f->file);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	unlink(f->file);
	unlink(f->fresh);
	const int status = rmdir(f->folder);

	free(f);
	return status;
}

static int write_text(const struct fixture *f, const char *text)
{
	const struct iovec pieces[] = {{(char *)text, 1}, {(char *)text + 1, strlen(text) - 1}};

	return private_file_write(f->file, pieces, 2);
}

static void assert_holds(const struct fixture *f, const char *text)
{
	char content[64] = "";
	FILE *file = fopen(f->file, "r");
	struct stat facts;

	assert_non_null(file);
	assert_int_equal(fread(content, 1, sizeof(content) - 1, file), strlen(text));
	assert_int_equal(fstat(fileno(file), &facts), 0);
	fclose(file);
	assert_string_equal(content, text);
	assert_int_equal(facts.st_mode & 07777, 0600);
}

static void it_is_written_in_one_piece_for_us_alone(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write_text(f, "first"), 0);
	assert_holds(f, "first");
	assert_int_equal(write_text(f, "second one"), 0);
	assert_holds(f, "second one");
	assert_int_equal(access(f->fresh, F_OK), -1);
}

/* Of a run that was killed. */
static void what_lay_there_half_done_is_ours_alone_too(void **state)
{
	struct fixture *f = *state;
	FILE *file = fopen(f->fresh, "w");

	assert_non_null(file);
	fputs("a longer text than what comes", file);
	fclose(file);
	assert_int_equal(chmod(f->fresh, 0666), 0);
	assert_int_equal(write_text(f, "short"), 0);
	assert_holds(f, "short");
}

static void a_link_is_not_followed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write_text(f, "kept"), 0);
	assert_int_equal(symlink("/dev/null", f->fresh), 0);
	assert_int_equal(write_text(f, "lost"), -ELOOP);
	assert_holds(f, "kept");
}

static void what_does_not_fit_leaves_the_old_one(void **state)
{
	const struct rlimit small = {.rlim_cur = 4, .rlim_max = RLIM_INFINITY};
	struct fixture *f = *state;
	struct rlimit before;

	assert_int_equal(write_text(f, "kept"), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	const int status = write_text(f, "too long");

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(status, -ENOSPC);
	assert_holds(f, "kept");
	assert_int_equal(access(f->fresh, F_OK), -1);
}

static void no_folder_no_file(void **state)
{
	const struct iovec piece = {(char *)"x", 1};

	assert_int_equal(private_file_write("/nonexistent/a", &piece, 1), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(it_is_written_in_one_piece_for_us_alone),
		TEST(what_lay_there_half_done_is_ours_alone_too),
		TEST(a_link_is_not_followed),
		TEST(what_does_not_fit_leaves_the_old_one),
		TEST(no_folder_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
