#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "core/config/schema.h"
#include "core/gateway.h"
#include "mgmt/state.h"

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

static json_t *mapping_json(const cyaml_schema_field_t *fields, const void *data)
{
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
	return object;
}

static json_t *sequence_json(const cyaml_schema_value_t *entry, const void *data, uint64_t count)
{
	json_t *array = json_array();

	for (uint64_t i = 0; i < count; i++)
		json_array_append_new(
			array, value_json(entry, (const char *)data + i * entry->data_size, 0));
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

/* Reads what the file's schema says lies at `data`. NULL: a key that was not given. */
static json_t *value_json(const cyaml_schema_value_t *schema, const void *data, uint64_t count)
{
	if (schema->flags & CYAML_FLAG_POINTER) {
		memcpy(&data, data, sizeof(data));
		if (!data)
			return NULL;
	}
	switch (schema->type) {
	case CYAML_INT:
		return json_integer(read_signed(data, schema->data_size));
	case CYAML_UINT:
		return json_integer((json_int_t)read_unsigned(data, schema->data_size));
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

static bool is_secret(const char *name)
{
	static const char *const words[] = {"password", "secret", ".key.pem", "sasl.jaas", "token"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

static void hide_secrets(json_t *config)
{
	json_t *properties = json_object_get(json_object_get(config, "kafka"), "properties");
	json_t *property;
	size_t i;

	json_array_foreach(properties, i, property) {
		const char *name = json_string_value(json_object_get(property, "name"));

		if (name && is_secret(name))
			json_object_set_new(property, "value", json_string("***"));
	}
}

int api_config(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const struct gw_config *config = mgmt->gw->config;

	reply->json = value_json(&gw_config_schema, &config, 0);
	if (!reply->json)
		return gw_error_set(error, -ENOMEM, "out of memory");
	hide_secrets(reply->json);
	return 200;
}
