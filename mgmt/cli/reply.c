#include "mgmt/cli/reply.h"

#include <inttypes.h>
#include <string.h>

const char *reply_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

int64_t reply_count(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

double reply_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

bool reply_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

void reply_print(const struct cli *cli, const json_t *reply)
{
	json_dumpf(reply, cli->out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	fputc('\n', cli->out);
}

const char *reply_join(const json_t *array, char *text, size_t size)
{
	size_t used = 0, i;
	json_t *item;

	text[0] = '\0';
	json_array_foreach(array, i, item) {
		const char *word = json_string_value(item);

		if (word && used < size)
			used += (size_t)snprintf(
				text + used, size - used, "%s%s", used ? ", " : "", word);
	}
	return text;
}

const char *reply_counts(const json_t *object, int limit, char *text, size_t size)
{
	int64_t below = INT64_MAX;
	size_t used = 0;
	int shown = 0;

	text[0] = '\0';
	/* One round for each figure: the largest below the last one shown. */
	for (;;) {
		int64_t best = 0;
		const char *key;
		json_t *value;

		json_object_foreach((json_t *)object, key, value)
			if (json_integer_value(value) < below && json_integer_value(value) > best)
				best = json_integer_value(value);
		if (best == 0)
			return text;
		json_object_foreach((json_t *)object, key, value) {
			if (json_integer_value(value) != best || used >= size)
				continue;
			if (shown++ == limit) {
				snprintf(text + used, size - used, ", ...");
				return text;
			}
			used += (size_t)snprintf(text + used, size - used, "%s%s %" PRId64,
				used ? ", " : "", key, best);
		}
		below = best;
	}
}
