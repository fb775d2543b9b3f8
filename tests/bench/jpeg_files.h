/* JPEG files, decoded as the gateway's decoder does for a model. For benchmarks. */
#pragma once

#include "core/gateway.h"
#include "decode/turbo_picture.h"

#define JPEG_FILES 32u
#define JPEG_MAX_SIDE 4096

struct model;

struct jpeg_file {
	uint8_t *data;
	struct gw_frame frame; /* its JPEG, and how large that is */
	struct gw_surface surface; /* what it becomes; one reference stays here */
};

struct jpeg_files {
	struct gw_device device;
	struct gw_want want;
	struct turbo_picture decoder;
	struct jpeg_file file[JPEG_FILES];
	uint32_t count;
};

/* Reads and decodes the files, at most JPEG_FILES, for that model. 0 or a negative errno with a
 * line; jpeg_files_close() must follow in any case. `files` is all zero, and must not move. */
int jpeg_files_open(struct jpeg_files *files, const struct model *model, char *const *paths,
	uint32_t count, struct gw_error *error);
void jpeg_files_close(struct jpeg_files *files);

/* Decodes one again. 0 or a negative errno. */
int jpeg_files_decode(struct jpeg_files *files, uint32_t index);
