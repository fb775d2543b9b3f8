#include "accel/batcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/engines.h"
#include "accel/postprocess.h"
#include "accel/preprocess.h"
#include "core/camera.h"
#include "core/clock.h"

/* Pictures preprocessed in one turn: the other models must have theirs. */
#define PICTURES_PER_TURN 4

/* A frame inside. Entries follow each other as the frames came: first those that belong to a batch,
 * then those that wait for room in one. A failed frame has no place in a batch. */
struct entry {
	struct gw_frame *frame;
	int64_t arrival;
	uint64_t batch; /* the number of its batch, from 1; 0: it needs none */
	uint32_t place; /* in the batch */
	struct input_map map;
};

struct batcher {
	const struct infer_ops *ops;
	void *engine;
	const struct model *model;
	uint16_t model_index;
	struct infer_spec spec;
	struct infer_batch batches[BATCHES];
	uint32_t output_size[INFER_OUTPUTS];
	struct preprocess preprocess;
	struct geometry *geometry; /* one per camera */
	uint32_t camera_count;

	/* A ring, indexed by ever growing numbers: out <= placed <= in. */
	struct entry *entries;
	uint32_t mask;
	uint64_t out, placed, in;
	_Atomic uint32_t waiting; /* in - out; any thread reads it */

	/* Numbers of batches: done <= taken <= submitted, and the open one is submitted + 1. */
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

static struct infer_batch *batch_of(struct batcher *batcher, uint64_t number)
{
	return &batcher->batches[number % BATCHES];
}

static void describe_tensors(struct batcher *batcher)
{
	const struct model_description *d = batcher->model->description;
	struct infer_spec *spec = &batcher->spec;

	spec->input = (struct infer_tensor){
		d->input.tensor, 3, {d->input.channels, d->input.height, d->input.width}};
	if (d->task == GW_TASK_CLASSIFY) {
		spec->output[0] = (struct infer_tensor){d->classify->tensor, 1, {d->labels_count}};
		spec->output_count = 1;
	} else {
		const uint32_t rows = d->input.height / d->detect->stride;
		const uint32_t columns = d->input.width / d->detect->stride;

		spec->output[0] = (struct infer_tensor){
			d->detect->heatmap, 3, {d->labels_count, rows, columns}};
		spec->output[1] = (struct infer_tensor){d->detect->size, 3, {4, rows, columns}};
		spec->output_count = 2;
	}
	for (uint32_t k = 0; k < spec->output_count; k++)
		batcher->output_size[k] = infer_tensor_elements(&spec->output[k]);
}

static int allocate(struct batcher *batcher, const struct batcher_options *options)
{
	const struct model_input *input = &options->model->description->input;
	uint32_t size = 1;

	while (size < options->frames)
		size <<= 1;
	batcher->mask = size - 1;
	batcher->entries = calloc(size, sizeof(batcher->entries[0]));
	batcher->camera_count = GW_CAMERAS;
	batcher->geometry = calloc(GW_CAMERAS, sizeof(batcher->geometry[0]));
	if (!batcher->entries || !batcher->geometry ||
		preprocess_init(&batcher->preprocess, input) != 0)
		return -ENOMEM;
	return 0;
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
	batcher->model = options->model;
	batcher->model_index = options->model_index;
	batcher->spec = (struct infer_spec){
		.name = options->model->name,
		.path = options->model->path,
		.config = options->config,
		.max_batch = description->batch->max < options->engine->max_batch
			? description->batch->max
			: options->engine->max_batch,
		.batches = batcher->batches,
		.batch_count = BATCHES,
	};
	describe_tensors(batcher);
	int status = allocate(batcher, options);

	if (status != 0)
		gw_error_set(error, status, "model %s: out of memory", options->model->name);
	else
		status = batcher->ops->open(&batcher->spec, &batcher->engine, error);
	if (status != 0) {
		batcher_close(batcher);
		return NULL;
	}
	return batcher;
}

void batcher_close(struct batcher *batcher)
{
	if (!batcher)
		return;
	batcher->ops->close(batcher->engine);
	preprocess_free(&batcher->preprocess);
	for (uint32_t i = 0; batcher->geometry && i < batcher->camera_count; i++)
		geometry_free(&batcher->geometry[i]);
	free(batcher->geometry);
	free(batcher->entries);
	free(batcher);
}

void batcher_add(struct batcher *batcher, struct gw_frame *frame, int64_t now)
{
	batcher->entries[batcher->in++ & batcher->mask] =
		(struct entry){.frame = frame, .arrival = now};
	atomic_store_explicit(
		&batcher->waiting, (uint32_t)(batcher->in - batcher->out), memory_order_relaxed);
}

static void fail(struct batcher *batcher, struct gw_frame *frame, const char *reason)
{
	gw_frame_fail(frame, GW_DROP_INFER_FAILED);
	gw_counter_add(&batcher->stats.failed, 1);
	batcher->complaint = reason;
}

/* Puts the picture into the open batch. What goes wrong is the frame's end, not the batch's. */
static bool preprocess(struct batcher *batcher, struct entry *entry, float *tensor)
{
	const struct gw_frame *frame = entry->frame;
	const struct gw_image *image = &frame->image;
	struct geometry *geometry = &batcher->geometry[frame->camera];

	if (frame->state != GW_FRAME_IMAGE || image->memory != batcher->ops->in_mem) {
		fail(batcher, entry->frame,
			"the decoder gave no picture in memory that the engine can read");
		return false;
	}
	if (!geometry->input &&
		geometry_init(geometry, &batcher->model->description->input,
			frame->version ? frame->version->config->region : NULL) != 0) {
		fail(batcher, entry->frame, "out of memory");
		return false;
	}
	if (geometry_update(geometry, frame->width, frame->height, image) != 0) {
		fail(batcher, entry->frame, "a camera's region lies outside of its picture");
		return false;
	}
	preprocess_run(&batcher->preprocess, geometry, image, tensor);
	entry->map = geometry->map;
	return true;
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
	const size_t input_size = infer_tensor_elements(&batcher->spec.input);
	struct infer_batch *batch = batch_of(batcher, batcher->submitted + 1);
	uint32_t pictures = 0, work = 0;

	for (; batcher->placed < batcher->in; batcher->placed++, work++) {
		struct entry *entry = &batcher->entries[batcher->placed & batcher->mask];

		if (gw_frame_failed(entry->frame))
			continue;
		if (batches_out(batcher) == BATCHES || open_is_full(batcher) ||
			pictures == PICTURES_PER_TURN)
			break;
		/* Up to here a newer frame of the same camera could take its turn. */
		if (!gw_frame_claim(entry->frame))
			continue;
		if (!preprocess(batcher, entry, batch->input + batcher->open_count * input_size))
			continue;
		if (batcher->open_count == 0)
			batcher->open_arrival = entry->arrival;
		entry->batch = batcher->submitted + 1;
		entry->place = batcher->open_count++;
		pictures++;
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
	struct infer_batch *batch = batch_of(batcher, ++batcher->submitted);

	batch->count = batcher->open_count;
	batcher->open_count = 0;
	batcher->ops->submit(batcher->engine, batch);
}

/* Takes back at most one batch: its outputs are read before its memory is filled again. */
static void finish(struct batcher *batcher, const struct infer_batch *batch)
{
	int64_t *run_ns = &batcher->run_ns[batch->count];
	const int64_t ns = batch->ended - batch->started;

	batcher->finished++;
	gw_counter_add(&batcher->stats.batches, 1);
	gw_counter_add(&batcher->stats.frames, batch->count);
	gw_histogram_record(&batcher->stats.run_us, (uint64_t)(ns / 1000));
	*run_ns = *run_ns > 0 ? *run_ns + (ns - *run_ns) / 8 : ns;
	if (batch->status != 0)
		memcpy(batcher->complaint_text, batch->error, sizeof(batch->error));
}

static void make_result(
	struct batcher *batcher, const struct entry *entry, const struct infer_batch *batch)
{
	const struct model_description *description = batcher->model->description;
	struct gw_frame *frame = entry->frame;
	const float *output[INFER_OUTPUTS] = {NULL};

	for (uint32_t k = 0; k < batcher->spec.output_count; k++)
		output[k] = batch->output[k] + (size_t)entry->place * batcher->output_size[k];
	if (description->task == GW_TASK_DETECT)
		detect(description, &entry->map, output[0], output[1], &frame->result);
	else if (classify(description, output[0], &frame->result) != 0) {
		fail(batcher, frame, "the model's output holds values that are no numbers");
		return;
	}
	frame->state = GW_FRAME_RESULT;
}

/* Makes results of the frames of one finished batch. */
static uint32_t post_process(struct batcher *batcher, const struct infer_batch *batch)
{
	uint32_t done = 0;

	for (uint64_t i = batcher->out; i < batcher->placed && done < batch->count; i++) {
		struct entry *entry = &batcher->entries[i & batcher->mask];

		if (entry->batch != batcher->finished)
			continue;
		done++;
		entry->frame->stamp[GW_STAMP_INFER] = batch->started;
		entry->frame->stamp[GW_STAMP_INFERRED] = batch->ended;
		if (batch->status != 0)
			fail(batcher, entry->frame, batcher->complaint_text);
		else
			make_result(batcher, entry, batch);
	}
	return done;
}

uint32_t batcher_turn(struct batcher *batcher, int64_t now, bool flush)
{
	struct infer_batch *batch;
	uint32_t work = 0;

	if (batches_out(batcher) > 0 && batcher->ops->poll(batcher->engine, &batch, 1) == 1) {
		finish(batcher, batch);
		work += post_process(batcher, batch);
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

	while (n < count && batcher->out < batcher->placed) {
		const struct entry *entry = &batcher->entries[batcher->out & batcher->mask];

		if (entry->batch > batcher->finished)
			break;
		frames[n] = entry->frame;
		frames[n]->result.model = batcher->model_index;
		if (gw_frame_failed(frames[n])) {
			frames[n]->result.task = GW_TASK_NONE;
			frames[n]->result.count = 0;
		}
		n++;
		batcher->out++;
	}
	if (n > 0)
		atomic_store_explicit(&batcher->waiting, (uint32_t)(batcher->in - batcher->out),
			memory_order_relaxed);
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
