/* Only a regular file is read: nothing else may hang the reader. */
#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/config.h"

static void refused(const char *path)
{
	struct gw_config *config;
	struct gw_error error;
	char line[256];

	/* A reader that hangs is a failure, not a test without end. */
	alarm(10);
	assert_int_not_equal(gw_config_load(path, &config, &error), 0);
	alarm(0);
	assert_null(config);
	snprintf(line, sizeof(line), "%s: it is not a regular file: give the path of a YAML file",
		path);
	assert_string_equal(error.text, line);
}

static void a_fifo_does_not_hang_the_reader(void **state)
{
	char folder[] = "/tmp/framegate-read-XXXXXX", path[64];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(path);
	unlink(path);
	rmdir(folder);
}

static void a_folder_and_a_device_are_refused(void **state)
{
	refused("/tmp");
	refused("/dev/zero");
}

static void a_file_that_is_not_there_is_said(void **state)
{
	struct gw_config *config;
	struct gw_error error;

	assert_int_equal(gw_config_load("/nosuch/gateway.yaml", &config, &error), -2);
	assert_string_equal(error.text, "/nosuch/gateway.yaml: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fifo_does_not_hang_the_reader),
		cmocka_unit_test(a_folder_and_a_device_are_refused),
		cmocka_unit_test(a_file_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
