#include "core/test_log.h"

#include "core/test.h"

#include <unistd.h>

void test_log_begin(struct test_log *log)
{
	log->file = tmpfile();
	assert_non_null(log->file);
	fflush(stderr);
	log->before = dup(STDERR_FILENO);
	assert_true(log->before >= 0);
	dup2(fileno(log->file), STDERR_FILENO);
}

const char *test_log_said(struct test_log *log)
{
	static char text[8192];

	fflush(stderr);
	const ssize_t size = pread(fileno(log->file), text, sizeof(text) - 1, 0);

	assert_true(size >= 0);
	text[size] = '\0';
	/* Both stand at one place in the file. */
	assert_int_equal(ftruncate(fileno(log->file), 0), 0);
	lseek(STDERR_FILENO, 0, SEEK_SET);
	return text;
}

void test_log_end(struct test_log *log)
{
	fflush(stderr);
	dup2(log->before, STDERR_FILENO);
	close(log->before);
	fclose(log->file);
}
