/* What a record says was found, in words for people. */
#pragma once

struct json_t;

/* Prints what the result of a record holds to standard output: a line for the picture, and one or
 * more for each thing that was found in it. */
void words_print(const char *path, const struct json_t *result);
