#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel/repository/file_bytes.h"

static char path[] = "/tmp/framegate-bytes-XXXXXX";
static struct file_bytes bytes;
static struct gw_error error;

static int make_file(void **state)
{
	return close(mkstemp(path));
}

static int remove_file(void **state)
{
	return unlink(path);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void what_was_read_stays_when_the_file_is_cut(void **state)
{
	write_file("weights");
	assert_int_equal(file_bytes_read(path, &bytes, &error), 0);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(bytes.size, 7);
	assert_memory_equal(bytes.data, "weights", 7);
	file_bytes_free(&bytes);
	file_bytes_free(&bytes);
}

static void assert_refused(const char *name, const char *words)
{
	assert_true(file_bytes_read(name, &bytes, &error) < 0);
	assert_null(bytes.data);
	assert_ptr_equal(strstr(error.text, name), error.text);
	assert_non_null(strstr(error.text, words));
}

static void what_is_no_file_is_named(void **state)
{
	write_file("");
	assert_refused(path, "empty");
	assert_refused("/tmp", "not a file");
	assert_refused("/nowhere/weights", "No such file");
}

static void a_pipe_does_not_hang(void **state)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.fifo", path);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_refused(name, "not a file");
	unlink(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_stays_when_the_file_is_cut),
		cmocka_unit_test(what_is_no_file_is_named),
		cmocka_unit_test(a_pipe_does_not_hang),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
