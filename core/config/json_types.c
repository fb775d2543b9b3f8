#include "core/config/json_types.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/json.h"
#include "core/config/yaml_explain.h"

static bool is_simple(const json_t *json)
{
	return json_is_string(json) || json_is_number(json) || json_is_boolean(json);
}

static bool has_type(const json_t *json, const cyaml_schema_value_t *schema)
{
	switch (schema->type) {
	case CYAML_UINT:
	case CYAML_INT:
	case CYAML_FLOAT:
		return json_is_number(json);
	case CYAML_BOOL:
		return json_is_boolean(json);
	case CYAML_STRING:
	case CYAML_ENUM:
		return json_is_string(json);
	default:
		return true;
	}
}

/* What was found is shown as it came, but not much of it. */
static int refuse(const char *path, const json_t *json, const cyaml_schema_value_t *schema,
	const char *name, struct gw_error *error)
{
	char *found = json_dumps(
		json, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(GW_FLOAT_DIGITS));
	char words[YAML_WORDS_SIZE];

	if (!found)
		return gw_error_set(error, -ENOMEM, "out of memory");
	yaml_expectation(schema, words, sizeof(words));
	gw_error_set(error, -EINVAL, "%s: '%s' must be %s, not %s%.40s%s", name, path, words,
		json_is_string(json) ? "the text " : "", found, strlen(found) > 40 ? "..." : "");
	free(found);
	return -EINVAL;
}

static int check_value(const json_t *value, const cyaml_schema_value_t *schema, const char *path,
	const char *name, struct gw_error *error);

/* `path` is where the mapping stands, "" or "region". */
static int check_members(const json_t *json, const cyaml_schema_value_t *schema, const char *path,
	const char *name, struct gw_error *error)
{
	const cyaml_schema_field_t *field = schema->mapping.fields;
	char place[YAML_PATH_SIZE];
	int status = 0;

	for (; field->key && status == 0; field++) {
		const json_t *value = json_object_get(json, field->key);

		snprintf(place, sizeof(place), "%s%s%s", path, path[0] ? "." : "", field->key);
		if (value)
			status = check_value(value, &field->value, place, name, error);
	}
	return status;
}

static int check_entries(const json_t *json, const cyaml_schema_value_t *schema, const char *path,
	const char *name, struct gw_error *error)
{
	char place[YAML_PATH_SIZE];
	int status = 0;

	for (size_t i = 0; i < json_array_size(json) && status == 0; i++) {
		snprintf(place, sizeof(place), "%s[%zu]", path, i);
		status = check_value(
			json_array_get(json, i), schema->sequence.entry, place, name, error);
	}
	return status;
}

/* Read as YAML, a null would be the text "null". Those that take a member away are gone by now. */
static int check_value(const json_t *value, const cyaml_schema_value_t *schema, const char *path,
	const char *name, struct gw_error *error)
{
	if (json_is_null(value) || (is_simple(value) && !has_type(value, schema)))
		return refuse(path, value, schema, name, error);
	if (json_is_object(value) && schema->type == CYAML_MAPPING)
		return check_members(value, schema, path, name, error);
	if (json_is_array(value) && schema->type == CYAML_SEQUENCE)
		return check_entries(value, schema, path, name, error);
	return 0;
}

int config_json_types(const json_t *json, const cyaml_schema_value_t *schema, const char *name,
	struct gw_error *error)
{
	return schema->type == CYAML_MAPPING ? check_members(json, schema, "", name, error) : 0;
}
