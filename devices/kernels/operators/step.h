/* What the operators' kernels are told: one job a step of a graph. All tensors are float32 in one
 * piece of memory, weights included; places in it, pitches and strides are counted in floats. The
 * same text is compiled as C and for the device, so there are only numbers of 32 bits in it.
 *
 * Rows are done in runs of OP_LANES values. A run may read beyond its row, never beyond OP_SLACK
 * behind the last tensor, and writes nothing there.
 */
#pragma once

#include <stdint.h>

#define OP_LANES 16
#define OP_BLOCK 8 /* channels, or rows, that one work item makes */
#define OP_RANK 6
#define OP_TAIL 8
#define OP_STRIDE_MOST 64
#define OP_SLACK 2048

/* What is done with a value, and with an operand where it takes one. */
enum op_function {
	OP_SAME,
	OP_ADD,
	OP_SUBTRACT,
	OP_SUBTRACT_FROM, /* operand - value */
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_DIVIDE_INTO, /* operand / value */
	OP_POWER,
	OP_LARGER,
	OP_SMALLER,
	OP_ABSOLUTE, /* from here on without an operand; some take the numbers a and b */
	OP_CLIP, /* to a .. b */
	OP_ELU, /* below 0: a * (e^x - 1) */
	OP_ERF,
	OP_EXP,
	OP_FLOOR,
	OP_HARD_SIGMOID, /* a * x + b, within 0 .. 1 */
	OP_LEAKY, /* below 0: a * x */
	OP_LOG,
	OP_SIGMOID,
	OP_SOFTPLUS,
	OP_SQRT,
	OP_TANH,
	OP_TRUNCATE,
	OP_KEEP /* the value is what OP_FIRST means from here on */
};

enum op_operand {
	OP_NUMBER, /* a */
	OP_FIRST, /* the value that the tail began with */
	OP_TENSOR /* the job's `other`, of the shape of the result */
};

/* Done with each value before it is written. */
struct op_tail {
	uint32_t function, operand;
	float a, b;
};

/* Convolution of planes that are padded already. op_conv: weights as [block][channel][y][x] of
 * OP_BLOCK rows each, the last of them 0 where there are none; op_conv_group: [row][channel][y][x].
 */
struct op_conv {
	uint32_t in, weights, bias; /* a bias for each row */
	uint32_t channels; /* that a row sees */
	uint32_t rows; /* channels of the result */
	uint32_t group_rows; /* rows that see the same channels */
	uint32_t in_pitch, in_plane, in_image;
	uint32_t out_width, out_height;
	uint32_t runs; /* to a line of the result */
	uint32_t kernel_width, kernel_height;
	uint32_t stride_x, stride_y, dilation_x, dilation_y;
};

/* Products of matrices: [rows][depth] times [depth][columns]. */
struct op_matmul {
	uint32_t a, b, bias; /* a bias for each column */
	uint32_t rows, depth, columns;
	uint32_t a_pitch, b_pitch;
	uint32_t a_matrix, b_matrix; /* from one product's to the next one's; 0: the same */
	uint32_t runs;
};

/* Values moved or joined, one by one. */
struct op_map {
	uint32_t in, second; /* `second` is used where the function takes an operand */
	uint32_t function;
	float a, b;
	uint32_t size[OP_RANK]; /* of the result; unused ones in front are 1 */
	uint32_t in_stride[OP_RANK], second_stride[OP_RANK], out_stride[OP_RANK];
	uint32_t lines; /* all sizes but the last */
	uint32_t runs;
};

enum op_edge { OP_EDGE_NUMBER, OP_EDGE_REPEAT, OP_EDGE_MIRROR };

/* Planes with a margin around them. */
struct op_pad {
	uint32_t in, planes;
	uint32_t in_width, in_height, out_width, out_height;
	uint32_t left, top;
	uint32_t edge; /* enum op_edge */
	float number;
	uint32_t runs;
};

struct op_pool {
	uint32_t in, planes, average; /* 0: the largest */
	uint32_t count_all; /* of an average: what lies outside counts as zero */
	uint32_t in_width, in_height, out_width, out_height;
	uint32_t kernel_width, kernel_height;
	uint32_t stride_x, stride_y, dilation_x, dilation_y;
	uint32_t left, top, right, bottom; /* padding */
	uint32_t runs;
};

enum op_reduction { OP_REDUCE_SUM, OP_REDUCE_MEAN, OP_REDUCE_MAX, OP_REDUCE_MIN, OP_REDUCE_ARGMAX };

/* [outer][count][inner]: `count` becomes one; op_softmax: their sum becomes one. */
struct op_reduce {
	uint32_t in, outer, count, inner;
	uint32_t reduction;
	uint32_t runs;
};

enum op_rounding { OP_ROUND_DOWN, OP_ROUND_HALF_DOWN, OP_ROUND_HALF_UP, OP_ROUND_UP };

/* Where a sample of the result lies in the source: (at + shift) * scale - shift. */
struct op_resize {
	uint32_t in, planes;
	uint32_t in_width, in_height, out_width, out_height;
	uint32_t linear; /* 0: the nearest */
	uint32_t rounding;
	float scale_x, scale_y, shift;
	uint32_t runs;
};

struct op_job {
	uint32_t out;
	uint32_t other;
	uint32_t tails;
	struct op_tail tail[OP_TAIL];
	union {
		struct op_conv conv;
		struct op_matmul matmul;
		struct op_map map;
		struct op_pad pad;
		struct op_pool pool;
		struct op_reduce reduce;
		struct op_resize resize;
	};
};
