#include "accel/engine_plans/test_plans.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accel/infer.h"
#include "accel/repository/model.h"
#include "accel/repository/test_models.h"
#include "accel/repository/tiny_onnx.h"
#include "core/config/config.h"

#define BATCHES 2

static struct gw_device device = {.memory = GW_MEM_HOST};
static struct gw_accel_config config = {.threads = 1};
static float zeros[3], ones[3] = {1, 1, 1}; /* a value per channel */
static struct gw_error error;

struct trained {
	const char *name;
	uint16_t width, height;
	uint8_t channels;
	float low, high; /* of what stands for a picture */
	const char *output[4];
	float tolerance; /* of the largest value */
};

/* Sums of float32 in another order, through up to a hundred layers. Noise is far from what these
 * models have learned, and makes more of it than pictures do. */
static const struct trained models[] = {
	{"digits", 28, 28, 1, 0, 1, {"logits"}, 1e-5f},
	{"yolo", 416, 416, 3, 0, 1, {"coarse", "fine"}, 2e-5f},
	{"objects", 512, 512, 3, 0, 1, {"heatmap", "size"}, 1e-4f},
	{"resnet50", 224, 224, 3, -110, 145, {"probabilities"}, 1e-4f},
	{"faces", 640, 480, 3, 0, 255, {"heatmap", "size", "offset", "landmarks"}, 5e-5f},
	{"upscale", 384, 288, 3, 0, 1, {"large"}, 5e-5f},
	{"text", 640, 480, 3, -1, 1, {"text"}, 5e-4f},
	{"text_lines", 640, 48, 3, -1, 1, {"character", "confidence"}, 2e-3f},
};

struct fixture {
	struct infer_batch batches[BATCHES];
	struct infer_spec spec;
	struct model_input input;
	const struct infer_ops *ops;
	void *engine;
};

static int open_engine(struct fixture *f, const struct infer_ops *ops, const char *path,
	const struct trained *model, uint32_t most)
{
	memset(f, 0, sizeof(*f));
	f->ops = ops;
	f->input = (struct model_input){.tensor = "image",
		.width = model->width,
		.height = model->height,
		.channels = model->channels,
		.mean = zeros,
		.scale = ones};
	f->spec = (struct infer_spec){.name = model->name,
		.path = path,
		.config = &config,
		.picture = &f->input,
		.input = {.name = "image",
			.rank = 3,
			.dims = {model->channels, model->height, model->width}},
		.max_batch = most,
		.batches = f->batches,
		.batch_count = BATCHES};
	while (f->spec.output_count < 4 && model->output[f->spec.output_count]) {
		f->spec.output[f->spec.output_count] = (struct infer_tensor){
			.name = model->output[f->spec.output_count], .free = true};
		f->spec.output_count++;
	}
	return ops->open(&f->spec, &device, &f->engine, &error);
}

static const struct infer_batch *run(struct fixture *f, uint32_t index, uint32_t count)
{
	struct infer_batch *batch = NULL;

	f->batches[index].count = count;
	f->ops->submit(f->engine, &f->batches[index]);
	for (int i = 0; i < 600000 && f->ops->poll(f->engine, &batch, 1) == 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	assert_ptr_equal(batch, &f->batches[index]);
	if (batch->status != 0)
		fail_msg("%s", batch->error);
	return batch;
}

static void assert_same(const struct trained *model, const struct fixture *ours,
	const struct infer_batch *a, const struct infer_batch *b, uint32_t count)
{
	for (uint32_t k = 0; k < ours->spec.output_count; k++) {
		const uint32_t values = count * infer_tensor_elements(&ours->spec.output[k]);
		float largest = 1e-3f, off = 0;

		for (uint32_t i = 0; i < values; i++) {
			largest = fmaxf(largest, fabsf(b->output[k][i]));
			off = fmaxf(off, fabsf(a->output[k][i] - b->output[k][i]));
		}
		if (!(off <= model->tolerance * largest))
			fail_msg("%s: %s is off by %g of %g", model->name, model->output[k],
				(double)off, (double)largest);
	}
}

static void *close_engine(void *arg)
{
	struct fixture *f = arg;

	f->ops->close(f->engine);
	return NULL;
}

/* On a thread that has had nothing to do with it, as a model that retires is. */
static void close_elsewhere(struct fixture *f)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, close_engine, f), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void compare(const struct infer_ops *ops, const struct trained *model, const char *path)
{
	const uint32_t most = strcmp(model->name, "upscale") == 0 ? 1 : 2;
	struct fixture ours = {0}, theirs = {0};
	uint32_t seed = 5;

	if (open_engine(&theirs, &infer_ort, path, model, most) != 0 ||
		open_engine(&ours, ops, path, model, most) != 0) {
		fail_msg("%s", error.text);
		return; /* as the analyser needs to see */
	}
	for (uint32_t k = 0; k < ours.spec.output_count; k++)
		assert_int_equal(infer_tensor_elements(&ours.spec.output[k]),
			infer_tensor_elements(&theirs.spec.output[k]));
	const size_t values = most * model_picture_size(&ours.input) / sizeof(float);

	for (size_t i = 0; i < values; i++) {
		seed = seed * 1664525u + 1013904223u;
		for (int b = 0; b < BATCHES; b++)
			((float *)ours.batches[b].input)[i] =
				((float *)theirs.batches[b].input)[i] = model->low +
				(model->high - model->low) * (float)(seed >> 8) / 16777216.0f;
	}
	for (uint32_t count = 1; count <= most; count++)
		assert_same(model, &ours, run(&ours, count - 1, count),
			run(&theirs, count - 1, count), count);
	close_elsewhere(&ours);
	infer_ort.close(theirs.engine);
}

void test_plans_equal_onnx_runtime(const struct infer_ops *ops, uint32_t most_models)
{
	char name[100], path[4096];

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]) && i < most_models; i++) {
		snprintf(name, sizeof(name), "models/%s/1/model.onnx", models[i].name);
		test_cache_path(name, path, sizeof(path));
		if (access(path, R_OK) == 0)
			compare(ops, &models[i], path);
		else
			print_message("left out: %s is missing: run ./dev models\n", path);
	}
}

static void assert_refused(
	const struct infer_ops *ops, const struct tiny_graph *graph, const char *words)
{
	static const struct trained tiny = {"tiny", 3, 2, 1, 0, 1, {"out"}, 0};
	char path[] = "/tmp/framegate-model-XXXXXX";
	const int file = mkstemp(path);
	struct fixture f;

	assert_true(file >= 0);
	close(file);
	assert_true(tiny_onnx_write(graph, path));
	assert_int_not_equal(open_engine(&f, ops, path, &tiny, 2), 0);
	unlink(path);
	if (!strstr(error.text, words))
		print_error("%s\n", error.text);
	assert_non_null(strstr(error.text, words));
	assert_non_null(strstr(error.text, "tiny"));
	assert_null(strchr(error.text, '\n'));
	assert_null(f.batches[0].input);
}

void test_plans_refuse_in_one_line(const struct infer_ops *ops)
{
	struct tiny_graph graph = {.op = "NonZero",
		.input = {"image", TINY_FLOAT, 4, {0, 1, 2, 3}},
		.output = {"out", TINY_FLOAT, 2, {0, 6}}};

	assert_refused(ops, &graph, "operators that are missing here: NonZero (1");
	graph.op = "Softplus";
	graph.input.name = "other";
	assert_refused(ops, &graph, "it has no input \"image\"");
	graph.input.name = "image";
	graph.input.dims[3] = 4;
	assert_refused(ops, &graph, "has the shape [?, 1, 2, 4], model.yaml asks for [?, 1, 2, 3]");
	graph.input.dims[3] = 3;
	graph.input.dims[0] = 5;
	assert_refused(ops, &graph, "takes batches of 5");
	graph.input.dims[0] = 0;
	graph.output.name = "another";
	assert_refused(ops, &graph, "it has no output \"out\"");
}

bool test_plans_ready(void)
{
	config.library = (char *)test_onnxruntime();
	return config.library != NULL;
}
