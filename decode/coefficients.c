#include "decode/coefficients.h"

#include <errno.h>
#include <string.h>

#include "decode/turbo_planes.h"

/* Rows of blocks that libjpeg asks for at a time: those of one component in an MCU. */
#define MAX_ROWS MAX_SAMP_FACTOR

/* What libjpeg takes for its virtual array of blocks: rows in the caller's room. */
struct rows {
	JBLOCK *first;
	JDIMENSION stride, clear; /* blocks; rows that were set to zero */
	JBLOCKROW row[MAX_ROWS];
};

static struct coefficients *coefficients_of(j_common_ptr jpeg)
{
	return turbo_picture_of(jpeg)->coefficients;
}

static jvirt_barray_ptr request_rows(j_common_ptr jpeg, int pool, boolean zero,
	JDIMENSION blocks_per_row, JDIMENSION count, JDIMENSION most_at_once)
{
	struct coefficients *c = coefficients_of(jpeg);
	struct rows *rows = jpeg->mem->alloc_small(jpeg, pool, sizeof(*rows));
	struct coefficient_plane *plane = &c->plane[c->components++];

	*rows = (struct rows){
		.first = (JBLOCK *)c->room + c->used,
		.stride = blocks_per_row,
	};
	plane->block = c->used;
	plane->stride = blocks_per_row;
	c->used += blocks_per_row * count;
	return (jvirt_barray_ptr)(void *)rows;
}

static void realize_rows(j_common_ptr jpeg)
{
}

/* Each row is asked for once, from above: it is set to zero then. */
static JBLOCKARRAY access_rows(j_common_ptr jpeg, jvirt_barray_ptr array, JDIMENSION first,
	JDIMENSION count, boolean writable)
{
	struct rows *rows = (struct rows *)(void *)array;

	for (JDIMENSION i = 0; i < count; i++)
		rows->row[i] = rows->first + (size_t)(first + i) * rows->stride;
	if (first + count > rows->clear) {
		memset(rows->first + (size_t)rows->clear * rows->stride, 0,
			(size_t)(first + count - rows->clear) * rows->stride * sizeof(JBLOCK));
		rows->clear = first + count;
	}
	return rows->row;
}

static uint32_t side_of(const jpeg_component_info *component)
{
#if JPEG_LIB_VERSION >= 70
	return (uint32_t)component->DCT_h_scaled_size;
#else
	return (uint32_t)component->DCT_scaled_size;
#endif
}

static uint32_t across_of(const jpeg_component_info *component)
{
	return (uint32_t)component->h_samp_factor * side_of(component);
}

static uint32_t down_of(const jpeg_component_info *component)
{
	return (uint32_t)component->v_samp_factor * side_of(component);
}

/* libjpeg gives room to whole MCUs. */
static uint64_t blocks_of(const struct jpeg_decompress_struct *jpeg)
{
	uint64_t blocks = 0;

	for (int i = 0; i < jpeg->num_components; i++) {
		const jpeg_component_info *c = &jpeg->comp_info[i];
		const uint32_t h = (uint32_t)c->h_samp_factor, v = (uint32_t)c->v_samp_factor;

		blocks += (uint64_t)((c->width_in_blocks + h - 1) / h * h) *
			((c->height_in_blocks + v - 1) / v * v);
	}
	return blocks;
}

static void describe(const struct jpeg_decompress_struct *jpeg, struct coefficients *c)
{
	uint32_t least = DCTSIZE;

	for (uint32_t i = 0; i < c->components; i++) {
		const jpeg_component_info *component = &jpeg->comp_info[i];
		struct coefficient_plane *plane = &c->plane[i];

		plane->across = component->width_in_blocks;
		plane->down = component->height_in_blocks;
		plane->side = side_of(component);
		plane->width = component->downsampled_width;
		plane->height = component->downsampled_height;
		if (plane->side < least)
			least = plane->side;
	}
	c->across = across_of(&jpeg->comp_info[0]) / across_of(&jpeg->comp_info[c->components - 1]);
	c->down = down_of(&jpeg->comp_info[0]) / down_of(&jpeg->comp_info[c->components - 1]);
	c->source_width = (uint16_t)jpeg->image_width;
	c->source_height = (uint16_t)jpeg->image_height;
	c->width = (uint16_t)jpeg->output_width;
	c->height = (uint16_t)jpeg->output_height;
	c->planes = c->format == GW_FORMAT_GRAY ? 1 : c->components;
	/* As libjpeg decides it: a sample or two have no direction. */
	c->smooth = least > 1 && (c->across == 1 || c->plane[1].width > 2);
}

static void read_blocks(struct jpeg_decompress_struct *jpeg, struct coefficients *c)
{
	jpeg_read_coefficients(jpeg);
	describe(jpeg, c);
	for (uint32_t i = 0; i < c->components; i++)
		memcpy(c->plane[i].table, jpeg->comp_info[i].quant_table->quantval,
			sizeof(c->plane[i].table));
	jpeg_finish_decompress(jpeg);
}

static int read_picture(struct turbo_picture *picture, const struct gw_want *want,
	struct gw_frame *frame, struct coefficients *c)
{
	struct jpeg_decompress_struct *jpeg = &picture->jpeg;

	turbo_picture_begin(picture, want, frame);
	if (jpeg->jpeg_color_space != JCS_YCbCr && jpeg->jpeg_color_space != JCS_GRAYSCALE)
		return -ENOTSUP;
	c->format = want->gray ? GW_FORMAT_GRAY : turbo_planes_format(jpeg);
	jpeg_calc_output_dimensions(jpeg);
	const uint64_t blocks = blocks_of(jpeg);

	if (blocks > c->most) {
		c->used = blocks > UINT32_MAX ? UINT32_MAX : (uint32_t)blocks;
		return -ENOBUFS;
	}
	read_blocks(jpeg, c);
	return 0;
}

int coefficients_read(struct turbo_picture *picture, const struct gw_want *want,
	struct gw_frame *frame, struct coefficients *coefficients)
{
	struct jpeg_memory_mgr *memory = picture->jpeg.mem;
	const struct jpeg_memory_mgr usual = *memory;
	int status;

	coefficients->used = coefficients->components = 0;
	picture->coefficients = coefficients;
	memory->request_virt_barray = request_rows;
	memory->realize_virt_arrays = realize_rows;
	memory->access_virt_barray = access_rows;
	if (setjmp(picture->escape) == 0)
		status = read_picture(picture, want, frame, coefficients);
	else
		status = -EBADMSG;
	if (status != 0)
		jpeg_abort_decompress(&picture->jpeg);
	memory->request_virt_barray = usual.request_virt_barray;
	memory->realize_virt_arrays = usual.realize_virt_arrays;
	memory->access_virt_barray = usual.access_virt_barray;
	picture->coefficients = NULL;
	return status;
}
