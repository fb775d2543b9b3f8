/* NVIDIA's GPUs, and the libraries that they are used by, as the list of back-ends has them. */
#pragma once

#include "accel/engines.h"

/* Looks at them: each GPU is one, or one says what is missing; nvJPEG is the last. `most` is at
 * least
 * 2. Returns how many were written. Slow; any thread. */
uint32_t gpus_list(struct engine_facts *facts, uint32_t most);
