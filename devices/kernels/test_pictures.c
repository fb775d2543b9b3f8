#include "devices/kernels/test_pictures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

static uint64_t random_state = 1;

uint32_t test_random(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

void test_fill_from_jpeg(
	struct opencl_batch *batch, const uint8_t *data, size_t size, uint32_t eighths)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, data, size);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.scale_num = eighths;
	jpeg.scale_denom = 8;
	jpeg_calc_output_dimensions(&jpeg);
	jvirt_barray_ptr *arrays = jpeg_read_coefficients(&jpeg);

	for (int i = 0; i < jpeg.num_components; i++) {
		const jpeg_component_info *c = &jpeg.comp_info[i];
		struct idct_job *job = &batch->plane[i];

		*job = (struct idct_job){.block = batch->used.blocks,
			.stride = c->width_in_blocks,
			.across = c->width_in_blocks,
			.down = c->height_in_blocks,
			.table = 64 * (uint32_t)i,
			.sample = batch->used.samples,
			.pitch = c->width_in_blocks * (uint32_t)c->DCT_scaled_size,
			.side = (uint32_t)c->DCT_scaled_size};
		for (uint32_t y = 0; y < job->down; y++) {
			JBLOCKARRAY row = jpeg.mem->access_virt_barray(
				(j_common_ptr)&jpeg, arrays[i], y, 1, FALSE);

			memcpy(batch->block + 64 * (job->block + y * job->stride), row[0],
				job->across * sizeof(JBLOCK));
		}
		memcpy(batch->table + job->table, c->quant_table->quantval, 64 * sizeof(uint16_t));
		batch->used.blocks += job->stride * job->down;
		batch->used.samples += job->pitch * job->down * job->side;
		batch->used.planes++;
	}
	batch->used.tables = 3;
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	assert_true(batch->used.blocks <= TEST_BLOCKS);
}

void test_add_rgb(struct opencl_batch *batch, const struct jpeg_recipe *recipe)
{
	const bool grey = recipe->components == 1;
	const uint32_t across = grey ? 1 : recipe->h, down = grey ? 1 : recipe->v;
	struct rgb_job *job = &batch->picture[0];

	*job = (struct rgb_job){.width = recipe->width,
		.height = recipe->height,
		.chroma_width = (recipe->width + across - 1) / across,
		.chroma_height = (recipe->height + down - 1) / down,
		.across = across,
		.down = down,
		.colours = !grey,
		.pixel_pitch = 3u * recipe->width};
	job->smooth = across == 1 || job->chroma_width > 2;
	for (uint32_t i = 0; i < batch->used.planes; i++) {
		job->plane[i] = batch->plane[i].sample;
		job->pitch[i] = batch->plane[i].pitch;
	}
	batch->used.pictures = 1;
	batch->used.pixels = job->pixel_pitch * job->height;
}

struct jpeg_recipe test_recipe(uint32_t index)
{
	static const uint8_t sampling[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}};

	return (struct jpeg_recipe){.width = (uint16_t)(1 + test_random() % 300),
		.height = (uint16_t)(1 + test_random() % 200),
		.components = index % 7 == 6 ? 1 : 3,
		.h = sampling[index % 5][0],
		.v = sampling[index % 5][1],
		.quality = (uint8_t)(1 + test_random() % 100),
		.seed = index};
}
