/* For tests: DPDK starts once in a process, so what needs it runs in a child of its own. */
#pragma once

#include <stdbool.h>

/* Ends the process with a line when `truth` is false. */
void test_child_must(bool truth, const char *what);
#define MUST(truth) test_child_must(truth, #truth)

/* Runs `body` in a child and succeeds when it returns within a minute. */
void test_in_child(void (*body)(void));
