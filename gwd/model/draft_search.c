#include "gwd/model/draft_search.h"

#include "accel/repository/model_labels.h"

#define MOST_STEPS 8 /* back from an output to what makes its values */

int64_t draft_dim(const struct onnx_tensor *tensor, uint32_t from_last)
{
	if (!tensor->has_shape || tensor->rank > ONNX_DIMS || from_last >= tensor->rank)
		return 0;
	return tensor->dims[tensor->rank - 1 - from_last].size;
}

bool draft_has_rank(const struct onnx_tensor *tensor, uint32_t rank)
{
	return tensor->has_shape && tensor->rank == rank;
}

bool draft_is_whole(const struct onnx_tensor *tensor)
{
	return tensor->type == ONNX_INT32 || tensor->type == ONNX_INT64 ||
		tensor->type == ONNX_UINT8;
}

/* Whether such an operator makes the values, seen through those that only move them. */
static bool is_made_by(const struct draft_search *search, const struct onnx_tensor *tensor,
	const char *const *operators)
{
	static const char *const movers[] = {"Identity", "Reshape", "Squeeze", "Unsqueeze",
		"Transpose", "Cast", "Flatten", "Slice", "Concat", "Clip", NULL};
	struct onnx_text at = tensor->name;
	struct onnx_node node;

	for (int step = 0; step < MOST_STEPS; step++) {
		bool moves = false;

		if (!onnx_graph_maker(search->graph, &at, &node))
			return false;
		for (uint32_t i = 0; operators[i]; i++)
			if (onnx_text_is(&node.name, operators[i]))
				return true;
		for (uint32_t i = 0; movers[i]; i++)
			moves = moves || onnx_text_is(&node.name, movers[i]);
		if (!moves)
			return false;
		at = node.input;
	}
	return false;
}

bool draft_is_probability(const struct draft_search *search, const struct onnx_tensor *tensor)
{
	static const char *const operators[] = {"Softmax", "Sigmoid", "HardSigmoid", NULL};

	return is_made_by(search, tensor, operators);
}

bool draft_is_spread(const struct draft_search *search, const struct onnx_tensor *tensor)
{
	static const char *const operators[] = {"DepthToSpace", NULL};

	return is_made_by(search, tensor, operators);
}

bool draft_is_labels(int64_t size)
{
	return size > 0 && size <= MODEL_LABELS;
}

void draft_take(struct draft_head *head, enum draft_kind kind, const struct onnx_tensor *tensor)
{
	head->kind = kind;
	head->tensor[0] = tensor;
	head->tensors = 1;
}
