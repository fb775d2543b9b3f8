/* Products of matrices, and the normalisation that stands alone. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/graph/operators.h"

/* A product that is known by now. */
struct product {
	uint32_t matrices, rows, depth, columns;
	uint32_t a_matrix, b_matrix;
	uint32_t packed; /* its biases, and its second matrix where that is `own` */
	bool own;
};

static uint32_t room_of_bias(const struct product *product)
{
	return (product->columns + OP_LANES - 1) / OP_LANES * OP_LANES;
}

static uint32_t add_product(
	struct plan *plan, const struct graph_node *node, const struct product *product)
{
	const uint32_t runs = (product->columns + OP_LANES - 1) / OP_LANES;
	const uint32_t step = plan_add_step(plan, OPERATORS_MATMUL, runs,
		(product->rows + OP_BLOCK - 1) / OP_BLOCK, product->matrices);

	plan_job(plan, step)->matmul = (struct op_matmul){
		.bias = product->packed,
		.rows = product->rows,
		.depth = product->depth,
		.columns = product->columns,
		.a_pitch = product->depth,
		.b_pitch = product->columns,
		.a_matrix = product->a_matrix,
		.b_matrix = product->b_matrix,
		.runs = runs,
	};
	plan_read(plan, step, PLAN_FIELD(matmul.a), node->input[0]);
	if (product->own)
		plan_job(plan, step)->matmul.b = product->packed + room_of_bias(product);
	else
		plan_read(plan, step, PLAN_FIELD(matmul.b), node->input[1]);
	return step;
}

/* Biases and, of a constant second matrix, its columns by their scale: once for all plans. */
static void pack(struct plan *plan, const struct graph_node *node, struct product *product,
	const float *b, bool turned, const float *scale, const float *shift)
{
	struct graph_node *own = &plan->graph->node[node - plan->graph->node];
	const uint32_t room = room_of_bias(product), columns = product->columns;
	const uint32_t depth = product->depth;

	product->own = b;
	if (own->packed == GRAPH_NONE) {
		own->packed =
			graph_add_weights(plan->graph, room + (b ? (uint64_t)depth * columns : 0));
		if (own->packed == GRAPH_NONE) {
			plan->failed = true;
			own->packed = 0;
			return;
		}
		float *to = plan->graph->weights + own->packed;

		for (uint32_t i = 0; shift && i < columns; i++)
			to[i] = shift[i];
		for (uint32_t k = 0; b && k < depth; k++)
			for (uint32_t i = 0; i < columns; i++)
				to[room + (size_t)k * columns + i] = scale[i] *
					(turned ? b[(size_t)i * depth + k]
						: b[(size_t)k * columns + i]);
	}
	product->packed = own->packed;
}

/* By a constant matrix: what follows for each column goes into it. */
static void add_constant_product(struct plan *plan, const struct graph_node *node,
	struct product *product, bool turned, float alpha, const float *bias, uint32_t biases,
	float beta)
{
	float *scale = malloc(2 * (size_t)product->columns * sizeof(scale[0]));
	float *shift = scale + product->columns;

	if (!scale) {
		plan->failed = true;
		return;
	}
	for (uint32_t i = 0; i < product->columns; i++) {
		scale[i] = alpha;
		shift[i] = bias ? beta * bias[biases == 1 ? 0 : i] : 0;
	}
	const uint32_t last = plan_absorb(plan, node->output[0], product->columns, 0, scale, shift);

	pack(plan, node, product, plan_in(plan, node, 1)->data, turned, scale, shift);
	if (!plan->failed)
		plan_finish(plan, add_product(plan, node, product), last);
	free(scale);
}

int lower_gemm(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *a = plan_in(plan, node, 0), *b = plan_in(plan, node, 1);
	const struct plan_value *c = plan_in(plan, node, 2);
	const bool turned = graph_int(node, "transB", 0) != 0;

	if (!a || !b || !b->data || (c && !c->data) || graph_int(node, "transA", 0) != 0)
		return plan_refuse(error, "a product by what changes from picture to picture");
	if (a->shape.rank != 2 || b->shape.rank != 2 ||
		a->shape.dims[1] != b->shape.dims[turned ? 1 : 0] || graph_elements(&b->shape) == 0)
		return gw_error_set(error, -EINVAL, "its inputs do not fit each other");
	struct product product = {
		.matrices = 1,
		.rows = a->shape.dims[0],
		.depth = a->shape.dims[1],
		.columns = b->shape.dims[turned ? 0 : 1],
	};
	const uint64_t biases = c ? graph_elements(&c->shape) : 0;

	if (c && biases != 1 &&
		(biases != product.columns || c->shape.dims[c->shape.rank - 1] != biases))
		return plan_refuse(error, "a C that is not one row");
	const struct graph_shape shape = {2, {product.rows, product.columns}};
	const int status = plan_shape(plan, node->output[0], &shape, error);

	if (status == 0)
		add_constant_product(plan, node, &product, turned, graph_float(node, "alpha", 1),
			c ? c->data : NULL, (uint32_t)biases, graph_float(node, "beta", 1));
	return status;
}

int lower_matmul(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *a = plan_in(plan, node, 0), *b = plan_in(plan, node, 1);

	if (!a || !b || a->shape.rank < 2 || b->shape.rank < 2)
		return plan_refuse(error, "a product of what are no matrices");
	const uint32_t depth = a->shape.dims[a->shape.rank - 1];
	struct graph_shape shape = a->shape;
	const bool shared = b->shape.rank == 2;

	shape.dims[shape.rank - 1] = b->shape.dims[b->shape.rank - 1];
	if (depth != b->shape.dims[b->shape.rank - 2] || graph_elements(&b->shape) == 0 ||
		(!shared &&
			(b->shape.rank != a->shape.rank ||
				memcmp(a->shape.dims, b->shape.dims,
					(a->shape.rank - 2) * sizeof(uint32_t)) != 0)))
		return plan_refuse(error, "a product of matrices of such shapes");
	int status = plan_shape(plan, node->output[0], &shape, error);

	if (status != 0)
		return status;
	struct product product = {
		.matrices = 1, .depth = depth, .columns = shape.dims[shape.rank - 1]};

	if (shared) {
		product.rows = (uint32_t)(graph_elements(&shape) / product.columns);
		if (b->data) {
			add_constant_product(plan, node, &product, false, 1, NULL, 0, 0);
			return 0;
		}
	} else {
		product.rows = shape.dims[shape.rank - 2];
		product.matrices =
			(uint32_t)(graph_elements(&shape) / product.columns / product.rows);
		product.a_matrix = product.rows * depth;
		product.b_matrix = depth * product.columns;
	}
	pack(plan, node, &product, NULL, false, NULL, NULL);
	if (!plan->failed)
		plan_finish(plan, add_product(plan, node, &product), node->output[0]);
	return 0;
}

/* One that follows no convolution: one map that scales, whose tail cannot shift by channel, and one
 * that shifts. */
int lower_normalisation(struct plan *plan, const struct graph_node *node, struct gw_error *error)
{
	const struct plan_value *in = plan_in(plan, node, 0);

	if (!in || in->shape.rank < 2)
		return plan_refuse(error, "a normalisation of what has no channels");
	const struct graph_shape from = in->shape;
	const uint32_t channels = from.dims[1];
	const struct plan_split split = plan_split_at(&from, 1, 1);

	for (uint32_t i = 1; i < 5; i++)
		if (!plan_in(plan, node, i) || !plan_in(plan, node, i)->data ||
			graph_elements(&plan_in(plan, node, i)->shape) != channels)
			return plan_refuse(error, "a normalisation by what is not constant");
	const int status = plan_shape(plan, node->output[0], &from, error);
	const uint32_t packed = graph_add_weights(plan->graph, 2 * (uint64_t)channels);

	if (status != 0)
		return status;
	if (packed == GRAPH_NONE) {
		plan->failed = true;
		return 0;
	}
	float *scale = plan->graph->weights + packed, *shift = scale + channels;

	for (uint32_t i = 0; i < channels; i++) {
		scale[i] = plan_in(plan, node, 1)->data[i] /
			sqrtf(plan_in(plan, node, 4)->data[i] +
				graph_float(node, "epsilon", 1e-5f));
		shift[i] = plan_in(plan, node, 2)->data[i] -
			scale[i] * plan_in(plan, node, 3)->data[i];
	}
	const struct plan_move move = {.rank = 3,
		.size = {split.outer, split.count, split.inner},
		.in = {split.count * split.inner, split.inner, 1},
		.second = {0, 1, 0},
		.out = {split.count * split.inner, split.inner, 1}};
	const uint32_t storage = plan_add_storage(plan, graph_elements(&from));
	const uint32_t first = plan_add_map(plan, &move);

	plan_job(plan, first)->map.function = OP_MULTIPLY;
	plan_job(plan, first)->map.second = packed;
	plan_read(plan, first, PLAN_FIELD(map.in), node->input[0]);
	plan_point(plan, first, PLAN_FIELD(out), storage);
	const uint32_t second = plan_add_map(plan, &move);

	plan_job(plan, second)->map.function = OP_ADD;
	plan_job(plan, second)->map.second = packed + channels;
	plan_point(plan, second, PLAN_FIELD(map.in), storage);
	plan_finish(plan, second, node->output[0]);
	return 0;
}
