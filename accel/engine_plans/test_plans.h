/* What every engine that runs plans has to do, held against ONNX Runtime. For tests. */
#pragma once

#include "core/test.h"

#include <stdbool.h>
#include <stdint.h>

#include "accel/infer.h"

/* Before the others. False: there is no ONNX Runtime. */
bool test_plans_ready(void);

/* On noise, in batches of each size: the first so many of the trained models, the smallest first.
 */
void test_plans_equal_onnx_runtime(const struct infer_ops *ops, uint32_t most_models);

/* Models that do not fit. */
void test_plans_refuse_in_one_line(const struct infer_ops *ops);
