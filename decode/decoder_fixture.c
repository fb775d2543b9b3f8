#include "decode/decoder_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/clock.h"
#include "jpeg/make.h"

#define FRAMES 256

void fixture_open(struct decoder_fixture *f, char *backend, uint32_t workers)
{
	static const struct gw_size_class classes[] = {{1280, 720, FRAMES}};

	memset(f, 0, sizeof(*f));
	f->decode = (struct gw_decode_config){
		.backend = backend, .workers = workers, .max_width = 4096, .max_height = 4096};
	f->config.gateway = &f->gateway;
	f->config.decode = &f->decode;
	f->gw.config = &f->config;
	for (uint32_t i = 0; i < CAMERAS; i++) {
		f->cameras[i].id = i;
		f->cameras[i].config = &f->camera_configs[i];
		f->wants[i] = (struct gw_want){.width = 4096, .height = 4096};
		f->cameras[i].wants = &f->wants[i];
	}
	f->gw.pool = gw_pool_create(classes, 1, false, &f->error);
	assert_non_null(f->gw.pool);
	gw_device_host(&f->gw.host);
	f->surfaces = gw_surface_pool_create(&f->gw.host, 4096 * 4096 * 3, FRAMES, &f->error);
	assert_non_null(f->surfaces);
	assert_int_equal(decoder_open(&f->decoder, &f->gw, &f->gw.host, &f->error), 0);
}

void fixture_close(struct decoder_fixture *f)
{
	decoder_close(&f->decoder);
	gw_surface_pool_destroy(f->surfaces);
	gw_pool_destroy(f->gw.pool);
}

struct gw_frame *frame_of(
	struct decoder_fixture *f, uint32_t camera, const uint8_t *data, size_t size)
{
	struct gw_frame *frame = gw_pool_get(f->gw.pool, camera, 1280, 720);

	assert_non_null(frame);
	gw_frame_set_version(frame, &f->cameras[camera]);
	jpeg_into_frame(frame, data, size);
	frame->surface = gw_surface_get(f->surfaces, 4096 * 64 * 3 * 4);
	assert_non_null(frame->surface);
	return frame;
}

uint32_t poll_for(struct decoder_fixture *f, struct gw_frame **frames, uint32_t count)
{
	static const struct timespec pause = {.tv_nsec = 100000};
	int64_t deadline = gw_now() + 30 * GW_NS_PER_S;
	uint32_t n = 0;

	while (n < count && gw_now() < deadline) {
		n += f->decoder.ops->poll(&f->decoder, frames + n, count - n);
		nanosleep(&pause, NULL);
	}
	return n;
}

void decode_one(struct decoder_fixture *f, struct gw_frame *frame)
{
	struct gw_frame *back = NULL;

	f->decoder.ops->submit(&f->decoder, &frame, 1);
	assert_int_equal(poll_for(f, &back, 1), 1);
	assert_ptr_equal(back, frame);
}

enum gw_format format_of(const struct jpeg_recipe *recipe)
{
	uint32_t h = recipe->h ? recipe->h : 2, v = recipe->v ? recipe->v : 2;

	if (recipe->components == 1 || h == 4 || (h == 1 && v == 2))
		return GW_FORMAT_RGB;
	return h == 1 ? GW_FORMAT_I444 : v == 1 ? GW_FORMAT_I422 : GW_FORMAT_I420;
}

static void assert_rows(const uint8_t *samples, uint32_t pitch, const uint8_t *expected,
	uint32_t expected_pitch, uint32_t width, uint32_t height)
{
	for (uint32_t y = 0; y < height; y++)
		assert_memory_equal(
			samples + (size_t)y * pitch, expected + (size_t)y * expected_pitch, width);
}

void assert_planes(
	const struct gw_surface *surface, const uint8_t *data, size_t size, uint32_t eighths)
{
	struct jpeg_planes planes;

	jpeg_reference_planes(data, size, eighths, &planes);
	assert_int_equal(surface->width, planes.width[0]);
	assert_int_equal(surface->height, planes.height[0]);
	for (int i = 0; i < GW_PLANES; i++)
		assert_rows(surface->plane[i], surface->pitch[i], planes.sample[i], planes.pitch[i],
			planes.width[i], planes.height[i]);
	/* Chroma is as large as the format says. */
	assert_int_equal(planes.width[1],
		surface->format == GW_FORMAT_I444 ? surface->width : (surface->width + 1) / 2);
	assert_int_equal(planes.height[1],
		surface->format == GW_FORMAT_I420 ? (surface->height + 1) / 2 : surface->height);
	jpeg_planes_free(&planes);
}

void assert_picture(const struct gw_surface *surface, const uint8_t *data, size_t size)
{
	if (surface->format != GW_FORMAT_RGB && surface->format != GW_FORMAT_GRAY) {
		assert_planes(surface, data, size, 8);
		return;
	}
	uint8_t *expected = jpeg_reference(data, size, surface->format == GW_FORMAT_GRAY);
	uint32_t row = surface->width * (surface->format == GW_FORMAT_RGB ? 3u : 1u);

	assert_rows(surface->plane[0], surface->pitch[0], expected, row, row, surface->height);
	free(expected);
}
