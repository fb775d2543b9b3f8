#include "mgmt/alarms/brightness.h"

#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

#include <jpeglib.h>

#define MOST_PIXELS (64u << 20)
#define SHARE 8 /* of its sides */
#define MOST_ROW ((JPEG_MAX_DIMENSION + SHARE - 1) / SHARE)

struct reader {
	struct jpeg_error_mgr errors;
	struct jpeg_decompress_struct jpeg;
	jmp_buf escape;
	uint64_t sum, pixels;
	JSAMPLE row[MOST_ROW];
};

_Noreturn static void escape(j_common_ptr jpeg)
{
	struct reader *reader = (struct reader *)jpeg->client_data;

	longjmp(reader->escape, 1);
}

/* libjpeg makes up what it misses, which is well enough here. */
static void say_nothing(j_common_ptr jpeg, int level)
{
}

/* Returns false when it does not know such a picture. */
static bool begin(struct reader *reader, const uint8_t *bytes, size_t size)
{
	struct jpeg_decompress_struct *jpeg = &reader->jpeg;

	jpeg_mem_src(jpeg, bytes, size);
	if (jpeg_read_header(jpeg, TRUE) != JPEG_HEADER_OK ||
		(uint64_t)jpeg->image_width * jpeg->image_height > MOST_PIXELS ||
		(jpeg->jpeg_color_space != JCS_YCbCr && jpeg->jpeg_color_space != JCS_GRAYSCALE))
		return false;
	jpeg->out_color_space = JCS_GRAYSCALE;
	jpeg->scale_num = 1;
	jpeg->scale_denom = SHARE;
	jpeg->dct_method = JDCT_IFAST;
	jpeg_start_decompress(jpeg);
	return jpeg->output_width <= MOST_ROW;
}

static void add_up(struct reader *reader)
{
	struct jpeg_decompress_struct *jpeg = &reader->jpeg;

	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row = reader->row;

		jpeg_read_scanlines(jpeg, &row, 1);
		for (JDIMENSION x = 0; x < jpeg->output_width; x++)
			reader->sum += row[x];
		reader->pixels += jpeg->output_width;
	}
}

int brightness_of(const uint8_t *jpeg, size_t size)
{
	struct reader reader;
	volatile int result = -EINVAL; /* it outlives a longjmp() */

	reader.sum = reader.pixels = 0;
	reader.jpeg.err = jpeg_std_error(&reader.errors);
	reader.errors.error_exit = escape;
	reader.errors.emit_message = say_nothing;
	reader.jpeg.client_data = &reader;
	if (setjmp(reader.escape) == 0) {
		jpeg_create_decompress(&reader.jpeg);
		if (begin(&reader, jpeg, size)) {
			add_up(&reader);
			result = (int)(reader.sum / reader.pixels);
		}
	}
	jpeg_destroy_decompress(&reader.jpeg);
	return result;
}
