#include "gwgen/recode.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which needs it */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "jpeg/tables.h"

#define USUAL_QUALITY 75
#define WIDE_QUALITY 2 /* its tables hold values beyond 255 */

struct trouble {
	struct jpeg_error_mgr base;
	jmp_buf leave;
	char text[JMSG_LENGTH_MAX];
};

static void leave(j_common_ptr jpeg)
{
	struct trouble *trouble = (struct trouble *)jpeg->err;

	trouble->base.format_message(jpeg, trouble->text);
	longjmp(trouble->leave, 1);
}

static void say_nothing(j_common_ptr jpeg, int level)
{
}

static struct jpeg_error_mgr *listen_to(struct trouble *trouble)
{
	struct jpeg_error_mgr *base = jpeg_std_error(&trouble->base);

	base->error_exit = leave;
	base->emit_message = say_nothing;
	return base;
}

/* Pixels, three bytes each. */
struct pixels {
	uint32_t width, height;
	uint8_t *data; /* malloc'd */
};

static bool tables_are(const struct picture *picture, uint8_t quality)
{
	struct jpeg_tables tables;

	jpeg_tables_compute(quality, &tables);
	for (int i = 0; i < picture->components; i++)
		if (memcmp(picture->table[i], tables.value[i > 0], sizeof(picture->table[i])) != 0)
			return false;
	return true;
}

static bool sampling_suits(const struct picture *picture, enum recode_sampling wanted)
{
	switch (wanted) {
	case RECODE_420:
		return picture_type(picture) == 1;
	case RECODE_422:
		return picture_type(picture) == 0;
	case RECODE_GREY:
		return picture->components == 1;
	default:
		return picture_type(picture) >= 0;
	}
}

/* Whether its coefficients are what is needed. */
static bool content_suits(const struct picture *picture, const struct recode_needs *needs)
{
	return sampling_suits(picture, needs->sampling) &&
		(needs->quality == 0 || tables_are(picture, needs->quality)) &&
		needs->one_table == (picture->components > 1 && picture->table_count == 1) &&
		needs->wide == picture->wide &&
		(needs->width == 0 || picture->width == needs->width) &&
		(needs->height == 0 || picture->height == needs->height) &&
		(needs->most_bytes == 0 || picture->scan_size <= needs->most_bytes);
}

static bool coding_suits(const struct picture *picture, const struct recode_needs *needs)
{
	if (needs->interval ? picture->interval != needs->interval
			    : needs->no_interval && picture->interval != 0)
		return false;
	return needs->any_huffman || needs->own_huffman == picture->own_huffman;
}

static void set_coding(struct jpeg_compress_struct *out, const struct recode_needs *needs,
	uint16_t interval_before)
{
	out->optimize_coding = needs->own_huffman;
	out->restart_interval = needs->interval ? needs->interval
		: needs->no_interval            ? 0
						: interval_before;
}

/* Writes the same coefficients anew. Returns malloc'd bytes, or NULL. */
static uint8_t *rewrite(const uint8_t *bytes, uint32_t size, const struct recode_needs *needs,
	unsigned long *length, struct trouble *trouble)
{
	struct jpeg_decompress_struct in = {.err = listen_to(trouble)};
	struct jpeg_compress_struct out = {.err = &trouble->base};
	/* longjmp() must not lose what libjpeg has written here. */
	unsigned char *volatile made = NULL;
	unsigned char *data = NULL;

	jpeg_create_decompress(&in);
	jpeg_create_compress(&out);
	if (setjmp(trouble->leave) == 0) {
		jpeg_mem_src(&in, bytes, size);
		jpeg_read_header(&in, TRUE);
		jvirt_barray_ptr *coefficients = jpeg_read_coefficients(&in);

		jpeg_mem_dest(&out, &data, length);
		jpeg_copy_critical_parameters(&in, &out);
		set_coding(&out, needs, (uint16_t)in.restart_interval);
		jpeg_write_coefficients(&out, coefficients);
		jpeg_finish_compress(&out);
		made = data;
	}
	jpeg_destroy_compress(&out);
	jpeg_destroy_decompress(&in);
	return made;
}

static bool read_pixels(
	const uint8_t *bytes, uint32_t size, struct pixels *pixels, struct trouble *trouble)
{
	struct jpeg_decompress_struct in = {.err = listen_to(trouble)};
	uint8_t *volatile data = NULL;
	volatile bool well = false;

	jpeg_create_decompress(&in);
	if (setjmp(trouble->leave) == 0) {
		jpeg_mem_src(&in, bytes, size);
		jpeg_read_header(&in, TRUE);
		in.out_color_space = JCS_RGB;
		jpeg_start_decompress(&in);
		data = malloc((size_t)3 * in.output_width * in.output_height);
		while (data && in.output_scanline < in.output_height) {
			uint8_t *row = data + (size_t)3 * in.output_width * in.output_scanline;

			jpeg_read_scanlines(&in, &row, 1);
		}
		pixels->width = in.output_width;
		pixels->height = in.output_height;
		well = data != NULL;
	}
	jpeg_destroy_decompress(&in);
	if (!well)
		free(data);
	pixels->data = well ? data : NULL;
	return well;
}

/* Nearest neighbours: what is sent shall have edges, and nobody looks at it. */
static void scale_row(
	const struct pixels *pixels, uint8_t *row, uint32_t y, uint32_t width, uint32_t height)
{
	const uint8_t *from =
		pixels->data + (size_t)3 * pixels->width * ((uint64_t)y * pixels->height / height);

	for (uint32_t x = 0; x < width; x++)
		memcpy(row + 3 * x, from + 3 * ((uint64_t)x * pixels->width / width), 3);
}

static void set_content(struct jpeg_compress_struct *out, const struct recode_needs *needs,
	const struct picture *before, int quality)
{
	const bool is_422 = needs->sampling == RECODE_422 ||
		(needs->sampling == RECODE_ANY && before && picture_type(before) == 0);

	out->input_components = 3;
	out->in_color_space = JCS_RGB;
	jpeg_set_defaults(out);
	if (needs->sampling == RECODE_GREY)
		jpeg_set_colorspace(out, JCS_GRAYSCALE);
	jpeg_set_quality(out, quality, needs->wide ? FALSE : TRUE);
	if (needs->sampling != RECODE_GREY) {
		out->comp_info[0].h_samp_factor = 2;
		out->comp_info[0].v_samp_factor = is_422 ? 1 : 2;
		if (needs->one_table)
			out->comp_info[1].quant_tbl_no = out->comp_info[2].quant_tbl_no = 0;
	}
	set_coding(out, needs, before ? before->interval : 0);
}

static uint8_t *compress(const struct pixels *pixels, const struct recode_needs *needs,
	const struct picture *before, int quality, unsigned long *length, struct trouble *trouble)
{
	struct jpeg_compress_struct out = {.err = listen_to(trouble)};
	const uint32_t width = needs->width ? needs->width : pixels->width;
	uint8_t *row = malloc((size_t)3 * width);
	unsigned char *volatile made = NULL;
	unsigned char *data = NULL;

	jpeg_create_compress(&out);
	if (row && setjmp(trouble->leave) == 0) {
		jpeg_mem_dest(&out, &data, length);
		out.image_width = width;
		out.image_height = needs->height ? needs->height : pixels->height;
		set_content(&out, needs, before, quality);
		jpeg_start_compress(&out, TRUE);
		while (out.next_scanline < out.image_height) {
			scale_row(pixels, row, out.next_scanline, width, out.image_height);
			jpeg_write_scanlines(&out, &row, 1);
		}
		jpeg_finish_compress(&out);
		made = data;
	}
	jpeg_destroy_compress(&out);
	free(row);
	return made;
}

static int open_made(struct picture *picture, uint8_t *made, unsigned long length,
	const struct trouble *trouble, struct gw_error *error)
{
	if (!made)
		return gw_error_set(error, -EBADMSG, "it cannot be recoded: %s", trouble->text);
	const int status = picture_open(picture, made, (uint32_t)length, error);

	if (status != 0)
		free(made);
	return status;
}

static int from_pixels(struct picture *picture, const uint8_t *bytes, uint32_t size,
	const struct recode_needs *needs, const struct picture *before, struct gw_error *error)
{
	struct trouble trouble = {.text = "out of memory"};
	struct pixels pixels = {0};
	int quality = needs->quality ? needs->quality : needs->wide ? WIDE_QUALITY : USUAL_QUALITY;
	int status;

	if (!read_pixels(bytes, size, &pixels, &trouble))
		return gw_error_set(error, -EBADMSG, "no JPEG: %s", trouble.text);
	for (;; quality /= 2) {
		unsigned long length = 0;
		uint8_t *made = compress(&pixels, needs, before, quality, &length, &trouble);

		status = open_made(picture, made, length, &trouble, error);
		if (status != 0 || needs->most_bytes == 0 || quality < 2 ||
			picture->scan_size <= needs->most_bytes)
			break;
		picture_close(picture);
	}
	free(pixels.data);
	return status == 0 ? RECODE_LOSSY : status;
}

int recode(struct picture *picture, const uint8_t *bytes, uint32_t size,
	const struct recode_needs *needs, struct gw_error *error)
{
	struct trouble trouble = {.text = "out of memory"};
	struct picture before;
	unsigned long length = 0;
	uint8_t *copy = malloc(size);

	if (!copy)
		return gw_error_set(error, -ENOMEM, "out of memory");
	memcpy(copy, bytes, size);
	if (picture_open(&before, copy, size, NULL) != 0) {
		/* Progressive, several scans: the same coefficients as a plain picture. */
		free(copy);
		copy = rewrite(bytes, size, needs, &length, &trouble);
		if (!copy || picture_open(&before, copy, (uint32_t)length, NULL) != 0) {
			free(copy);
			return from_pixels(picture, bytes, size, needs, NULL, error);
		}
	} else if (content_suits(&before, needs) && coding_suits(&before, needs)) {
		*picture = before;
		return RECODE_KEPT;
	}
	if (!content_suits(&before, needs)) {
		const int status = from_pixels(picture, bytes, size, needs, &before, error);

		picture_close(&before);
		return status;
	}
	uint8_t *made = rewrite(bytes, size, needs, &length, &trouble);

	picture_close(&before);
	const int status = open_made(picture, made, length, &trouble, error);

	return status == 0 ? RECODE_LOSSLESS : status;
}
