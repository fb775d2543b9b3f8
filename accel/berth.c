#include "accel/berth.h"

#include <errno.h>
#include <string.h>

#include "accel/scheduler.h"
#include "core/clock.h"

/* A batch of which nothing is known may take its time. */
#define UNKNOWN_NS GW_NS_PER_S

static struct infer_batch *open_batch(struct berth *berth)
{
	return &berth->batches[berth->submitted % BATCHES];
}

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

static void finish(void *owner, struct infer_batch *batch)
{
	struct berth *berth = owner;

	crew_finish(
		crew_of(berth, batch), batch, &berth->spec, berth->head, berth->model->description);
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
		.finish = finish,
		.owner = berth,
	};
	describe_tensors(berth);
	if (geometry_cache_init(&berth->geometries, &description->input) != 0)
		return gw_error_set(
			error, -ENOMEM, "model %s: out of memory", options->model->name);
	const int status = open_engine(berth, error);

	if (status == 0 && berth->spec.warm_ns > 0) {
		berth->run_ns[berth->spec.max_batch] = berth->spec.warm_ns;
		berth->picture_ns = scheduler_learn(0, berth->spec.max_batch, berth->spec.warm_ns);
	}
	return status;
}

void berth_close(struct berth *berth)
{
	if (berth->ops)
		berth->ops->close(berth->engine);
	geometry_cache_free(&berth->geometries);
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
	struct infer_batch *batch = open_batch(berth);
	struct crew *crew = crew_of(berth, batch);
	const uint32_t index = berth->open_count;
	const struct gw_frame *frame = job->frame;
	const struct gw_surface *surface = job->surface;

	if (!surface || surface->device->memory != berth->ops->memory)
		return "the decoder gave no picture in memory that the engine can read";
	const struct geometry *geometry = geometry_cache_get(
		&berth->geometries, job->seen, job->once, frame->width, frame->height, surface);

	if (!geometry)
		return "a camera's region lies outside of its picture";
	berth->ops->place(berth->engine, batch, index, surface, geometry);
	crew->jobs[index] = job;
	crew->map[index] = geometry->map;
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

void berth_submit(struct berth *berth, int64_t now)
{
	struct infer_batch *batch = open_batch(berth);
	struct crew *crew = crew_of(berth, batch);
	int64_t *expected_ns = &berth->expected_ns[batch - berth->batches];

	if (berth_out(berth) == 0)
		berth->since = now;
	berth->submitted++;
	batch->count = berth->open_count;
	berth->open_count = 0;
	/* Of what is not known yet, the number of pictures still tells who has less. */
	*expected_ns = expected_run_ns(berth, batch->count);
	if (*expected_ns < batch->count)
		*expected_ns = batch->count;
	atomic_fetch_add_explicit(&berth->device->expected_ns, *expected_ns, memory_order_relaxed);
	device_health_given(&berth->health);
	gw_device_begin(berth->device, batch->count);
	atomic_store(&crew->claim, CREW_OUT);
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

bool berth_is_late(const struct berth *berth, int64_t now)
{
	const uint32_t oldest = berth->finished % BATCHES;
	const int64_t expected_ns = berth->picture_ns > 0 ? berth->expected_ns[oldest] : UNKNOWN_NS;

	return berth_out(berth) > berth->lost &&
		now - berth->since >= device_health_patience(expected_ns);
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
	const uint32_t count = berth->open_count;

	memcpy(jobs, crew_of(berth, open_batch(berth))->jobs, count * sizeof(jobs[0]));
	berth->open_count = 0;
	return count;
}

int64_t berth_load_ns(const struct berth *berth)
{
	return atomic_load_explicit(&berth->device->expected_ns, memory_order_relaxed) +
		berth->open_count * (berth->picture_ns > 0 ? berth->picture_ns : 1);
}
