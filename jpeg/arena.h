/* The memory that libjpeg asks for per picture, decoded or encoded, out of one block that is
 * reserved once.
 *
 * libjpeg's own manager calls malloc seven times for each picture. Everything that it wants of pool
 * JPOOL_IMAGE comes from the block instead and is forgotten at once when the picture ends; pool
 * JPOOL_PERMANENT, which stops growing after the first pictures, stays with libjpeg.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

struct jpeg_arena {
	uint8_t *memory;
	size_t size, used;
	size_t peak; /* most that one picture used */
	uint64_t foreign; /* requests that libjpeg's own manager served */
	struct jpeg_memory_mgr original;
};

/* Enough for one sequential picture of max_width pixels a row. Returns 0 or -ENOMEM. */
int jpeg_arena_open(struct jpeg_arena *arena, uint32_t max_width);

/* Accepts one that was never opened (all zero). libjpeg must be done with it. */
void jpeg_arena_close(struct jpeg_arena *arena);

/* Stands between `jpeg`, which was just created, and its memory manager. Uses client_data. When the
 * block is used up, libjpeg sees JERR_OUT_OF_MEMORY. */
void jpeg_arena_serve(struct jpeg_arena *arena, j_common_ptr jpeg);
