/* What may go into a graph on ONNX Runtime: layouts, element types, and the picture's size. */
#include "core/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accel/infer.h"
#include "accel/repository/test_models.h"
#include "accel/repository/tiny_onnx.h"
#include "core/config/config.h"

#define BATCHES 2
#define WIDTH 3
#define HEIGHT 2
#define VALUES (3 * WIDTH * HEIGHT)

static struct gw_device device = {.memory = GW_MEM_HOST};
static struct gw_accel_config config = {.threads = 1};
static char path[] = "/tmp/framegate-inputs-XXXXXX";
static struct gw_error error;
static float mean[3] = {0, 0, 0}, scale[3] = {1, 1, 1};
static struct model_size_input size = {.tensor = "shape"};

struct fixture {
	struct model_input picture;
	struct infer_batch batches[BATCHES];
	struct infer_spec spec;
	struct geometry geometry;
	void *engine;
};

static const struct model_input colour = {
	.tensor = "in",
	.width = WIDTH,
	.height = HEIGHT,
	.channels = 3,
	.mean = mean,
	.scale = scale,
};

static const struct tiny_graph flatten = {
	.op = "Flatten",
	.input = {"in", TINY_FLOAT, 4, {0, 3, HEIGHT, WIDTH}},
	.output = {"out", TINY_FLOAT, 2, {0, VALUES}},
};

/* What is to be seen of the sizes: the picture is black. */
static const struct tiny_graph add = {
	.op = "Add",
	.input = {"in", TINY_FLOAT, 4, {1, 1, 1, 2}},
	.other = {"shape", TINY_FLOAT, 2, {1, 2}},
	.output = {"out", TINY_FLOAT, 4, {1, 1, 1, 2}},
};

static int open_graph(struct fixture *f, const struct tiny_graph *graph,
	const struct model_input *picture, uint32_t max_batch)
{
	const bool nhwc = picture->layout == MODEL_NHWC;

	assert_true(tiny_onnx_write(graph, path));
	memset(f, 0, sizeof(*f));
	error.text[0] = '\0';
	f->picture = *picture;
	f->spec = (struct infer_spec){
		.name = "tiny",
		.path = path,
		.config = &config,
		.picture = &f->picture,
		.input = {.name = "in",
			.rank = 3,
			.dims = {nhwc ? picture->height : picture->channels,
				nhwc ? picture->width : picture->height,
				nhwc ? picture->channels : picture->width}},
		.output = {{.name = "out",
			.rank = 1,
			.dims = {(uint32_t)picture->width * picture->height * picture->channels}}},
		.output_count = 1,
		.max_batch = max_batch,
		.batches = f->batches,
		.batch_count = BATCHES,
	};
	if (picture->size)
		f->spec.output[0] =
			(struct infer_tensor){.name = "out", .rank = 3, .dims = {1, 1, 2}};
	assert_int_equal(geometry_init(&f->geometry, &f->picture), 0);
	return infer_ort.open(&f->spec, &device, &f->engine, &error);
}

static void close_fixture(struct fixture *f)
{
	infer_ort.close(f->engine);
	geometry_free(&f->geometry);
}

static void assert_refused(
	const struct tiny_graph *graph, const struct model_input *picture, const char *words)
{
	struct fixture f;

	assert_int_not_equal(open_graph(&f, graph, picture, 1), 0);
	geometry_free(&f.geometry);
	if (!strstr(error.text, words))
		print_error("%s\n", error.text);
	assert_non_null(strstr(error.text, words));
	assert_null(strchr(error.text, '\n'));
	assert_null(f.batches[0].input);
	assert_null(f.batches[0].size);
}

static void run(struct fixture *f, struct infer_batch *batch)
{
	struct infer_batch *back = NULL;

	infer_ort.submit(f->engine, batch);
	for (int i = 0; i < 100000 && !back; i++) {
		if (infer_ort.poll(f->engine, &back, 1) == 0)
			nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	assert_ptr_equal(back, batch);
	assert_int_equal(batch->status, 0);
}

static void place(struct fixture *f, struct infer_batch *batch, uint32_t index,
	const struct gw_region *region, struct gw_surface *surface)
{
	assert_int_equal(
		geometry_update(&f->geometry, region, surface->width, surface->height, surface), 0);
	infer_ort.place(f->engine, batch, index, surface, &f->geometry);
}

/* Pixel k is (10 k, 10 k + 1, 10 k + 2) in the picture number 0. */
static void every_picture_of_a_batch_arrives(
	const struct tiny_graph *graph, const struct model_input *picture)
{
	const bool bgr = picture->colors == MODEL_BGR, nhwc = picture->layout == MODEL_NHWC;
	uint8_t rgb[2][VALUES];
	struct fixture f;

	assert_int_equal(open_graph(&f, graph, picture, 2), 0);
	for (uint32_t n = 0; n < 2; n++) {
		struct gw_surface surface = {.device = &device,
			.format = GW_FORMAT_RGB,
			.width = WIDTH,
			.height = HEIGHT,
			.pitch = {3 * WIDTH},
			.plane = {rgb[n]}};

		for (uint32_t i = 0; i < VALUES; i++)
			rgb[n][i] = (uint8_t)(100 * n + 10 * (i / 3) + i % 3);
		place(&f, &f.batches[1], n, NULL, &surface);
	}
	f.batches[1].count = 2;
	run(&f, &f.batches[1]);
	for (uint32_t i = 0; i < 2 * VALUES; i++) {
		const uint32_t at = i % VALUES;
		const uint32_t channel = nhwc ? at % 3 : at / (WIDTH * HEIGHT);
		const uint32_t pixel = nhwc ? at / 3 : at % (WIDTH * HEIGHT);

		const uint32_t number = i / VALUES;

		assert_float_equal(f.batches[1].output[0][i],
			100 * number + 10 * pixel + (bgr ? 2 - channel : channel), 1e-3);
	}
	close_fixture(&f);
}

static void all_types_and_layouts_arrive(void **state)
{
	static const int types[] = {TINY_FLOAT, TINY_HALF, TINY_UINT8};

	for (uint32_t i = 0; i < 3 * 2 * 2; i++) {
		struct tiny_graph graph = flatten;
		struct model_input picture = colour;

		picture.type = (enum model_type)(i % 3);
		picture.layout = i / 3 % 2 ? MODEL_NHWC : MODEL_NCHW;
		picture.colors = i / 6 ? MODEL_BGR : MODEL_RGB;
		graph.input.type = graph.output.type = types[i % 3];
		if (picture.layout == MODEL_NHWC)
			graph.input =
				(struct tiny_tensor){"in", types[i % 3], 4, {0, HEIGHT, WIDTH, 3}};
		every_picture_of_a_batch_arrives(&graph, &picture);
	}
}

static void what_the_graph_leaves_open_is_what_model_yaml_says(void **state)
{
	struct tiny_graph graph = flatten;

	memset(graph.input.dims, 0, sizeof(graph.input.dims));
	memset(graph.output.dims, 0, sizeof(graph.output.dims));
	every_picture_of_a_batch_arrives(&graph, &colour);
}

static void another_type_is_named(void **state)
{
	struct model_input picture = colour;
	struct tiny_graph graph = flatten;

	graph.input.type = graph.output.type = TINY_UINT8;
	assert_refused(&graph, &colour, "set input.type in model.yaml to uint8");
	graph.input.type = graph.output.type = TINY_HALF;
	assert_refused(&graph, &colour, "set input.type in model.yaml to float16");
	picture.type = MODEL_FLOAT16;
	assert_refused(&flatten, &picture, "set input.type in model.yaml to float32");
	graph.input.type = graph.output.type = TINY_DOUBLE;
	assert_refused(&graph, &colour, "neither float32 nor float16 nor uint8");
}

static void another_layout_is_named(void **state)
{
	struct model_input picture = colour;
	struct tiny_graph graph = flatten;

	picture.layout = MODEL_NHWC;
	assert_refused(&flatten, &picture, "set input.layout in model.yaml to that");
	graph.input = (struct tiny_tensor){"in", TINY_FLOAT, 4, {0, HEIGHT, WIDTH, 3}};
	assert_refused(&graph, &colour, "has the layout nhwc");
}

static void another_number_of_channels_is_named(void **state)
{
	struct tiny_graph graph = flatten;

	graph.input.dims[1] = 4;
	graph.output.dims[1] = 4 * WIDTH * HEIGHT;
	assert_refused(&graph, &colour, "takes 4 channels, model.yaml says 3");
}

static void another_size_is_named(void **state)
{
	struct tiny_graph graph = flatten;

	graph.input.dims[2] = HEIGHT + 1;
	graph.output.dims[1] = 0;
	assert_refused(
		&graph, &colour, "has the shape [?, 3, 3, 3], model.yaml asks for [?, 3, 2, 3]");
}

/* The picture's own size: of the region, when the camera has one. */
static void assert_sizes(
	enum model_size_order order, enum model_size_of of, float first, float second)
{
	static uint8_t black[40 * 30];
	struct gw_surface surface = {.device = &device,
		.format = GW_FORMAT_GRAY,
		.width = 40,
		.height = 30,
		.pitch = {40},
		.plane = {black}};
	const struct gw_region region = {.x = 5, .y = 3, .width = 20, .height = 10};
	struct model_input picture = colour;
	struct fixture f;

	picture.width = 2;
	picture.height = picture.channels = 1;
	picture.size = &size;
	size.order = order;
	size.of = of;
	assert_int_equal(open_graph(&f, &add, &picture, 1), 0);
	place(&f, &f.batches[0], 0, &region, &surface);
	f.batches[0].count = 1;
	run(&f, &f.batches[0]);
	assert_float_equal(f.batches[0].output[0][0], first, 0);
	assert_float_equal(f.batches[0].output[0][1], second, 0);
	close_fixture(&f);
}

static void the_size_arrives_in_the_order_that_is_asked_for(void **state)
{
	assert_sizes(MODEL_HEIGHT_WIDTH, MODEL_SIZE_OF_PICTURE, 10, 20);
	assert_sizes(MODEL_WIDTH_HEIGHT, MODEL_SIZE_OF_PICTURE, 20, 10);
	assert_sizes(MODEL_HEIGHT_WIDTH, MODEL_SIZE_OF_INPUT, 1, 2);
	assert_sizes(MODEL_WIDTH_HEIGHT, MODEL_SIZE_OF_INPUT, 2, 1);
}

static void a_size_that_the_graph_does_not_take_is_named(void **state)
{
	struct model_input picture = colour;
	struct tiny_graph graph = add;

	picture.width = 2;
	picture.height = picture.channels = 1;
	assert_refused(&graph, &picture, "input.size.tensor");
	picture.size = &size;
	graph.other.name = "im_info";
	assert_refused(&graph, &picture, "\"im_info\"");
	graph = add;
	graph.other.dims[1] = 1;
	assert_refused(&graph, &picture, "has the shape [1, 1], model.yaml asks for [?, 2]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_types_and_layouts_arrive),
		cmocka_unit_test(what_the_graph_leaves_open_is_what_model_yaml_says),
		cmocka_unit_test(another_type_is_named),
		cmocka_unit_test(another_layout_is_named),
		cmocka_unit_test(another_number_of_channels_is_named),
		cmocka_unit_test(another_size_is_named),
		cmocka_unit_test(the_size_arrives_in_the_order_that_is_asked_for),
		cmocka_unit_test(a_size_that_the_graph_does_not_take_is_named),
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
