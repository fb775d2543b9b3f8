#include "core/config/difference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/json.h"
#include "core/config/secrets.h"

#define PATH_SIZE 256

struct comparison {
	void (*visit)(void *arg, const struct gw_config_change *change);
	void *arg;
	char path[PATH_SIZE];
	int count;
	bool secret; /* the value that is compared belongs to a name that sounds secret */
};

static void compare(struct comparison *comparison, json_t *was, json_t *is);

/* The caller frees it. NULL: nothing there. */
static char *text_of(const struct comparison *comparison, const json_t *value)
{
	if (!value)
		return NULL;
	if (comparison->secret)
		return strdup(CONFIG_HIDDEN);
	if (json_is_string(value))
		return strdup(json_string_value(value));
	json_t *shown = json_deep_copy(value);

	config_hide_secrets(shown);
	char *text = json_dumps(
		shown, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(GW_FLOAT_DIGITS));

	json_decref(shown);
	return text;
}

static void report(struct comparison *comparison, const json_t *was, const json_t *is)
{
	char *was_text = text_of(comparison, was), *is_text = text_of(comparison, is);
	const struct gw_config_change change = {
		.path = comparison->path,
		.kind = !was  ? GW_CONFIG_ADDED
			: !is ? GW_CONFIG_REMOVED
			      : GW_CONFIG_CHANGED,
		.was = was_text,
		.is = is_text,
	};

	comparison->count++;
	comparison->visit(comparison->arg, &change);
	free(was_text);
	free(is_text);
}

/* Goes on one step deeper, under a longer path. */
static void descend(
	struct comparison *comparison, bool entry, const char *step, json_t *was, json_t *is)
{
	const size_t used = strlen(comparison->path);
	char *end = comparison->path + used;

	if (entry)
		snprintf(end, PATH_SIZE - used, "[%s]", step);
	else
		snprintf(end, PATH_SIZE - used, "%s%s", used > 0 ? "." : "", step);
	compare(comparison, was, is);
	*end = '\0';
}

/* All that was, in its order, and then all that came to it. */
static void compare_steps(struct comparison *comparison, bool entries, json_t *was, json_t *is)
{
	const char *key;
	json_t *value;

	json_object_foreach(was, key, value)
		descend(comparison, entries, key, value, json_object_get(is, key));
	json_object_foreach(is, key, value)
		if (!json_object_get(was, key))
			descend(comparison, entries, key, NULL, value);
}

static bool holds_mappings(const json_t *list)
{
	return json_is_object(json_array_get(list, 0));
}

/* The entries of a list by their names, or by their places. */
static json_t *entries_of(json_t *list)
{
	json_t *entries = json_object(), *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		const char *name = json_string_value(json_object_get(entry, "name"));
		char place[24];

		snprintf(place, sizeof(place), "%zu", i);
		json_object_set(entries, name ? name : place, entry);
	}
	return entries;
}

static void compare_lists(struct comparison *comparison, json_t *was, json_t *is)
{
	json_t *was_entries = entries_of(was), *is_entries = entries_of(is);

	compare_steps(comparison, true, was_entries, is_entries);
	json_decref(was_entries);
	json_decref(is_entries);
}

static void compare(struct comparison *comparison, json_t *was, json_t *is)
{
	if (json_is_object(was) && json_is_object(is)) {
		comparison->secret = config_is_secret(is);
		compare_steps(comparison, false, was, is);
		comparison->secret = false;
	} else if (holds_mappings(was) || holds_mappings(is)) {
		compare_lists(comparison, was, is);
	} else if (!was || !is || !json_equal(was, is)) {
		report(comparison, was, is);
	}
}

int gw_config_difference(const struct gw_config *was, const struct gw_config *is,
	void (*visit)(void *arg, const struct gw_config_change *change), void *arg)
{
	struct comparison comparison = {.visit = visit, .arg = arg};
	json_t *before = config_json_with_secrets(was), *after = config_json_with_secrets(is);
	const bool whole = before && after;

	if (whole)
		compare(&comparison, before, after);
	json_decref(before);
	json_decref(after);
	return whole ? comparison.count : -ENOMEM;
}
