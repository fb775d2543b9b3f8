/* The trained models through the whole engine: what MNIST's test set says of `digits`, and that a
 * picture's result does not depend on the batch it happened to be in. */
#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accel/batcher.h"
#include "accel/repository/repository.h"
#include "accel/repository/test_models.h"
#include "core/clock.h"
#include "core/config/config.h"

#define DIGIT 784
#define DIGITS 10000

static struct gw_device device = {.memory = GW_MEM_HOST};
static struct gw_accel_config config = {.threads = 1};
static struct gw_error error;

struct fixture {
	struct model *model;
	struct batcher *batcher;
};

static void open_model(struct fixture *f, const char *name, uint32_t batch)
{
	char path[4096];
	const char *repository = test_cache_path("models", path, sizeof(path));

	if (repository_load(repository, name, &f->model, &error) != 0)
		fail_msg("%s", error.text);
	f->model->description->batch->max = batch;
	const struct berth_options options = {
		.engine = &infer_ort, .device = &device, .model = f->model, .config = &config};

	f->batcher = batcher_open(&options, &error);
	if (!f->batcher)
		fail_msg("%s", error.text);
}

static void close_model(struct fixture *f)
{
	batcher_close(f->batcher);
	model_free(f->model);
}

struct picture {
	struct gw_frame frame;
	struct job job;
};

/* Runs `count` pictures, which come out in their order. */
static void run(struct fixture *f, struct picture *pictures, uint32_t count)
{
	uint32_t out = 0;

	for (uint32_t i = 0; i < count; i++)
		batcher_add(f->batcher, &pictures[i].job);
	while (out < count) {
		struct job *job;

		batcher_turn(f->batcher, gw_now(), true);
		while ((job = batcher_take(f->batcher)) != NULL) {
			assert_ptr_equal(job, &pictures[out].job);
			assert_int_equal(job->drop, GW_DROP_NONE);
			out++;
		}
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
}

static void set_picture(struct picture *picture, enum gw_format format, uint16_t width,
	uint16_t height, uint8_t *pixels)
{
	/* More than are inside at a time. */
	static struct gw_surface surfaces[256];
	static uint32_t used;
	struct gw_surface *surface = &surfaces[used++ % 256];

	memset(picture, 0, sizeof(*picture));
	*surface = (struct gw_surface){.device = &device,
		.format = format,
		.width = width,
		.height = height,
		.pitch = {format == GW_FORMAT_RGB ? 3u * width : width},
		.plane = {pixels},
		.refs = 2};
	picture->frame.width = width;
	picture->frame.height = height;
	picture->job.frame = &picture->frame;
	picture->job.surface = surface;
	picture->job.arrival = gw_now();
}

/* The body of an IDX file (http://yann.lecun.com/exdb/mnist); NULL when it is not there. */
static uint8_t *read_idx(const char *name, size_t header, size_t size)
{
	char path[4096];
	FILE *file = fopen(test_cache_path(name, path, sizeof(path)), "rb");
	uint8_t *data = malloc(size);

	if (!file || !data || fseek(file, (long)header, SEEK_SET) != 0 ||
		fread(data, 1, size, file) != size) {
		free(data);
		data = NULL;
	}
	if (file)
		fclose(file);
	return data;
}

static void digits_are_recognised_as_well_as_in_training(void **state)
{
	uint8_t *pictures = read_idx("mnist/t10k-images-idx3-ubyte", 16, DIGITS * DIGIT);
	uint8_t *truth = read_idx("mnist/t10k-labels-idx1-ubyte", 8, DIGITS);
	struct picture *frames = calloc(200, sizeof(frames[0]));
	struct fixture f;
	uint32_t right = 0;

	if (!pictures || !truth) {
		print_message("MNIST's test set is not in the cache\n");
		skip();
	}
	open_model(&f, "digits", 16);
	for (uint32_t from = 0; from < DIGITS; from += 200) {
		for (uint32_t i = 0; i < 200; i++)
			set_picture(
				&frames[i], GW_FORMAT_GRAY, 28, 28, pictures + (from + i) * DIGIT);
		run(&f, frames, 200);
		for (uint32_t i = 0; i < 200; i++)
			right += frames[i].job.result.findings[0].index == truth[from + i];
	}
	print_message("%u of %u digits\n", right, DIGITS);
	assert_true(right >= DIGITS * 99 / 100);
	close_model(&f);
	free(frames);
	free(pictures);
	free(truth);
}

/* Soft shapes that look a little like things. */
static void paint(uint8_t *pixels, uint32_t width, uint32_t height, uint32_t seed)
{
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint8_t *p = pixels + 3 * ((size_t)y * width + x);

			p[0] = (uint8_t)(x * seed / 3 + y);
			p[1] = (uint8_t)((x / 40 + y / 40 + seed) % 2 ? 200 : 40);
			p[2] = (uint8_t)((x * y / 100 + 31 * seed) & 0xff);
		}
	}
}

static void a_result_does_not_depend_on_the_batch(void **state)
{
	enum { WIDTH = 768, HEIGHT = 576, COUNT = 4 };
	struct picture *frames = calloc(2 * COUNT, sizeof(frames[0]));
	uint8_t *pixels = malloc((size_t)COUNT * WIDTH * HEIGHT * 3);
	struct fixture f;

	for (uint32_t i = 0; i < COUNT; i++) {
		uint8_t *picture = pixels + (size_t)i * WIDTH * HEIGHT * 3;

		paint(picture, WIDTH, HEIGHT, i + 1);
		set_picture(&frames[i], GW_FORMAT_RGB, WIDTH, HEIGHT, picture);
		set_picture(&frames[COUNT + i], GW_FORMAT_RGB, WIDTH, HEIGHT, picture);
	}
	open_model(&f, "objects", COUNT);
	/* So that noise gives boxes too. */
	f.model->description->detect->threshold = 0.02f;
	run(&f, frames, COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		run(&f, &frames[COUNT + i], 1);
	assert_true(frames[0].job.result.count > 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		const struct gw_result *together = &frames[i].job.result;
		const struct gw_result *alone = &frames[COUNT + i].job.result;

		assert_int_equal(together->count, alone->count);
		for (uint32_t k = 0; k < together->count; k++) {
			assert_int_equal(together->findings[k].index, alone->findings[k].index);
			assert_float_equal(together->findings[k].confidence,
				alone->findings[k].confidence, 1e-4);
			assert_float_equal(together->findings[k].x0, alone->findings[k].x0, 0.1);
			assert_float_equal(together->findings[k].y1, alone->findings[k].y1, 0.1);
		}
	}
	close_model(&f);
	free(frames);
	free(pixels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_are_recognised_as_well_as_in_training),
		cmocka_unit_test(a_result_does_not_depend_on_the_batch),
	};
	const char *const models[] = {"models/digits", "models/objects"};
	char path[4096];

	config.library = (char *)test_onnxruntime();
	if (!config.library)
		return TEST_SKIPPED;
	for (int i = 0; i < 2; i++) {
		if (access(test_cache_path(models[i], path, sizeof(path)), F_OK) == 0)
			continue;
		fprintf(stderr, "skipped: there is no model at %s (./dev models makes it)\n", path);
		return TEST_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
