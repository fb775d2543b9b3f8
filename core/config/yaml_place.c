#include "core/config/yaml_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* The entry of a mapping; NULL when it is not there. */
static const yaml_node_pair_t *find_pair(
	yaml_document_t *document, const yaml_node_t *mapping, const char *key, size_t size)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = yaml_document_get_node(document, pair->key);

		if (node && node->type == YAML_SCALAR_NODE && node->data.scalar.length == size &&
			memcmp(node->data.scalar.value, key, size) == 0)
			return pair;
	}
	return NULL;
}

static const yaml_node_t *find_item(
	yaml_document_t *document, const yaml_node_t *sequence, unsigned long index)
{
	const yaml_node_item_t *start = sequence->data.sequence.items.start;

	if (index >= (unsigned long)(sequence->data.sequence.items.top - start))
		return NULL;
	return yaml_document_get_node(document, start[index]);
}

static struct yaml_place place_of(const yaml_node_t *node)
{
	struct yaml_place place = {
		.line = node->start_mark.line + 1,
		.column = node->start_mark.column + 1,
		.scalar = node->type == YAML_SCALAR_NODE,
	};

	if (node->type == YAML_SCALAR_NODE) {
		place.length = node->data.scalar.length;
		snprintf(place.value, sizeof(place.value), "%s",
			(const char *)node->data.scalar.value);
	} else if (node->type == YAML_SEQUENCE_NODE) {
		place.entries =
			(size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	}
	return place;
}

static struct yaml_place walk(yaml_document_t *document, const char *path, bool want_key)
{
	const yaml_node_t *node = yaml_document_get_root_node(document);
	struct yaml_place place = {.line = 1, .column = 1};

	while (node) {
		place = place_of(node);
		if (*path == '.')
			path++;
		place.there = *path == '\0';
		if (place.there)
			break;
		if (*path == '[' && node->type == YAML_SEQUENCE_NODE) {
			char *end;
			unsigned long index = strtoul(path + 1, &end, 10);

			node = find_item(document, node, index);
			path = *end == ']' ? end + 1 : end;
		} else if (*path != '[' && node->type == YAML_MAPPING_NODE) {
			size_t size = strcspn(path, ".[");
			const yaml_node_pair_t *pair = find_pair(document, node, path, size);

			if (!pair)
				break;
			path += size;
			node = yaml_document_get_node(document, pair->value);
			if (want_key && *path == '\0')
				return place_of(yaml_document_get_node(document, pair->key));
		} else {
			break;
		}
	}
	return place;
}

struct yaml_place yaml_place_find(const char *text, size_t size, const char *path, bool key)
{
	struct yaml_place place = {.line = 1, .column = 1};
	yaml_document_t document;
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return place;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (yaml_parser_load(&parser, &document)) {
		place = walk(&document, path, key);
		yaml_document_delete(&document);
	} else {
		/* Not YAML at all: where the parser gave up. */
		place.line = parser.problem_mark.line + 1;
		place.column = parser.problem_mark.column + 1;
	}
	yaml_parser_delete(&parser);
	return place;
}

void yaml_place_scalars(
	const char *text, size_t size, const char *const paths[], size_t count, bool scalars[])
{
	yaml_document_t document;
	yaml_parser_t parser;

	memset(scalars, 0, count * sizeof(scalars[0]));
	if (!yaml_parser_initialize(&parser))
		return;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (yaml_parser_load(&parser, &document)) {
		for (size_t i = 0; i < count; i++) {
			const struct yaml_place place = walk(&document, paths[i], false);

			scalars[i] = place.there && place.scalar;
		}
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
}
