#include "accel/repository/tiny_onnx.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ROOM 4096

struct message {
	uint8_t bytes[ROOM];
	size_t size;
};

static void put_varint(struct message *m, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		m->bytes[m->size++] = (uint8_t)(value | 0x80);
	m->bytes[m->size++] = (uint8_t)value;
}

static void put_number(struct message *m, uint32_t field, uint64_t value)
{
	put_varint(m, field << 3);
	put_varint(m, value);
}

static void put_bytes(struct message *m, uint32_t field, const void *bytes, size_t size)
{
	put_varint(m, field << 3 | 2);
	put_varint(m, size);
	memcpy(m->bytes + m->size, bytes, size);
	m->size += size;
}

static void put_string(struct message *m, uint32_t field, const char *text)
{
	put_bytes(m, field, text, strlen(text));
}

static void put_message(struct message *m, uint32_t field, const struct message *part)
{
	put_bytes(m, field, part->bytes, part->size);
}

/* ValueInfoProto { name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 { dim = 1 } } }
 * } */
static void put_tensor(
	struct message *graph, uint32_t field, const struct tiny_tensor *tensor, const char *name)
{
	struct message shape = {0}, tensor_type = {0}, type = {0}, value = {0};

	for (uint32_t i = 0; i < tensor->rank; i++) {
		struct message dim = {0};

		/* Dimension { dim_value = 1, dim_param = 2 } */
		if (tensor->dims[i] > 0)
			put_number(&dim, 1, (uint64_t)tensor->dims[i]);
		else
			put_string(&dim, 2, "n");
		put_message(&shape, 1, &dim);
	}
	put_number(&tensor_type, 1, (uint64_t)tensor->type);
	put_message(&tensor_type, 2, &shape);
	put_message(&type, 1, &tensor_type);
	put_string(&value, 1, name);
	put_message(&value, 2, &type);
	put_message(graph, field, &value);
}

bool tiny_onnx_write(const struct tiny_graph *description, const char *path)
{
	struct message node = {0}, graph = {0}, opset = {0}, model = {0};

	/* NodeProto { input = 1, output = 2, op_type = 4 } */
	put_string(&node, 1, description->input.name);
	if (description->other.name)
		put_string(&node, 1, description->other.name);
	put_string(&node, 2, description->output.name);
	put_string(&node, 4, description->op);

	/* GraphProto { node = 1, name = 2, input = 11, output = 12 } */
	put_message(&graph, 1, &node);
	put_string(&graph, 2, "tiny");
	put_tensor(&graph, 11, &description->input, description->input.name);
	if (description->other.name)
		put_tensor(&graph, 11, &description->other, description->other.name);
	put_tensor(&graph, 12, &description->output, description->output.name);

	/* ModelProto { ir_version = 1, graph = 7, opset_import = 8 { version = 2 } } */
	put_number(&opset, 2, 13);
	put_number(&model, 1, 8);
	put_message(&model, 8, &opset);
	put_message(&model, 7, &graph);

	FILE *file = fopen(path, "wb");

	if (!file)
		return false;
	bool written = fwrite(model.bytes, 1, model.size, file) == model.size;

	return fclose(file) == 0 && written;
}
