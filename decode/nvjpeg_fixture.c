#include "decode/nvjpeg_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

static void compare(
	const struct gw_surface *a, const struct gw_surface *b, struct nvjpeg_distance *distance)
{
	const bool packed = a->format == GW_FORMAT_RGB || a->format == GW_FORMAT_GRAY;

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

		for (uint32_t y = 0; y < down; y++) {
			for (uint32_t x = 0; x < across; x++) {
				const int ours = a->plane[i][y * a->pitch[i] + x];
				const int levels = abs(ours - b->plane[i][y * b->pitch[i] + x]);

				distance->most = levels > distance->most ? levels : distance->most;
				distance->samples++;
				distance->different += levels > 0;
				distance->sum += (uint64_t)levels;
			}
		}
	}
}

void nvjpeg_compare(struct decoder_fixture *f, struct turbo_picture *turbo, const uint8_t *data,
	size_t size, struct nvjpeg_distance *distance)
{
	struct gw_frame *ours = frame_of(f, 0, data, size), *theirs = frame_of(f, 0, data, size);
	const struct gw_want want = gw_frame_want(theirs);
	const int status = turbo_picture_decode(turbo, &want, theirs);

	decode_one(f, ours);
	assert_int_equal(gw_frame_failed(ours), status != 0);
	if (status == 0)
		compare(ours->surface, theirs->surface, distance);
	gw_frame_unref(ours);
	gw_frame_unref(theirs);
}

int64_t nvjpeg_fact(const struct decoder_fixture *f, const char *name)
{
	json_t *facts = json_object();

	f->decoder.ops->describe(&f->decoder, facts);
	const json_t *lane = json_array_get(json_object_get(facts, "nvjpeg"), 0);
	const json_t *value = json_object_get(lane, name);
	const int64_t number =
		json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);

	assert_non_null(value);
	json_decref(facts);
	return number;
}
