#include "tests/gpu/gpu_lane.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "core/clock.h"
#include "devices/kernels/binary.h"

#define ALIGNMENT 256u
#define WARM_UP 2

struct reading {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	jmp_buf escape;
};

_Noreturn static void escape(j_common_ptr jpeg)
{
	longjmp(((struct reading *)(void *)jpeg)->escape, 1);
}

static bool read_header(struct reading *reading, struct gpu_file *file)
{
	struct jpeg_decompress_struct *jpeg = &reading->jpeg;
	struct nvjpeg_picture *picture = &file->picture;

	jpeg_create_decompress(jpeg);
	jpeg_mem_src(jpeg, file->data, file->size);
	jpeg_read_header(jpeg, TRUE);
	if (jpeg->num_components != 3 || jpeg->jpeg_color_space != JCS_YCbCr)
		return false;
	*picture = (struct nvjpeg_picture){
		.data = file->data, .size = file->size, .planes = NVJPEG_PLANES};
	for (int i = 0; i < 3; i++) {
		const jpeg_component_info *component = &jpeg->comp_info[i];
		const uint32_t h = (uint32_t)(jpeg->max_h_samp_factor / component->h_samp_factor);
		const uint32_t v = (uint32_t)(jpeg->max_v_samp_factor / component->v_samp_factor);
		const uint32_t width = (jpeg->image_width + h - 1) / h;
		const uint32_t pitch = (width + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

		picture->plane[i] = (struct nvjpeg_plane){.width = width,
			.height = (jpeg->image_height + v - 1) / v,
			.side = 1,
			.at = picture->bytes,
			.pitch = pitch};
		picture->bytes += pitch * picture->plane[i].height;
	}
	return true;
}

bool gpu_file_describe(struct gpu_file *file)
{
	struct reading reading;
	bool good;

	reading.jpeg.err = jpeg_std_error(&reading.errors);
	reading.errors.error_exit = escape;
	if (setjmp(reading.escape) == 0)
		good = read_header(&reading, file);
	else
		good = false;
	jpeg_destroy_decompress(&reading.jpeg);
	return good;
}

int gpu_machine_open(struct gpu_machine *machine, struct gw_error *error)
{
	struct cuda_device device;
	int status = cuda_library_open(&machine->cuda, error);

	if (status == 0)
		status = nvjpeg_library_open(&machine->nvjpeg, error);
	if (status == 0)
		status = cuda_device_find(&machine->cuda, NULL, &device, error);
	if (status == 0)
		status = cuda_program_open(
			&machine->program, &machine->cuda, &device, kernels_cuda, error);
	if (status != 0)
		return status;
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	void *function = driver ? dlsym(driver, "cuStreamSynchronize") : NULL;

	memcpy(&machine->synchronise, &function, sizeof(function));
	return function ? 0 : gw_error_set(error, -ENOENT, "no cuStreamSynchronize");
}

void gpu_machine_close(struct gpu_machine *machine)
{
	cuda_program_close(&machine->program);
}

static uint32_t largest(const struct gpu_machine *machine, uint32_t *data)
{
	uint32_t bytes = 0;

	*data = 0;
	for (uint32_t i = 0; i < machine->file_count; i++) {
		const struct gpu_file *file = &machine->files[i];

		bytes = file->picture.bytes > bytes ? file->picture.bytes : bytes;
		*data = file->size > *data ? (uint32_t)file->size : *data;
	}
	return bytes;
}

static int open_bare(struct gpu_lane *lane, struct gw_error *error)
{
	const struct nvjpeg_api *api = &lane->machine->nvjpeg;
	nvjpegStatus_t status = api->nvjpegCreateEx(
		lane->engines ? NVJPEG_BACKEND_HARDWARE : NVJPEG_BACKEND_GPU_HYBRID, NULL, NULL,
		NVJPEG_FLAGS_DEFAULT, &lane->handle);

	if (status == NVJPEG_STATUS_SUCCESS)
		status = api->nvjpegJpegStateCreate(lane->handle, &lane->state);
	if (status == NVJPEG_STATUS_SUCCESS)
		status = api->nvjpegDecodeBatchedInitialize(
			lane->handle, lane->state, (int)lane->batch, 1, NVJPEG_OUTPUT_YUV);
	if (status != NVJPEG_STATUS_SUCCESS)
		return gw_error_set(error, status == NVJPEG_STATUS_ARCH_MISMATCH ? -ENOTSUP : -EIO,
			"nvJPEG: %s", nvjpeg_status_name(status));
	return cuda_stream_open(&lane->stream, &lane->machine->program, error);
}

int gpu_lane_open(struct gpu_lane *lane, struct gw_error *error)
{
	struct gpu_machine *machine = lane->machine;
	uint32_t data;
	const uint32_t bytes = (largest(machine, &data) + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
	const struct nvjpeg_batch_options options = {.program = &machine->program,
		.api = &machine->nvjpeg,
		.engines = lane->engines,
		.most = lane->batch,
		.room = ALIGNMENT,
		.data_room = (lane->batch + 1) * (data + 2 * ALIGNMENT)};
	const CUresult code = machine->cuda.cuMemAlloc(&lane->memory, (size_t)bytes * lane->batch);

	if (code != CUDA_SUCCESS)
		return cuda_program_fail(&machine->program, "no memory", code, error);
	if (lane->bare)
		return open_bare(lane, error);
	lane->ours = nvjpeg_batch_create(&options, error);
	return lane->ours ? 0 : -errno;
}

void gpu_lane_close(struct gpu_lane *lane)
{
	if (lane->ours)
		nvjpeg_batch_destroy(lane->ours);
	if (lane->state)
		lane->machine->nvjpeg.nvjpegJpegStateDestroy(lane->state);
	if (lane->handle)
		lane->machine->nvjpeg.nvjpegDestroy(lane->handle);
	cuda_stream_close(&lane->stream);
	if (lane->memory)
		lane->machine->cuda.cuMemFree(lane->memory);
}

static const struct gpu_file *next_file(struct gpu_lane *lane)
{
	return &lane->machine->files[lane->next++ % lane->machine->file_count];
}

static int run_ours(struct gpu_lane *lane)
{
	CUdeviceptr out = lane->memory;

	nvjpeg_batch_reset(lane->ours);
	for (uint32_t i = 0; i < lane->batch; i++) {
		struct nvjpeg_picture picture = next_file(lane)->picture;

		picture.out = out;
		out += picture.bytes;
		if (nvjpeg_batch_add(lane->ours, &picture) != 0)
			return gw_error_set(&lane->error, -ENOBUFS, "the batch is too small");
	}
	return nvjpeg_batch_run(lane->ours, 0, lane->batch, &lane->error);
}

static int run_bare(struct gpu_lane *lane)
{
	static _Thread_local const unsigned char *data[256];
	static _Thread_local size_t sizes[256];
	static _Thread_local nvjpegImage_t images[256];
	CUdeviceptr out = lane->memory;

	for (uint32_t i = 0; i < lane->batch; i++) {
		const struct nvjpeg_picture *picture = &next_file(lane)->picture;

		data[i] = picture->data;
		sizes[i] = picture->size;
		for (uint32_t k = 0; k < NVJPEG_PLANES; k++) {
			images[i].channel[k] =
				(unsigned char *)(uintptr_t)(out + picture->plane[k].at);
			images[i].pitch[k] = picture->plane[k].pitch;
		}
		out += picture->bytes;
	}
	const nvjpegStatus_t status = lane->machine->nvjpeg.nvjpegDecodeBatched(
		lane->handle, lane->state, data, sizes, images, lane->stream.stream);

	if (status != NVJPEG_STATUS_SUCCESS)
		return gw_error_set(&lane->error, -EIO, "nvJPEG: %s", nvjpeg_status_name(status));
	const CUresult code = lane->machine->synchronise(lane->stream.stream);

	return code == CUDA_SUCCESS
		? 0
		: cuda_program_fail(&lane->machine->program, "the loop", code, &lane->error);
}

static int run_once(struct gpu_lane *lane)
{
	return lane->bare ? run_bare(lane) : run_ours(lane);
}

static void *run_lane(void *arg)
{
	struct gpu_lane *lane = arg;

	lane->status = cuda_program_enter(&lane->machine->program, &lane->error);
	while (lane->status == 0 && lane->count < GPU_LANE_TIMES) {
		const int64_t begin = gw_now();

		if (begin >= lane->until && lane->count > 0)
			break;
		lane->status = run_once(lane);
		if (lane->status != 0)
			break;
		lane->times[lane->count++] = gw_now() - begin;
		lane->pictures += lane->batch;
	}
	lane->ended = gw_now();
	return NULL;
}

int gpu_lanes_run(struct gpu_lane *lanes, uint32_t count, int64_t ns, struct gw_error *error)
{
	pthread_t threads[2];
	bool started[2] = {false};

	for (uint32_t i = 0; i < count; i++) {
		for (int k = 0; k < WARM_UP; k++) {
			const int status = run_once(&lanes[i]);

			if (status != 0) {
				*error = lanes[i].error;
				return status;
			}
		}
	}
	const int64_t begin = gw_now();

	for (uint32_t i = 0; i < count; i++) {
		lanes[i].began = begin;
		lanes[i].until = begin + ns;
		started[i] = pthread_create(&threads[i], NULL, run_lane, &lanes[i]) == 0;
		if (!started[i])
			lanes[i].status = gw_error_set(&lanes[i].error, -EAGAIN, "no thread");
	}
	for (uint32_t i = 0; i < count; i++)
		if (started[i])
			pthread_join(threads[i], NULL);
	for (uint32_t i = 0; i < count; i++) {
		if (lanes[i].status != 0) {
			*error = lanes[i].error;
			return lanes[i].status;
		}
	}
	return 0;
}
