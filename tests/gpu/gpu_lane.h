/* For gpu_bench: a thread that lets a GPU decode one batch after the other. */
#pragma once

#if HAVE_CUDA

#include "devices/cuda/nvjpeg_batch.h"

#define GPU_LANE_TIMES 65536u

struct gpu_file {
	uint8_t *data;
	size_t size;
	struct nvjpeg_picture picture; /* whole planes of it, one behind the other */
};

struct gpu_machine {
	struct cuda_api cuda;
	struct nvjpeg_api nvjpeg;
	struct cuda_program program;
	CUresult (*synchronise)(CUstream); /* what a bare loop waits with */
	struct gpu_file *files;
	uint32_t file_count;
};

struct gpu_lane {
	struct gpu_machine *machine;
	bool engines, bare;
	uint32_t batch;
	uint32_t next; /* file */

	/* Ours, or nvJPEG's own. */
	struct nvjpeg_batch *ours;
	struct cuda_stream stream;
	nvjpegHandle_t handle;
	nvjpegJpegState_t state;
	CUdeviceptr memory; /* for a batch of the largest pictures */

	int64_t began, ended; /* gw_now() */
	int64_t until;
	uint64_t pictures;
	uint32_t count;
	int status;
	struct gw_error error;
	int64_t times[GPU_LANE_TIMES]; /* of each batch, ns */
};

/* Fills in `picture` from what the header of the data says. False: not a picture for nvJPEG's
 * planes. */
bool gpu_file_describe(struct gpu_file *file);

/* 0, or a negative errno with an error line; gpu_machine_close() follows a failure too. */
int gpu_machine_open(struct gpu_machine *machine, struct gw_error *error);
void gpu_machine_close(struct gpu_machine *machine);

/* As above. Its `machine`, `engines`, `bare` and `batch` are set. */
int gpu_lane_open(struct gpu_lane *lane, struct gw_error *error);
void gpu_lane_close(struct gpu_lane *lane);

/* Lets them run beside each other for so long, after a batch or two that do not count. */
int gpu_lanes_run(struct gpu_lane *lanes, uint32_t count, int64_t ns, struct gw_error *error);

#endif
