#include "core/config/yaml_explain.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/config/most.h"
#include "core/config/yaml_load.h"
#include "core/config/yaml_place.h"

/* The schema of the value at `path`; NULL when the path leaves the schema. `private`: the value
 * must not be shown. */
static const cyaml_schema_value_t *find_schema(
	const cyaml_schema_value_t *schema, const char *path, bool *private)
{
	*private = false;
	while (schema && *path != '\0') {
		*private |= (schema->flags & GW_YAML_PRIVATE) != 0;
		if (*path == '.')
			path++;
		if (*path == '[') {
			if (schema->type != CYAML_SEQUENCE)
				return NULL;
			schema = schema->sequence.entry;
			path += strcspn(path, "]");
			path += *path == ']';
			continue;
		}
		if (schema->type != CYAML_MAPPING)
			return NULL;
		size_t size = strcspn(path, ".[");
		const cyaml_schema_field_t *field = schema->mapping.fields;

		while (field->key &&
			(strncmp(field->key, path, size) != 0 || field->key[size] != '\0'))
			field++;
		schema = field->key ? &field->value : NULL;
		path += size;
	}
	*private |= schema && (schema->flags & GW_YAML_PRIVATE);
	return schema;
}

static void append(char *text, size_t size, const char *separator, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used > 0 ? separator : "", word);
}

void yaml_expectation(const cyaml_schema_value_t *schema, char *text, size_t size)
{
	const uint32_t most = config_most(schema->flags);

	text[0] = '\0';
	if (schema->flags & GW_YAML_OR_COUNT) {
		if (most == 1)
			snprintf(text, size, "1, or a list of one ('- ...' or [...])");
		else
			snprintf(text, size, "a number from 1 to %u, or a list ('- ...' or [...])",
				most);
		return;
	}
	switch (schema->type) {
	case CYAML_UINT:
		snprintf(text, size, "a whole number from %d to %llu",
			schema->flags & GW_YAML_POSITIVE ? 1 : 0,
			most > 0                         ? most
				: schema->data_size >= 8 ? ~0ULL
							 : (1ULL << (8 * schema->data_size)) - 1);
		break;
	case CYAML_INT:
		snprintf(text, size, "a whole number");
		break;
	case CYAML_FLOAT:
		snprintf(text, size, "a number");
		break;
	case CYAML_BOOL:
		snprintf(text, size, "true or false");
		break;
	case CYAML_ENUM:
		for (uint32_t i = 0; i < schema->enumeration.count; i++)
			append(text, size, " or ", schema->enumeration.strings[i].str);
		break;
	case CYAML_STRING:
		snprintf(text, size, "text of %u to %u characters", schema->string.min,
			schema->string.max);
		break;
	case CYAML_SEQUENCE:
	case CYAML_SEQUENCE_FIXED:
		snprintf(text, size, "a list ('- ...' or [...])");
		break;
	case CYAML_MAPPING:
		snprintf(text, size, "a mapping ('key: value')");
		break;
	default:
		snprintf(text, size, "another value");
	}
}

static void keys_of(const cyaml_schema_value_t *schema, char *text, size_t size)
{
	text[0] = '\0';
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++)
		append(text, size, ", ", field->key);
}

/* The last part of a path, and the path without it. */
static void cut_last(char *path)
{
	char *dot = strrchr(path, '.');

	if (dot)
		*dot = '\0';
	else
		path[0] = '\0';
}

int yaml_refuse_value(const char *path, const char *text, size_t size, const char *file,
	const cyaml_schema_value_t *schema, struct gw_error *error)
{
	const struct yaml_place place = yaml_place_find(text, size, path, false);
	const char *name = path[0] ? path : "the text";
	char words[YAML_WORDS_SIZE];
	bool private;

	schema = find_schema(schema, path, &private);
	yaml_expectation(schema, words, sizeof(words));
	if (!private && schema->type == CYAML_STRING && place.length > schema->string.max)
		return gw_error_set(error, -EINVAL,
			"%s:%zu:%zu: '%s' must be %s: this one is too long, with %zu", file,
			place.line, place.column, name, words, place.length);
	if (place.value[0] == '\0' || private)
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' must be %s", file, place.line,
			place.column, name, words);
	return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' must be %s, not '%s%s'", file,
		place.line, place.column, name, words, place.value,
		place.length < sizeof(place.value) ? "" : "...");
}

/* A list that is too long or too short. */
static int refuse_count(const struct yaml_trouble *trouble, const char *text, size_t size,
	const char *file, const cyaml_schema_value_t *schema, struct gw_error *error)
{
	char path[YAML_PATH_SIZE];
	bool private;

	/* The innermost place may be the entry that is one too many. */
	snprintf(path, sizeof(path), "%s", trouble->path);
	const cyaml_schema_value_t *list = find_schema(schema, path, &private);

	if (!list || list->type != CYAML_SEQUENCE) {
		char *entry = strrchr(path, '[');

		if (entry)
			*entry = '\0';
		list = find_schema(schema, path, &private);
	}
	const struct yaml_place place = yaml_place_find(text, size, path, false);

	if (!list || list->type != CYAML_SEQUENCE)
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s': %s", file, place.line,
			place.column, path, trouble->problem);
	if (place.entries > list->sequence.max)
		return gw_error_set(error, -EINVAL,
			"%s:%zu:%zu: '%s' holds %zu entries: at most %u", file, place.line,
			place.column, path, place.entries, list->sequence.max);
	return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' holds %zu entries: at least %u", file,
		place.line, place.column, path, place.entries, list->sequence.min);
}

static int refuse_alias(const struct yaml_trouble *trouble, const char *text, size_t size,
	const char *file, struct gw_error *error)
{
	struct yaml_place place = yaml_place_find(text, size, trouble->path, false);

	return gw_error_set(error, -EINVAL,
		"%s:%zu:%zu: after '%s' stands an alias ('*name'): write the value out", file,
		place.line, place.column, trouble->path);
}

int yaml_explain(cyaml_err_t status, const struct yaml_trouble *trouble, const char *text,
	size_t size, const char *file, const cyaml_schema_value_t *schema, struct gw_error *error)
{
	char path[2 * YAML_PATH_SIZE], words[YAML_WORDS_SIZE];
	struct yaml_place place;
	char key[128];
	bool private;

	if (status == CYAML_ERR_ALIAS)
		return refuse_alias(trouble, text, size, file, error);
	if (status == CYAML_ERR_SEQUENCE_ENTRIES_MAX || status == CYAML_ERR_SEQUENCE_ENTRIES_MIN)
		return refuse_count(trouble, text, size, file, schema, error);
	snprintf(path, sizeof(path), "%s", trouble->path);
	if (sscanf(trouble->problem, "Unexpected key: %127s", key) == 1) {
		const cyaml_schema_value_t *mapping = find_schema(schema, path, &private);

		append(path, sizeof(path), ".", key);
		place = yaml_place_find(text, size, path, true);
		words[0] = '\0';
		if (mapping && mapping->type == CYAML_MAPPING)
			keys_of(mapping, words, sizeof(words));
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: unknown key '%s' (known here: %s)",
			file, place.line, place.column, path, words);
	}
	if (sscanf(trouble->problem, "Missing required mapping field: %127s", key) == 1) {
		/* The innermost place is the field before, in the same mapping. */
		if (!trouble->in_key)
			cut_last(path);
		place = yaml_place_find(text, size, path, false);
		append(path, sizeof(path), ".", key);
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' is missing", file, place.line,
			place.column, path);
	}
	place = yaml_place_find(text, size, path, false);
	if (strncmp(trouble->problem, "libyaml: ", 9) == 0)
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: not valid YAML: %s", file,
			place.line, place.column, trouble->problem + 9);
	if (strncmp(trouble->problem, "Mapping field already seen", 26) == 0)
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' is given twice", file,
			place.line, place.column, path);
	if (!find_schema(schema, path, &private))
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: %s", file, place.line,
			place.column, trouble->problem);
	return yaml_refuse_value(path, text, size, file, schema, error);
}
