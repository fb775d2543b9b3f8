/* For tests of back-ends: a decoder with the little of a gateway that it looks at. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/gateway.h"
#include "core/surface.h"
#include "decode/decoder.h"
#include "jpeg/make.h"

#define CAMERAS 2

struct decoder_fixture {
	struct gw gw;
	struct gw_config config;
	struct gw_gateway_config gateway;
	struct gw_decode_config decode;
	struct gw_camera cameras[CAMERAS];
	struct gw_camera_config camera_configs[CAMERAS];
	struct gw_want wants[CAMERAS];
	struct decoder decoder;
	struct gw_surface_pool *surfaces;
	struct gw_error error;
};

/* Opens the back-end, for cameras whose models want the full size in colour. */
void fixture_open(struct decoder_fixture *f, char *backend, uint32_t workers);
void fixture_close(struct decoder_fixture *f);

/* A frame of the pool's with these bytes in it, and a surface for the picture. */
struct gw_frame *frame_of(
	struct decoder_fixture *f, uint32_t camera, const uint8_t *data, size_t size);

/* Polls until `count` frames are back, and returns how many are: fewer after half a minute. */
uint32_t poll_for(struct decoder_fixture *f, struct gw_frame **frames, uint32_t count);

/* Submits one frame and waits for it. */
void decode_one(struct decoder_fixture *f, struct gw_frame *frame);

/* The format that the turbo back-end gives a picture of this recipe at full size, in colour. */
enum gw_format format_of(const struct jpeg_recipe *recipe);

/* The picture's planes are those of libjpeg's raw output at so many eighths. */
void assert_planes(
	const struct gw_surface *surface, const uint8_t *data, size_t size, uint32_t eighths);

/* The picture is what plain libjpeg makes of this JPEG at full size. */
void assert_picture(const struct gw_surface *surface, const uint8_t *data, size_t size);
