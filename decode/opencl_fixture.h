/* For tests of the OpenCL back-end. */
#pragma once

#include "decode/decoder_fixture.h"
#include "decode/opencl.h"
#include "decode/turbo_picture.h"

/* Opens the back-end; skips the test, and says why, where the machine has no device. */
void opencl_fixture_open(struct decoder_fixture *f, uint32_t workers);

/* The same for engines that read the device's memory, of which pictures may have so many MiB. */
void opencl_fixture_open_there(struct decoder_fixture *f, uint32_t workers, uint32_t mib);

/* Decodes the JPEG for what camera 0 wants, by the decoder and as the turbo back-end does, and
 * asserts that both fail, or that both pictures are the same within `most` levels. Returns how many
 * samples differ. */
uint64_t assert_as_turbo(struct decoder_fixture *f, struct turbo_picture *turbo,
	const uint8_t *data, size_t size, int most);
