#include "core/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/camera.h"
#include "core/credit.h"
#include "core/free_list.h"
#include "core/orientation.h"
#include "core/surface.h"

#define NOBODY 0u
#define PAGE 4096u
#define MIN_JPEG (256u * 1024)

struct size_class {
	struct gw_free_list free; /* numbers within the class */
	uint64_t pixels; /* that a picture of the class may have */
	uint32_t count;
	uint32_t first; /* index of its first frame */
	uint32_t jpeg_size; /* bytes of a slot */
	uint8_t *memory;
	size_t memory_size;
};

struct gw_pool {
	uint32_t class_count;
	uint32_t size;
	uint64_t limit; /* of `touched`, and of what is set aside */
	_Atomic uint64_t touched; /* bytes that pictures have reached, over all slots */
	struct gw_frame *frames;
	_Atomic uint32_t *user; /* per frame: its camera plus one, or NOBODY; for the audit */
	struct size_class classes[GW_SIZE_CLASSES];
};

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

uint64_t gw_slot_pixels(uint16_t width, uint16_t height)
{
	return (uint64_t)round_up(width, 16) * round_up(height, 16);
}

/* Two bytes a pixel is more than quality 100 needs for photographs; noise may need more. */
static size_t jpeg_bytes(uint64_t pixels)
{
	size_t bytes = 2 * pixels;

	if (bytes < MIN_JPEG)
		bytes = MIN_JPEG;
	if (bytes > GW_JPEG_LARGEST)
		bytes = GW_JPEG_LARGEST;
	return round_up(GW_JPEG_HEADROOM + bytes, PAGE);
}

size_t gw_size_class_bytes(const struct gw_size_class *class)
{
	return jpeg_bytes(gw_slot_pixels(class->width, class->height));
}

static int class_open(struct size_class *class, const struct gw_size_class *wanted, bool populate,
	struct gw_error *error)
{
	class->pixels = gw_slot_pixels(wanted->width, wanted->height);
	class->count = wanted->count;
	class->jpeg_size = (uint32_t)jpeg_bytes(class->pixels);
	class->memory_size = gw_size_class_bytes(wanted) * wanted->count;
	class->memory = mmap(NULL, class->memory_size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | (populate ? MAP_POPULATE : MAP_NORESERVE), -1, 0);
	if (class->memory == MAP_FAILED) {
		class->memory = NULL;
		return gw_error_set(error, -ENOMEM,
			"frames: no memory for %u slots of %ux%u (%zu MiB): lower `frames.classes`",
			wanted->count, wanted->width, wanted->height, class->memory_size >> 20);
	}
	if (gw_free_list_open(&class->free, wanted->count) != 0)
		return gw_error_set(error, -ENOMEM, "frames: out of memory");
	return 0;
}

struct gw_pool *gw_pool_create(const struct gw_size_class *classes, uint32_t class_count,
	bool populate, struct gw_error *error)
{
	struct gw_pool *pool = aligned_alloc(_Alignof(struct gw_pool), sizeof(*pool));

	if (!pool)
		goto no_memory;
	memset(pool, 0, sizeof(*pool));
	for (uint32_t i = 0; i < class_count; i++) {
		pool->classes[i].first = pool->size;
		pool->size += classes[i].count;
	}
	assert(pool->size > 0);
	pool->class_count = class_count;
	pool->limit = UINT64_MAX;
	/* Whole lines, so that neighbours share none; not touched before use. */
	pool->frames = mmap(NULL, pool->size * sizeof(struct gw_frame), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool->frames == MAP_FAILED)
		pool->frames = NULL;
	pool->user = calloc(pool->size, sizeof(*pool->user));
	if (!pool->frames || !pool->user)
		goto no_memory;
	for (uint32_t i = 0; i < class_count; i++) {
		if (class_open(&pool->classes[i], &classes[i], populate, error) != 0) {
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
		gw_free_list_close(&class->free);
	}
	if (pool->frames)
		munmap(pool->frames, pool->size * sizeof(struct gw_frame));
	free((void *)pool->user);
	free(pool);
}

/* The class with the fewest pixels among those that hold more than `above` and at least `wanted`.
 */
static const struct size_class *class_for(
	const struct gw_pool *pool, uint64_t wanted, uint64_t above)
{
	const struct size_class *best = NULL;

	for (uint32_t i = 0; i < pool->class_count; i++) {
		const struct size_class *class = &pool->classes[i];

		if (class->pixels >= wanted && class->pixels > above &&
			(!best || class->pixels < best->pixels))
			best = class;
	}
	return best;
}

/* What never changes of a slot: set each time, so that a slot is not touched before its first use.
 */
static void describe_slot(struct gw_pool *pool, const struct size_class *class, uint32_t number,
	struct gw_frame *frame)
{
	frame->pool = pool;
	frame->size_class = (uint32_t)(class - pool->classes);
	frame->jpeg.room = class->memory + (size_t)number * class->jpeg_size;
	frame->jpeg.capacity = class->jpeg_size;
}

/* Slots from here on were never used. */
static uint32_t class_touched(const struct size_class *class)
{
	return atomic_load_explicit(&class->free.fresh, memory_order_relaxed);
}

/* Slots of the class that are kept for it. */
static uint32_t class_least(const struct size_class *class)
{
	return class->count < GW_POOL_LEAST ? class->count : GW_POOL_LEAST;
}

/* Nobody may take so much that a size is left without any slot: what those that are kept may come
 * to is set aside until they are used, and counts as what it is from then on. */
static bool may_touch_another(const struct gw_pool *pool, const struct size_class *class)
{
	uint64_t bytes = gw_pool_bytes(pool);

	if (class_touched(class) < class_least(class))
		return true;
	for (uint32_t i = 0; i < pool->class_count; i++) {
		const struct size_class *other = &pool->classes[i];
		const uint32_t touched = class_touched(other), least = class_least(other);

		if (touched < least)
			bytes += (uint64_t)(least - touched) * other->jpeg_size;
	}
	return bytes < pool->limit;
}

static struct gw_frame *take(struct gw_pool *pool, const struct size_class *found, uint32_t camera)
{
	struct size_class *class;
	uint32_t number;

	if (!found) {
		errno = EMSGSIZE;
		return NULL;
	}
	class = &pool->classes[found - pool->classes];
	number = gw_free_list_pop(&class->free);
	if (number == GW_FREE_LIST_EMPTY && may_touch_another(pool, class))
		number = gw_free_list_pop_fresh(&class->free);
	if (number == GW_FREE_LIST_EMPTY) {
		errno = ENOBUFS;
		return NULL;
	}
	struct gw_frame *frame = &pool->frames[class->first + number];

	describe_slot(pool, class, number, frame);
	frame->camera = camera;
	frame->version = NULL;
	frame->flags = 0;
	frame->orientation = GW_UPRIGHT;
	frame->lossless = false;
	frame->has_origin = false;
	frame->receipt = 0;
	frame->state = GW_FRAME_FILLING;
	frame->drop = GW_DROP_NONE;
	memset(frame->stamp, 0, sizeof(frame->stamp));
	frame->jpeg.data = NULL;
	frame->jpeg.size = 0;
	frame->jpeg.sound = false;
	frame->reached = frame->reached_back = 0;
	frame->surface = NULL;
	frame->credit = NULL;
	frame->result.task = GW_TASK_NONE;
	frame->result.model = GW_NO_MODEL;
	frame->result.count = 0;
	gw_result_begin_plan(&frame->result);
	frame->result.extra_size = 0;
	frame->ticket++;
	atomic_store_explicit(&frame->claim, gw_frame_claim_word(frame->ticket, GW_CLAIM_TAKEN),
		memory_order_relaxed);
	atomic_store_explicit(&frame->refs, 1, memory_order_relaxed);
	atomic_store_explicit(&pool->user[frame - pool->frames], camera + 1, memory_order_release);
	return frame;
}

struct gw_frame *gw_pool_get(struct gw_pool *pool, uint32_t camera, uint16_t width, uint16_t height)
{
	return take(pool, class_for(pool, gw_slot_pixels(width, height), 0), camera);
}

struct gw_frame *gw_pool_get_larger(struct gw_pool *pool, const struct gw_frame *frame)
{
	uint64_t above = pool->classes[frame->size_class].pixels;
	const struct size_class *class;
	struct gw_frame *larger = NULL;

	errno = EMSGSIZE;
	while (!larger && (class = class_for(pool, 0, above)) != NULL) {
		above = class->pixels;
		if (class->jpeg_size > frame->jpeg.capacity)
			larger = take(pool, class, frame->camera);
	}
	if (larger) {
		gw_frame_set_version(larger, frame->version);
		larger->lossless = frame->lossless;
	}
	return larger;
}

bool gw_pool_fits(const struct gw_pool *pool, uint16_t width, uint16_t height)
{
	return class_for(pool, gw_slot_pixels(width, height), 0) != NULL;
}

void gw_frame_set_version(struct gw_frame *frame, struct gw_camera *version)
{
	if (version)
		atomic_fetch_add_explicit(&version->frames, 1, memory_order_relaxed);
	frame->version = version;
}

void gw_frame_ref(struct gw_frame *frame)
{
	atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
}

static uint32_t max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* What was touched from the beginning and what from the end may meet. */
static uint32_t slot_bytes(const struct gw_frame *frame)
{
	const uint32_t bytes = frame->touched + frame->touched_back;

	return bytes < frame->jpeg.capacity ? bytes : frame->jpeg.capacity;
}

/* The slot keeps the memory of the largest picture that was in it. */
static void note_touched(struct gw_pool *pool, struct gw_frame *frame)
{
	uint32_t reached = max(GW_JPEG_HEADROOM + frame->jpeg.size, frame->reached);
	const uint32_t before = slot_bytes(frame);

	if (frame->result.extra_size > 0)
		reached = max(reached,
			(uint32_t)(frame->result.extra - frame->jpeg.room) +
				frame->result.extra_size);
	if (reached <= frame->touched && frame->reached_back <= frame->touched_back)
		return;
	frame->touched = max(frame->touched, reached);
	frame->touched_back = max(frame->touched_back, frame->reached_back);
	atomic_fetch_add_explicit(&pool->touched, slot_bytes(frame) - before, memory_order_relaxed);
}

void gw_frame_unref(struct gw_frame *frame)
{
	struct gw_pool *pool = frame->pool;
	struct size_class *class = &pool->classes[frame->size_class];

	if (atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) != 1)
		return;
	const uint32_t index = (uint32_t)(frame - pool->frames);

	gw_frame_drop_surface(frame);
	gw_credit_return(frame);
	note_touched(pool, frame);
	frame->state = GW_FRAME_FREE;
	if (frame->version)
		atomic_fetch_sub_explicit(&frame->version->frames, 1, memory_order_release);
	atomic_store_explicit(&pool->user[index], NOBODY, memory_order_release);
	gw_free_list_push(&class->free, index - class->first);
}

uint64_t gw_pool_need(const struct gw_size_class *classes, uint32_t class_count, uint32_t slots)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < class_count; i++)
		bytes += (uint64_t)gw_size_class_bytes(&classes[i]) *
			(classes[i].count < slots ? classes[i].count : slots);
	return bytes;
}

void gw_pool_limit(struct gw_pool *pool, uint64_t bytes)
{
	pool->limit = bytes;
}

uint64_t gw_pool_bytes(const struct gw_pool *pool)
{
	return atomic_load_explicit(&pool->touched, memory_order_relaxed);
}

uint32_t gw_pool_size(const struct gw_pool *pool)
{
	return pool->size;
}

uint32_t gw_pool_class_size(const struct gw_pool *pool, uint32_t size_class)
{
	return pool->classes[size_class].count;
}

uint32_t gw_pool_touched(const struct gw_pool *pool)
{
	uint32_t touched = 0;

	for (uint32_t i = 0; i < pool->class_count; i++)
		touched += class_touched(&pool->classes[i]);
	return touched;
}

uint32_t gw_pool_in_use(const struct gw_pool *pool, uint32_t camera)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < pool->class_count; i++) {
		const _Atomic uint32_t *user = &pool->user[pool->classes[i].first];

		for (uint32_t k = 0; k < class_touched(&pool->classes[i]); k++) {
			uint32_t who = atomic_load_explicit(&user[k], memory_order_acquire);

			count += who != NOBODY && (camera == UINT32_MAX || who == camera + 1);
		}
	}
	return count;
}

void gw_pool_count(const struct gw_pool *pool, uint32_t *in_use, uint32_t cameras)
{
	for (uint32_t i = 0; i < pool->class_count; i++) {
		const _Atomic uint32_t *user = &pool->user[pool->classes[i].first];

		for (uint32_t k = 0; k < class_touched(&pool->classes[i]); k++) {
			uint32_t who = atomic_load_explicit(&user[k], memory_order_acquire);

			if (who != NOBODY && who <= cameras)
				in_use[who - 1]++;
		}
	}
}

struct gw_pool_mark {
	uint32_t count; /* frames that were not seen to be gone */
	struct {
		uint32_t index, ticket;
	} frame[];
};

static bool is_in_use(const struct gw_pool *pool, uint32_t index)
{
	return atomic_load_explicit(&pool->user[index], memory_order_acquire) != NOBODY;
}

static uint32_t ticket_of(const struct gw_pool *pool, uint32_t index)
{
	const uint64_t word =
		atomic_load_explicit(&pool->frames[index].claim, memory_order_acquire);

	return (uint32_t)(word >> 2);
}

struct gw_pool_mark *gw_pool_mark(const struct gw_pool *pool)
{
	struct gw_pool_mark *mark = calloc(1, sizeof(*mark) + pool->size * sizeof(mark->frame[0]));

	for (uint32_t i = 0; mark && i < pool->class_count; i++) {
		const struct size_class *class = &pool->classes[i];
		const uint32_t end = class->first + class_touched(class);

		for (uint32_t k = class->first; k < end; k++) {
			if (!is_in_use(pool, k))
				continue;
			mark->frame[mark->count].index = k;
			mark->frame[mark->count++].ticket = ticket_of(pool, k);
		}
	}
	return mark;
}

bool gw_pool_has_passed(const struct gw_pool *pool, struct gw_pool_mark *mark)
{
	while (mark->count > 0) {
		const uint32_t index = mark->frame[mark->count - 1].index;

		if (is_in_use(pool, index) &&
			ticket_of(pool, index) == mark->frame[mark->count - 1].ticket)
			return false;
		mark->count--;
	}
	return true;
}

void gw_pool_visit(struct gw_pool *pool, void (*visit)(struct gw_frame *, void *), void *arg)
{
	for (uint32_t i = 0; i < pool->class_count; i++) {
		const struct size_class *class = &pool->classes[i];

		for (uint32_t k = 0; k < class_touched(class); k++)
			if (atomic_load_explicit(
				    &pool->user[class->first + k], memory_order_acquire) != NOBODY)
				visit(&pool->frames[class->first + k], arg);
	}
}
