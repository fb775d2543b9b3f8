/* A plan while it is made, for those who know the operators. */
#pragma once

#include <stddef.h>

#include "accel/graph/plan.h"

/* A value is known when it has data (a constant) or a storage (it is computed by a run). All are
 * laid out row by row without gaps. */
struct plan_value {
	struct graph_shape shape;
	const float *data;
	float *owned; /* data that the plan has computed */
	bool whole; /* whole numbers: divisions of them give such again */
	uint32_t storage; /* GRAPH_NONE: none */
};

/* Memory of the arena, from the step that writes it to the last one that reads it. */
struct plan_storage {
	uint32_t size, at; /* floats */
	uint32_t first, last;
};

struct plan {
	struct graph *graph;
	struct graph_plan *out;
	struct plan_value *value; /* of the graph */
	bool *done; /* nodes that are part of another one's step */
	struct plan_storage *storage;
	uint32_t storages, room_storages;
	bool folding; /* one node alone is done, for its value */
	bool failed; /* out of memory */
	uint64_t fold_left; /* values that may still be computed while planning */
};

/* A new step: its number. */
uint32_t plan_add_step(
	struct plan *plan, enum operators_kernel kernel, uint64_t x, uint64_t y, uint64_t z);

static inline struct op_job *plan_job(struct plan *plan, uint32_t step)
{
	return &plan->out->job[step];
}

/* Memory for so many values: its number. */
uint32_t plan_add_storage(struct plan *plan, uint64_t elements);

#define PLAN_FIELD(member) ((uint32_t)offsetof(struct op_job, member))

/* The step's field, which says how far from its begin, becomes a place in that storage or value. */
void plan_point(struct plan *plan, uint32_t step, uint32_t field, uint32_t storage);
void plan_read(struct plan *plan, uint32_t step, uint32_t field, uint32_t value);

/* Gives the value its shape. -E2BIG with a line when that is empty or too large. */
int plan_shape(
	struct plan *plan, uint32_t value, const struct graph_shape *shape, struct gw_error *error);

/* The step makes the value, as a whole and in order: what is done with it alone afterwards becomes
 * the step's tail. */
void plan_finish(struct plan *plan, uint32_t step, uint32_t value);

/* Gives the value memory, for steps that make parts of it. Returns its storage. */
uint32_t plan_make_room(struct plan *plan, uint32_t value);

/* The value is the other one in another shape. */
void plan_same(struct plan *plan, uint32_t value, uint32_t other);

/* The value is known: `count` floats, which are the plan's from now on. */
void plan_know(struct plan *plan, uint32_t value, float *data, bool whole);

/* The node's input; NULL where it is left out. */
const struct plan_value *plan_in(
	const struct plan *plan, const struct graph_node *node, uint32_t index);

/* Whole numbers of an attribute or, without one, of a constant input. Returns how many, 0 where
 * neither is there, or a negative errno with a line. */
int plan_ints(const struct plan *plan, const struct graph_node *node, const char *attribute,
	uint32_t input, int64_t ints[GRAPH_INTS], struct gw_error *error);

/* An axis from the front; -EINVAL with a line. */
int plan_axis(int64_t axis, uint32_t rank, struct gw_error *error);

/* "its NAME is not supported" with -ENOTSUP. */
int plan_refuse(struct gw_error *error, const char *what);

/* 0; -ENOTSUP with a line where the first input has not four dimensions. */
int plan_need_picture(
	const struct plan *plan, const struct graph_node *node, struct gw_error *error);

/* Runs of a line. */
static inline uint32_t plan_runs(uint32_t width)
{
	return (width + OP_LANES - 1) / OP_LANES;
}

/* Sizes before, at and behind the axes first .. last. */
struct plan_split {
	uint32_t outer, count, inner;
};
struct plan_split plan_split_at(const struct graph_shape *shape, uint32_t first, uint32_t last);

/* How a kernel of a convolution or pool goes over a picture. */
struct plan_window {
	uint32_t kernel[2], stride[2], dilation[2]; /* down, across */
	uint32_t before[2], after[2]; /* padding */
	uint32_t out[2];
};
int plan_window(const struct graph_node *node, const uint32_t size[2], struct plan_window *window,
	struct gw_error *error);

/* A step that moves values: `size` of the result, and strides of the source, the operand and the
 * result. Neighbouring dimensions are joined where they can be. Returns the step, whose places are
 * still to be said. */
struct plan_move {
	uint32_t rank;
	uint32_t size[GRAPH_RANK];
	uint32_t in[GRAPH_RANK], second[GRAPH_RANK], out[GRAPH_RANK];
};
uint32_t plan_add_map(struct plan *plan, const struct plan_move *move);

/* Strides of that shape, row by row. */
void plan_strides(const struct graph_shape *shape, uint32_t strides[GRAPH_RANK]);

/* Takes over what follows the value and only scales or shifts its channels, of which there are
 * `channels`, `behind` dimensions from the last: scale and shift become part of it. Returns the
 * last value. */
uint32_t plan_absorb(struct plan *plan, uint32_t value, uint32_t channels, uint32_t behind,
	float *scale, float *shift);

/* The node's function of single values. False: it is none, or not with those inputs. */
bool plan_function(
	const struct plan *plan, const struct graph_node *node, struct op_tail *tail, bool *joins);

/* ... with its operand in front. */
uint32_t plan_reversed(uint32_t function);

/* Computes the node, whose inputs are all known. 0, or -E2BIG where that takes too long. */
int plan_fold(struct plan *plan, const struct graph_node *node, struct gw_error *error);

/* Places the storages in the arena, so that those that live at a time do not overlap. -E2BIG with a
 * line. */
int plan_arrange(struct plan *plan, struct gw_error *error);

/* How nodes of an operator become steps. */
typedef int plan_lower_fn(struct plan *plan, const struct graph_node *node, struct gw_error *error);
plan_lower_fn lower_conv, lower_conv_transpose, lower_gemm, lower_matmul, lower_normalisation;
plan_lower_fn lower_function, lower_hard_swish;
plan_lower_fn lower_transpose, lower_slice, lower_concat, lower_split, lower_depth_to_space,
	lower_expand, lower_gather, lower_pad;
plan_lower_fn lower_reshape, lower_flatten, lower_squeeze, lower_unsqueeze, lower_shape,
	lower_constant;
plan_lower_fn lower_pool, lower_global_pool, lower_reduce, lower_softmax, lower_resize;
