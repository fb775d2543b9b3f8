/* The kernels on one GPU. */
#pragma once

#if HAVE_CUDA

#include <stdbool.h>
#include <stddef.h>

#include "devices/cuda/devices.h"

struct cuda_program {
	const struct cuda_api *api;
	struct cuda_device device;
	CUcontext context; /* the process's one on the GPU, which other libraries use too */
	CUmodule module;
	bool retained;
};

/* Loads kernels that are compiled (devices/kernels/binary.h); a driver may have to finish them,
 * which is slow. 0, or a negative errno and one line; cuda_program_close() follows a failure too.
 * `api` must stay. The calling thread is left with the GPU's context. */
int cuda_program_open(struct cuda_program *program, const struct cuda_api *api,
	const struct cuda_device *device, const unsigned char *kernels, struct gw_error *error);

/* Accepts one that did not open (all zero). */
void cuda_program_close(struct cuda_program *program);

/* Every thread, before its first call to the driver. 0 or -EIO with an error line. */
int cuda_program_enter(const struct cuda_program *program, struct gw_error *error);

/* A kernel by its name. 0 or -EIO with an error line. */
int cuda_program_kernel(const struct cuda_program *program, const char *name, CUfunction *kernel,
	struct gw_error *error);

/* An error line with the GPU's name and that of the code; returns -ENOMEM for a GPU without memory
 * left and -EIO for all else. */
int cuda_program_fail(const struct cuda_program *program, const char *what, CUresult code,
	struct gw_error *error);

#endif
