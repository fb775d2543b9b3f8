#include "accel/graph/operators.h"

#include <float.h>
#include <string.h>

#define MANY GRAPH_INPUTS
#define WINDOW " auto_pad dilations kernel_shape pads strides "
#define REDUCE " axes keepdims noop_with_empty_axes "
#define POOL " auto_pad ceil_mode dilations kernel_shape pads storage_order strides "

/* In the order of their names. */
#define OPERATOR(name, lower, least, most, folds, attributes, function) \
	{ \
		name, lower, least, most, folds, attributes, function, NULL, NULL, 0, 0 \
	}

static const struct graph_operator operators[] = {
	OPERATOR("Abs", lower_function, 1, 1, true, "", OP_ABSOLUTE),
	OPERATOR("Add", lower_function, 2, 2, true, "", OP_ADD),
	OPERATOR("ArgMax", lower_reduce, 1, 1, true, " axis keepdims ", OP_REDUCE_ARGMAX),
	OPERATOR("AveragePool", lower_pool, 1, 1, false, POOL " count_include_pad ", 0),
	OPERATOR("BatchNormalization", lower_normalisation, 5, 5, false,
		" epsilon momentum spatial ", 0),
	OPERATOR("Cast", lower_function, 1, 1, true, " saturate to ", OP_TRUNCATE),
	{"Clip", lower_function, 1, 3, true, " max min ", OP_CLIP, "min", "max", -FLT_MAX, FLT_MAX},
	OPERATOR("Concat", lower_concat, 1, MANY, true, " axis ", 0),
	OPERATOR("Constant", lower_constant, 0, 0, false,
		" value value_float value_floats value_int value_ints ", 0),
	OPERATOR("Conv", lower_conv, 2, 3, false, WINDOW " group ", 0),
	OPERATOR("ConvTranspose", lower_conv_transpose, 2, 3, false, WINDOW " group ", 0),
	OPERATOR("DepthToSpace", lower_depth_to_space, 1, 1, false, " blocksize mode ", 0),
	OPERATOR("Div", lower_function, 2, 2, true, "", OP_DIVIDE),
	OPERATOR("Dropout", NULL, 1, 3, false, " ratio seed ", 0),
	{"Elu", lower_function, 1, 1, true, " alpha ", OP_ELU, "alpha", NULL, 1, 0},
	OPERATOR("Erf", lower_function, 1, 1, true, "", OP_ERF),
	OPERATOR("Exp", lower_function, 1, 1, true, "", OP_EXP),
	OPERATOR("Expand", lower_expand, 2, 2, true, "", 0),
	OPERATOR("Flatten", lower_flatten, 1, 1, true, " axis ", 0),
	OPERATOR("Floor", lower_function, 1, 1, true, "", OP_FLOOR),
	OPERATOR("Gather", lower_gather, 2, 2, true, " axis ", 0),
	OPERATOR("Gemm", lower_gemm, 2, 3, false, " alpha beta transA transB ", 0),
	OPERATOR("GlobalAveragePool", lower_global_pool, 1, 1, false, "", 0),
	OPERATOR("GlobalMaxPool", lower_global_pool, 1, 1, false, "", 0),
	{"HardSigmoid", lower_function, 1, 1, true, " alpha beta ", OP_HARD_SIGMOID, "alpha",
		"beta", 0.2f, 0.5f},
	OPERATOR("HardSwish", lower_hard_swish, 1, 1, false, "", 0),
	OPERATOR("Identity", NULL, 1, 1, false, "", 0),
	{"LeakyRelu", lower_function, 1, 1, true, " alpha ", OP_LEAKY, "alpha", NULL, 0.01f, 0},
	OPERATOR("Log", lower_function, 1, 1, true, "", OP_LOG),
	OPERATOR("MatMul", lower_matmul, 2, 2, false, "", 0),
	OPERATOR("Max", lower_function, 2, 2, true, "", OP_LARGER),
	OPERATOR("MaxPool", lower_pool, 1, 1, false, POOL, 0),
	OPERATOR("Min", lower_function, 2, 2, true, "", OP_SMALLER),
	OPERATOR("Mul", lower_function, 2, 2, true, "", OP_MULTIPLY),
	{"Neg", lower_function, 1, 1, true, "", OP_MULTIPLY, NULL, NULL, -1, 0},
	OPERATOR("Pad", lower_pad, 1, 4, false, " mode pads value ", 0),
	OPERATOR("Pow", lower_function, 2, 2, true, "", OP_POWER),
	{"Reciprocal", lower_function, 1, 1, true, "", OP_DIVIDE_INTO, NULL, NULL, 1, 0},
	OPERATOR("ReduceMax", lower_reduce, 1, 2, false, REDUCE, OP_REDUCE_MAX),
	OPERATOR("ReduceMean", lower_reduce, 1, 2, false, REDUCE, OP_REDUCE_MEAN),
	OPERATOR("ReduceMin", lower_reduce, 1, 2, false, REDUCE, OP_REDUCE_MIN),
	OPERATOR("ReduceSum", lower_reduce, 1, 2, false, REDUCE, OP_REDUCE_SUM),
	{"Relu", lower_function, 1, 1, true, "", OP_LARGER, NULL, NULL, 0, 0},
	OPERATOR("Reshape", lower_reshape, 1, 2, true, " allowzero shape ", 0),
	OPERATOR("Resize", lower_resize, 2, 4, false,
		" antialias coordinate_transformation_mode cubic_coeff_a exclude_outside "
		"extrapolation_value mode nearest_mode ",
		0),
	OPERATOR("Shape", lower_shape, 1, 1, false, "", 0),
	OPERATOR("Sigmoid", lower_function, 1, 1, true, "", OP_SIGMOID),
	OPERATOR("Slice", lower_slice, 1, 5, true, " axes ends starts ", 0),
	OPERATOR("Softmax", lower_softmax, 1, 1, false, " axis ", 0),
	OPERATOR("Softplus", lower_function, 1, 1, true, "", OP_SOFTPLUS),
	OPERATOR("Split", lower_split, 1, 2, true, " axis num_outputs split ", 0),
	OPERATOR("Sqrt", lower_function, 1, 1, true, "", OP_SQRT),
	OPERATOR("Squeeze", lower_squeeze, 1, 2, true, " axes ", 0),
	OPERATOR("Sub", lower_function, 2, 2, true, "", OP_SUBTRACT),
	OPERATOR("Sum", lower_function, 2, 2, true, "", OP_ADD),
	OPERATOR("Tanh", lower_function, 1, 1, true, "", OP_TANH),
	OPERATOR("Transpose", lower_transpose, 1, 1, true, " perm ", 0),
	OPERATOR("Unsqueeze", lower_unsqueeze, 1, 2, true, " axes ", 0),
	OPERATOR("Upsample", lower_resize, 2, 2, false, " mode ", 0),
};

const struct graph_operator *graph_operator_find(const struct onnx_text *name)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (onnx_text_is(name, operators[i].name))
			return &operators[i];
	return NULL;
}

bool graph_lacks(const struct onnx_text *domain, const struct onnx_text *name)
{
	return (domain->size > 0 && !onnx_text_is(domain, "ai.onnx")) || !graph_operator_find(name);
}

bool graph_operator_reads(const struct graph_operator *operator, const char * attribute)
{
	char between[40];

	between[0] = ' ';
	strncpy(between + 1, attribute, sizeof(between) - 3);
	between[sizeof(between) - 2] = '\0';
	strcat(between, " ");
	return attribute[0] && strstr(operator->attributes, between);
}
