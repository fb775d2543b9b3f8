/* A repository with one model, "marks", for the null engine: it classifies by four labels, in
 * batches of 8.
 */
#pragma once

extern char test_repository[];

/* Group fixtures of cmocka. */
int test_repository_make(void **state);
int test_repository_remove(void **state);
