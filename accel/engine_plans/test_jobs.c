#include "accel/engine_plans/test_jobs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Devices may take functions of their own, and round once where C rounds twice. */
#define TOLERANCE 2e-5f

static uint32_t seed = 1;

static uint32_t random_below(uint32_t count)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % count;
}

static float random_float(void)
{
	return (float)random_below(1u << 16) / 32768.0f - 1;
}

static struct op_job *job_of(struct bench *b)
{
	return &b->job[b->plans];
}

/* Functions, with numbers that all of them can take. */
static void random_tail(struct op_job *job)
{
	job->tails = random_below(OP_TAIL + 1);
	job->other = WEIGHTS;
	for (uint32_t i = 0; i < job->tails; i++) {
		static const uint32_t harmless[] = {OP_ADD, OP_SUBTRACT, OP_SUBTRACT_FROM,
			OP_MULTIPLY, OP_LARGER, OP_SMALLER, OP_ABSOLUTE, OP_CLIP, OP_ERF,
			OP_HARD_SIGMOID, OP_LEAKY, OP_SIGMOID, OP_SOFTPLUS, OP_TANH, OP_ELU,
			OP_KEEP, OP_SAME};

		job->tail[i] = (struct op_tail){harmless[random_below(17)], random_below(3),
			random_float(), 1 + random_float()};
		/* No value grows without bounds. */
		if (job->tail[i].function == OP_MULTIPLY && job->tail[i].operand == OP_FIRST)
			job->tail[i].operand = OP_TENSOR;
	}
}

static void set_items(
	struct bench *b, enum operators_kernel kernel, uint32_t x, uint32_t y, uint32_t z)
{
	b->step[b->plans] = (struct graph_step){kernel, {x, y, z}};
	job_of(b)->out = WEIGHTS + OUT;
}

static uint32_t runs_of(uint32_t width)
{
	return (width + OP_LANES - 1) / OP_LANES;
}

static void random_conv(struct bench *b, bool grouped)
{
	struct op_conv *c = &job_of(b)->conv;
	const uint32_t images = 1 + random_below(2), width = 9 + random_below(30);
	const uint32_t height = 7 + random_below(9), groups = grouped ? 1 + random_below(4) : 1;

	*c = (struct op_conv){.in = WEIGHTS,
		.channels = 1 + random_below(4),
		.kernel_width = 1 + random_below(3),
		.kernel_height = 1 + random_below(3),
		.stride_x = 1 + random_below(3),
		.stride_y = 1 + random_below(2),
		.dilation_x = 1 + random_below(3),
		.dilation_y = 1 + random_below(2)};
	c->group_rows = 1 + random_below(grouped ? 3 : 20);
	c->rows = c->group_rows * groups;
	c->weights = 64;
	c->in_pitch = width;
	c->in_plane = width * height;
	c->in_image = c->in_plane * c->channels * groups;
	c->out_width = (width - 1 - (c->kernel_width - 1) * c->dilation_x) / c->stride_x + 1;
	c->out_height = (height - 1 - (c->kernel_height - 1) * c->dilation_y) / c->stride_y + 1;
	c->runs = runs_of(c->out_width);
	b->written = images * c->rows * c->out_width * c->out_height;
	set_items(b, grouped ? OPERATORS_CONV_GROUP : OPERATORS_CONV, c->runs * c->out_height,
		grouped ? c->rows : (c->rows + OP_BLOCK - 1) / OP_BLOCK, images);
}

static void random_matmul(struct bench *b)
{
	struct op_matmul *m = &job_of(b)->matmul;
	const uint32_t matrices = 1 + random_below(3);

	*m = (struct op_matmul){.a = WEIGHTS,
		.b = WEIGHTS + 9000,
		.rows = 1 + random_below(20),
		.depth = 1 + random_below(40),
		.columns = 1 + random_below(70)};
	m->a_pitch = m->depth;
	m->b_pitch = m->columns;
	m->a_matrix = m->rows * m->depth;
	m->b_matrix = random_below(2) * m->depth * m->columns;
	m->runs = runs_of(m->columns);
	b->written = matrices * m->rows * m->columns;
	set_items(b, OPERATORS_MATMUL, m->runs, (m->rows + OP_BLOCK - 1) / OP_BLOCK, matrices);
}

static void random_map(struct bench *b)
{
	static const uint32_t functions[] = {
		OP_SAME, OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_LARGER, OP_SMALLER, OP_ERF};
	struct op_map *m = &job_of(b)->map;
	uint32_t stride = 1, out = 1;

	*m = (struct op_map){.in = WEIGHTS,
		.second = WEIGHTS + 500,
		.lines = 1,
		.function = functions[random_below(7)]};
	for (uint32_t i = OP_RANK; i-- > 0;) {
		m->size[i] = i < 2 ? 1 : 1 + random_below(i == OP_RANK - 1 ? 40 : 5);
		m->in_stride[i] = random_below(4) == 0 ? 0 : stride + random_below(3);
		m->second_stride[i] = random_below(3) == 0 ? 0 : stride;
		m->out_stride[i] = out;
		stride *= m->size[i];
		out *= m->size[i];
		m->lines *= i < OP_RANK - 1 ? m->size[i] : 1;
	}
	m->runs = runs_of(m->size[OP_RANK - 1]);
	b->written = out;
	set_items(b, OPERATORS_MAP, m->runs * m->lines, 1, 1);
}

static void random_pad(struct bench *b)
{
	struct op_pad *p = &job_of(b)->pad;
	const uint32_t left = random_below(4), top = random_below(4);

	*p = (struct op_pad){.in = WEIGHTS,
		.planes = 1 + random_below(3),
		.in_width = 5 + random_below(50),
		.in_height = 5 + random_below(9),
		.left = left,
		.top = top,
		.edge = random_below(3),
		.number = random_float()};
	p->out_width = p->in_width + left + random_below(4);
	p->out_height = p->in_height + top + random_below(4);
	p->runs = runs_of(p->out_width);
	b->written = p->planes * p->out_width * p->out_height;
	set_items(b, OPERATORS_PAD, p->runs, p->out_height, p->planes);
}

static void random_pool(struct bench *b)
{
	struct op_pool *p = &job_of(b)->pool;

	*p = (struct op_pool){.in = WEIGHTS,
		.planes = 1 + random_below(3),
		.average = random_below(2),
		.count_all = random_below(2),
		.in_width = 5 + random_below(50),
		.in_height = 5 + random_below(9),
		.kernel_width = 1 + random_below(3),
		.kernel_height = 1 + random_below(3),
		.stride_x = 1 + random_below(2),
		.stride_y = 1 + random_below(2),
		.dilation_x = 1,
		.dilation_y = 1};
	p->left = p->right = random_below(p->kernel_width);
	p->top = p->bottom = random_below(p->kernel_height);
	p->out_width = (p->in_width + p->left + p->right - p->kernel_width) / p->stride_x + 1;
	p->out_height = (p->in_height + p->top + p->bottom - p->kernel_height) / p->stride_y + 1;
	p->runs = runs_of(p->out_width);
	b->written = p->planes * p->out_width * p->out_height;
	set_items(b, OPERATORS_POOL, p->runs, p->out_height, p->planes);
}

static void random_reduce(struct bench *b)
{
	struct op_reduce *r = &job_of(b)->reduce;

	*r = (struct op_reduce){.in = WEIGHTS,
		.outer = 1 + random_below(20),
		.count = 1 + random_below(60),
		.inner = random_below(2) ? 1 : 2 + random_below(20),
		.reduction = random_below(OP_REDUCE_ARGMAX + 1)};
	r->runs = runs_of(r->inner == 1 ? r->outer : r->inner);
	b->written = r->outer * r->inner;
	set_items(b, OPERATORS_REDUCE, r->runs, r->inner == 1 ? 1 : r->outer, 1);
}

static void random_softmax(struct bench *b)
{
	random_reduce(b);
	b->written *= job_of(b)->reduce.count;
	set_items(b, OPERATORS_SOFTMAX, job_of(b)->reduce.inner, job_of(b)->reduce.outer, 1);
	job_of(b)->tails = 0;
}

static void random_resize(struct bench *b)
{
	struct op_resize *r = &job_of(b)->resize;

	*r = (struct op_resize){.in = WEIGHTS,
		.planes = 1 + random_below(3),
		.in_width = 1 + random_below(30),
		.in_height = 1 + random_below(9),
		.linear = random_below(2),
		.rounding = random_below(4),
		.shift = random_below(2) ? 0.5f : 0};
	r->out_width = r->in_width * (1 + random_below(3));
	r->out_height = r->in_height * (1 + random_below(3));
	r->scale_x = (float)r->in_width / (float)r->out_width;
	r->scale_y = (float)r->in_height / (float)r->out_height;
	r->runs = runs_of(r->out_width);
	b->written = r->planes * r->out_width * r->out_height;
	set_items(b, OPERATORS_RESIZE, r->runs, r->out_height, r->planes);
}

void random_job(struct bench *b, enum operators_kernel kernel)
{
	random_tail(job_of(b));
	switch (kernel) {
	case OPERATORS_CONV:
	case OPERATORS_CONV_GROUP:
		random_conv(b, kernel == OPERATORS_CONV_GROUP);
		break;
	case OPERATORS_MATMUL:
		random_matmul(b);
		break;
	case OPERATORS_MAP:
		random_map(b);
		break;
	case OPERATORS_PAD:
		random_pad(b);
		break;
	case OPERATORS_POOL:
		random_pool(b);
		break;
	case OPERATORS_REDUCE:
		random_reduce(b);
		break;
	case OPERATORS_SOFTMAX:
		random_softmax(b);
		break;
	default:
		random_resize(b);
	}
	assert_true(b->written < ARENA - OUT - OP_LANES);
	b->plan[b->plans] = (struct graph_plan){
		.steps = 1, .step = &b->step[b->plans], .job = &b->job[b->plans], .arena = ARENA};
	b->plans++;
}

struct bench *open_bench(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	const size_t all = WEIGHTS + ARENA + OP_SLACK;

	b->memory = malloc(all * sizeof(float));
	for (size_t i = 0; i < all; i++)
		b->memory[i] = random_float();
	b->graph.weights = b->memory;
	b->graph.weights_count = WEIGHTS;
	return b;
}

void close_bench(struct bench *b)
{
	free(b->memory);
	free(b);
}

void random_jobs(struct bench *b)
{
	for (uint32_t i = 0; i < JOBS; i++)
		random_job(b, (enum operators_kernel)(i / ROUNDS));
}

void assert_as_reference(const struct bench *b, uint32_t plan, const float *back)
{
	float *expected = malloc((WEIGHTS + ARENA + OP_SLACK) * sizeof(float));

	assert_non_null(expected);
	memcpy(expected, b->memory, (WEIGHTS + ARENA + OP_SLACK) * sizeof(float));
	graph_plan_run(&b->plan[plan], expected);
	for (uint32_t i = 0; i < ARENA + OP_SLACK; i++) {
		const float is = back[i], should = expected[WEIGHTS + i];

		if (!(fabsf(is - should) <= TOLERANCE * fmaxf(1, fabsf(should))))
			fail_msg("%s: value %d is %.9g instead of %.9g",
				operators_kernel_names[b->step[plan].kernel], (int)i - (int)OUT,
				(double)is, (double)should);
	}
	free(expected);
}
