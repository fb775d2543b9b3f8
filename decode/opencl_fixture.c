#include "decode/opencl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void opencl_fixture_open(struct decoder_fixture *f, uint32_t workers)
{
	struct opencl_device device;
	struct opencl_api api;
	struct gw_error error;

	if (opencl_library_open(&api, &error) != 0 ||
		opencl_device_find(&api, NULL, &device, &error) != 0) {
		print_message("%s\n", error.text);
		skip();
	}
	fixture_open(f, "opencl", workers);
}

void opencl_fixture_open_there(struct decoder_fixture *f, uint32_t workers, uint32_t mib)
{
	opencl_fixture_open(f, workers);
	decoder_close(&f->decoder);
	f->gw.pictures = GW_MEM_OPENCL;
	f->decode.device_memory = mib;
	assert_int_equal(decoder_open(&f->decoder, &f->gw, &f->gw.host, &f->error), 0);
}

static uint64_t compare(const struct gw_surface *a, const struct gw_surface *b, int most)
{
	const bool packed = a->format == GW_FORMAT_RGB || a->format == GW_FORMAT_GRAY;
	uint64_t different = 0;

	assert_int_equal(a->format, b->format);
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	for (int i = 0; i < (packed ? 1 : GW_PLANES); i++) {
		const bool half = i > 0 && a->format != GW_FORMAT_I444;
		const bool lower = i > 0 && a->format == GW_FORMAT_I420;
		const uint32_t across = a->format == GW_FORMAT_RGB ? 3u * a->width
			: half                                     ? (a->width + 1u) / 2
								   : a->width;
		const uint32_t down = lower ? (a->height + 1u) / 2 : a->height;

		assert_int_equal(a->pitch[i], b->pitch[i]);
		for (uint32_t y = 0; y < down; y++) {
			for (uint32_t x = 0; x < across; x++) {
				const int ours = a->plane[i][y * a->pitch[i] + x];
				const int theirs = b->plane[i][y * b->pitch[i] + x];

				if (abs(ours - theirs) > most)
					fail_msg("plane %d at %u,%u: %d, but turbo has %d", i, x, y,
						ours, theirs);
				different += ours != theirs;
			}
		}
	}
	return different;
}

uint64_t assert_as_turbo(struct decoder_fixture *f, struct turbo_picture *turbo,
	const uint8_t *data, size_t size, int most)
{
	struct gw_frame *ours = frame_of(f, 0, data, size), *theirs = frame_of(f, 0, data, size);
	const struct gw_want want = gw_frame_want(theirs);
	const int status = turbo_picture_decode(turbo, &want, theirs);
	uint64_t different = 0;

	decode_one(f, ours);
	assert_int_equal(gw_frame_failed(ours), status != 0);
	if (status == 0)
		different = compare(ours->surface, theirs->surface, most);
	gw_frame_unref(ours);
	gw_frame_unref(theirs);
	return different;
}
