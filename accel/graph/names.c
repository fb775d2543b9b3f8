#include "accel/graph/names.h"

#include <stdlib.h>

#include "accel/graph/graph.h"

#define FIRST_ROOM 256u

/* FNV-1a, 32 bits. A hostile model may make them all the same: GRAPH_VALUES bounds what that
 * costs. */
static uint32_t hash(const struct onnx_text *name)
{
	uint32_t value = 2166136261u;

	for (size_t i = 0; i < name->size; i++)
		value = (value ^ (uint8_t)name->at[i]) * 16777619u;
	return value;
}

/* Its slot, or the free one where it belongs. */
static struct graph_name *look(const struct graph_names *names, const struct onnx_text *name)
{
	uint32_t at = hash(name) & (names->room - 1);

	while (names->slot[at].value != GRAPH_NONE && !onnx_text_same(&names->slot[at].name, name))
		at = (at + 1) & (names->room - 1);
	return &names->slot[at];
}

static bool grow(struct graph_names *names)
{
	struct graph_names larger = {
		.room = names->room ? 2 * names->room : FIRST_ROOM, .count = names->count};

	larger.slot = calloc(larger.room, sizeof(larger.slot[0]));
	if (!larger.slot)
		return false;
	for (uint32_t i = 0; i < larger.room; i++)
		larger.slot[i].value = GRAPH_NONE;
	for (uint32_t i = 0; i < names->room; i++)
		if (names->slot[i].value != GRAPH_NONE)
			*look(&larger, &names->slot[i].name) = names->slot[i];
	free(names->slot);
	*names = larger;
	return true;
}

uint32_t graph_names_find(const struct graph_names *names, const struct onnx_text *name)
{
	return names->room == 0 ? GRAPH_NONE : look(names, name)->value;
}

bool graph_names_put(struct graph_names *names, const struct onnx_text *name, uint32_t value)
{
	if (2 * (names->count + 1) > names->room && !grow(names))
		return false;
	struct graph_name *slot = look(names, name);

	names->count += slot->value == GRAPH_NONE;
	*slot = (struct graph_name){*name, value};
	return true;
}

void graph_names_free(struct graph_names *names)
{
	free(names->slot);
	*names = (struct graph_names){0};
}
