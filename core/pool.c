#include "core/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/link.h"

#define NO_CAMERA UINT32_MAX
#define PAGE 4096u
#define MIN_JPEG (256u * 1024)

/* The free slots of one class are in two places: a stack that only the dataplane touches, and a
 * link by which the sink returns them. */
struct size_class {
	uint16_t width, height;
	uint32_t count;
	uint32_t first; /* index of its first frame */
	uint8_t *memory;
	size_t memory_size;
	struct gw_frame **stack; /* dataplane only */
	uint32_t stack_count;
	struct gw_link *returned; /* sink -> dataplane */
};

struct gw_pool {
	uint32_t class_count;
	struct size_class classes[GW_SIZE_CLASSES];
	uint32_t size;
	struct gw_frame *frames;
	_Atomic uint32_t *camera; /* per frame: who uses it, NO_CAMERA when free; for the audit */
};

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static int class_open(struct gw_pool *pool, struct size_class *class,
	const struct gw_size_class *wanted, bool populate, struct gw_error *error)
{
	/* Decoders write whole 16-pixel blocks and 64-byte aligned rows. */
	size_t width = round_up(wanted->width, 16);
	size_t height = round_up(wanted->height, 16);
	size_t pixels = width * height;
	/* Two bytes a pixel is more than quality 100 needs for photographs; noise may need more. */
	size_t jpeg =
		round_up(GW_JPEG_HEADROOM + (2 * pixels > MIN_JPEG ? 2 * pixels : MIN_JPEG), PAGE);
	size_t image = round_up(round_up(3 * width, 64) * height, PAGE);

	class->width = wanted->width;
	class->height = wanted->height;
	class->count = wanted->count;
	class->memory_size = (jpeg + image) * wanted->count;
	class->memory = mmap(NULL, class->memory_size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | (populate ? MAP_POPULATE : MAP_NORESERVE), -1, 0);
	if (class->memory == MAP_FAILED) {
		class->memory = NULL;
		return gw_error_set(error, -ENOMEM,
			"frames: no memory for %u slots of %ux%u (%zu MiB): lower `frames.classes`",
			wanted->count, wanted->width, wanted->height, class->memory_size >> 20);
	}
	class->stack = calloc(wanted->count, sizeof(struct gw_frame *));
	class->returned = gw_link_create("returned", wanted->count);
	if (!class->stack || !class->returned)
		return gw_error_set(error, -ENOMEM, "frames: out of memory");
	for (uint32_t i = 0; i < wanted->count; i++) {
		struct gw_frame *frame = &pool->frames[class->first + i];

		frame->pool = pool;
		frame->size_class = (uint32_t)(class - pool->classes);
		frame->jpeg.room = class->memory + i * (jpeg + image);
		frame->jpeg.capacity = (uint32_t)jpeg;
		frame->image.room = frame->jpeg.room + jpeg;
		frame->image.capacity = (uint32_t)image;
		/* The lowest slot lies on top: a lightly loaded gateway touches little memory. */
		class->stack[wanted->count - 1 - i] = frame;
	}
	class->stack_count = wanted->count;
	return 0;
}

struct gw_pool *gw_pool_create(const struct gw_size_class *classes, uint32_t class_count,
	bool populate, struct gw_error *error)
{
	struct gw_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		goto no_memory;
	for (uint32_t i = 0; i < class_count; i++) {
		pool->classes[i].first = pool->size;
		pool->size += classes[i].count;
	}
	assert(pool->size > 0);
	pool->class_count = class_count;
	pool->frames = calloc(pool->size, sizeof(struct gw_frame));
	pool->camera = calloc(pool->size, sizeof(*pool->camera));
	if (!pool->frames || !pool->camera)
		goto no_memory;
	for (uint32_t i = 0; i < pool->size; i++)
		atomic_init(&pool->camera[i], NO_CAMERA);
	for (uint32_t i = 0; i < class_count; i++) {
		if (class_open(pool, &pool->classes[i], &classes[i], populate, error) != 0) {
			gw_pool_destroy(pool);
			errno = ENOMEM;
			return NULL;
		}
	}
	return pool;

no_memory:
	gw_error_set(error, -ENOMEM, "frames: out of memory");
	gw_pool_destroy(pool);
	errno = ENOMEM;
	return NULL;
}

void gw_pool_destroy(struct gw_pool *pool)
{
	if (!pool)
		return;
	for (uint32_t i = 0; i < pool->class_count; i++) {
		struct size_class *class = &pool->classes[i];

		if (class->memory)
			munmap(class->memory, class->memory_size);
		gw_link_destroy(class->returned);
		free(class->stack);
	}
	free(pool->frames);
	free((void *)pool->camera);
	free(pool);
}

static struct size_class *class_for(struct gw_pool *pool, uint16_t width, uint16_t height)
{
	struct size_class *best = NULL;

	for (uint32_t i = 0; i < pool->class_count; i++) {
		struct size_class *class = &pool->classes[i];

		if (class->width < width || class->height < height)
			continue;
		if (!best ||
			(uint64_t) class->width * class->height <
				(uint64_t)best->width * best->height)
			best = class;
	}
	return best;
}

struct gw_frame *gw_pool_get(struct gw_pool *pool, uint32_t camera, uint16_t width, uint16_t height)
{
	struct size_class *class = class_for(pool, width, height);

	if (!class) {
		errno = EMSGSIZE;
		return NULL;
	}
	if (class->stack_count == 0)
		class->stack_count = gw_link_pop(class->returned, class->stack, class->count);
	if (class->stack_count == 0) {
		errno = ENOBUFS;
		return NULL;
	}
	struct gw_frame *frame = class->stack[--class->stack_count];

	frame->camera = camera;
	frame->flags = 0;
	frame->state = GW_FRAME_FILLING;
	frame->status = 0;
	frame->drop = GW_DROP_NONE;
	memset(frame->stamp, 0, sizeof(frame->stamp));
	frame->jpeg.data = NULL;
	frame->jpeg.size = 0;
	frame->image.memory = GW_MEM_NONE;
	frame->result.task = GW_TASK_NONE;
	frame->result.model = GW_NO_MODEL;
	frame->result.count = 0;
	atomic_store_explicit(&frame->claim, GW_CLAIM_WAITING, memory_order_relaxed);
	atomic_store_explicit(&frame->refs, 1, memory_order_relaxed);
	atomic_store_explicit(&pool->camera[frame - pool->frames], camera, memory_order_release);
	return frame;
}

static void set_free(struct gw_pool *pool, struct gw_frame *frame)
{
	frame->state = GW_FRAME_FREE;
	atomic_store_explicit(&pool->camera[frame - pool->frames], NO_CAMERA, memory_order_release);
}

void gw_pool_put_back(struct gw_pool *pool, struct gw_frame *frame)
{
	struct size_class *class = &pool->classes[frame->size_class];

	set_free(pool, frame);
	class->stack[class->stack_count++] = frame;
}

void gw_frame_ref(struct gw_frame *frame)
{
	atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
}

void gw_frame_unref(struct gw_frame *frame)
{
	if (atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) != 1)
		return;
	set_free(frame->pool, frame);
	gw_link_push(frame->pool->classes[frame->size_class].returned, &frame, 1);
}

uint32_t gw_pool_size(const struct gw_pool *pool)
{
	return pool->size;
}

uint32_t gw_pool_in_use(const struct gw_pool *pool, uint32_t camera)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < pool->size; i++) {
		uint32_t user = atomic_load_explicit(&pool->camera[i], memory_order_acquire);

		if (user != NO_CAMERA && (camera == NO_CAMERA || user == camera))
			count++;
	}
	return count;
}

void gw_pool_visit(struct gw_pool *pool, void (*visit)(struct gw_frame *, void *), void *arg)
{
	for (uint32_t i = 0; i < pool->size; i++)
		if (atomic_load_explicit(&pool->camera[i], memory_order_acquire) != NO_CAMERA)
			visit(&pool->frames[i], arg);
}
