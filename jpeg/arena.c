#include "jpeg/arena.h"

#include <errno.h>
#include <jerror.h>
#include <stdlib.h>

/* What the widest vector instructions want; libjpeg's own manager gives 32 and 64 to a row. */
#define ALIGNMENT 64u

/* Per pixel of a row: ten groups of two rows of three components stand between IDCT and upsampling,
 * and two rows of each after it: 66 at most. The rest: Huffman look-up and colour tables. */
#define BYTES_PER_COLUMN 72u
#define BYTES_FIXED (256u * 1024)

int jpeg_arena_open(struct jpeg_arena *arena, uint32_t max_width)
{
	size_t size = ((size_t)max_width + ALIGNMENT) * BYTES_PER_COLUMN + BYTES_FIXED;

	arena->size = size / ALIGNMENT * ALIGNMENT;
	arena->memory = aligned_alloc(ALIGNMENT, arena->size);
	return arena->memory ? 0 : -ENOMEM;
}

void jpeg_arena_close(struct jpeg_arena *arena)
{
	free(arena->memory);
	arena->memory = NULL;
}

static void *take(j_common_ptr jpeg, size_t size)
{
	struct jpeg_arena *arena = jpeg->client_data;
	size_t room = arena->size - arena->used;

	if (size > room || (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT > room)
		ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
	void *memory = arena->memory + arena->used;
	arena->used += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (arena->used > arena->peak)
		arena->peak = arena->used;
	return memory;
}

static const struct jpeg_memory_mgr *original(j_common_ptr jpeg)
{
	struct jpeg_arena *arena = jpeg->client_data;

	arena->foreign++;
	return &arena->original;
}

static void *alloc_small(j_common_ptr jpeg, int pool, size_t size)
{
	if (pool == JPOOL_IMAGE)
		return take(jpeg, size);
	return original(jpeg)->alloc_small(jpeg, pool, size);
}

static void *alloc_large(j_common_ptr jpeg, int pool, size_t size)
{
	if (pool == JPOOL_IMAGE)
		return take(jpeg, size);
	return original(jpeg)->alloc_large(jpeg, pool, size);
}

/* Row pointers and the rows behind them. */
static void **take_rows(j_common_ptr jpeg, size_t row, JDIMENSION rows)
{
	void **pointers = take(jpeg, rows * sizeof(void *));
	size_t pitch = (row + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	uint8_t *memory = take(jpeg, rows * pitch);

	for (JDIMENSION i = 0; i < rows; i++)
		pointers[i] = memory + i * pitch;
	return pointers;
}

static JSAMPARRAY alloc_sarray(j_common_ptr jpeg, int pool, JDIMENSION samples, JDIMENSION rows)
{
	if (pool == JPOOL_IMAGE)
		return (JSAMPARRAY)take_rows(jpeg, samples * sizeof(JSAMPLE), rows);
	return original(jpeg)->alloc_sarray(jpeg, pool, samples, rows);
}

static JBLOCKARRAY alloc_barray(j_common_ptr jpeg, int pool, JDIMENSION blocks, JDIMENSION rows)
{
	if (pool == JPOOL_IMAGE)
		return (JBLOCKARRAY)take_rows(jpeg, blocks * sizeof(JBLOCK), rows);
	return original(jpeg)->alloc_barray(jpeg, pool, blocks, rows);
}

static void free_pool(j_common_ptr jpeg, int pool)
{
	struct jpeg_arena *arena = jpeg->client_data;

	if (pool == JPOOL_IMAGE)
		arena->used = 0;
	arena->original.free_pool(jpeg, pool);
}

void jpeg_arena_serve(struct jpeg_arena *arena, j_common_ptr jpeg)
{
	arena->original = *jpeg->mem;
	jpeg->client_data = arena;
	jpeg->mem->alloc_small = alloc_small;
	jpeg->mem->alloc_large = alloc_large;
	jpeg->mem->alloc_sarray = alloc_sarray;
	jpeg->mem->alloc_barray = alloc_barray;
	jpeg->mem->free_pool = free_pool;
}
