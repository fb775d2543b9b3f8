/* The operators' kernels on every OpenCL device of the machine against the same as C, on random
 * jobs; and what becomes of a device that fails. */
#include "core/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/opencl_engine/machine.h"
#include "core/clock.h"

#define WEIGHTS 20000u
#define ARENA 60000u
#define OUT (ARENA - 25000u) /* where results begin, as of the weights' end */
#define ROUNDS 60 /* of each kernel */
#define JOBS (ROUNDS * OPERATORS_KERNEL_COUNT)

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

static void random_job(struct bench *b, enum operators_kernel kernel)
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

static struct bench *open_bench(void)
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

static void close_bench(struct bench *b)
{
	free(b->memory);
	free(b);
}

/* Opens a device, or skips and says why; NULL: there is none of that number. */
static struct machine *open_machine(
	struct bench *b, struct opencl_api *api, uint32_t index, struct gw_error *error)
{
	struct opencl_device devices[OPENCL_DEVICES];
	int count = opencl_library_open(api, error), status;

	if (count == 0)
		count = opencl_devices(api, devices, error);
	if (count < 0) {
		print_message("%s\n", error->text);
		skip();
	}
	if ((uint32_t)count <= index)
		return NULL;
	struct machine *machine =
		machine_open(api, &devices[index], &b->graph, b->plan, b->plans, &status, error);

	if (!machine)
		fail_msg("%s", error->text);
	return machine;
}

/* The arena goes in as a whole, and comes back. */
static int run(struct bench *b, struct machine *machine, uint32_t plan, float *back,
	struct gw_error *error)
{
	const struct machine_copy in = {.at = WEIGHTS,
		.size = (ARENA + OP_SLACK) * sizeof(float),
		.host = b->memory + WEIGHTS};
	const struct machine_copy out = {
		.at = WEIGHTS, .size = (ARENA + OP_SLACK) * sizeof(float), .host = back};

	return machine_run(machine, plan, &in, 1, &out, 1, error);
}

static void assert_as_reference(struct bench *b, struct machine *machine, uint32_t plan)
{
	float *back = malloc((ARENA + OP_SLACK) * sizeof(float));
	float *expected = malloc((WEIGHTS + ARENA + OP_SLACK) * sizeof(float));
	struct gw_error error = {""};

	if (run(b, machine, plan, back, &error) != 0)
		fail_msg("%s", error.text);
	memcpy(expected, b->memory, (WEIGHTS + ARENA + OP_SLACK) * sizeof(float));
	graph_plan_run(&b->plan[plan], expected);
	/* Nothing is written beside the result. */
	for (uint32_t i = 0; i < ARENA + OP_SLACK; i++) {
		const float is = back[i], should = expected[WEIGHTS + i];

		if (!(fabsf(is - should) <= TOLERANCE * fmaxf(1, fabsf(should))))
			fail_msg("%s: value %d is %.9g instead of %.9g",
				operators_kernel_names[b->step[plan].kernel], (int)i - (int)OUT,
				(double)is, (double)should);
	}
	free(back);
	free(expected);
}

static void random_jobs_come_out_as_the_reference_has_them(void **state)
{
	struct bench *b = open_bench();
	struct machine *machine;
	struct opencl_api api;
	struct gw_error error;

	for (uint32_t i = 0; i < JOBS; i++)
		random_job(b, (enum operators_kernel)(i / ROUNDS));
	for (uint32_t device = 0; (machine = open_machine(b, &api, device, &error)); device++) {
		for (uint32_t i = 0; i < JOBS; i++)
			assert_as_reference(b, machine, i);
		assert_true(machine_close(machine));
	}
	close_bench(b);
}

static cl_int refuse_code;

static cl_int CL_API_CALL refuse(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
	const size_t *offset, const size_t *global, const size_t *local, cl_uint count,
	const cl_event *wait, cl_event *event)
{
	return refuse_code;
}

static void a_device_that_refuses_says_how_and_may_be_tried_again(void **state)
{
	static const struct {
		cl_int code;
		int status;
	} cases[] = {{CL_OUT_OF_RESOURCES, -ENOMEM}, {CL_MEM_OBJECT_ALLOCATION_FAILURE, -ENOMEM},
		{CL_DEVICE_NOT_AVAILABLE, -ENODEV}, {CL_INVALID_KERNEL_ARGS, -EIO}};
	float *back = malloc((ARENA + OP_SLACK) * sizeof(float));
	struct opencl_api api;
	struct gw_error error;
	struct bench *b = open_bench();

	random_job(b, OPERATORS_CONV);
	struct machine *machine = open_machine(b, &api, 0, &error);
	const __typeof__(api.clEnqueueNDRangeKernel) start = api.clEnqueueNDRangeKernel;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refuse_code = cases[i].code;
		api.clEnqueueNDRangeKernel = refuse;
		assert_int_equal(run(b, machine, 0, back, &error), cases[i].status);
		assert_non_null(strstr(error.text, "OpenCL"));
		assert_null(strchr(error.text, '\n'));
		api.clEnqueueNDRangeKernel = start;
		assert_as_reference(b, machine, 0);
	}
	assert_true(machine_close(machine));
	close_bench(b);
	free(back);
}

static void more_than_the_device_gives_is_told_with_what_to_do(void **state)
{
	struct opencl_device device;
	struct opencl_api api;
	struct gw_error error;
	struct bench *b = open_bench();
	int status = 0;

	random_job(b, OPERATORS_CONV);
	assert_true(machine_close(open_machine(b, &api, 0, &error)));
	assert_int_equal(opencl_device_find(&api, NULL, &device, &error), 0);
	device.largest = 1000;
	assert_null(machine_open(&api, &device, &b->graph, b->plan, 1, &status, &error));
	assert_int_equal(status, -ENOMEM);
	assert_non_null(strstr(error.text, "batch.max"));
	close_bench(b);
}

static cl_int CL_API_CALL never_call_back(
	cl_event event, cl_int type, void(CL_CALLBACK *call)(cl_event, cl_int, void *), void *arg)
{
	return CL_SUCCESS;
}

/* It may still write: its memory stays, which leaves some bytes behind here. */
static void a_device_that_never_answers_is_given_up_in_time(void **state)
{
	static struct opencl_api api;
	static struct bench *b;
	static float back[ARENA + OP_SLACK];
	static struct machine *machine;
	const int64_t begin = gw_now();
	struct gw_error error;

	b = open_bench();
	random_job(b, OPERATORS_CONV);
	machine = open_machine(b, &api, 0, &error);
	assert_as_reference(b, machine, 0);
	api.clSetEventCallback = never_call_back;
	machine_set_patience(machine, GW_NS_PER_S / 20);
	assert_int_equal(run(b, machine, 0, back, &error), -ENODEV);
	assert_non_null(strstr(error.text, "does not answer"));
	assert_int_equal(run(b, machine, 0, back, &error), -ENODEV);
	assert_true(gw_now() - begin < 60 * GW_NS_PER_S);
	assert_false(machine_close(machine));
}

static cl_int CL_API_CALL refuse_flush(cl_command_queue queue)
{
	return CL_OUT_OF_RESOURCES;
}

/* Its callback comes late, and would be taken for that of a later batch. */
static void a_device_that_cannot_be_waited_for_is_given_up(void **state)
{
	static struct opencl_api api;
	static struct bench *b;
	static float back[ARENA + OP_SLACK];
	static struct machine *machine;
	struct gw_error error;

	b = open_bench();
	random_job(b, OPERATORS_CONV);
	machine = open_machine(b, &api, 0, &error);
	const __typeof__(api.clFlush) flush = api.clFlush;

	api.clFlush = refuse_flush;
	assert_int_equal(run(b, machine, 0, back, &error), -ENODEV);
	assert_true(machine_is_given_up(machine));
	api.clFlush = flush;
	assert_int_equal(run(b, machine, 0, back, &error), -ENODEV);
	assert_false(machine_close(machine));
}

/* A driver that tells of one command alone that it did not go well. */
static struct opencl_api driver;
static cl_event bad;
static cl_int bad_status;

static cl_int CL_API_CALL bad_read(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
	size_t offset, size_t size, void *to, cl_uint count, const cl_event *wait, cl_event *event)
{
	const cl_int code = driver.clEnqueueReadBuffer(
		queue, buffer, blocking, offset, size, to, count, wait, event);

	bad = event ? *event : NULL;
	return code;
}

static cl_int CL_API_CALL bad_kernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
	const size_t *offset, const size_t *global, const size_t *local, cl_uint count,
	const cl_event *wait, cl_event *event)
{
	const cl_int code = driver.clEnqueueNDRangeKernel(
		queue, kernel, dimensions, offset, global, local, count, wait, event);

	bad = event ? *event : NULL;
	return code;
}

static cl_int CL_API_CALL bad_marker(
	cl_command_queue queue, cl_uint count, const cl_event *wait, cl_event *event)
{
	const cl_int code = driver.clEnqueueMarkerWithWaitList(queue, count, wait, event);

	bad = *event;
	return code;
}

static cl_int CL_API_CALL tell(
	cl_event event, cl_event_info what, size_t size, void *value, size_t *given)
{
	if (event != bad)
		return driver.clGetEventInfo(event, what, size, value, given);
	memcpy(value, &bad_status, sizeof(bad_status));
	return CL_SUCCESS;
}

static void assert_told(
	struct bench *b, struct opencl_api *api, struct machine *machine, cl_int status, int result)
{
	static float back[ARENA + OP_SLACK];
	struct gw_error error;

	bad = NULL;
	bad_status = status;
	api->clGetEventInfo = tell;
	assert_int_equal(run(b, machine, 0, back, &error), result);
	assert_non_null(strstr(error.text, "a batch failed"));
	*api = driver;
	assert_as_reference(b, machine, 0);
}

static void a_command_that_fails_fails_the_batch_whatever_the_marker_says(void **state)
{
	struct bench *b = open_bench();
	struct opencl_api api;
	struct gw_error error;

	random_job(b, OPERATORS_CONV);
	struct machine *machine = open_machine(b, &api, 0, &error);

	driver = api;
	api.clEnqueueReadBuffer = bad_read;
	assert_told(b, &api, machine, CL_OUT_OF_RESOURCES, -ENOMEM);
	api.clEnqueueNDRangeKernel = bad_kernel;
	assert_told(b, &api, machine, CL_DEVICE_NOT_AVAILABLE, -ENODEV);
	api.clEnqueueMarkerWithWaitList = bad_marker;
	assert_told(b, &api, machine, CL_RUNNING, -EIO);
	assert_true(machine_close(machine));
	close_bench(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_jobs_come_out_as_the_reference_has_them),
		cmocka_unit_test(a_device_that_refuses_says_how_and_may_be_tried_again),
		cmocka_unit_test(more_than_the_device_gives_is_told_with_what_to_do),
		cmocka_unit_test(a_command_that_fails_fails_the_batch_whatever_the_marker_says),
		cmocka_unit_test(a_device_that_cannot_be_waited_for_is_given_up),
		cmocka_unit_test(a_device_that_never_answers_is_given_up_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
