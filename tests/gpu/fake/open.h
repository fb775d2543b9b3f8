/* For tests of what runs on CUDA: the machine's own GPU, or the libraries that are none. */
#pragma once

#if HAVE_CUDA

#include "tests/gpu/fake/fake.h"

/* Puts the libraries that are none in the place of NVIDIA's, for the whole process, before either
 * is asked for. Sets them to do all as they should. They are where
 * FRAMEGATE_FAKE_GPU says, or in the build folder; aborts when they are not. */
void fakes_open(void);

/* The same where the loader finds no driver of CUDA, of whatever kind: with one, what a test says
 * is true of that one. Returns whether it did. */
bool fakes_open_without_gpu(void);

/* Since fakes_open(). */
extern struct cuda_fake *fake_driver;
extern struct nvjpeg_fake *fake_nvjpeg;

#endif
