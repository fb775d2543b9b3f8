#include "accel/berth.h"

#include <errno.h>
#include <string.h>

#include "accel/scheduler.h"
#include "core/clock.h"

/* A batch of which nothing is known may take its time. */
#define UNKNOWN_NS GW_NS_PER_S

static struct crew *crew_of(struct berth *berth, const struct infer_batch *batch)
{
	return &berth->crews[batch - berth->batches];
}

static void describe_tensors(struct berth *berth)
{
	const struct model_description *d = berth->model->description;
	struct infer_spec *spec = &berth->spec;

	spec->input = (struct infer_tensor){.name = d->input.tensor,
		.rank = 3,
		.dims = {d->input.channels, d->input.height, d->input.width}};
	if (d->input.layout == MODEL_NHWC)
		spec->input = (struct infer_tensor){.name = d->input.tensor,
			.rank = 3,
			.dims = {d->input.height, d->input.width, d->input.channels}};
	spec->output_count = berth->head->outputs(d, spec->output);
}

/* Opens the engine, which fills in what the model alone knows of its outputs. */
static int open_engine(struct berth *berth, struct gw_error *error)
{
	struct infer_spec *spec = &berth->spec;
	int status = berth->ops->open(spec, berth->device, &berth->engine, error);

	if (status == 0 && berth->head->fit) {
		status = berth->head->fit(berth->model->description, spec->output, error);
		if (status != 0)
			gw_error_prefix(error, "model %s: ", spec->name);
	}
	return status;
}

/* One that the thread has claimed. */
static void prepare_picture(struct berth *berth, uint32_t slot, uint32_t index, uint32_t hand)
{
	const struct placed_picture *picture = &berth->pictures[slot].picture[index];
	/* That there is one was seen when it got its place. */
	const struct geometry *geometry =
		geometry_cache_get(&berth->geometries[hand], &picture->seen, picture->once,
			picture->source_width, picture->source_height, picture->surface);

	berth->crews[slot].map[index] = geometry->map;
	berth->ops->place(berth->engine, &berth->batches[slot], index, picture->surface, geometry);
	pictures_done(&berth->pictures[slot], index);
}

/* A helper's piece of work: the first picture, of the oldest batch first, that nobody has. */
static bool help(void *owner, uint32_t hand)
{
	struct berth *berth = owner;
	const uint64_t next = atomic_load_explicit(&berth->published, memory_order_acquire);

	for (uint64_t i = next; i < next + BATCHES; i++) {
		const uint32_t slot = i % BATCHES;
		uint32_t index;

		if (pictures_claim(&berth->pictures[slot], &index)) {
			prepare_picture(berth, slot, index, hand);
			return true;
		}
	}
	return false;
}

static void prepare(void *owner, struct infer_batch *batch)
{
	struct berth *berth = owner;
	const uint32_t slot = (uint32_t)(batch - berth->batches);
	uint32_t index;

	while (pictures_claim(&berth->pictures[slot], &index))
		prepare_picture(berth, slot, index, 0);
	pictures_wait(&berth->pictures[slot]);
}

static void finish(void *owner, struct infer_batch *batch)
{
	struct berth *berth = owner;

	crew_finish(crew_of(berth, batch), batch, &berth->spec, berth->head,
		berth->model->description, berth->room);
}

/* What those who prepare need, before the engine may ask for it. */
static int open_hands(struct berth *berth, struct gw_error *error)
{
	for (uint32_t i = 0; i < berth->spec.hands; i++)
		if (geometry_cache_init(&berth->geometries[i], berth->spec.picture) != 0)
			return gw_error_set(
				error, -ENOMEM, "model %s: out of memory", berth->spec.name);
	for (uint32_t i = 0; i < BATCHES; i++)
		pictures_open(&berth->pictures[i]);
	return 0;
}

int berth_open(struct berth *berth, const struct berth_options *options, struct berth_stats *stats,
	struct gw_error *error)
{
	const struct model_description *description = options->model->description;

	berth->ops = options->engine;
	berth->device = options->device;
	berth->model = options->model;
	berth->stats = stats;
	berth->keep = options->device_count > 1;
	berth->health.chance = options->device->index;
	berth->head = head_of(description);
	berth->spec = (struct infer_spec){
		.name = options->model->name,
		.path = options->model->path,
		.config = options->config,
		.picture = &description->input,
		.max_batch = description->batch->max < options->engine->max_batch
			? description->batch->max
			: options->engine->max_batch,
		.batches = berth->batches,
		.batch_count = BATCHES,
		.hands = 1 + options->config->helpers,
		.prepare = prepare,
		.finish = finish,
		.owner = berth,
		.bell = options->bell,
	};
	describe_tensors(berth);
	int status = open_hands(berth, error);

	if (status == 0 && berth->head->open) {
		berth->room = berth->head->open(description);
		if (!berth->room)
			status = gw_error_set(
				error, -ENOMEM, "model %s: out of memory", berth->spec.name);
	}

	if (status == 0)
		status = open_engine(berth, error);
	if (status == 0 && options->config->helpers > 0) {
		berth->helpers = helpers_start(berth->spec.name, options->config->helpers,
			berth->device, help, berth, error);
		status = berth->helpers ? 0 : -EAGAIN;
	}
	if (status == 0 && berth->spec.warm_ns > 0) {
		berth->run_ns[berth->spec.max_batch] = berth->spec.warm_ns;
		berth->picture_ns = scheduler_learn(0, berth->spec.max_batch, berth->spec.warm_ns);
	}
	return status;
}

/* What the device was given and never gave back, it has no more. */
static void leave_device(struct berth *berth)
{
	struct gw_device *device = berth->device;

	for (uint64_t i = berth->finished; i < berth->submitted; i++) {
		const uint32_t slot = i % BATCHES;

		atomic_fetch_sub_explicit(
			&device->expected_ns, berth->expected_ns[slot], memory_order_relaxed);
		atomic_fetch_sub_explicit(
			&device->queued, berth->batches[slot].count, memory_order_relaxed);
	}
	if (berth->health.failures > 0)
		atomic_fetch_sub_explicit(&device->failing, 1, memory_order_relaxed);
}

void berth_close(struct berth *berth)
{
	/* They are in the engine's memory. What they leave, the engine's thread does. */
	helpers_stop(berth->helpers);
	if (berth->ops)
		berth->ops->close(berth->engine);
	leave_device(berth);
	if (berth->head && berth->head->close)
		berth->head->close(berth->room);
	for (uint32_t i = 0; i < BATCHES; i++)
		pictures_close(&berth->pictures[i]);
	for (uint32_t i = 0; i < berth->spec.hands; i++)
		geometry_cache_free(&berth->geometries[i]);
}

uint32_t berth_out(const struct berth *berth)
{
	return (uint32_t)(berth->submitted - berth->finished);
}

static bool open_is_full(const struct berth *berth)
{
	return berth->open_count == berth->spec.max_batch;
}

bool berth_has_room(const struct berth *berth)
{
	return berth_out(berth) < BATCHES && !open_is_full(berth);
}

static const char *place(struct berth *berth, struct job *job)
{
	const uint32_t slot = berth->submitted % BATCHES, index = berth->open_count;
	const struct gw_frame *frame = job->frame;
	struct gw_surface *surface = job->surface;

	if (!surface || !infer_reads(berth->ops, surface))
		return "the decoder gave no picture in memory that the engine can read";
	if (!geometry_is_possible(job->seen, frame->width, frame->height, surface))
		return "a camera's region lies outside of its picture";
	gw_surface_ref(surface);
	berth->crews[slot].jobs[index] = job;
	berth->pictures[slot].picture[index] = (struct placed_picture){
		.surface = surface,
		.seen = job->seen ? *job->seen : (struct gw_region){0},
		.source_width = frame->width,
		.source_height = frame->height,
		.once = job->once,
	};
	return NULL;
}

void berth_place(struct berth *berth, struct job *job)
{
	const char *complaint = place(berth, job);

	if (!berth->keep || complaint)
		job_drop_surface(job);
	if (complaint) {
		job->drop = GW_DROP_INFER_FAILED;
		gw_counter_add(&berth->stats->failed, 1);
		berth->complaint = complaint;
		return;
	}
	if (berth->open_count++ == 0 || job->arrival < berth->open_arrival)
		berth->open_arrival = job->arrival;
}

void berth_keep(struct berth *berth, bool keep)
{
	const uint32_t slot = berth->submitted % BATCHES;

	/* Nobody has read the pictures of the open batch yet. */
	for (uint32_t i = 0; keep && !berth->keep && i < berth->open_count; i++) {
		struct job *job = berth->crews[slot].jobs[i];

		if (job->surface)
			continue;
		job->surface = berth->pictures[slot].picture[i].surface;
		gw_surface_ref(job->surface);
	}
	berth->keep = keep;
}

/* What is known of the run time of `count` pictures. */
static int64_t expected_run_ns(const struct berth *berth, uint32_t count)
{
	for (uint32_t n = count; n <= berth->spec.max_batch; n++)
		if (berth->run_ns[n] > 0)
			return berth->run_ns[n];
	for (uint32_t n = count; n > 0; n--)
		if (berth->run_ns[n] > 0)
			return berth->run_ns[n] * count / n;
	return 0;
}

/* Behind two batches a third gains nothing by being closed early. */
bool berth_must_close(const struct berth *berth, bool waits, int64_t now, bool flush)
{
	const uint32_t out = berth_out(berth);
	const int64_t deadline =
		berth->open_arrival + berth->model->description->batch->deadline_ms * GW_NS_PER_MS;

	if (berth->open_count == 0)
		return false;
	if (open_is_full(berth))
		return true;
	if (waits)
		return false;
	return flush || out == 0 ||
		(out < BATCHES - 1 && now + expected_run_ns(berth, berth->open_count) >= deadline);
}

bool berth_closes_by_time(const struct berth *berth)
{
	return berth->open_count > 0 && berth_out(berth) < BATCHES - 1;
}

/* Behind another batch there is time for all of it; the engine's thread begins with one that is
 * next at once. */
static void publish(struct berth *berth, uint32_t slot, uint32_t count)
{
	pictures_publish(&berth->pictures[slot], count);
	atomic_store_explicit(&berth->published, berth->submitted, memory_order_release);
	if (berth->helpers)
		helpers_wake(berth->helpers, berth_out(berth) > 1 ? count : count - 1);
}

void berth_submit(struct berth *berth, int64_t now)
{
	const uint32_t slot = berth->submitted % BATCHES;
	struct infer_batch *batch = &berth->batches[slot];
	int64_t *expected_ns = &berth->expected_ns[slot];

	if (berth_out(berth) == 0)
		berth->since = now;
	berth->submitted++;
	batch->count = berth->open_count;
	berth->open_count = 0;
	/* Of what is not known yet, the number of pictures still tells who has less. */
	*expected_ns = expected_run_ns(berth, batch->count);
	berth->guessed[slot] = *expected_ns == 0;
	if (*expected_ns < batch->count)
		*expected_ns = batch->count;
	atomic_fetch_add_explicit(&berth->device->expected_ns, *expected_ns, memory_order_relaxed);
	device_health_given(&berth->health);
	gw_device_begin(berth->device, batch->count);
	atomic_store(&berth->crews[slot].claim, CREW_OUT);
	publish(berth, slot, batch->count);
	berth->ops->submit(berth->engine, batch);
}

const struct crew *berth_poll(struct berth *berth, const struct infer_batch **back, int64_t now)
{
	struct infer_batch *batch;

	if (berth_out(berth) == 0 || berth->ops->poll(berth->engine, &batch, 1) == 0)
		return NULL;
	struct crew *crew = crew_of(berth, batch);
	const bool taken = atomic_load(&crew->claim) == CREW_TAKEN_AWAY;

	berth->finished++;
	berth->since = now;
	atomic_fetch_sub_explicit(&berth->device->expected_ns,
		berth->expected_ns[batch - berth->batches], memory_order_relaxed);
	gw_device_end(berth->device, batch->count, taken ? batch->count : crew->failed,
		batch->ended - batch->started);
	crew->status = batch->status;
	*back = batch;
	if (!taken)
		return crew;
	berth->lost--;
	return NULL;
}

void berth_count(struct berth *berth, const struct crew *crew, const struct infer_batch *batch)
{
	int64_t *run_ns = &berth->run_ns[batch->count];
	const int64_t ns = batch->ended - batch->started;

	gw_counter_add(&berth->stats->batches, 1);
	gw_counter_add(&berth->stats->jobs, batch->count);
	gw_counter_add(&berth->stats->failed, crew->failed);
	gw_histogram_record(&berth->stats->run_us, (uint64_t)(ns / 1000));
	*run_ns = *run_ns > 0 ? *run_ns + (ns - *run_ns) / 8 : ns;
	berth->picture_ns = scheduler_learn(berth->picture_ns, batch->count, ns);
	if (crew->complaint)
		berth->complaint = crew->complaint;
	if (batch->status != 0) {
		memcpy(berth->complaint_text, batch->error, sizeof(batch->error));
		berth->complaint = berth->complaint_text;
	}
}

/* What is known by now, be it from the engine's opening alone. */
static int64_t learned_run_ns(const struct berth *berth, uint32_t count)
{
	const int64_t run_ns = expected_run_ns(berth, count);

	if (run_ns > 0)
		return run_ns;
	return berth->picture_ns > 0 ? berth->picture_ns * count : UNKNOWN_NS;
}

bool berth_is_late(const struct berth *berth, int64_t now)
{
	const uint32_t oldest = berth->finished % BATCHES;

	if (berth_out(berth) <= berth->lost)
		return false;
	const int64_t expected_ns = berth->guessed[oldest]
		? learned_run_ns(berth, berth->batches[oldest].count)
		: berth->expected_ns[oldest];

	return now - berth->since >= device_health_patience(expected_ns);
}

uint32_t berth_take_out(struct berth *berth, struct job **jobs)
{
	struct infer_batch *batch = &berth->batches[(berth->finished + berth->lost) % BATCHES];
	struct crew *crew = crew_of(berth, batch);

	/* One that cannot be taken comes back this very moment. */
	if (berth->lost == berth_out(berth) || !crew_take_away(crew))
		return 0;
	berth->lost++;
	memcpy(jobs, crew->jobs, batch->count * sizeof(jobs[0]));
	return batch->count;
}

uint32_t berth_take_open(struct berth *berth, struct job **jobs)
{
	const uint32_t count = berth->open_count, slot = berth->submitted % BATCHES;

	memcpy(jobs, berth->crews[slot].jobs, count * sizeof(jobs[0]));
	for (uint32_t i = 0; i < count; i++) {
		struct gw_surface *surface = berth->pictures[slot].picture[i].surface;

		if (jobs[i]->surface)
			gw_surface_unref(surface);
		else
			jobs[i]->surface = surface;
	}
	berth->open_count = 0;
	return count;
}

int64_t berth_load_ns(const struct berth *berth)
{
	return atomic_load_explicit(&berth->device->expected_ns, memory_order_relaxed) +
		berth->open_count * (berth->picture_ns > 0 ? berth->picture_ns : 1);
}
