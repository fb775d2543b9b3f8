/* The operators of ONNX that graphs may have here. */
#pragma once

#include "accel/graph/plan_own.h"
#include "accel/repository/onnx_tensor.h"

struct graph_operator {
	const char *name;

	/* Works out the shape of the node's first output, and says by which steps it is made; or
	 * its value, where that is known. 0 or a negative errno with a line without the node's
	 * name. NULL: the output is the input. */
	int (*lower)(struct plan *plan, const struct graph_node *node, struct gw_error *error);

	uint8_t least, most; /* inputs */
	bool folds; /* cheap: it is computed while planning where its inputs are known */
	const char *attributes; /* that are read, each between blanks; others must not be there */

	/* Of one that is a function of single values: which, and its numbers, or the attributes
	 * that say them. */
	uint8_t function; /* enum op_function; it joins two inputs when `most` is more than 1 */
	const char *a_name, *b_name;
	float a, b;
};

/* The operator of ONNX's own that is called so; NULL: it is missing. */
const struct graph_operator *graph_operator_find(const struct onnx_text *name);

bool graph_operator_reads(const struct graph_operator *operator, const char * attribute);
