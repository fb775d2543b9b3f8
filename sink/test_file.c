#include "sink/test_file.h"

#include "core/test.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/fixture.h"

const char *test_file_path(const struct fixture *fixture, const char *name)
{
	static char path[2][256];
	static int next;

	next = !next;
	snprintf(path[next], sizeof(path[next]), "%s/%s", fixture->directory, name);
	return path[next];
}

void test_file_put(const struct fixture *fixture, const char *name, const char *text, size_t size)
{
	FILE *file = fopen(test_file_path(fixture, name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

int test_file_lines(struct fixture *fixture, const char *name)
{
	size_t size;
	char *text = fixture_read(fixture, name, &size);
	int count = 0;

	assert_non_null(text);
	for (char *line = text, *end; line < text + size; line = end + 1, count++) {
		end = memchr(line, '\n', (size_t)(text + size - line));
		assert_non_null(end);
		json_t *json = json_loadb(line, (size_t)(end - line), 0, NULL);

		assert_non_null(json);
		json_decref(json);
	}
	free(text);
	return count;
}

void test_file_limit(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}
