/* Records of every shape, and of any, made by the code that makes them in the gateway: for
 * sink_run. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Prints one record of every shape, JSON, a line each. `both`: each is followed by a line with the
 * same frame's protobuf, in hexadecimal digits. */
void shapes_print(bool both);

/* Prints `count` records of random results in the same way, both. The same seed prints the same,
 * but for times. */
void shapes_print_random(unsigned int seed, uint32_t count);
