#include "sink/smaller.h"

#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "jpeg/arena.h"

#define WIDEST 16384u
#define EXIF (JPEG_APP0 + 1)

/* libjpeg's structs with what belongs to them. The handler comes first: libjpeg gives no more. */
struct smaller {
	struct jpeg_error_mgr errors;
	jmp_buf failed;
	int status; /* of what failed */
	struct jpeg_decompress_struct in;
	struct jpeg_compress_struct out;
	struct jpeg_destination_mgr destination;
	struct jpeg_arena arenas[2];
};

/* In this order: what costs least first. */
static const struct step {
	unsigned int eighths;
	int quality;
} steps[] = {{8, 60}, {8, 35}, {4, 60}, {4, 35}, {2, 50}, {1, 50}};

static void fail(j_common_ptr info)
{
	struct smaller *smaller = (struct smaller *)info->err;

	longjmp(smaller->failed, 1);
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
	struct smaller *smaller = (struct smaller *)out->err;

	smaller->status = -ENOBUFS;
	longjmp(smaller->failed, 1);
}

static void end(j_compress_ptr out)
{
}

/* Nothing else is alive across setjmp(). */
static bool begin_library(struct smaller *smaller)
{
	if (setjmp(smaller->failed))
		return false;
	jpeg_create_decompress(&smaller->in);
	jpeg_create_compress(&smaller->out);
	return true;
}

struct smaller *smaller_create(void)
{
	struct smaller *smaller = calloc(1, sizeof(*smaller));

	if (!smaller)
		return NULL;
	smaller->in.err = smaller->out.err = jpeg_std_error(&smaller->errors);
	smaller->errors.error_exit = fail;
	smaller->errors.output_message = say_nothing;
	if (jpeg_arena_open(&smaller->arenas[0], WIDEST) != 0 ||
		jpeg_arena_open(&smaller->arenas[1], WIDEST) != 0 || !begin_library(smaller)) {
		smaller_destroy(smaller);
		return NULL;
	}
	jpeg_arena_serve(&smaller->arenas[0], (j_common_ptr)&smaller->in);
	jpeg_arena_serve(&smaller->arenas[1], (j_common_ptr)&smaller->out);
	return smaller;
}

void smaller_destroy(struct smaller *smaller)
{
	if (!smaller)
		return;
	jpeg_destroy_decompress(&smaller->in);
	jpeg_destroy_compress(&smaller->out);
	jpeg_arena_close(&smaller->arenas[0]);
	jpeg_arena_close(&smaller->arenas[1]);
	free(smaller);
}

/* Both in the colours that the picture has: nothing is converted. */
static void set_up(struct smaller *smaller, const struct step *step)
{
	struct jpeg_decompress_struct *in = &smaller->in;
	struct jpeg_compress_struct *out = &smaller->out;

	in->scale_num = step->eighths;
	in->scale_denom = 8;
	in->out_color_space = in->jpeg_color_space;
	jpeg_start_decompress(in);
	out->image_width = in->output_width;
	out->image_height = in->output_height;
	out->input_components = in->output_components;
	out->in_color_space = in->out_color_space;
	jpeg_set_defaults(out);
	jpeg_set_colorspace(out, in->out_color_space);
	jpeg_set_quality(out, step->quality, TRUE);
	jpeg_start_compress(out, TRUE);
	for (jpeg_saved_marker_ptr marker = in->marker_list; marker; marker = marker->next)
		jpeg_write_marker(out, marker->marker, marker->data, marker->data_length);
}

static int try(struct smaller *smaller, const struct step *step, const uint8_t *jpeg, size_t size)
{
	struct jpeg_decompress_struct *in = &smaller->in;
	struct jpeg_compress_struct *out = &smaller->out;

	smaller->status = -EBADMSG;
	if (setjmp(smaller->failed)) {
		jpeg_abort_decompress(&smaller->in);
		jpeg_abort_compress(&smaller->out);
		return smaller->status;
	}
	jpeg_mem_src(in, jpeg, size);
	jpeg_save_markers(in, EXIF, 0xffff);
	jpeg_read_header(in, TRUE);
	out->dest = &smaller->destination;
	set_up(smaller, step);
	JSAMPARRAY row = in->mem->alloc_sarray((j_common_ptr)in, JPOOL_IMAGE,
		in->output_width * (JDIMENSION)in->output_components, 1);

	while (out->next_scanline < out->image_height) {
		jpeg_read_scanlines(in, row, 1);
		jpeg_write_scanlines(out, row, 1);
	}
	jpeg_finish_compress(out);
	jpeg_abort_decompress(in);
	return 0;
}

int smaller_make(struct smaller *smaller, const uint8_t *jpeg, size_t size, uint8_t *to,
	size_t room, size_t *made)
{
	int status = -ENOBUFS;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && status == -ENOBUFS && room > 0;
		i++) {
		smaller->destination = (struct jpeg_destination_mgr){
			.next_output_byte = to,
			.free_in_buffer = room,
			.init_destination = begin,
			.empty_output_buffer = overflow,
			.term_destination = end,
		};
		status = try(smaller, &steps[i], jpeg, size);
	}
	*made = room - smaller->destination.free_in_buffer;
	return status;
}
