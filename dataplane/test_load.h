/* Packets of any number of cameras for benchmarks, made where a driver would put them. All cameras
 * send the same picture, with numbers and times that go on for ever. */
#pragma once

#include <stdint.h>

#include "dataplane/test_camera.h"

struct test_load {
	const struct test_camera *picture; /* whose packets all cameras send */
	uint32_t cameras; /* that send here: first, first + step, ... */
	uint32_t first, step;
	uint32_t at_once; /* cameras whose pictures come mixed, packet by packet */

	/* Where it stands. */
	uint32_t group; /* the first of those that send now */
	uint32_t in_group, packet, round;
};

/* The address that a camera sends from: 10.x.y.1, as text. */
#define TEST_LOAD_SOURCE "10.%u.%u.1"
#define TEST_LOAD_SOURCE_OF(camera) 1 + (camera) / 256, (camera) % 256

/* Writes the next packet to `data`, which has room for any packet of the picture. Returns its size.
 */
uint32_t test_load_next(struct test_load *load, uint8_t *data);
