/* Pictures from JPEG to a model's answer in a second of processor time: by the library, or by the
 * loop that one would write around the same parts. tests/bench/library.py calls it.
 *
 *   library_bench library|loop REPOSITORY MODEL ONNXRUNTIME BATCH SECONDS FILE...
 *
 * The loop is one thread that decodes and prepares BATCH pictures as the gateway does and lets ONNX
 * Runtime run them, without a look at what comes out; the library also reads findings. It is given
 * BATCH pictures at a time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/input/geometry_cache.h"
#include "accel/input/preprocess.h"
#include "accel/ort/library.h"
#include "accel/repository/repository.h"
#include "core/clock.h"
#include "jpeg_files.h"
#include "lib/framegate.h"

#define FIRST_FILE 7
#define OUTPUTS 8
#define BATCH_MOST 64

struct bench {
	struct gw_error error;
	struct model *model;
	struct jpeg_files pictures;
	uint32_t batch;

	/* Of the loop. */
	struct preprocess preprocess;
	struct geometry_cache geometries;
	struct ort_library library;
	OrtSession *session;
	OrtValue *input;
	char *names[OUTPUTS];
	size_t outputs;
	uint8_t *tensor;

	/* Of the library. */
	struct framegate *engine;
	struct framegate_results *results;
};

static void check(struct bench *b, OrtStatus *status)
{
	if (ort_library_check(&b->library, status, b->error.text, sizeof(b->error.text)) == 0)
		return;
	fprintf(stderr, "library_bench: %s\n", b->error.text);
	exit(1);
}

static void open_session(struct bench *b, const char *library)
{
	const struct model_input *input = &b->model->description->input;
	const int64_t sides[] = {b->batch, input->channels, input->height, input->width};
	OrtSessionOptions *options;
	OrtMemoryInfo *memory;
	OrtAllocator *allocator;

	if (ort_library_open(&b->library, library, &b->error) != 0) {
		fprintf(stderr, "library_bench: %s\n", b->error.text);
		exit(1);
	}
	const OrtApi *api = b->library.api;

	check(b, api->CreateSessionOptions(&options));
	check(b, api->SetIntraOpNumThreads(options, 1));
	check(b, api->CreateSession(b->library.env, b->model->path, options, &b->session));
	check(b, api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
	check(b,
		api->CreateTensorWithDataAsOrtValue(memory, b->tensor,
			b->batch * model_picture_size(input), sides, 4,
			ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &b->input));
	check(b, api->GetAllocatorWithDefaultOptions(&allocator));
	check(b, api->SessionGetOutputCount(b->session, &b->outputs));
	for (size_t i = 0; i < b->outputs && i < OUTPUTS; i++)
		check(b, api->SessionGetOutputName(b->session, i, allocator, &b->names[i]));
	api->ReleaseMemoryInfo(memory);
	api->ReleaseSessionOptions(options);
}

static int open_loop(struct bench *b, const char *library)
{
	const struct model_input *input = &b->model->description->input;
	int status = preprocess_init(&b->preprocess, input);

	if (status == 0)
		status = geometry_cache_init(&b->geometries, input);
	b->tensor = calloc(b->batch, model_picture_size(input));
	if (status != 0 || !b->tensor)
		return gw_error_set(&b->error, -ENOMEM, "out of memory");
	open_session(b, library);
	return 0;
}

static void close_loop(struct bench *b)
{
	const OrtApi *api = b->library.api;

	if (b->session) {
		api->ReleaseValue(b->input);
		api->ReleaseSession(b->session);
		ort_library_close(&b->library);
	}
	geometry_cache_free(&b->geometries);
	preprocess_free(&b->preprocess);
	free(b->tensor);
}

static void run_loop(struct bench *b, uint32_t first)
{
	const struct model_input *input = &b->model->description->input;
	const OrtApi *api = b->library.api;
	const OrtValue *inputs[] = {b->input};
	OrtValue *outputs[OUTPUTS] = {0};

	for (uint32_t i = 0; i < b->batch; i++) {
		const uint32_t index = (first + i) % b->pictures.count;
		struct jpeg_file *file = &b->pictures.file[index];

		if (jpeg_files_decode(&b->pictures, index) != 0)
			abort();
		preprocess_run(&b->preprocess,
			geometry_cache_get(&b->geometries, NULL, false, file->frame.width,
				file->frame.height, &file->surface),
			&file->surface, b->tensor + i * model_picture_size(input));
	}
	check(b,
		api->Run(b->session, NULL, (const char *const[]){input->tensor}, inputs, 1,
			(const char *const *)b->names, b->outputs, outputs));
	for (size_t i = 0; i < b->outputs; i++)
		api->ReleaseValue(outputs[i]);
}

static int open_library(struct bench *b, char **argv)
{
	struct framegate_options options = {
		.size = sizeof(options),
		.repository = argv[2],
		.model = argv[3],
		.onnxruntime = argv[4],
	};

	b->engine = framegate_open(&options, b->error.text);
	b->results = framegate_results_create();
	return b->engine && b->results ? 0 : -EINVAL;
}

static void run_library(struct bench *b, uint32_t first)
{
	struct framegate_jpeg jpegs[BATCH_MOST];

	for (uint32_t i = 0; i < b->batch; i++) {
		const struct gw_jpeg *jpeg =
			&b->pictures.file[(first + i) % b->pictures.count].frame.jpeg;

		jpegs[i] = (struct framegate_jpeg){jpeg->data, jpeg->size};
	}
	if (framegate_run(b->engine, jpegs, b->batch, 0, b->results) != 0)
		abort();
}

static double processor_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double measure(struct bench *b, void (*run)(struct bench *, uint32_t), double seconds)
{
	const int64_t until = gw_now() + (int64_t)(seconds * GW_NS_PER_S);
	const double before = processor_seconds();
	uint32_t done = 0;

	do {
		run(b, done);
		done += b->batch;
	} while (gw_now() < until);
	return done / (processor_seconds() - before);
}

int main(int argc, char **argv)
{
	static struct bench b;

	if (argc <= FIRST_FILE) {
		fputs("usage: library_bench library|loop REPOSITORY MODEL ONNXRUNTIME BATCH "
		      "SECONDS FILE...\n",
			stderr);
		return 2;
	}
	const bool loop = strcmp(argv[1], "loop") == 0;

	setenv("ORT_DISABLE_TELEMETRY", "1", 1);
	b.batch = (uint32_t)strtoul(argv[5], NULL, 10);
	if (b.batch == 0 || b.batch > BATCH_MOST)
		return 2;
	int status = repository_load(argv[2], argv[3], &b.model, &b.error);

	if (status == 0)
		status = jpeg_files_open(&b.pictures, b.model, argv + FIRST_FILE,
			(uint32_t)(argc - FIRST_FILE), &b.error);
	if (status == 0)
		status = loop ? open_loop(&b, argv[4]) : open_library(&b, argv);
	if (status == 0) {
		void (*const run)(struct bench *, uint32_t) = loop ? run_loop : run_library;

		measure(&b, run, 0.3);
		printf("%.6f\n", measure(&b, run, strtod(argv[6], NULL)));
	} else {
		fprintf(stderr, "library_bench: %s\n", b.error.text);
	}
	close_loop(&b);
	framegate_results_destroy(b.results);
	framegate_close(b.engine);
	jpeg_files_close(&b.pictures);
	model_free(b.model);
	return status == 0 ? 0 : 1;
}
