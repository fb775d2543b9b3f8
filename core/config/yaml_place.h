/* Where a value stands in a YAML text. Private to core/config/yaml_load.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Lines and columns count from 1. `value` is the beginning of a scalar's text, "" for anything
 * else. */
struct yaml_place {
	size_t line, column;
	char value[64];
	size_t length; /* of the whole text, in bytes */
	size_t entries; /* of a list */
	bool scalar;
	bool there; /* the path was followed to its end */
};

/* Finds "a.b[2].c". When the last part is a key, its value's place is given, or the key's own with
 * `key`. What does not exist is looked up as far as it does. */
struct yaml_place yaml_place_find(const char *text, size_t size, const char *path, bool key);

/* Says of each of the paths whether a scalar stands there. All are false for what is not YAML. */
void yaml_place_scalars(
	const char *text, size_t size, const char *const paths[], size_t count, bool scalars[]);
