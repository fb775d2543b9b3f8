#include "accel/repository/onnx_external.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "accel/repository/protobuf.h"

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

struct walk {
	struct onnx_external *external;
	struct gw_error *error;
};

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

static int add(const struct walk *walk, const struct protobuf_bytes *text)
{
	struct onnx_external *external = walk->external;
	const size_t size = protobuf_size(text);
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
static int read_entry(const struct walk *walk, struct protobuf_bytes bytes)
{
	static const char location[] = "location";
	struct protobuf_bytes key = {0}, value = {0};
	struct protobuf_field field;

	while (bytes.at < bytes.end) {
		if (!protobuf_next(&bytes, &field))
			return refuse(walk);
		if (field.has_length && field.number == 1)
			key = field.bytes;
		else if (field.has_length && field.number == 2)
			value = field.bytes;
	}
	if (!key.at || !value.at || protobuf_size(&key) != sizeof(location) - 1 ||
		memcmp(key.at, location, sizeof(location) - 1) != 0)
		return 0;
	return add(walk, &value);
}

static int read_message(
	const struct walk *walk, enum message message, struct protobuf_bytes bytes, uint32_t depth)
{
	struct protobuf_field field;
	int status = 0;

	if (depth > MOST_DEPTH)
		return refuse(walk);
	if (message == ENTRY)
		return read_entry(walk, bytes);
	while (bytes.at < bytes.end && status == 0) {
		if (!protobuf_next(&bytes, &field))
			return refuse(walk);
		for (size_t i = 0; field.has_length && i < sizeof(ways) / sizeof(ways[0]); i++)
			if (ways[i].of == message && ways[i].field == field.number && status == 0)
				status = read_message(walk, ways[i].is, field.bytes, depth + 1);
	}
	return status;
}

int onnx_external_read(
	const uint8_t *model, size_t size, struct onnx_external *external, struct gw_error *error)
{
	const struct walk walk = {external, error};

	external->count = 0;
	return read_message(&walk, MODEL, (struct protobuf_bytes){model, model + size}, 0);
}
