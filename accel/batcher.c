#include "accel/batcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/crew.h"
#include "accel/geometry_cache.h"
#include "accel/heads/head.h"
#include "core/clock.h"
#include "core/config/config.h"

/* Pictures preprocessed in one turn: the other models must have theirs. */
#define PICTURES_PER_TURN 4

/* A frame that waits for its place in a batch. */
struct entry {
	struct gw_frame *frame;
	const struct gw_region *region;
	int64_t arrival;
};

struct batcher {
	const struct infer_ops *ops;
	struct gw_device *device;
	void *engine;
	const struct model *model;
	const struct head *head;
	uint16_t model_index;
	struct infer_spec spec;
	struct infer_batch batches[BATCHES];
	struct crew crews[BATCHES];
	struct geometry_cache geometries;

	/* A ring, indexed by ever growing numbers: placed <= in. */
	struct entry *entries;
	uint32_t mask;
	uint64_t placed, in;

	struct gw_frame *done_first, *done_last; /* by turn_next */
	_Atomic uint32_t waiting; /* frames inside; any thread reads it */

	/* Numbers of batches: finished <= submitted, and the open one is the next. */
	uint64_t submitted; /* handed to the engine */
	uint64_t finished; /* ... and come back */
	uint32_t open_count;
	int64_t open_arrival; /* of the oldest frame in the open batch */

	/* Nanoseconds that a batch of so many runs, smoothed; 0: not measured yet. */
	int64_t run_ns[MODEL_BATCH_MAX + 1];

	const char *complaint;
	char complaint_text[sizeof(((struct infer_batch *)0)->error)];
	struct batcher_stats stats;
};

static struct infer_batch *open_batch(struct batcher *batcher)
{
	return &batcher->batches[batcher->submitted % BATCHES];
}

static struct crew *crew_of(struct batcher *batcher, const struct infer_batch *batch)
{
	return &batcher->crews[batch - batcher->batches];
}

static void describe_tensors(struct batcher *batcher)
{
	const struct model_description *d = batcher->model->description;
	struct infer_spec *spec = &batcher->spec;

	spec->input = (struct infer_tensor){.name = d->input.tensor,
		.rank = 3,
		.dims = {d->input.channels, d->input.height, d->input.width}};
	if (d->input.layout == MODEL_NHWC)
		spec->input = (struct infer_tensor){.name = d->input.tensor,
			.rank = 3,
			.dims = {d->input.height, d->input.width, d->input.channels}};
	spec->output_count = batcher->head->outputs(d, spec->output);
}

/* Opens the engine, which fills in what the model alone knows of its outputs. */
static int open_engine(struct batcher *batcher, struct gw_error *error)
{
	struct infer_spec *spec = &batcher->spec;
	int status = batcher->ops->open(spec, batcher->device, &batcher->engine, error);

	if (status == 0 && batcher->head->fit) {
		status = batcher->head->fit(batcher->model->description, spec->output, error);
		if (status != 0)
			gw_error_prefix(error, "model %s: ", spec->name);
	}
	return status;
}

static void finish(void *owner, struct infer_batch *batch)
{
	struct batcher *batcher = owner;

	crew_finish(crew_of(batcher, batch), batch, &batcher->spec, batcher->head,
		batcher->model->description);
}

static int allocate(struct batcher *batcher, const struct batcher_options *options)
{
	uint32_t size = 1;

	while (size < options->frames)
		size <<= 1;
	batcher->mask = size - 1;
	batcher->entries = calloc(size, sizeof(batcher->entries[0]));
	return batcher->entries &&
			geometry_cache_init(
				&batcher->geometries, &options->model->description->input) == 0
		? 0
		: -ENOMEM;
}

struct batcher *batcher_open(const struct batcher_options *options, struct gw_error *error)
{
	const struct model_description *description = options->model->description;
	struct batcher *batcher = calloc(1, sizeof(*batcher));

	if (!batcher) {
		gw_error_set(error, -ENOMEM, "model %s: out of memory", options->model->name);
		return NULL;
	}
	batcher->ops = options->engine;
	batcher->device = options->device;
	batcher->model = options->model;
	batcher->head = head_of(description);
	batcher->model_index = options->model_index;
	batcher->spec = (struct infer_spec){
		.name = options->model->name,
		.path = options->model->path,
		.config = options->config,
		.picture = &description->input,
		.max_batch = description->batch->max < options->engine->max_batch
			? description->batch->max
			: options->engine->max_batch,
		.batches = batcher->batches,
		.batch_count = BATCHES,
		.finish = finish,
		.owner = batcher,
	};
	describe_tensors(batcher);
	int status = allocate(batcher, options);

	if (status != 0)
		gw_error_set(error, status, "model %s: out of memory", options->model->name);
	else
		status = open_engine(batcher, error);
	if (status != 0) {
		batcher_close(batcher);
		return NULL;
	}
	return batcher;
}

uint32_t batcher_max(const struct batcher *batcher)
{
	return batcher->spec.max_batch;
}

void batcher_close(struct batcher *batcher)
{
	if (!batcher)
		return;
	batcher->ops->close(batcher->engine);
	geometry_cache_free(&batcher->geometries);
	free(batcher->entries);
	free(batcher);
}

void batcher_add(struct batcher *batcher, struct gw_frame *frame, const struct gw_region *region,
	int64_t now)
{
	batcher->entries[batcher->in++ & batcher->mask] =
		(struct entry){.frame = frame, .region = region, .arrival = now};
	atomic_fetch_add_explicit(&batcher->waiting, 1, memory_order_relaxed);
}

static void put_done(struct batcher *batcher, struct gw_frame *frame)
{
	frame->turn_next = NULL;
	if (batcher->done_first)
		batcher->done_last->turn_next = frame;
	else
		batcher->done_first = frame;
	batcher->done_last = frame;
}

/* Puts the picture into the open batch. What goes wrong is the frame's end, not the batch's. */
static const char *place(struct batcher *batcher, const struct entry *entry)
{
	struct infer_batch *batch = open_batch(batcher);
	struct crew *crew = crew_of(batcher, batch);
	const uint32_t index = batcher->open_count;
	const struct gw_frame *frame = entry->frame;
	const struct gw_surface *surface = frame->surface;

	if (frame->state != GW_FRAME_IMAGE || !surface ||
		surface->device->memory != batcher->ops->memory)
		return "the decoder gave no picture in memory that the engine can read";
	const struct geometry *geometry = geometry_cache_get(
		&batcher->geometries, entry->region, frame->width, frame->height, surface);

	if (!geometry)
		return "a camera's region lies outside of its picture";
	batcher->ops->place(batcher->engine, batch, index, surface, geometry);
	crew->frames[index] = entry->frame;
	crew->map[index] = geometry->map;
	return NULL;
}

static uint32_t batches_out(const struct batcher *batcher)
{
	return (uint32_t)(batcher->submitted - batcher->finished);
}

static bool open_is_full(const struct batcher *batcher)
{
	return batcher->open_count == batcher->spec.max_batch;
}

/* Gives waiting frames their place, while there is a batch to fill. Returns how many. */
static uint32_t fill(struct batcher *batcher)
{
	uint32_t work = 0;

	while (batcher->placed < batcher->in && batches_out(batcher) < BATCHES &&
		!open_is_full(batcher) && work < PICTURES_PER_TURN) {
		const struct entry *entry = &batcher->entries[batcher->placed++ & batcher->mask];
		const char *complaint = place(batcher, entry);

		work++;
		gw_frame_drop_surface(entry->frame);
		if (complaint) {
			gw_frame_fail(entry->frame, GW_DROP_INFER_FAILED);
			gw_counter_add(&batcher->stats.failed, 1);
			batcher->complaint = complaint;
			put_done(batcher, entry->frame);
			continue;
		}
		if (batcher->open_count++ == 0)
			batcher->open_arrival = entry->arrival;
	}
	return work;
}

/* What is known of the run time of `count` pictures. */
static int64_t expected_run_ns(const struct batcher *batcher, uint32_t count)
{
	for (uint32_t n = count; n <= batcher->spec.max_batch; n++)
		if (batcher->run_ns[n] > 0)
			return batcher->run_ns[n];
	for (uint32_t n = count; n > 0; n--)
		if (batcher->run_ns[n] > 0)
			return batcher->run_ns[n] * count / n;
	return 0;
}

/* Behind two batches a third gains nothing by being closed early. */
static bool must_close(const struct batcher *batcher, int64_t now, bool flush)
{
	const uint32_t out = batches_out(batcher);
	const int64_t deadline = batcher->open_arrival +
		batcher->model->description->batch->deadline_ms * GW_NS_PER_MS;

	if (batcher->open_count == 0)
		return false;
	if (open_is_full(batcher))
		return true;
	/* A frame that waits for its turn may still join. */
	if (batcher->placed < batcher->in)
		return false;
	return flush || out == 0 ||
		(out < BATCHES - 1 &&
			now + expected_run_ns(batcher, batcher->open_count) >= deadline);
}

static void submit(struct batcher *batcher)
{
	struct infer_batch *batch = open_batch(batcher);

	batcher->submitted++;
	batch->count = batcher->open_count;
	batcher->open_count = 0;
	gw_device_begin(batcher->device, batch->count);
	batcher->ops->submit(batcher->engine, batch);
}

/* Takes back a batch whose results are made. */
static void take_back(struct batcher *batcher, const struct infer_batch *batch)
{
	const struct crew *crew = crew_of(batcher, batch);
	int64_t *run_ns = &batcher->run_ns[batch->count];
	const int64_t ns = batch->ended - batch->started;

	batcher->finished++;
	gw_device_end(batcher->device, batch->count, crew->failed, ns);
	gw_counter_add(&batcher->stats.batches, 1);
	gw_counter_add(&batcher->stats.frames, batch->count);
	gw_counter_add(&batcher->stats.failed, crew->failed);
	gw_histogram_record(&batcher->stats.run_us, (uint64_t)(ns / 1000));
	*run_ns = *run_ns > 0 ? *run_ns + (ns - *run_ns) / 8 : ns;
	if (crew->complaint)
		batcher->complaint = crew->complaint;
	if (batch->status != 0) {
		memcpy(batcher->complaint_text, batch->error, sizeof(batch->error));
		batcher->complaint = batcher->complaint_text;
	}
	for (uint32_t i = 0; i < batch->count; i++)
		put_done(batcher, crew->frames[i]);
}

uint32_t batcher_turn(struct batcher *batcher, int64_t now, bool flush)
{
	struct infer_batch *batch;
	uint32_t work = 0;

	if (batches_out(batcher) > 0 && batcher->ops->poll(batcher->engine, &batch, 1) == 1) {
		take_back(batcher, batch);
		work += batch->count;
	}
	work += fill(batcher);
	if (must_close(batcher, now, flush)) {
		submit(batcher);
		work++;
	}
	return work;
}

uint32_t batcher_take(struct batcher *batcher, struct gw_frame **frames, uint32_t count)
{
	uint32_t n = 0;

	while (n < count && batcher->done_first) {
		struct gw_frame *frame = batcher->done_first;

		batcher->done_first = frame->turn_next;
		frame->result.model = batcher->model_index;
		if (gw_frame_failed(frame)) {
			frame->result.task = GW_TASK_NONE;
			frame->result.count = 0;
		}
		frames[n++] = frame;
	}
	if (n > 0)
		atomic_fetch_sub_explicit(&batcher->waiting, n, memory_order_relaxed);
	return n;
}

uint32_t batcher_waiting(const struct batcher *batcher)
{
	return atomic_load_explicit(&batcher->waiting, memory_order_relaxed);
}

const struct batcher_stats *batcher_stats(const struct batcher *batcher)
{
	return &batcher->stats;
}

const char *batcher_complaint(struct batcher *batcher)
{
	const char *complaint = batcher->complaint;

	batcher->complaint = NULL;
	return complaint;
}
