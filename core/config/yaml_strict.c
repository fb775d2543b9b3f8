#include "core/config/yaml_strict.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/config/yaml_load.h"

struct walk {
	yaml_document_t document;
	char *path;
	size_t path_size;
};

/* Decimal without leading zeros (which would mean octal to some readers), or 0x and hexadecimal. */
static bool is_whole_number(const char *text)
{
	if (text[0] == '0' && text[1] == 'x')
		return text[2] != '\0' &&
			text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] == '\0';
	if (text[0] == '0')
		return text[1] == '\0';
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool is_number(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	return end != text && *end == '\0' && isfinite(value);
}

static bool fits(const cyaml_schema_value_t *schema, const char *text)
{
	switch (schema->type) {
	case CYAML_UINT:
		return is_whole_number(text) &&
			(!(schema->flags & GW_YAML_POSITIVE) || strtoull(text, NULL, 0) > 0);
	case CYAML_INT:
		return is_whole_number(text[0] == '-' ? text + 1 : text);
	case CYAML_FLOAT:
		return is_number(text);
	case CYAML_BOOL:
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
	default:
		return true;
	}
}

static const cyaml_schema_value_t *field_of(const cyaml_schema_value_t *schema, const char *key)
{
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++)
		if (strcmp(field->key, key) == 0)
			return &field->value;
	return NULL;
}

static bool check(struct walk *walk, int index, const cyaml_schema_value_t *schema, size_t used);

static bool check_mapping(
	struct walk *walk, const yaml_node_t *node, const cyaml_schema_value_t *schema, size_t used)
{
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

	for (; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(&walk->document, pair->key);
		const char *name = (const char *)key->data.scalar.value;
		const cyaml_schema_value_t *field = field_of(schema, name);
		int more = snprintf(walk->path + used, walk->path_size - used, "%s%s",
			used > 0 ? "." : "", name);

		if (!field || used + (size_t)more >= walk->path_size)
			continue;
		if (!check(walk, pair->value, field, used + (size_t)more))
			return false;
	}
	return true;
}

static bool check_sequence(
	struct walk *walk, const yaml_node_t *node, const cyaml_schema_value_t *schema, size_t used)
{
	const yaml_node_item_t *start = node->data.sequence.items.start;
	const yaml_node_item_t *item = start;

	for (; item < node->data.sequence.items.top; item++) {
		int more = snprintf(
			walk->path + used, walk->path_size - used, "[%zu]", (size_t)(item - start));

		if (used + (size_t)more >= walk->path_size)
			continue;
		if (!check(walk, *item, schema->sequence.entry, used + (size_t)more))
			return false;
	}
	return true;
}

static bool check(struct walk *walk, int index, const cyaml_schema_value_t *schema, size_t used)
{
	const yaml_node_t *node = yaml_document_get_node(&walk->document, index);

	switch (node->type) {
	case YAML_MAPPING_NODE:
		return schema->type != CYAML_MAPPING || check_mapping(walk, node, schema, used);
	case YAML_SEQUENCE_NODE:
		return schema->type != CYAML_SEQUENCE || check_sequence(walk, node, schema, used);
	case YAML_SCALAR_NODE:
		return fits(schema, (const char *)node->data.scalar.value);
	default:
		return true;
	}
}

bool yaml_strict_check(const char *text, size_t size, const cyaml_schema_value_t *schema,
	char *path, size_t path_size)
{
	struct walk walk = {.path = path, .path_size = path_size};
	yaml_parser_t parser;
	bool good = true;

	path[0] = '\0';
	if (!yaml_parser_initialize(&parser))
		return true;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (yaml_parser_load(&parser, &walk.document)) {
		if (yaml_document_get_root_node(&walk.document))
			good = check(&walk, 1, schema, 0);
		yaml_document_delete(&walk.document);
	}
	yaml_parser_delete(&parser);
	return good;
}
