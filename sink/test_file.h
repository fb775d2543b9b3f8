/* Files of a test of the sink, and a disk that is full. */
#pragma once

#include <stddef.h>
#include <sys/resource.h>

struct fixture;

/* Where a file of the fixture's directory lies. The text is a static one: two are good at a time.
 */
const char *test_file_path(const struct fixture *fixture, const char *name);

/* Makes it what `text` says. */
void test_file_put(const struct fixture *fixture, const char *name, const char *text, size_t size);

/* How many lines it has; each has to be JSON. */
int test_file_lines(struct fixture *fixture, const char *name);

/* A limit on file sizes stands for a disk that fills up; RLIM_INFINITY: there is room again. */
void test_file_limit(rlim_t bytes);
