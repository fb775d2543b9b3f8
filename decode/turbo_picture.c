#include "decode/turbo_picture.h"

#include <errno.h>
#include <jerror.h>
#include <string.h>

#include "core/clock.h"
#include "decode/picture.h"
#include "decode/turbo_planes.h"

/* Rows offered to libjpeg at a time; it writes as many as one row of MCUs gives. */
#define ROWS 16

_Noreturn static void escape(j_common_ptr jpeg)
{
	longjmp(turbo_picture_of(jpeg)->escape, 1);
}

/* Bytes that only fill up the code before the marker at `at`: zero and 0xff. */
static size_t filling(const JOCTET *begin, const JOCTET *at)
{
	size_t count = 0;

	while (at > begin && (at[-1] == 0 || at[-1] == 0xff)) {
		at--;
		count++;
	}
	return count;
}

/* The filling before all markers since the last time: libjpeg adds up what it left unread before
 * any of them, and tells when it happens to see it. */
static size_t all_filling(struct turbo_picture *picture)
{
	const struct jpeg_source_mgr *source = picture->jpeg.src;
	/* Here, or behind more filling, stands the marker before which it tells. */
	const JOCTET *here = source->next_input_byte;
	const JOCTET *last = here + source->bytes_in_buffer - 1;
	const JOCTET *at = picture->told;
	size_t count = 0;

	while (at < last && (at = memchr(at, 0xff, (size_t)(last - at)))) {
		if (at[1] == 0 || at[1] == 0xff) {
			at++;
			continue;
		}
		count += filling(picture->told, at);
		at += 2;
		picture->told = at;
		if (at > here)
			break;
	}
	return count;
}

/* libjpeg makes up what it misses and goes on with a warning; we do not want such a picture. Two
 * things are no damage: an encoder that fills up the code before a marker, and a JFIF version of
 * the future. */
static bool harmless(struct turbo_picture *picture)
{
	const struct jpeg_decompress_struct *jpeg = &picture->jpeg;
	const struct jpeg_error_mgr *errors = jpeg->err;

	if (errors->msg_code == JWRN_JFIF_MAJOR)
		return true;
	if (errors->msg_code != JWRN_EXTRANEOUS_DATA || !picture->told)
		return false;
	if (errors->msg_parm.i[1] == JPEG_EOI && jpeg->input_iMCU_row < jpeg->total_iMCU_rows)
		return false;
	return (size_t)errors->msg_parm.i[0] <= all_filling(picture);
}

static void warn(j_common_ptr jpeg, int level)
{
	if (level < 0 && !harmless(turbo_picture_of(jpeg)))
		escape(jpeg);
}

static void say_nothing(j_common_ptr jpeg)
{
}

int turbo_picture_open(struct turbo_picture *picture, uint32_t max_width)
{
	int status = jpeg_arena_open(&picture->arena, max_width);

	if (status != 0)
		return status;
	picture->jpeg.err = jpeg_std_error(&picture->errors);
	picture->errors.error_exit = escape;
	picture->errors.emit_message = warn;
	picture->errors.output_message = say_nothing;
	if (setjmp(picture->escape))
		return -ENOMEM;
	jpeg_create_decompress(&picture->jpeg);
	jpeg_arena_serve(&picture->arena, (j_common_ptr)&picture->jpeg);
	return 0;
}

void turbo_picture_close(struct turbo_picture *picture)
{
	jpeg_destroy_decompress(&picture->jpeg);
	jpeg_arena_close(&picture->arena);
}

/* Packed pixels: grey, or RGB that libjpeg upsamples and converts. */
static int decode_pixels(
	struct jpeg_decompress_struct *jpeg, const struct gw_want *want, struct gw_frame *frame)
{
	int status = picture_place(
		frame->surface, want, (uint16_t)jpeg->image_width, (uint16_t)jpeg->image_height);

	if (status < 0)
		return status;
	jpeg->out_color_space = want->gray ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_start_decompress(jpeg);

	const struct gw_surface *surface = frame->surface;
	if (jpeg->output_width != surface->width || jpeg->output_height != surface->height)
		return -EBADMSG;
	while (jpeg->output_scanline < surface->height) {
		uint32_t left = surface->height - jpeg->output_scanline;
		JSAMPROW row[ROWS];

		for (uint32_t i = 0; i < ROWS && i < left; i++)
			row[i] = surface->plane[0] +
				(size_t)(jpeg->output_scanline + i) * surface->pitch[0];
		jpeg_read_scanlines(jpeg, row, left < ROWS ? left : ROWS);
	}
	return 0;
}

void turbo_picture_begin(
	struct turbo_picture *picture, const struct gw_want *want, struct gw_frame *frame)
{
	struct jpeg_decompress_struct *jpeg = &picture->jpeg;

	picture->told = NULL;
	jpeg_mem_src(jpeg, frame->jpeg.data, frame->jpeg.size);
	jpeg_read_header(jpeg, TRUE);
	picture->told = jpeg->src->next_input_byte;
	jpeg->scale_num =
		picture_eighths(want, (uint16_t)jpeg->image_width, (uint16_t)jpeg->image_height);
	jpeg->scale_denom = PICTURE_EIGHTHS;
}

static int decode(struct turbo_picture *picture, const struct gw_want *want, struct gw_frame *frame)
{
	struct jpeg_decompress_struct *jpeg = &picture->jpeg;

	turbo_picture_begin(picture, want, frame);
	enum gw_format format = want->gray ? GW_FORMAT_GRAY : turbo_planes_format(jpeg);
	int status = format == GW_FORMAT_GRAY || format == GW_FORMAT_RGB
		? decode_pixels(jpeg, want, frame)
		: turbo_planes_decode(jpeg, format, frame->surface);
	if (status == 0)
		jpeg_finish_decompress(jpeg);
	return status;
}

int turbo_picture_decode(
	struct turbo_picture *picture, const struct gw_want *want, struct gw_frame *frame)
{
	int status;

	if (setjmp(picture->escape) == 0)
		status = decode(picture, want, frame);
	else
		status = -EBADMSG;
	if (status != 0)
		jpeg_abort_decompress(&picture->jpeg);
	return status;
}

void turbo_picture_serve(struct turbo_picture *picture, struct gw_frame *frame)
{
	const struct gw_want want = gw_frame_want(frame);

	frame->stamp[GW_STAMP_DECODE] = gw_now();
	int status = turbo_picture_decode(picture, &want, frame);
	if (status == 0)
		frame->stamp[GW_STAMP_DECODED] = gw_now();
	else
		gw_frame_fail(
			frame, status == -EMSGSIZE ? GW_DROP_JPEG_LIMIT : GW_DROP_DECODE_FAILED);
}
