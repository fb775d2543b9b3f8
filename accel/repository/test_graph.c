#include "accel/repository/test_graph.h"

#include <string.h>

#include "core/test.h"

struct message {
	uint8_t bytes[TEST_GRAPH_ROOM];
	size_t size;
};

static void put_varint(struct message *m, uint64_t value)
{
	assert_true(m->size + 10 < TEST_GRAPH_ROOM);
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
	assert_true(m->size + size < TEST_GRAPH_ROOM);
	memcpy(m->bytes + m->size, bytes, size);
	m->size += size;
}

static void put_text(struct message *m, uint32_t field, const char *text)
{
	put_bytes(m, field, text, strlen(text));
}

static void put_part(struct message *m, uint32_t field, const struct message *part)
{
	put_bytes(m, field, part->bytes, part->size);
}

/* ValueInfoProto { name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 { dim = 1 } } }
 * } */
static void put_tensor(struct message *graph, uint32_t field, const struct test_tensor *tensor)
{
	static struct message dim, shape, tensor_type, type, info;

	shape.size = tensor_type.size = type.size = info.size = 0;
	for (uint32_t i = 0; i < tensor->rank; i++) {
		dim.size = 0;
		/* Dimension { dim_value = 1, dim_param = 2 } */
		if (tensor->dims[i] > 0)
			put_number(&dim, 1, (uint64_t)tensor->dims[i]);
		else
			put_text(&dim, 2, i == 0 ? "batch" : "n");
		put_part(&shape, 1, &dim);
	}
	put_number(&tensor_type, 1, (uint64_t)tensor->type);
	if (tensor->rank > 0)
		put_part(&tensor_type, 2, &shape);
	put_part(&type, 1, &tensor_type);
	put_text(&info, 1, tensor->name);
	put_part(&info, 2, &type);
	put_part(graph, field, &info);
}

/* GraphProto { node = 1, name = 2, initializer = 5, input = 11, output = 12 } */
static void put_graph(struct message *body, const struct test_graph *graph)
{
	static struct message part;

	/* NodeProto { input = 1, output = 2, op_type = 4 } */
	for (const struct test_node *node = graph->node; node->name; node++) {
		part.size = 0;
		put_text(&part, 1, node->input);
		put_text(&part, 2, node->output);
		put_text(&part, 4, node->name);
		put_part(body, 1, &part);
	}
	put_text(body, 2, "test");
	/* TensorProto { dims = 1, data_type = 2, name = 8 } */
	for (const char *const *value = graph->value; *value; value++) {
		part.size = 0;
		put_number(&part, 1, 1);
		put_number(&part, 2, 1);
		put_text(&part, 8, *value);
		put_part(body, 5, &part);
	}
	for (const struct test_tensor *tensor = graph->input; tensor->name; tensor++)
		put_tensor(body, 11, tensor);
	for (const struct test_tensor *tensor = graph->output; tensor->name; tensor++)
		put_tensor(body, 12, tensor);
}

size_t test_graph_write(const struct test_graph *graph, uint8_t *room)
{
	static struct message model, body, part;

	model.size = body.size = part.size = 0;
	put_graph(&body, graph);
	/* ModelProto { ir_version = 1, producer_name = 2, producer_version = 3, graph = 7,
	 * opset_import = 8 { version = 2 }, metadata_props = 14 { key = 1, value = 2 } } */
	put_number(&model, 1, 8);
	put_text(&model, 2, "hand");
	put_text(&model, 3, "1.0");
	put_part(&model, 7, &body);
	put_number(&part, 2, 17);
	put_part(&model, 8, &part);
	for (const struct test_property *property = graph->property; property->key; property++) {
		part.size = 0;
		put_text(&part, 1, property->key);
		put_text(&part, 2, property->value);
		put_part(&model, 14, &part);
	}
	memcpy(room, model.bytes, model.size);
	return model.size;
}
