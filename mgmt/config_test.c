/* The configuration in effect, as the API stores it. */
#include "mgmt/test_routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_file_that_cannot_be_read_is_not_saved_over(void **state)
{
	static const char half_done[] = "cameras: []\nlog: {level: info\n";
	struct fixture *f = *state;
	char path[64], kept[64] = "", command[128];

	snprintf(path, sizeof(path), "/tmp/framegate-save-%d.yaml", (int)getpid());
	f->made.gw.config_path = path;
	/* No file could have a camera of that name. */
	assert_int_equal(ask(f, "DELETE", "cameras/cam%2F1", NULL), 204);
	write_file(path, half_done);
	assert_int_equal(ask(f, "POST", "config/save", NULL), 409);
	assert_said(f, "\"code\":\"unreadable\"");
	assert_said(f, "nothing was saved: repair the file, or move it away, and save again: ");
	assert_said(f, ".yaml:3:1: not valid YAML: did not find expected");
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_int_equal(fread(kept, 1, sizeof(kept) - 1, file), strlen(half_done));
	fclose(file);
	assert_string_equal(kept, half_done);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(ask(f, "POST", "config/save", NULL), 200);
	assert_said(f, "\"saved\":true");
	assert_said(f, "\"differences\":null");
	assert_int_equal(unlink(path), 0);
	snprintf(command, sizeof(command), "rm -r %s.history", path);
	assert_int_equal(system(command), 0);
	f->made.gw.config_path = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_cannot_be_read_is_not_saved_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
