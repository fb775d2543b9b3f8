/* Pictures on their way through the engine: decoded by who brings them, looked at together, given
 * back to each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "core/clock.h"
#include "decode/look.h"
#include "decode/picture.h"
#include "lib/engine.h"
#include "lib/results.h"

/* The lane is turned at least that often while somebody waits: a device that failed rests for a
 * time that nobody tells the end of. */
#define PATIENCE_NS (10 * GW_NS_PER_MS)

/* One call of framegate_run(). */
struct run {
	struct framegate *engine;
	const struct framegate_jpeg *pictures;
	size_t count, next; /* the first that has no seat yet */
	uint64_t sequence; /* of the first */
	unsigned int flags;
	struct framegate_results *results;

	/* Under the engine's lock. */
	bool hungry; /* it found no seat */
	uint32_t inside; /* frames that are not done */
	struct gw_frame *done; /* by turn_next */
};

/* Memory for a picture of so many bytes, kept for those that follow. */
static bool make_room(struct gw_surface *surface, size_t bytes)
{
	const size_t size = (bytes + 63) / 64 * 64;

	if (surface->capacity >= size)
		return true;
	free(surface->room);
	surface->room = aligned_alloc(64, size);
	surface->capacity = surface->room ? size : 0;
	return surface->room != NULL;
}

/* Only a library takes memory for a picture: a gateway has no drop of this kind. */
static void starve(struct framegate *engine, struct gw_frame *frame)
{
	engine_seat(engine, frame)->starved = true;
	gw_frame_fail(frame, GW_DROP_JPEG_LIMIT);
}

void engine_decode(void *owner, struct turbo_picture *picture, struct gw_frame *frame)
{
	struct framegate *engine = owner;
	struct gw_surface *surface = &engine_seat(engine, frame)->surface;
	struct jpeg_info info;

	if (!look_at_picture(frame, &engine->limits, &info))
		return;
	const struct gw_want want = gw_frame_want(frame);

	if (want.route == GW_NO_ROUTE)
		return;
	if (!make_room(surface, picture_bytes(&want, info.width, info.height))) {
		starve(engine, frame);
		return;
	}
	gw_surface_ref(surface);
	frame->surface = surface;
	look_describe_surface(frame);
	turbo_picture_serve(picture, frame);
	if (gw_frame_failed(frame))
		gw_frame_drop_surface(frame);
	else
		frame->state = GW_FRAME_IMAGE;
}

static void note_complaint(struct framegate *engine)
{
	struct accel_lane *own = engine->lane->state;

	for (uint32_t i = 0; i < engine->model_count; i++) {
		const char *why = batcher_complaint(own->batchers[i]);

		if (why)
			snprintf(engine->complaint, sizeof(engine->complaint), "model %s: %s",
				engine->models[i].name, why);
	}
}

void engine_turn(struct framegate *engine)
{
	struct gw_frame *frames[GW_BURST];
	bool someone = false;
	uint32_t count;

	while (engine->accel.poll(engine->lane) > 0)
		;
	while ((count = gw_link_pop(engine->out, frames, GW_BURST)) > 0) {
		for (uint32_t i = 0; i < count; i++) {
			struct run *run = engine_seat(engine, frames[i])->run;

			if (frames[i]->drop == GW_DROP_INFER_FAILED)
				note_complaint(engine);
			frames[i]->turn_next = run->done;
			run->done = frames[i];
			run->inside--;
		}
		someone = true;
	}
	if (someone)
		pthread_cond_broadcast(&engine->changed);
}

/* Waits until something has changed, and sees to it that it does. The caller has the lock. */
static void wait_for_change(struct framegate *engine)
{
	struct gw_bell *bell = &engine->lane->bell;

	if (engine->led) {
		pthread_cond_wait(&engine->changed, &engine->lock);
		return;
	}
	engine->led = true;
	pthread_mutex_unlock(&engine->lock);
	(void)gw_bell_wait(bell, engine->heard, PATIENCE_NS);
	engine->heard = gw_bell_heard(bell);
	pthread_mutex_lock(&engine->lock);
	engine->led = false;
	engine_turn(engine);
	/* Somebody else may lead on. */
	pthread_cond_broadcast(&engine->changed);
}

static void begin(struct run *run, struct seat *seat, struct gw_frame *frame)
{
	struct framegate *engine = run->engine;
	const struct framegate_jpeg *picture = &run->pictures[run->next];
	const bool there = picture->data && picture->size <= UINT32_MAX;

	seat->run = run;
	seat->index = run->next;
	seat->starved = false;
	gw_frame_set_version(frame, engine->camera);
	frame->receipt = (uint64_t)(seat - engine->seats) + 1;
	frame->sequence = run->sequence + run->next;
	frame->lossless = true;
	frame->width = frame->height = 0;
	/* Nobody writes to it. */
	frame->jpeg.data = (uint8_t *)(uintptr_t)picture->data;
	frame->jpeg.size = there ? (uint32_t)picture->size : 0;
	if (!there)
		gw_frame_fail(frame, GW_DROP_JPEG_BAD);
	frame->state = GW_FRAME_JPEG;
}

/* A run that found no seat is the next to get some. The caller has the lock. */
static void be_hungry(struct run *run, bool hungry)
{
	struct framegate *engine = run->engine;

	if (run->hungry == hungry)
		return;
	run->hungry = hungry;
	engine->hungry += hungry ? 1 : -1;
	/* Those who let it go first. */
	if (engine->hungry == 0)
		pthread_cond_broadcast(&engine->changed);
}

/* Gives the next pictures seats, unless others wait for some: so that a long run keeps nobody out.
 * The caller has the lock. */
static uint32_t sit_down(struct run *run, struct gw_frame **frames)
{
	struct framegate *engine = run->engine;
	uint32_t count = 0;

	if (engine->hungry > 0 && !run->hungry)
		return 0;
	while (count < engine->group && run->next < run->count && engine->free) {
		struct seat *seat = engine->free;
		struct gw_frame *frame = gw_pool_get(engine->gw.pool, engine->camera->id, 1, 1);

		if (!frame)
			break;
		engine->free = seat->next;
		begin(run, seat, frame);
		frames[count++] = frame;
		run->next++;
	}
	run->inside += count;
	be_hungry(run, count == 0 && run->next < run->count);
	return count;
}

/* The caller has the lock, which is let go meanwhile. */
static void decode(struct run *run, struct gw_frame *const *frames, uint32_t count)
{
	struct framegate *engine = run->engine;
	struct gw_frame *well[SEATS];
	uint32_t good = 0;

	pthread_mutex_unlock(&engine->lock);
	for (uint32_t i = 0; i < count; i++)
		if (!gw_frame_failed(frames[i]))
			well[good++] = frames[i];
	if (good > 0 && decoders_run(engine->decoders, well, good) != 0)
		for (uint32_t i = 0; i < good; i++)
			starve(engine, well[i]);
	pthread_mutex_lock(&engine->lock);
	gw_link_push(engine->in, frames, count);
	engine_turn(engine);
}

/* Takes what is done out of the engine. As above. */
static int stand_up(struct run *run)
{
	struct framegate *engine = run->engine;
	struct gw_frame *const done = run->done;
	struct seat *seats = NULL, *last = NULL;
	int status = 0;

	if (!done)
		return 0;
	run->done = NULL;
	pthread_mutex_unlock(&engine->lock);
	for (struct gw_frame *frame = done, *next; frame; frame = next) {
		struct seat *seat = engine_seat(engine, frame);

		next = frame->turn_next;
		if (status == 0)
			status = results_put(run->results, engine, seat->index, frame, run->flags);
		frame->jpeg.data = NULL;
		frame->jpeg.size = 0;
		gw_frame_unref(frame);
		seat->next = seats;
		seats = seat;
		if (!last)
			last = seat;
	}
	pthread_mutex_lock(&engine->lock);
	last->next = engine->free;
	engine->free = seats;
	pthread_cond_broadcast(&engine->changed);
	return status;
}

static int run_all(struct run *run)
{
	struct framegate *engine = run->engine;
	struct gw_frame *frames[SEATS];
	int status = 0;

	pthread_mutex_lock(&engine->lock);
	run->sequence = engine->sequence;
	engine->sequence += run->count;
	while (run->next < run->count || run->inside > 0 || run->done) {
		uint32_t count = 0;

		/* One batch runs and one waits while the next is decoded. */
		if (run->inside <= 2 * engine->group && status == 0)
			count = sit_down(run, frames);
		if (count > 0)
			decode(run, frames, count);
		else if (!run->done)
			wait_for_change(engine);
		const int put = stand_up(run);

		if (put != 0) {
			status = put;
			run->next = run->count;
			be_hungry(run, false);
		}
	}
	pthread_mutex_unlock(&engine->lock);
	return status;
}

int framegate_run(struct framegate *engine, const struct framegate_jpeg *pictures, size_t count,
	unsigned int flags, struct framegate_results *results)
{
	struct run run = {
		.engine = engine,
		.pictures = pictures,
		.count = count,
		.flags = flags,
		.results = results,
	};

	if (!engine || !results || (count > 0 && !pictures))
		return -EINVAL;
	int status = results_begin(results, count);

	if (status == 0)
		status = run_all(&run);
	if (status != 0)
		results_begin(results, 0);
	return status;
}
