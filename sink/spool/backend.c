/* The back-end that puts the spool before the one for Kafka. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "sink/lane.h"
#include "sink/spool/flow.h"
#include "sink/spool/spool.h"

/* At the end: for what was submitted to be written. */
#define WRITE_NS (200 * GW_NS_PER_MS)

/* A lane's. */
struct spool_lane {
	struct spool *spool;
	struct sink *sink;
	void *inner;
	struct flow *flows[2]; /* by enum sink_kind */
};

static const struct sink_ops *const inner = &sink_kafka;

static void backend_close(void *state)
{
	struct spool_lane *lane = state;

	if (!lane)
		return;
	struct sink_shared *shared = lane->sink->shared;

	/* The first one to go takes it along: no lane turns any more. */
	if (shared->spool)
		spool_close(shared->spool);
	shared->spool = NULL;
	inner->close(lane->inner);
	free(lane);
}

static int backend_open(
	const struct gw *gw, struct sink *sink, void **state, struct gw_error *error)
{
	const uint32_t index = sink->lane->index;
	struct spool_lane *lane = calloc(1, sizeof(*lane));
	int status;

	if (!lane)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	lane->sink = sink;
	if (!sink->shared->spool)
		sink->shared->spool = spool_open(gw, inner, sink->lane->stage->lane_count, error);
	lane->spool = sink->shared->spool;
	status = lane->spool ? inner->open(gw, sink, &lane->inner, error) : -EINVAL;
	if (status == 0)
		status = spool_add_lane(lane->spool, index, sink, lane->inner, error);
	if (status != 0) {
		backend_close(lane);
		return status;
	}
	for (int kind = 0; kind < 2; kind++)
		lane->flows[kind] = spool_flow(lane->spool, index, (enum sink_kind)kind);
	*state = lane;
	return 0;
}

static uint32_t backend_largest(void *state)
{
	return inner->largest(((struct spool_lane *)state)->inner);
}

static bool backend_takes(void *state, uint32_t size)
{
	return inner->takes(((struct spool_lane *)state)->inner, size);
}

static enum gw_drop backend_submit(void *state, const struct sink_record *record)
{
	struct spool_lane *lane = state;

	return flow_submit(lane->flows[record->kind], record);
}

static void backend_hear(void *state, const struct sink_report *report)
{
	struct spool_lane *lane = state;

	flow_hear(lane->flows[report->kind], report);
}

static uint32_t backend_poll(void *state)
{
	struct spool_lane *lane = state;
	const uint32_t heard = inner->poll(lane->inner);

	return heard + flow_step(lane->flows[SINK_SAMPLE]) + flow_step(lane->flows[SINK_RESULT]);
}

static void backend_housekeeping(void *state, int64_t now)
{
	struct spool_lane *lane = state;

	inner->housekeeping(lane->inner, now);
	for (int kind = 0; kind < 2; kind++)
		flow_count_gone(lane->flows[kind]);
}

static void backend_flush(void *state)
{
	struct spool_lane *lane = state;

	inner->flush(lane->inner);
}

static void backend_purge(void *state)
{
	static const struct timespec nap = {.tv_nsec = GW_NS_PER_MS};
	struct spool_lane *lane = state;
	const int64_t deadline = gw_now() + WRITE_NS;

	for (int kind = 0; kind < 2; kind++)
		lane->flows[kind]->ending = true;
	while (gw_now() < deadline &&
		!(flow_is_written(lane->flows[SINK_RESULT]) &&
			flow_is_written(lane->flows[SINK_SAMPLE]))) {
		backend_poll(lane);
		nanosleep(&nap, NULL);
	}
	inner->purge(lane->inner);
}

/* What the inner back-end wants to be asked with. */
static void inner_states(void *const *states, uint32_t lanes, void **inners)
{
	for (uint32_t i = 0; i < lanes; i++)
		inners[i] = ((struct spool_lane *)states[i])->inner;
}

static void backend_health(void *const *states, uint32_t lanes, struct gw_health *health)
{
	void *inners[GW_LANES];

	inner_states(states, lanes, inners);
	inner->health(inners, lanes, health);
	spool_health(((struct spool_lane *)states[0])->spool, health);
}

static struct json_t *backend_describe(void *const *states, uint32_t lanes)
{
	void *inners[GW_LANES];

	inner_states(states, lanes, inners);
	json_t *facts = inner->describe(inners, lanes);

	json_object_set_new(
		facts, "spool", spool_describe(((struct spool_lane *)states[0])->spool));
	return facts;
}

const struct sink_ops sink_spool = {
	.name = "kafka",
	.open = backend_open,
	.takes = backend_takes,
	.largest = backend_largest,
	.submit = backend_submit,
	.hear = backend_hear,
	.poll = backend_poll,
	.housekeeping = backend_housekeeping,
	.flush = backend_flush,
	.purge = backend_purge,
	.health = backend_health,
	.describe = backend_describe,
	.close = backend_close,
};
