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
	struct yaml_place place = {node->start_mark.line + 1, node->start_mark.column + 1, ""};

	if (node->type == YAML_SCALAR_NODE)
		snprintf(place.value, sizeof(place.value), "%s",
			(const char *)node->data.scalar.value);
	return place;
}

static struct yaml_place walk(yaml_document_t *document, const char *path, bool want_key)
{
	const yaml_node_t *node = yaml_document_get_root_node(document);
	struct yaml_place place = {1, 1, ""};

	while (node) {
		place = place_of(node);
		if (*path == '.')
			path++;
		if (*path == '\0')
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
	struct yaml_place place = {1, 1, ""};
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
		place = (struct yaml_place){
			parser.problem_mark.line + 1, parser.problem_mark.column + 1, ""};
	}
	yaml_parser_delete(&parser);
	return place;
}
