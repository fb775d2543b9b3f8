/* Random jobs for each kernel of the operators, and what the same as C makes of them. For tests of
 * what runs plans on a device. */
#pragma once

#include "core/test.h"

#include "accel/graph/plan.h"

#define WEIGHTS 20000u
#define ARENA 60000u
#define OUT (ARENA - 25000u) /* where results begin, as of the weights' end */
#define ROUNDS 60 /* of each kernel */
#define JOBS (ROUNDS * OPERATORS_KERNEL_COUNT)

/* Plans of one step each, over memory that all of them share. */
struct bench {
	struct graph graph;
	uint32_t plans;
	struct graph_plan plan[JOBS];
	struct graph_step step[JOBS];
	struct op_job job[JOBS];
	uint32_t written; /* floats of the last one's result */
	float *memory;
};

/* Memory with random weights and arena, and no plans. Freed by close_bench(). */
struct bench *open_bench(void);
void close_bench(struct bench *b);

/* One more plan, of one job. */
void random_job(struct bench *b, enum operators_kernel kernel);

/* ROUNDS of each kernel. */
void random_jobs(struct bench *b);

/* Whether the arena, with OP_SLACK behind it, is what plan number `plan` makes of it; nothing is
 * written beside the result. */
void assert_as_reference(const struct bench *b, uint32_t plan, const float *back);
