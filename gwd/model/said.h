/* Members of a record's objects; of what is not there, 0 and "". */
#pragma once

#include <jansson.h>

static inline double said_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static inline const char *said_word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
