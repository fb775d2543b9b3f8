#include "decode/turbo_planes.h"

#include "decode/picture.h"

/* Rows of one component in one row of MCUs: four blocks of 8 at most (T.81, B.2.2). */
#define MAX_ROWS (MAX_SAMP_FACTOR * DCTSIZE)

/* Samples along one side of a component's block after scaling. */
static uint32_t block_size(const jpeg_component_info *component)
{
#if JPEG_LIB_VERSION >= 70
	return (uint32_t)component->DCT_h_scaled_size;
#else
	return (uint32_t)component->DCT_scaled_size;
#endif
}

static uint32_t across(const jpeg_component_info *component)
{
	return (uint32_t)component->h_samp_factor * block_size(component);
}

static uint32_t down(const jpeg_component_info *component)
{
	return (uint32_t)component->v_samp_factor * block_size(component);
}

enum gw_format turbo_planes_format(struct jpeg_decompress_struct *jpeg)
{
	static const struct {
		uint32_t across, down;
		enum gw_format format;
	} known[] = {
		{1, 1, GW_FORMAT_I444},
		{2, 1, GW_FORMAT_I422},
		{2, 2, GW_FORMAT_I420},
	};
	const jpeg_component_info *c = jpeg->comp_info;

	if (jpeg->num_components != 3 || jpeg->jpeg_color_space != JCS_YCbCr)
		return GW_FORMAT_RGB;
	jpeg_calc_output_dimensions(jpeg);
	if (across(&c[1]) != across(&c[2]) || down(&c[1]) != down(&c[2]))
		return GW_FORMAT_RGB;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (across(&c[0]) == known[i].across * across(&c[1]) &&
			down(&c[0]) == known[i].down * down(&c[1]))
			return known[i].format;
	return GW_FORMAT_RGB;
}

/* The next row of MCUs, which libjpeg writes as whole blocks; blocks below the picture's last, of
 * which it wants to know rows too, it does not write. */
static void read_rows(struct jpeg_decompress_struct *jpeg, const struct gw_surface *surface,
	const struct picture_extent *extents, uint32_t mcu_row)
{
	JSAMPROW rows[GW_PLANES][MAX_ROWS];
	JSAMPARRAY planes[GW_PLANES];

	for (uint32_t i = 0; i < GW_PLANES; i++) {
		uint32_t count = down(&jpeg->comp_info[i]);

		planes[i] = rows[i];
		for (uint32_t k = 0; k < count; k++) {
			uint32_t y = mcu_row * count + k;

			if (y >= extents[i].height)
				y = extents[i].height - 1;
			rows[i][k] = surface->plane[i] + (size_t)y * surface->pitch[i];
		}
	}
	jpeg_read_raw_data(jpeg, planes, MAX_ROWS);
}

int turbo_planes_decode(
	struct jpeg_decompress_struct *jpeg, enum gw_format format, struct gw_surface *surface)
{
	struct picture_extent extents[GW_PLANES];

	for (int i = 0; i < GW_PLANES; i++) {
		const jpeg_component_info *c = &jpeg->comp_info[i];

		extents[i].width = c->width_in_blocks * block_size(c);
		extents[i].height = c->height_in_blocks * block_size(c);
	}
	int status = picture_place_planes(surface, format, (uint16_t)jpeg->output_width,
		(uint16_t)jpeg->output_height, extents);
	if (status != 0)
		return status;
	jpeg->raw_data_out = TRUE;
	jpeg->do_fancy_upsampling = FALSE;
	jpeg->out_color_space = JCS_YCbCr;
	jpeg_start_decompress(jpeg);
	for (uint32_t i = 0; jpeg->output_scanline < jpeg->output_height; i++)
		read_rows(jpeg, surface, extents, i);
	return 0;
}
