#include "core/config/yaml_write.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "core/config/json.h"

static bool emit_value(yaml_emitter_t *emitter, json_t *value);

/* Text that other readers of YAML would take for something else. */
static bool reads_as_other(const char *text)
{
	static const char *const words[] = {
		"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "="};
	char *end;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	(void)strtod(text, &end);
	return *end == '\0';
}

static bool has_control_characters(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7F)
			return true;
	return false;
}

static yaml_scalar_style_t style_of(const char *text)
{
	/* Line breaks survive between double quotes only. */
	if (has_control_characters(text))
		return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	return reads_as_other(text) ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE;
}

static bool emit_scalar(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;

	return yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
		       (int)strlen(text), 1, 1, style) &&
		yaml_emitter_emit(emitter, &event);
}

static bool emit_mapping(yaml_emitter_t *emitter, json_t *object)
{
	json_t *value;
	yaml_event_t event;
	const char *key;
	bool good = yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
			    json_object_size(object) > 0 ? YAML_BLOCK_MAPPING_STYLE
							 : YAML_FLOW_MAPPING_STYLE) &&
		yaml_emitter_emit(emitter, &event);

	json_object_foreach(object, key, value)
		good = good && emit_scalar(emitter, key, style_of(key)) &&
			emit_value(emitter, value);
	return good && yaml_mapping_end_event_initialize(&event) &&
		yaml_emitter_emit(emitter, &event);
}

static bool emit_sequence(yaml_emitter_t *emitter, json_t *array)
{
	const bool block = json_is_object(json_array_get(array, 0));
	yaml_event_t event;
	json_t *value;
	size_t i;
	bool good = yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
			    block ? YAML_BLOCK_SEQUENCE_STYLE : YAML_FLOW_SEQUENCE_STYLE) &&
		yaml_emitter_emit(emitter, &event);

	json_array_foreach(array, i, value)
		good = good && emit_value(emitter, value);
	return good && yaml_sequence_end_event_initialize(&event) &&
		yaml_emitter_emit(emitter, &event);
}

static bool emit_value(yaml_emitter_t *emitter, json_t *value)
{
	char number[32];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return emit_mapping(emitter, value);
	case JSON_ARRAY:
		return emit_sequence(emitter, value);
	case JSON_STRING:
		return emit_scalar(
			emitter, json_string_value(value), style_of(json_string_value(value)));
	case JSON_INTEGER:
		snprintf(number, sizeof(number), "%lld", json_integer_value(value));
		return emit_scalar(emitter, number, YAML_PLAIN_SCALAR_STYLE);
	case JSON_REAL:
		snprintf(number, sizeof(number), "%.*g", GW_FLOAT_DIGITS, json_real_value(value));
		return emit_scalar(emitter, number, YAML_PLAIN_SCALAR_STYLE);
	default:
		return emit_scalar(
			emitter, json_is_true(value) ? "true" : "false", YAML_PLAIN_SCALAR_STYLE);
	}
}

static int write_to(void *arg, unsigned char *buffer, size_t size)
{
	return fwrite(buffer, 1, size, arg) == size;
}

int yaml_write(json_t *json, char **text, size_t *size)
{
	FILE *stream = open_memstream(text, size);
	yaml_emitter_t emitter;
	yaml_event_t event;

	if (!stream)
		return -ENOMEM;
	bool good = yaml_emitter_initialize(&emitter);

	if (good) {
		yaml_emitter_set_output(&emitter, write_to, stream);
		yaml_emitter_set_unicode(&emitter, 1);
		yaml_emitter_set_width(&emitter, -1);
		good = yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) &&
			yaml_emitter_emit(&emitter, &event) &&
			yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) &&
			yaml_emitter_emit(&emitter, &event) && emit_value(&emitter, json) &&
			yaml_document_end_event_initialize(&event, 1) &&
			yaml_emitter_emit(&emitter, &event) &&
			yaml_stream_end_event_initialize(&event) &&
			yaml_emitter_emit(&emitter, &event);
		yaml_emitter_delete(&emitter);
	}
	good = fclose(stream) == 0 && good;
	if (good)
		return 0;
	free(*text);
	*text = NULL;
	return -ENOMEM;
}
