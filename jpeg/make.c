#include "jpeg/make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* Gradients with some texture: what a photograph has, and what makes every coefficient occur. */
static uint8_t sample(const struct jpeg_recipe *recipe, uint32_t x, uint32_t y, uint32_t component)
{
	uint32_t noise =
		(x * 2654435761u) ^ (y * 2246822519u) ^ ((recipe->seed + component) * 3266489917u);

	noise = (noise ^ noise >> 15) * 2246822519u;
	return (uint8_t)(((x * (component + 1) + y * (3 - component % 3) + 29 * recipe->seed) &
				 0xbf) +
		(noise >> 27));
}

/* Very coarse tables are worth a word to libjpeg; here they are meant. */
static void say_nothing(j_common_ptr jpeg, int level)
{
}

static void set_sampling(struct jpeg_compress_struct *jpeg, const struct jpeg_recipe *recipe)
{
	if (jpeg->num_components == 1)
		return;
	jpeg->comp_info[0].h_samp_factor = recipe->h ? recipe->h : 2;
	jpeg->comp_info[0].v_samp_factor = recipe->v ? recipe->v : 2;
}

uint8_t *jpeg_make_from(const struct jpeg_recipe *recipe, const uint8_t *rgb, size_t *size)
{
	static const jpeg_scan_info one_each[] = {
		{1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
	uint32_t components = recipe->components ? recipe->components : 3;
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	unsigned long length = 0;
	unsigned char *data = NULL;
	uint8_t *row = malloc((size_t)recipe->width * components);

	if (!row)
		abort();
	jpeg.err = jpeg_std_error(&errors);
	errors.emit_message = say_nothing;
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &data, &length);
	jpeg.image_width = recipe->width;
	jpeg.image_height = recipe->height;
	jpeg.input_components = (int)components;
	jpeg.in_color_space = components == 1 ? JCS_GRAYSCALE
		: components == 3             ? JCS_RGB
					      : JCS_CMYK;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, recipe->quality ? recipe->quality : 80, !recipe->wide);
	set_sampling(&jpeg, recipe);
	jpeg.restart_interval = recipe->restart_interval;
	jpeg.optimize_coding = recipe->optimise;
	if (recipe->progressive)
		jpeg_simple_progression(&jpeg);
	if (recipe->split) {
		jpeg.scan_info = one_each;
		jpeg.num_scans = 3;
	}
	jpeg_start_compress(&jpeg, TRUE);
	for (uint32_t y = 0; y < recipe->height; y++) {
		JSAMPROW rows[1] = {row};

		for (uint32_t i = 0; i < recipe->width * components; i++)
			row[i] = rgb ? rgb[(size_t)y * recipe->width * components + i]
				     : sample(recipe, i / components, y, i % components);
		jpeg_write_scanlines(&jpeg, rows, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	free(row);
	/* An allocation of the exact size, so that a sanitizer sees a read past the end. */
	uint8_t *exact = malloc(length);
	if (!exact)
		abort();
	memcpy(exact, data, length);
	free(data);
	*size = length;
	return exact;
}

uint8_t *jpeg_make(const struct jpeg_recipe *recipe, size_t *size)
{
	return jpeg_make_from(recipe, NULL, size);
}

uint8_t *jpeg_reference(const uint8_t *data, size_t size, bool grey)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, data, size);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_start_decompress(&jpeg);
	size_t row = (size_t)jpeg.output_width * (size_t)jpeg.output_components;
	uint8_t *pixels = malloc(row * jpeg.output_height);
	if (!pixels)
		abort();
	while (jpeg.output_scanline < jpeg.output_height) {
		JSAMPROW rows[1] = {pixels + jpeg.output_scanline * row};

		jpeg_read_scanlines(&jpeg, rows, 1);
	}
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	return pixels;
}

void jpeg_reference_planes(
	const uint8_t *data, size_t size, uint32_t eighths, struct jpeg_planes *planes)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	JSAMPROW rows[3][4 * DCTSIZE];
	JSAMPARRAY all[3] = {rows[0], rows[1], rows[2]};
	uint32_t step[3], at[3] = {0};

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, data, size);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.scale_num = eighths;
	jpeg.scale_denom = 8;
	jpeg.raw_data_out = TRUE;
	jpeg_start_decompress(&jpeg);
	for (int i = 0; i < 3; i++) {
		const jpeg_component_info *c = &jpeg.comp_info[i];

#if JPEG_LIB_VERSION >= 70
		step[i] = (uint32_t)(c->v_samp_factor * c->DCT_v_scaled_size);
#else
		step[i] = (uint32_t)(c->v_samp_factor * c->DCT_scaled_size);
#endif
		planes->width[i] = c->downsampled_width;
		planes->height[i] = c->downsampled_height;
		planes->pitch[i] = (c->downsampled_width + 31) / 32 * 32;
		planes->sample[i] = malloc((size_t)planes->pitch[i] * (c->downsampled_height + 32));
		if (!planes->sample[i])
			abort();
	}
	while (jpeg.output_scanline < jpeg.output_height) {
		for (int i = 0; i < 3; i++)
			for (uint32_t k = 0; k < 4 * DCTSIZE; k++)
				rows[i][k] =
					planes->sample[i] + (size_t)(at[i] + k) * planes->pitch[i];
		jpeg_read_raw_data(&jpeg, all, 4 * DCTSIZE);
		for (int i = 0; i < 3; i++)
			at[i] += step[i];
	}
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
}

void jpeg_planes_free(struct jpeg_planes *planes)
{
	for (int i = 0; i < 3; i++)
		free(planes->sample[i]);
}

size_t jpeg_find(const uint8_t *data, size_t size, uint8_t marker)
{
	for (size_t i = 0; i + 1 < size; i++)
		if (data[i] == 0xff && data[i + 1] == marker)
			return i;
	abort();
}

void jpeg_into_frame(struct gw_frame *frame, const uint8_t *data, size_t size)
{
	if (size > frame->jpeg.capacity)
		abort();
	memcpy(frame->jpeg.room, data, size);
	frame->jpeg.data = frame->jpeg.room;
	frame->jpeg.size = (uint32_t)size;
	frame->state = GW_FRAME_JPEG;
}
