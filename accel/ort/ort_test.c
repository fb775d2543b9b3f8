/* The ONNX Runtime engine on graphs of one node, and on files that are not what they should be. */
#include "core/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accel/infer.h"
#include "accel/repository/test_models.h"
#include "accel/repository/tiny_onnx.h"
#include "core/config/config.h"
#include "core/thread.h"

#define BATCHES 3
#define MAX 4
#define VALUES 6 /* of a picture: 1 x 2 x 3 */

static struct gw_device device = {.memory = GW_MEM_HOST};
static float mean = 0, scale = 1;
static const struct model_input usual = {
	.tensor = "in", .width = 3, .height = 2, .channels = 1, .mean = &mean, .scale = &scale};
static const struct model_input *picture = &usual;
static struct gw_accel_config config = {.threads = 1};
static char path[] = "/tmp/framegate-model-XXXXXX";
static struct gw_error error;

/* Six values in, the same six out. */
static const struct tiny_graph flatten = {
	.op = "Flatten",
	.input = {"in", TINY_FLOAT, 4, {0, 1, 2, 3}},
	.output = {"out", TINY_FLOAT, 2, {0, 6}},
};

struct fixture {
	struct infer_batch batches[BATCHES];
	struct infer_spec spec;
	void *engine;
};

static int open_engine(struct fixture *f, const char *file)
{
	memset(f, 0, sizeof(*f));
	error.text[0] = '\0';
	f->spec = (struct infer_spec){
		.name = "tiny",
		.path = file,
		.config = &config,
		.picture = picture,
		.input = {.name = "in", .rank = 3, .dims = {1, 2, 3}},
		.output = {{.name = "out", .rank = 1, .dims = {VALUES}}},
		.output_count = 1,
		.max_batch = MAX,
		.batches = f->batches,
		.batch_count = BATCHES,
	};
	return infer_ort.open(&f->spec, &device, &f->engine, &error);
}

static int open_graph(struct fixture *f, const struct tiny_graph *graph)
{
	assert_true(tiny_onnx_write(graph, path));
	return open_engine(f, path);
}

static struct infer_batch *wait_for_batch(struct fixture *f)
{
	struct infer_batch *batch;

	for (int i = 0; i < 100000; i++) {
		if (infer_ort.poll(f->engine, &batch, 1) == 1)
			return batch;
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	fail_msg("the batch never came back");
	return NULL;
}

static void run_and_compare(struct fixture *f, struct infer_batch *batch, uint32_t count)
{
	batch->count = count;
	for (uint32_t i = 0; i < count * VALUES; i++)
		((float *)batch->input)[i] = (float)(1000 * count + i);
	infer_ort.submit(f->engine, batch);
	assert_ptr_equal(wait_for_batch(f), batch);
	assert_int_equal(batch->status, 0);
	assert_true(batch->started > 0 && batch->ended >= batch->started);
	for (uint32_t i = 0; i < count * VALUES; i++)
		assert_float_equal(batch->output[0][i], (float)(1000 * count + i), 0);
}

static void assert_refused(const struct tiny_graph *graph, const char *words)
{
	struct fixture f;

	assert_int_not_equal(open_graph(&f, graph), 0);
	if (!strstr(error.text, words))
		print_error("%s\n", error.text);
	assert_non_null(strstr(error.text, words));
	assert_non_null(strstr(error.text, "tiny"));
	assert_null(strchr(error.text, '\n'));
	assert_null(f.batches[0].input);
}

static void every_batch_size_runs_on_every_batch_of_the_ring(void **state)
{
	struct fixture f;

	assert_int_equal(open_graph(&f, &flatten), 0);
	for (int round = 0; round < 3; round++)
		for (uint32_t i = 0; i < BATCHES; i++)
			for (uint32_t count = 1; count <= MAX; count++)
				run_and_compare(&f, &f.batches[i], count);
	infer_ort.close(f.engine);
}

static void batches_come_back_in_order(void **state)
{
	struct fixture f;

	assert_int_equal(open_graph(&f, &flatten), 0);
	for (uint32_t i = 0; i < BATCHES; i++) {
		f.batches[i].count = 1 + i;
		infer_ort.submit(f.engine, &f.batches[i]);
	}
	for (uint32_t i = 0; i < BATCHES; i++)
		assert_ptr_equal(wait_for_batch(&f), &f.batches[i]);
	infer_ort.close(f.engine);
}

static void a_fixed_batch_dimension_runs_with_fewer_pictures(void **state)
{
	struct tiny_graph graph = flatten;
	struct fixture f;

	graph.input.dims[0] = graph.output.dims[0] = MAX;
	assert_int_equal(open_graph(&f, &graph), 0);
	run_and_compare(&f, &f.batches[0], 2);
	run_and_compare(&f, &f.batches[0], MAX);
	infer_ort.close(f.engine);
}

static void another_fixed_batch_dimension_is_refused(void **state)
{
	struct tiny_graph graph = flatten;

	graph.input.dims[0] = graph.output.dims[0] = 1;
	assert_refused(&graph, "batch.max");
	graph.input.dims[0] = graph.output.dims[0] = MAX + 1;
	assert_refused(&graph, "batch.max");
}

static void dimensions_that_the_model_leaves_open_take_those_of_model_yaml(void **state)
{
	struct tiny_graph graph = flatten;
	struct fixture f;

	memset(graph.input.dims, 0, sizeof(graph.input.dims));
	memset(graph.output.dims, 0, sizeof(graph.output.dims));
	assert_int_equal(open_graph(&f, &graph), 0);
	run_and_compare(&f, &f.batches[1], 3);
	infer_ort.close(f.engine);
}

static void ones_in_an_output_shape_do_no_harm(void **state)
{
	const struct tiny_graph graph = {
		.op = "Identity",
		.input = {"in", TINY_FLOAT, 4, {0, 1, 2, 3}},
		.output = {"out", TINY_FLOAT, 4, {0, 1, 2, 3}},
	};
	struct fixture f;

	assert_true(tiny_onnx_write(&graph, path));
	open_engine(&f, path);
	if (f.engine)
		infer_ort.close(f.engine);
	/* [n, 1, 2, 3] is a map of 2 x 3, but not a list of 6. */
	assert_null(f.engine);
	f.spec.output[0] = (struct infer_tensor){.name = "out", .rank = 2, .dims = {2, 3}};
	assert_int_equal(infer_ort.open(&f.spec, &device, &f.engine, &error), 0);
	run_and_compare(&f, &f.batches[0], 3);
	infer_ort.close(f.engine);
}

static void wrong_names_are_answered_with_the_right_ones(void **state)
{
	struct tiny_graph graph = flatten;

	graph.input.name = "picture";
	assert_refused(&graph, "\"picture\"");
	graph = flatten;
	graph.output.name = "scores";
	assert_refused(&graph, "\"scores\"");
}

static void wrong_shapes_are_answered_with_both(void **state)
{
	struct tiny_graph graph = flatten;

	graph.input.dims[3] = 4;
	graph.output.dims[1] = 8;
	assert_refused(&graph, "[?, 1, 2, 4]");
	assert_refused(&graph, "[?, 1, 2, 3]");
	graph = flatten;
	graph.op = "Identity";
	graph.output = graph.input;
	graph.output.name = "out";
	assert_refused(&graph, "output \"out\"");
}

static void what_is_not_float32_is_refused(void **state)
{
	struct tiny_graph graph = flatten;

	graph.input.type = graph.output.type = TINY_DOUBLE;
	assert_refused(&graph, "float32");
}

static void two_inputs_are_refused(void **state)
{
	const struct tiny_graph graph = {
		.op = "Add",
		.input = {"in", TINY_FLOAT, 4, {0, 1, 2, 3}},
		.other = {"more", TINY_FLOAT, 4, {0, 1, 2, 3}},
		.output = {"out", TINY_FLOAT, 4, {0, 1, 2, 3}},
	};

	assert_refused(&graph, "2 inputs");
}

static void an_unknown_operator_is_refused(void **state)
{
	struct tiny_graph graph = flatten;

	graph.op = "Levitate";
	assert_refused(&graph, "Levitate");
}

static void a_broken_file_is_refused(void **state)
{
	struct fixture f;
	FILE *file = fopen(path, "wb");

	fputs("this is not a model", file);
	fclose(file);
	assert_int_not_equal(open_engine(&f, path), 0);
	assert_non_null(strstr(error.text, path));
	assert_null(strchr(error.text, '\n'));
	assert_int_not_equal(open_engine(&f, "/nowhere/model.onnx"), 0);
	assert_non_null(strstr(error.text, "/nowhere/model.onnx"));
}

static void a_missing_library_says_what_to_do(void **state)
{
	const char *library = config.library;
	struct fixture f;

	assert_true(tiny_onnx_write(&flatten, path));
	config.library = "/nowhere/libonnxruntime.so";
	assert_int_equal(open_engine(&f, path), -ENOENT);
	assert_non_null(strstr(error.text, "accel.library"));
	assert_non_null(strstr(error.text, "/nowhere/libonnxruntime.so"));
	/* A library, but another. */
	config.library = "libcmocka.so.0";
	assert_int_not_equal(open_engine(&f, path), 0);
	assert_non_null(strstr(error.text, "not ONNX Runtime"));
	config.library = (char *)library;
}

static void several_threads_give_the_same(void **state)
{
	struct fixture f;

	config.threads = 2;
	assert_int_equal(open_graph(&f, &flatten), 0);
	run_and_compare(&f, &f.batches[0], MAX);
	infer_ort.close(f.engine);
	config.threads = 1;
}

/* Names every thread of this process, and asks how many processors it may run on. */
static int fewest_processors(void)
{
	int fewest = CPU_SETSIZE;

	for (int id = getpid(); id < getpid() + 1000; id++) {
		cpu_set_t set;
		char task[64];

		snprintf(task, sizeof(task), "/proc/self/task/%d", id);
		if (id == getpid() || access(task, F_OK) != 0 ||
			sched_getaffinity(id, sizeof(set), &set) != 0)
			continue;
		if (CPU_COUNT(&set) < fewest)
			fewest = CPU_COUNT(&set);
	}
	return fewest;
}

static void no_thread_inherits_a_pinned_affinity(void **state)
{
	cpu_set_t before, one;
	struct fixture f;

	sched_getaffinity(0, sizeof(before), &before);
	gw_inherit_remember();
	if (CPU_COUNT(&before) < 2) {
		print_message("only one processor to run on: nothing to tell apart\n");
		skip();
	}
	CPU_ZERO(&one);
	for (int i = 0; CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &before))
			CPU_SET(i, &one);
	config.threads = 2;
	sched_setaffinity(0, sizeof(one), &one);
	int status = open_graph(&f, &flatten);

	sched_setaffinity(0, sizeof(before), &before);
	config.threads = 1;
	assert_int_equal(status, 0);
	assert_true(fewest_processors() >= CPU_COUNT(&before));
	infer_ort.close(f.engine);
}

/* Of the threads of this process, how many may run on no other processor than `one`. */
static int bound_to(const cpu_set_t *one)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int count = 0;

	assert_non_null(tasks);
	while ((task = readdir(tasks))) {
		cpu_set_t cores;

		if (sched_getaffinity(atoi(task->d_name), sizeof(cores), &cores) == 0 &&
			CPU_EQUAL(&cores, one))
			count++;
	}
	closedir(tasks);
	return count;
}

static void all_threads_run_on_the_processors_of_their_device(void **state)
{
	cpu_set_t before, one;
	struct fixture f;

	sched_getaffinity(0, sizeof(before), &before);
	if (CPU_COUNT(&before) < 2) {
		print_message("only one processor to run on: nothing to tell apart\n");
		skip();
	}
	CPU_ZERO(&one);
	for (int i = 0; CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &before))
			CPU_SET(i, &one);
	device.cores = one;
	device.pinned = true;
	device.threads = 3;
	const int already = bound_to(&one);
	const int status = open_graph(&f, &flatten);

	device = (struct gw_device){.memory = GW_MEM_HOST};
	assert_int_equal(status, 0);
	/* The runner, and the two that help it. */
	assert_int_equal(bound_to(&one) - already, 3);
	run_and_compare(&f, &f.batches[0], MAX);
	infer_ort.close(f.engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_batch_size_runs_on_every_batch_of_the_ring),
		cmocka_unit_test(batches_come_back_in_order),
		cmocka_unit_test(a_fixed_batch_dimension_runs_with_fewer_pictures),
		cmocka_unit_test(another_fixed_batch_dimension_is_refused),
		cmocka_unit_test(dimensions_that_the_model_leaves_open_take_those_of_model_yaml),
		cmocka_unit_test(ones_in_an_output_shape_do_no_harm),
		cmocka_unit_test(wrong_names_are_answered_with_the_right_ones),
		cmocka_unit_test(wrong_shapes_are_answered_with_both),
		cmocka_unit_test(what_is_not_float32_is_refused),
		cmocka_unit_test(two_inputs_are_refused),
		cmocka_unit_test(an_unknown_operator_is_refused),
		cmocka_unit_test(a_broken_file_is_refused),
		cmocka_unit_test(a_missing_library_says_what_to_do),
		cmocka_unit_test(several_threads_give_the_same),
		cmocka_unit_test(no_thread_inherits_a_pinned_affinity),
		cmocka_unit_test(all_threads_run_on_the_processors_of_their_device),
	};
	const char *library = test_onnxruntime();

	if (!library)
		return TEST_SKIPPED;
	config.library = (char *)library;
	int file = mkstemp(path);

	if (file < 0)
		return 1;
	close(file);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(path);
	return failed;
}
