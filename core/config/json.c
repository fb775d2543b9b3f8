#include "core/config/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/schema.h"
#include "core/config/secrets.h"
#include "core/config/yaml_load.h"

static json_t *value_json(const cyaml_schema_value_t *schema, const void *data, uint64_t count);

static uint64_t read_unsigned(const void *data, uint32_t size)
{
	uint64_t value = 0;

	memcpy(&value, data, size < sizeof(value) ? size : sizeof(value)); /* little-endian */
	return value;
}

static int64_t read_signed(const void *data, uint32_t size)
{
	uint64_t value = read_unsigned(data, size);
	unsigned int shift = 64 - 8 * (size < 8 ? size : 8);

	return (int64_t)(value << shift) >> shift;
}

/* What a camera's session says is no configuration, and must not be stored as such. */
static void hide_learned(json_t *object, const struct gw_camera_config *camera)
{
	static const char *const keys[] = {"source", "destination", "port", "ssrc", "payload_type"};

	for (size_t i = 0; camera->url && i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_del(object, keys[i]);
	if (!camera->url)
		json_object_del(object, "transport");
	if (camera->learned_size) {
		json_object_set_new(object, "width", json_integer(0));
		json_object_set_new(object, "height", json_integer(0));
	}
}

static json_t *mapping_json(const cyaml_schema_field_t *fields, const void *data)
{
	const bool is_camera = fields == gw_camera_schema.mapping.fields;
	json_t *object = json_object();

	for (; fields->key; fields++) {
		const char *at = (const char *)data + fields->data_offset;
		uint64_t count = 0;

		if (fields->value.type == CYAML_SEQUENCE)
			count = read_unsigned(
				(const char *)data + fields->count_offset, fields->count_size);
		json_t *value = value_json(&fields->value, at, count);

		if (value)
			json_object_set_new(object, fields->key, value);
	}
	if (is_camera)
		hide_learned(object, data);
	return object;
}

static json_t *sequence_json(const cyaml_schema_value_t *entry, const void *data, uint64_t count)
{
	const size_t size = entry->flags & CYAML_FLAG_POINTER ? sizeof(void *) : entry->data_size;
	json_t *array = json_array();

	for (uint64_t i = 0; i < count; i++)
		json_array_append_new(array, value_json(entry, (const char *)data + i * size, 0));
	return array;
}

static json_t *enum_json(const cyaml_schema_value_t *schema, const void *data)
{
	int64_t value = read_signed(data, schema->data_size);

	for (uint32_t i = 0; i < schema->enumeration.count; i++)
		if (schema->enumeration.strings[i].val == value)
			return json_string(schema->enumeration.strings[i].str);
	return json_integer(value);
}

/* As few digits as make the same number again: 0.3, not 0.300000012. */
static json_t *float_json(const void *data)
{
	float value;
	char text[32];

	memcpy(&value, data, sizeof(value));
	for (int digits = 6; digits <= GW_FLOAT_DIGITS; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	return json_real(strtod(text, NULL));
}

/* What is left when there is nothing to point at: a number in place of a list. */
static json_t *absent_json(const cyaml_schema_value_t *schema, uint64_t count)
{
	if ((schema->flags & GW_YAML_OR_COUNT) && count > 0)
		return json_integer((json_int_t)count);
	return NULL;
}

/* Reads what the file's schema says lies at `data`. NULL: a key that was not given. */
static json_t *value_json(const cyaml_schema_value_t *schema, const void *data, uint64_t count)
{
	if (schema->flags & CYAML_FLAG_POINTER) {
		memcpy(&data, data, sizeof(data));
		/* A list without entries is none. */
		if (!data || (schema->type == CYAML_SEQUENCE && count == 0))
			return absent_json(schema, count);
	}
	switch (schema->type) {
	case CYAML_INT:
		return json_integer(read_signed(data, schema->data_size));
	case CYAML_UINT:
		return json_integer((json_int_t)read_unsigned(data, schema->data_size));
	case CYAML_FLOAT:
		return float_json(data);
	case CYAML_BOOL:
		return json_boolean(read_unsigned(data, schema->data_size) != 0);
	case CYAML_ENUM:
		return enum_json(schema, data);
	case CYAML_STRING:
		return json_string(data);
	case CYAML_MAPPING:
		return mapping_json(schema->mapping.fields, data);
	case CYAML_SEQUENCE:
		return sequence_json(schema->sequence.entry, data, count);
	default:
		return NULL;
	}
}

json_t *config_json_with_secrets(const struct gw_config *config)
{
	return value_json(&gw_config_schema, &config, 0);
}

json_t *gw_config_json(const struct gw_config *config)
{
	json_t *json = config_json_with_secrets(config);

	config_hide_secrets(json);
	/* There may be none, but the list is there. */
	if (json && !json_object_get(json, "cameras"))
		json_object_set_new(json, "cameras", json_array());
	return json;
}

json_t *gw_config_camera_json(const struct gw_camera_config *camera)
{
	return value_json(&gw_camera_schema, &camera, 0);
}
