/* Picture files as a source: they go through the very stages that a camera's pictures do. */
#pragma once

#include "core/gateway.h"
#include "jpeg/probe.h"

/* One file in memory, which was found to be a picture that decoders take. */
struct picture_file {
	const char *path;
	uint8_t *data;
	size_t size;
	struct jpeg_info info;
};

struct picture_files {
	uint32_t count;
	struct picture_file *file;
};

/* Reads every file. Those that are no JPEG, or none that is decoded, are named on standard error,
 * one a line; returns how many they are. */
uint32_t pictures_read(struct picture_files *pictures, char *const *paths, uint32_t count);
void pictures_free(struct picture_files *pictures);

/* The way of such pictures: this source, decode, accel and sink. They belong to camera 0, in their
 * order: a frame's sequence number is that of its file. */
const struct gw_way *pictures_way(const struct picture_files *pictures);
