#include "accel/heads/encode.h"

#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "jpeg/arena.h"

/* libjpeg's structs with what belongs to them. */
struct encoder {
	struct jpeg_compress_struct out;
	struct jpeg_error_mgr errors;
	struct jpeg_destination_mgr destination;
	struct jpeg_arena arena;
	jmp_buf failed;
	int status; /* of what failed */
};

static void fail(j_common_ptr info)
{
	struct encoder *encoder = (struct encoder *)info;

	longjmp(encoder->failed, 1);
}

static void say_nothing(j_common_ptr info)
{
}

static void begin(j_compress_ptr out)
{
}

/* All the room is taken, and the JPEG has not come to its end. */
static boolean overflow(j_compress_ptr out)
{
	struct encoder *encoder = (struct encoder *)out;

	encoder->status = -ENOBUFS;
	longjmp(encoder->failed, 1);
}

static void end(j_compress_ptr out)
{
}

static void set_up(struct encoder *encoder, const struct encode_picture *picture)
{
	struct jpeg_compress_struct *out = &encoder->out;

	out->image_width = picture->width;
	out->image_height = picture->height;
	out->input_components = (int)picture->channels;
	out->in_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(out);
	jpeg_set_quality(out, (int)picture->quality, TRUE);
	/* What was gained in the colours is not thrown away again. */
	out->comp_info[0].h_samp_factor = out->comp_info[0].v_samp_factor = 1;
}

/* Nothing else is alive across setjmp(). */
static bool begin_library(struct encoder *encoder)
{
	if (setjmp(encoder->failed))
		return false;
	jpeg_create_compress(&encoder->out);
	return true;
}

struct encoder *encoder_create(uint32_t width)
{
	struct encoder *encoder = calloc(1, sizeof(*encoder));

	if (!encoder)
		return NULL;
	if (jpeg_arena_open(&encoder->arena, width) != 0) {
		free(encoder);
		return NULL;
	}
	encoder->out.err = jpeg_std_error(&encoder->errors);
	encoder->errors.error_exit = fail;
	encoder->errors.output_message = say_nothing;
	if (!begin_library(encoder)) {
		encoder_destroy(encoder);
		return NULL;
	}
	jpeg_arena_serve(&encoder->arena, (j_common_ptr)&encoder->out);
	return encoder;
}

void encoder_destroy(struct encoder *encoder)
{
	if (!encoder)
		return;
	jpeg_destroy_compress(&encoder->out);
	jpeg_arena_close(&encoder->arena);
	free(encoder);
}

uint64_t encoder_foreign(const struct encoder *encoder)
{
	return encoder->arena.foreign;
}

int encode_jpeg(struct encoder *encoder, const struct encode_picture *picture, uint8_t *to,
	size_t room, size_t *size)
{
	struct jpeg_compress_struct *out = &encoder->out;

	encoder->status = -EINVAL;
	encoder->destination = (struct jpeg_destination_mgr){
		.next_output_byte = to,
		.free_in_buffer = room,
		.init_destination = begin,
		.empty_output_buffer = overflow,
		.term_destination = end,
	};
	if (room == 0)
		return -ENOBUFS;
	if (setjmp(encoder->failed)) {
		jpeg_abort_compress(&encoder->out);
		return encoder->status;
	}
	out->dest = &encoder->destination;
	set_up(encoder, picture);
	jpeg_start_compress(out, TRUE);
	while (out->next_scanline < out->image_height) {
		JSAMPROW row = (JSAMPROW)picture->row(picture->owner, out->next_scanline);

		jpeg_write_scanlines(out, &row, 1);
	}
	jpeg_finish_compress(out);
	*size = room - encoder->destination.free_in_buffer;
	return 0;
}
