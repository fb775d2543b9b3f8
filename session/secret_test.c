#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/secret.h"

static char path[] = "/tmp/framegate-secret-XXXXXX";

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void the_first_line_of_the_file_is_it(void **state)
{
	const struct gw_camera_config camera = {.password_file = path};
	char secret[SECRET_SIZE], text[2 * SECRET_SIZE];

	write_file("hunter2 \r\nand more\n");
	assert_int_equal(secret_read(&camera, secret, NULL), 0);
	assert_string_equal(secret, "hunter2 ");
	write_file("");
	assert_int_equal(secret_read(&camera, secret, NULL), 0);
	assert_string_equal(secret, "");
	memset(text, 'x', sizeof(text));
	text[SECRET_SIZE - 1] = '\0';
	write_file(text);
	assert_int_equal(secret_read(&camera, secret, NULL), 0);
	assert_int_equal(strlen(secret), SECRET_SIZE - 1);
}

static void what_cannot_be_read_is_told_without_showing_it(void **state)
{
	const struct gw_camera_config camera = {.password_file = path};
	const struct gw_camera_config folder = {.password_file = "/tmp"};
	const struct gw_camera_config nowhere = {.password_file = "/nonexistent/x"};
	char secret[SECRET_SIZE], text[2 * SECRET_SIZE];
	struct gw_error error;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	write_file(text);
	assert_true(secret_read(&camera, secret, &error) < 0);
	assert_null(strstr(error.text, "xxx"));
	assert_true(secret_read(&folder, secret, &error) < 0);
	assert_true(secret_read(&nowhere, secret, &error) < 0);
	assert_non_null(strstr(error.text, "/nonexistent/x"));
}

static void the_environment_holds_it_too(void **state)
{
	const struct gw_camera_config camera = {.password_env = "FRAMEGATE_TEST_SECRET"};
	const struct gw_camera_config none = {0};
	char secret[SECRET_SIZE];
	struct gw_error error;

	assert_true(secret_read(&camera, secret, &error) < 0);
	assert_int_equal(setenv("FRAMEGATE_TEST_SECRET", "hunter2", 1), 0);
	assert_int_equal(secret_read(&camera, secret, NULL), 0);
	assert_string_equal(secret, "hunter2");
	assert_int_equal(secret_read(&none, secret, NULL), 0);
	assert_string_equal(secret, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_of_the_file_is_it),
		cmocka_unit_test(what_cannot_be_read_is_told_without_showing_it),
		cmocka_unit_test(the_environment_holds_it_too),
	};

	close(mkstemp(path));
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(path);
	return failed;
}
