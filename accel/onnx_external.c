#include "accel/onnx_external.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MOST_DEPTH 32 /* of graphs within graphs */

/* What of a message leads to tensors, by the number of the field (onnx/onnx.proto). */
enum message { MODEL, GRAPH, FUNCTION, NODE, ATTRIBUTE, SPARSE, TENSOR, ENTRY };

static const struct {
	enum message of;
	uint32_t field;
	enum message is;
} ways[] = {
	{MODEL, 7, GRAPH},
	{MODEL, 25, FUNCTION},
	{GRAPH, 1, NODE},
	{GRAPH, 5, TENSOR},
	{GRAPH, 15, SPARSE},
	{FUNCTION, 7, NODE},
	{NODE, 5, ATTRIBUTE},
	{ATTRIBUTE, 5, TENSOR},
	{ATTRIBUTE, 6, GRAPH},
	{ATTRIBUTE, 10, TENSOR},
	{ATTRIBUTE, 11, GRAPH},
	{ATTRIBUTE, 22, SPARSE},
	{ATTRIBUTE, 23, SPARSE},
	{SPARSE, 1, TENSOR},
	{SPARSE, 2, TENSOR},
	{TENSOR, 13, ENTRY},
};

struct bytes {
	const uint8_t *at, *end;
};

/* One field: its number, and what it holds when that has a length. */
struct field {
	uint32_t number;
	bool has_length;
	struct bytes value;
};

struct walk {
	struct onnx_external *external;
	struct gw_error *error;
};

static bool read_varint(struct bytes *bytes, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; bytes->at < bytes->end && shift < 64; shift += 7) {
		const uint8_t byte = *bytes->at++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static bool skip(struct bytes *bytes, uint64_t count)
{
	if (count > (size_t)(bytes->end - bytes->at))
		return false;
	bytes->at += count;
	return true;
}

/* False when it goes beyond the message, or is of a type that protobuf does not have. */
static bool next_field(struct bytes *bytes, struct field *field)
{
	uint64_t key, value;

	if (!read_varint(bytes, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return false;
	field->number = (uint32_t)(key >> 3);
	field->has_length = (key & 7) == 2;
	switch (key & 7) {
	case 0:
		return read_varint(bytes, &value);
	case 1:
		return skip(bytes, 8);
	case 2:
		if (!read_varint(bytes, &value))
			return false;
		field->value.at = bytes->at;
		if (!skip(bytes, value))
			return false;
		field->value.end = bytes->at;
		return true;
	case 5:
		return skip(bytes, 4);
	default:
		return false;
	}
}

static int refuse(const struct walk *walk)
{
	return gw_error_set(walk->error, -EINVAL,
		"it is no ONNX model: export it again, or copy it again if that was cut short");
}

/* Files outside of the folder would not be part of what was rolled out. */
static bool stays_in_folder(const char *name)
{
	return name[0] != '/' && name[0] != '\0' && strcmp(name, "..") != 0 &&
		strncmp(name, "../", 3) != 0 && !strstr(name, "/../");
}

static int add(const struct walk *walk, const struct bytes *text)
{
	struct onnx_external *external = walk->external;
	const size_t size = (size_t)(text->end - text->at);
	char name[ONNX_EXTERNAL_NAME];
	uint32_t at = 0;

	if (size >= sizeof(name) || memchr(text->at, '\0', size))
		return refuse(walk);
	memcpy(name, text->at, size);
	name[size] = '\0';
	if (!stays_in_folder(name))
		return gw_error_set(walk->error, -EINVAL,
			"it keeps weights in '%s', outside of its own folder: put that file beside "
			"it, and export it again with the file's name alone",
			name);
	while (at < external->count && strcmp(external->file[at], name) < 0)
		at++;
	if (at < external->count && strcmp(external->file[at], name) == 0)
		return 0;
	if (external->count == ONNX_EXTERNAL_FILES)
		return gw_error_set(walk->error, -E2BIG,
			"it keeps weights in more than %d files: export it with one",
			ONNX_EXTERNAL_FILES);
	memmove(external->file[at + 1], external->file[at],
		(external->count - at) * sizeof(external->file[0]));
	strcpy(external->file[at], name);
	external->count++;
	return 0;
}

/* {key: "location", value: NAME} among others. */
static int read_entry(const struct walk *walk, struct bytes bytes)
{
	static const char location[] = "location";
	struct bytes key = {0}, value = {0};
	struct field field;

	while (bytes.at < bytes.end) {
		if (!next_field(&bytes, &field))
			return refuse(walk);
		if (field.has_length && field.number == 1)
			key = field.value;
		else if (field.has_length && field.number == 2)
			value = field.value;
	}
	if (!key.at || !value.at || key.end - key.at != sizeof(location) - 1 ||
		memcmp(key.at, location, sizeof(location) - 1) != 0)
		return 0;
	return add(walk, &value);
}

static int read_message(
	const struct walk *walk, enum message message, struct bytes bytes, uint32_t depth)
{
	struct field field;
	int status = 0;

	if (depth > MOST_DEPTH)
		return refuse(walk);
	if (message == ENTRY)
		return read_entry(walk, bytes);
	while (bytes.at < bytes.end && status == 0) {
		if (!next_field(&bytes, &field))
			return refuse(walk);
		for (size_t i = 0; field.has_length && i < sizeof(ways) / sizeof(ways[0]); i++)
			if (ways[i].of == message && ways[i].field == field.number && status == 0)
				status = read_message(walk, ways[i].is, field.value, depth + 1);
	}
	return status;
}

int onnx_external_read(
	const uint8_t *model, size_t size, struct onnx_external *external, struct gw_error *error)
{
	const struct walk walk = {external, error};

	external->count = 0;
	return read_message(&walk, MODEL, (struct bytes){model, model + size}, 0);
}
