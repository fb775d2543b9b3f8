/* For tests: what is logged, or else written to stderr, from one call to another. */
#pragma once

#include <stdio.h>

struct test_log {
	FILE *file;
	int before; /* the stderr that it was */
};

/* From here on nothing of it reaches the terminal. */
void test_log_begin(struct test_log *log);

/* What was said since it began, or since the last call; one buffer. */
const char *test_log_said(struct test_log *log);

/* What was not asked for is forgotten. */
void test_log_end(struct test_log *log);
