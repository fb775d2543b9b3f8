#include "core/surface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/free_list.h"

#define CLASSES 20u
#define SMALLEST ((size_t)64 << 10)

/* Address space for one class: a picture of 64 KiB may be there 256 times, one of 64 MiB 16 times.
 */
#define MOST 256u
#define CLASS_BYTES ((size_t)1 << 30)

struct surface_class {
	struct gw_free_list free;
	size_t size; /* bytes of one */
	uint32_t count;
	struct gw_surface *surfaces;
	uint8_t *memory;
};

struct gw_surface_pool {
	struct gw_device *device;
	struct gw_surface_memory memory; /* of the host: all zero */
	_Atomic size_t reserved; /* bytes of it */
	_Atomic uint32_t in_use;
	uint32_t class_count;
	struct surface_class classes[CLASSES];
};

static int class_open_in(struct surface_class *class, size_t size, size_t budget)
{
	class->size = size;
	class->count = budget / size > MOST ? MOST : (uint32_t)(budget / size);
	class->surfaces = calloc(class->count, sizeof(class->surfaces[0]));
	return class->surfaces && gw_free_list_open(&class->free, class->count) == 0 ? 0 : -ENOMEM;
}

static int class_open(struct surface_class *class, size_t size, uint32_t least)
{
	size_t count = CLASS_BYTES / size;

	if (count > MOST)
		count = MOST;
	if (count < least)
		count = least;
	class->size = size;
	class->count = (uint32_t)count;
	class->surfaces = calloc(count, sizeof(class->surfaces[0]));
	class->memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (class->memory == MAP_FAILED)
		class->memory = NULL;
	return class->surfaces && class->memory &&
			gw_free_list_open(&class->free, class->count) == 0
		? 0
		: -ENOMEM;
}

static struct gw_surface_pool *allocate(void)
{
	struct gw_surface_pool *pool =
		aligned_alloc(_Alignof(struct gw_surface_pool), sizeof(*pool));

	if (pool)
		memset(pool, 0, sizeof(*pool));
	return pool;
}

struct gw_surface_pool *gw_surface_pool_create_in(
	struct gw_device *device, const struct gw_surface_memory *memory, struct gw_error *error)
{
	const size_t most = memory->largest < memory->budget ? memory->largest : memory->budget;
	struct gw_surface_pool *pool = allocate();
	int status = pool ? 0 : -ENOMEM;

	for (size_t size = SMALLEST; status == 0 && size <= most && pool->class_count < CLASSES;
		size *= 2)
		status = class_open_in(&pool->classes[pool->class_count++], size, memory->budget);
	if (status == 0) {
		pool->device = device;
		pool->memory = *memory;
		return pool;
	}
	gw_error_set(error, status, "%s: out of memory", device->name);
	gw_surface_pool_destroy(pool);
	return NULL;
}

struct gw_surface_pool *gw_surface_pool_create(
	struct gw_device *device, size_t largest, uint32_t least, struct gw_error *error)
{
	struct gw_surface_pool *pool = allocate();
	int status = pool ? 0 : -ENOMEM;

	for (size_t size = SMALLEST; status == 0; size *= 2) {
		status = pool->class_count < CLASSES
			? class_open(&pool->classes[pool->class_count++], size, least)
			: -ENOMEM;
		if (size >= largest)
			break;
	}
	if (status == 0) {
		pool->device = device;
		return pool;
	}
	gw_error_set(error, status,
		"%s: no address space for decoded pictures of %zu MiB: lower `decode.max_width` "
		"and "
		"`decode.max_height`",
		device->name, largest >> 20);
	gw_surface_pool_destroy(pool);
	return NULL;
}

void gw_surface_pool_destroy(struct gw_surface_pool *pool)
{
	if (!pool)
		return;
	for (uint32_t i = 0; i < pool->class_count; i++) {
		struct surface_class *class = &pool->classes[i];

		if (class->memory)
			munmap(class->memory, class->count * class->size);
		for (uint32_t k = 0; class->surfaces && k < class->count; k++)
			if (class->surfaces[k].object)
				pool->memory.release(pool->memory.owner, class->surfaces[k].object);
		gw_free_list_close(&class->free);
		free(class->surfaces);
	}
	free(pool);
}

static struct surface_class *class_for(struct gw_surface_pool *pool, size_t bytes)
{
	for (uint32_t i = 0; i < pool->class_count; i++)
		if (pool->classes[i].size >= bytes)
			return &pool->classes[i];
	errno = EMSGSIZE;
	return NULL;
}

/* Returns the memory of a free surface of another size to the device. False: there is none. */
static bool release_one(struct gw_surface_pool *pool, const struct surface_class *but)
{
	for (uint32_t i = pool->class_count; i-- > 0;) {
		struct surface_class *class = &pool->classes[i];
		uint32_t without[MOST], count = 0, number;
		bool found = false;

		if (class == but)
			continue;
		while (!found && (number = gw_free_list_pop(&class->free)) != GW_FREE_LIST_EMPTY) {
			struct gw_surface *surface = &class->surfaces[number];

			found = surface->object != NULL;
			if (found) {
				pool->memory.release(pool->memory.owner, surface->object);
				surface->object = NULL;
				atomic_fetch_sub_explicit(
					&pool->reserved, class->size, memory_order_relaxed);
			}
			without[count++] = number;
		}
		while (count > 0)
			gw_free_list_push(&class->free, without[--count]);
		if (found)
			return true;
	}
	return false;
}

/* Memory of the device for a surface that has none. */
static bool reserve(
	struct gw_surface_pool *pool, const struct surface_class *class, struct gw_surface *surface)
{
	const size_t size = class->size;

	while (atomic_fetch_add_explicit(&pool->reserved, size, memory_order_relaxed) + size >
		pool->memory.budget) {
		atomic_fetch_sub_explicit(&pool->reserved, size, memory_order_relaxed);
		if (!release_one(pool, class))
			return false;
	}
	if (pool->memory.reserve(pool->memory.owner, size, &surface->object) == 0)
		return true;
	surface->object = NULL;
	atomic_fetch_sub_explicit(&pool->reserved, size, memory_order_relaxed);
	return false;
}

struct gw_surface *gw_surface_get(struct gw_surface_pool *pool, size_t bytes)
{
	struct surface_class *class = class_for(pool, bytes);

	if (!class)
		return NULL;
	uint32_t number = gw_free_list_pop(&class->free);

	if (number == GW_FREE_LIST_EMPTY)
		number = gw_free_list_pop_fresh(&class->free);
	if (number == GW_FREE_LIST_EMPTY) {
		errno = ENOBUFS;
		return NULL;
	}
	struct gw_surface *surface = &class->surfaces[number];

	if (pool->memory.reserve && !surface->object && !reserve(pool, class, surface)) {
		gw_free_list_push(&class->free, number);
		errno = ENOBUFS;
		return NULL;
	}
	surface->device = pool->device;
	surface->pool = pool;
	surface->size_class = (uint32_t)(class - pool->classes);
	surface->room = class->memory ? class->memory + number * class->size : NULL;
	surface->frame = NULL;
	surface->capacity = class->size;
	surface->width = surface->height = 0;
	atomic_store_explicit(&surface->refs, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&pool->in_use, 1, memory_order_relaxed);
	return surface;
}

void gw_surface_ref(struct gw_surface *surface)
{
	atomic_fetch_add_explicit(&surface->refs, 1, memory_order_relaxed);
}

void gw_surface_unref(struct gw_surface *surface)
{
	if (atomic_fetch_sub_explicit(&surface->refs, 1, memory_order_acq_rel) != 1)
		return;
	struct gw_surface_pool *pool = surface->pool;
	struct surface_class *class = &pool->classes[surface->size_class];
	struct gw_frame *frame = surface->frame;

	surface->frame = NULL;
	atomic_fetch_sub_explicit(&pool->in_use, 1, memory_order_relaxed);
	gw_free_list_push(&class->free, (uint32_t)(surface - class->surfaces));
	if (frame)
		gw_frame_unref(frame);
}

bool gw_surface_reaches_host(const struct gw_surface *surface)
{
	return surface->device->memory == GW_MEM_HOST ||
		(surface->pool && surface->pool->memory.fetch);
}

struct gw_surface *gw_surface_fetch(const struct gw_surface *surface)
{
	const struct gw_surface_memory *memory = &surface->pool->memory;

	return memory->fetch(memory->owner, surface);
}

uint32_t gw_surface_pool_in_use(const struct gw_surface_pool *pool)
{
	return atomic_load_explicit(&pool->in_use, memory_order_relaxed);
}

size_t gw_surface_pool_touched(const struct gw_surface_pool *pool)
{
	size_t bytes = atomic_load_explicit(&pool->reserved, memory_order_relaxed);

	for (uint32_t i = 0; !pool->memory.reserve && i < pool->class_count; i++)
		bytes += pool->classes[i].size *
			atomic_load_explicit(&pool->classes[i].free.fresh, memory_order_relaxed);
	return bytes;
}
