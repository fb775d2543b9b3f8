/* For tests of the kernels: pictures in a batch. */
#pragma once

#include <stddef.h>

#include "devices/opencl/batch.h"
#include "jpeg/make.h"

struct opencl_batch;

/* What a batch has room for. */
#define TEST_BLOCKS 4096u
#define TEST_SAMPLES (TEST_BLOCKS * 64u)
#define TEST_PLANES 16u

/* 31 bits, always the same ones. */
uint32_t test_random(void);

/* A picture of up to 300x200 pixels, of some sampling or grey. */
struct jpeg_recipe test_recipe(uint32_t index);

/* Puts the coefficients of a JPEG into an empty batch, and the jobs that make all its planes at
 * that scale. */
void test_fill_from_jpeg(
	struct opencl_batch *batch, const uint8_t *data, size_t size, uint32_t eighths);

/* Adds the job that makes RGB of these planes at full size. */
void test_add_rgb(struct opencl_batch *batch, const struct jpeg_recipe *recipe);
