/* The kernels for CUDA, held against the C reference, bit for bit: on the machine's GPUs, and where
 * it has none on a driver that is none (tests/gpu/fake), which says nothing of the compiled kernels
 * but that they are found and given what they take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/cuda/stream.h"
#include "devices/kernels/binary.h"
#include "devices/kernels/reference.h"
#include "tests/gpu/fake/open.h"

#define JOBS 12u
#define BLOCKS 4096u
#define SAMPLES (64u * BLOCKS)
#define PIXELS (3u * SAMPLES)

static uint32_t random_state = 1;

static uint32_t random_number(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8;
}

static void *random_bytes(size_t size)
{
	uint8_t *bytes = malloc(size);

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)random_number();
	return bytes;
}

struct gpu {
	struct cuda_api api;
	struct cuda_program program;
	struct cuda_stream stream;
};

/* What a kernel takes: memory of the host's that is copied to the GPU, the last one back as well.
 */
struct buffer {
	void *host;
	size_t size;
	CUdeviceptr device;
};

static void run(struct gpu *gpu, const char *name, const uint32_t items[3], struct buffer *buffers,
	uint32_t count, uint8_t *out)
{
	struct gw_error error = {""};
	void *arguments[4];
	CUfunction kernel;
	int status = cuda_program_kernel(&gpu->program, name, &kernel, &error);

	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(
			gpu->api.cuMemAlloc(&buffers[i].device, buffers[i].size), CUDA_SUCCESS);
		arguments[i] = &buffers[i].device;
		if (status == 0)
			status = cuda_stream_up(&gpu->stream, buffers[i].device, buffers[i].host,
				buffers[i].size, &error);
	}
	if (status == 0)
		status = cuda_stream_start(&gpu->stream, kernel, items, arguments, &error);
	if (status == 0)
		status = cuda_stream_down(&gpu->stream, out, buffers[count - 1].device,
			buffers[count - 1].size, &error);
	if (status == 0)
		status = cuda_stream_wait(&gpu->stream, &error);
	if (status != 0)
		fail_msg("%s: %s", name, error.text);
	for (uint32_t i = 0; i < count; i++)
		gpu->api.cuMemFree(buffers[i].device);
}

static void on_every_gpu(void (*test)(struct gpu *gpu))
{
	struct cuda_device devices[CUDA_DEVICES];
	struct gw_error error;
	struct gpu gpu;
	int count = cuda_library_open(&gpu.api, &error);

	if (count == 0)
		count = cuda_devices(&gpu.api, devices, &error);
	if (count < 0)
		fail_msg("%s", error.text);
	for (int i = 0; i < count; i++) {
		print_message("on %s\n", devices[i].name);
		if (cuda_program_open(&gpu.program, &gpu.api, &devices[i], kernels_cuda, &error) !=
				0 ||
			cuda_stream_open(&gpu.stream, &gpu.program, &error) != 0)
			fail_msg("%s", error.text);
		for (int round = 0; round < 10; round++)
			test(&gpu);
		cuda_stream_close(&gpu.stream);
		cuda_program_close(&gpu.program);
	}
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void transform(struct gpu *gpu)
{
	static const uint32_t sides[] = {8, 4, 2, 1};
	int16_t *blocks = random_bytes(64 * BLOCKS * sizeof(*blocks));
	uint16_t *tables = random_bytes(64 * JOBS * sizeof(*tables));
	struct idct_job jobs[JOBS];
	uint8_t *samples = random_bytes(SAMPLES), *expected = malloc(SAMPLES),
		*out = malloc(SAMPLES);
	uint32_t block = 0, sample = 0, largest = 0;

	assert_true(expected && out);
	memcpy(expected, samples, SAMPLES);
	/* From what a photograph has to what no encoder makes. */
	for (uint32_t i = 0; i < 64 * BLOCKS / 2; i++)
		blocks[i] = (int16_t)(random_number() % 8 == 0 ? blocks[i] % 128 : 0);
	for (uint32_t i = 0; i < JOBS; i++) {
		struct idct_job *job = &jobs[i];

		*job = (struct idct_job){.block = block,
			.across = 1 + random_number() % 18,
			.down = 1 + random_number() % 16,
			.table = 64 * (random_number() % JOBS),
			.sample = sample,
			.side = sides[i % 4]};
		job->stride = job->across + random_number() % 2;
		job->pitch = job->across * job->side + random_number() % 3;
		block += job->stride * job->down;
		sample += job->pitch * job->down * job->side;
		largest = most(largest, job->across * job->down);
	}
	assert_true(block <= BLOCKS && sample <= SAMPLES);
	struct buffer buffers[] = {{blocks, 64 * BLOCKS * sizeof(*blocks), 0},
		{tables, 64 * JOBS * sizeof(*tables), 0}, {jobs, sizeof(jobs), 0},
		{samples, SAMPLES, 0}};

	run(gpu, "idct", (const uint32_t[]){largest, JOBS, 1}, buffers, 4, out);
	kernels_reference_idct(blocks, tables, jobs, JOBS, expected);
	assert_memory_equal(out, expected, SAMPLES);
	free(blocks);
	free(tables);
	free(samples);
	free(expected);
	free(out);
}

static void blocks_come_out_as_the_reference_has_them(void **state)
{
	on_every_gpu(transform);
}

static void convert(struct gpu *gpu)
{
	static const uint8_t sampling[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}};
	uint8_t *samples = random_bytes(SAMPLES), *pixels = random_bytes(PIXELS);
	uint8_t *expected = malloc(PIXELS), *out = malloc(PIXELS);
	struct rgb_job jobs[JOBS];

	uint32_t at = 0, width = 0, height = 0;

	assert_true(expected && out);
	memcpy(expected, pixels, PIXELS);
	for (uint32_t i = 0; i < JOBS; i++) {
		struct rgb_job *job = &jobs[i];
		const uint8_t *of = sampling[i % 5];

		*job = (struct rgb_job){.width = 1 + random_number() % 90,
			.height = 1 + random_number() % 70,
			.across = of[0],
			.down = of[1],
			.smooth = random_number() % 4 > 0,
			.colours = random_number() % 5 > 0,
			.pixel = at};
		job->chroma_width = (job->width + of[0] - 1) / of[0];
		job->chroma_height = (job->height + of[1] - 1) / of[1];
		job->pixel_pitch = 3 * job->width + random_number() % 5;
		for (int k = 0; k < 3; k++) {
			job->pitch[k] = k > 0 ? job->chroma_width : job->width;
			job->plane[k] = random_number() % (SAMPLES - 90 * 70);
		}
		at += job->pixel_pitch * job->height;
		width = most(width, job->width);
		height = most(height, job->height);
	}
	assert_true(at <= PIXELS);
	struct buffer buffers[] = {
		{samples, SAMPLES, 0}, {jobs, sizeof(jobs), 0}, {pixels, PIXELS, 0}};

	run(gpu, "rgb", (const uint32_t[]){width, height, JOBS}, buffers, 3, out);
	kernels_reference_rgb(samples, jobs, JOBS, expected);
	assert_memory_equal(out, expected, PIXELS);
	free(samples);
	free(pixels);
	free(expected);
	free(out);
}

static void pictures_come_out_as_the_reference_has_them(void **state)
{
	on_every_gpu(convert);
}

static void shrink_planes(struct gpu *gpu)
{
	uint8_t *samples = random_bytes(SAMPLES), *small = random_bytes(SAMPLES);
	uint8_t *expected = malloc(SAMPLES), *out = malloc(SAMPLES);
	struct shrink_job jobs[JOBS];
	uint32_t at = 0, width = 0, height = 0;

	assert_true(expected && out);
	memcpy(expected, small, SAMPLES);
	for (uint32_t i = 0; i < JOBS; i++) {
		struct shrink_job *job = &jobs[i];

		*job = (struct shrink_job){.from = random_number() % (SAMPLES / 2),
			.to = at,
			.width = 1 + random_number() % 200,
			.height = 1 + random_number() % 100,
			.side = 1u << i % 4};
		const uint32_t across = (job->width + job->side - 1) / job->side;
		const uint32_t down = (job->height + job->side - 1) / job->side;

		job->from_pitch = job->width + random_number() % 9;
		job->to_pitch = across + random_number() % 9;
		at += job->to_pitch * down;
		width = most(width, across);
		height = most(height, down);
	}
	assert_true(at <= SAMPLES);
	struct buffer buffers[] = {
		{samples, SAMPLES, 0}, {jobs, sizeof(jobs), 0}, {small, SAMPLES, 0}};

	run(gpu, "shrink", (const uint32_t[]){width, height, JOBS}, buffers, 3, out);
	kernels_reference_shrink(samples, jobs, JOBS, expected);
	assert_memory_equal(out, expected, SAMPLES);
	free(samples);
	free(small);
	free(expected);
	free(out);
}

static void planes_shrink_as_the_reference_has_them(void **state)
{
	on_every_gpu(shrink_planes);
}

/* A square's sample is the mean of what the picture has of it. */
static void the_reference_shrinks_to_means(void **state)
{
	/* Three rows of three; what lies beyond, of the rows' pitch, belongs to nobody. */
	static const uint8_t samples[] = {0, 2, 4, 9, 1, 3, 5, 9, 7, 8, 255, 9};
	static const uint8_t expected[] = {2, 5, 8, 255};
	const struct shrink_job job = {
		.from_pitch = 4, .to_pitch = 2, .width = 3, .height = 3, .side = 2};
	uint8_t out[4];

	kernels_reference_shrink(samples, &job, 1, out);
	assert_memory_equal(out, expected, sizeof(out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_shrinks_to_means),
		cmocka_unit_test(blocks_come_out_as_the_reference_has_them),
		cmocka_unit_test(pictures_come_out_as_the_reference_has_them),
		cmocka_unit_test(planes_shrink_as_the_reference_has_them),
	};

	fakes_open_without_gpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
