/* The nvJPEG that is none: libnvjpeg.so.13. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "tests/gpu/fake/fake.h"

/* NVIDIA's headers name parameters otherwise.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
extern struct nvjpeg_fake nvjpeg_fake;
struct nvjpeg_fake nvjpeg_fake = {.engines = true};

struct nvjpegHandle {
	int kind; /* 0: SMs, 1: engines */
};

struct nvjpegJpegState {
	int batch;
};

struct reading {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	jmp_buf escape;
};

nvjpegStatus_t nvjpegCreateEx(nvjpegBackend_t backend, nvjpegDevAllocator_t *device,
	nvjpegPinnedAllocator_t *pinned, unsigned int flags, nvjpegHandle_t *handle)
{
	const bool engines = backend == NVJPEG_BACKEND_HARDWARE;

	if (engines && !nvjpeg_fake.engines)
		return NVJPEG_STATUS_ARCH_MISMATCH;
	*handle = calloc(1, sizeof(**handle));
	if (!*handle)
		return NVJPEG_STATUS_ALLOCATOR_FAILURE;
	(*handle)->kind = engines;
	nvjpeg_fake.handles += 1;
	return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDestroy(nvjpegHandle_t handle)
{
	free(handle);
	nvjpeg_fake.handles -= 1;
	return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegGetProperty(libraryPropertyType type, int *value)
{
	*value = type == MAJOR_VERSION ? NVJPEG_VER_MAJOR : 0;
	return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegGetHardwareDecoderInfo(
	nvjpegHandle_t handle, unsigned int *engines, unsigned int *cores)
{
	*engines = handle->kind;
	*cores = 7;
	return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegJpegStateCreate(nvjpegHandle_t handle, nvjpegJpegState_t *state)
{
	*state = calloc(1, sizeof(**state));
	nvjpeg_fake.handles += 1;
	return *state ? NVJPEG_STATUS_SUCCESS : NVJPEG_STATUS_ALLOCATOR_FAILURE;
}

nvjpegStatus_t nvjpegJpegStateDestroy(nvjpegJpegState_t state)
{
	free(state);
	nvjpeg_fake.handles -= 1;
	return NVJPEG_STATUS_SUCCESS;
}

_Noreturn static void escape(j_common_ptr jpeg)
{
	longjmp(((struct reading *)(void *)jpeg)->escape, 1);
}

static void warn(j_common_ptr jpeg, int level)
{
	if (level < 0)
		escape(jpeg);
}

static void begin(struct reading *reading, const unsigned char *data, size_t size)
{
	jpeg_create_decompress(&reading->jpeg);
	jpeg_mem_src(&reading->jpeg, data, size);
	jpeg_read_header(&reading->jpeg, TRUE);
}

static struct reading *new_reading(void)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		abort();
	reading->jpeg.err = jpeg_std_error(&reading->errors);
	reading->errors.error_exit = escape;
	reading->errors.emit_message = warn;
	return reading;
}

static void end(struct reading *reading)
{
	jpeg_destroy_decompress(&reading->jpeg);
	free(reading);
}

nvjpegStatus_t nvjpegDecodeBatchedInitialize(nvjpegHandle_t handle, nvjpegJpegState_t state,
	int batch, int threads, nvjpegOutputFormat_t format)
{
	state->batch = batch;
	return batch > 0 && format == NVJPEG_OUTPUT_YUV ? NVJPEG_STATUS_SUCCESS
							: NVJPEG_STATUS_INVALID_PARAMETER;
}

/* Samples of the picture alone: libjpeg writes whole blocks, a row of MCUs at a time. */
static void read_planes(struct jpeg_decompress_struct *jpeg, const nvjpegImage_t *image)
{
	const uint32_t most = (uint32_t)jpeg->max_v_samp_factor * DCTSIZE;
	JSAMPARRAY planes[3];

	jpeg->raw_data_out = TRUE;
	jpeg->do_fancy_upsampling = FALSE;
	jpeg_start_decompress(jpeg);
	for (int i = 0; i < 3; i++)
		planes[i] = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE,
			(jpeg->comp_info[i].width_in_blocks + 4) * DCTSIZE, most);
	for (uint32_t mcu = 0; jpeg->output_scanline < jpeg->output_height; mcu++) {
		jpeg_read_raw_data(jpeg, planes, most);
		for (int i = 0; i < 3; i++) {
			const jpeg_component_info *component = &jpeg->comp_info[i];
			const uint32_t down = (uint32_t)component->v_samp_factor * DCTSIZE;

			for (uint32_t k = 0; k < down; k++)
				if (mcu * down + k < component->downsampled_height)
					memcpy(image->channel[i] +
							(mcu * down + k) * image->pitch[i],
						planes[i][k], component->downsampled_width);
		}
	}
	if (nvjpeg_fake.wrong)
		image->channel[0][0] ^= 0x80;
	jpeg_finish_decompress(jpeg);
}

static nvjpegStatus_t decode(const unsigned char *data, size_t size, const nvjpegImage_t *image)
{
	struct reading *reading = new_reading();
	nvjpegStatus_t status = NVJPEG_STATUS_BAD_JPEG;

	if (setjmp(reading->escape) == 0) {
		begin(reading, data, size);
		read_planes(&reading->jpeg, image);
		status = NVJPEG_STATUS_SUCCESS;
	}
	end(reading);
	return status;
}

nvjpegStatus_t nvjpegDecodeBatched(nvjpegHandle_t handle, nvjpegJpegState_t state,
	const unsigned char *const *data, const size_t *lengths, nvjpegImage_t *images,
	cudaStream_t stream)
{
	nvjpegStatus_t status = nvjpeg_fake.decode;

	if (status == NVJPEG_STATUS_SUCCESS && handle->kind == 1)
		status = nvjpeg_fake.decode_by_engines;
	nvjpeg_fake.batches[handle->kind] += 1;
	nvjpeg_fake.pictures[handle->kind] += (uint64_t)state->batch;
	if ((uint64_t)state->batch > nvjpeg_fake.largest)
		nvjpeg_fake.largest = (uint64_t)state->batch;
	for (int i = 0; status == NVJPEG_STATUS_SUCCESS && i < state->batch; i++)
		status = decode(data[i], lengths[i], &images[i]);
	return status;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
