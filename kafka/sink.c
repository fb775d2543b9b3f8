/* The Kafka back-end: results to one topic, sampled pictures to another. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/clock.h"
#include "kafka/alarms.h"
#include "kafka/heartbeat.h"
#include "kafka/producer.h"
#include "kafka/vitals.h"
#include "sink/lane.h"
#include "sink/sink.h"

/* For what the clients let go of without a broker's help: it takes milliseconds. */
#define PURGE_NS (300 * GW_NS_PER_MS)

struct kafka_sink {
	const struct gw *gw;
	struct producer producers[2]; /* by enum sink_kind */
	struct heartbeats heartbeats; /* of the first lane, as is `alarms` */
	struct alarm_records alarms;
};

static void kafka_close(void *state)
{
	struct kafka_sink *kafka = state;

	if (!kafka)
		return;
	for (int kind = 0; kind < 2; kind++)
		producer_close(&kafka->producers[kind]);
	heartbeats_close(&kafka->heartbeats);
	alarm_records_close(&kafka->alarms);
	free(kafka);
}

static int kafka_open(const struct gw *gw, struct sink *sink, void **state, struct gw_error *error)
{
	struct kafka_sink *kafka = calloc(1, sizeof(*kafka));
	int status = 0;

	if (!kafka)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	kafka->gw = gw;
	for (int kind = 0; kind < 2 && status == 0; kind++)
		status = producer_open(
			&kafka->producers[kind], gw, sink, (enum sink_kind)kind, error);
	if (status == 0 && sink->lane->index == 0)
		status = heartbeats_open(&kafka->heartbeats, gw, error);
	if (status == 0 && sink->lane->index == 0)
		status = alarm_records_open(&kafka->alarms, gw, error);
	if (status != 0) {
		kafka_close(kafka);
		return status;
	}
	*state = kafka;
	return 0;
}

static bool kafka_takes(void *state, uint32_t size)
{
	return producer_takes(&((struct kafka_sink *)state)->producers[SINK_SAMPLE], size);
}

static uint32_t kafka_largest(void *state)
{
	return producer_largest(&((struct kafka_sink *)state)->producers[SINK_SAMPLE]);
}

static enum gw_drop kafka_submit(void *state, const struct sink_record *record)
{
	struct kafka_sink *kafka = state;

	return producer_submit(&kafka->producers[record->kind], record);
}

static uint32_t kafka_poll(void *state)
{
	struct kafka_sink *kafka = state;

	return producer_poll(&kafka->producers[SINK_RESULT]) +
		producer_poll(&kafka->producers[SINK_SAMPLE]);
}

static void kafka_housekeeping(void *state, int64_t now)
{
	struct kafka_sink *kafka = state;

	for (int kind = 0; kind < 2; kind++)
		producer_housekeeping(&kafka->producers[kind], now);
	heartbeats_step(&kafka->heartbeats, now);
	alarm_records_step(&kafka->alarms, now);
}

static void kafka_flush(void *state)
{
	struct kafka_sink *kafka = state;

	for (int kind = 0; kind < 2; kind++)
		producer_flush(&kafka->producers[kind]);
}

static void kafka_purge(void *state)
{
	struct kafka_sink *kafka = state;

	for (int kind = 0; kind < 2; kind++)
		producer_purge(&kafka->producers[kind]);
	/* From here on: the reports have all of it. */
	int64_t deadline = gw_now() + PURGE_NS;

	for (int kind = 0; kind < 2; kind++)
		producer_settle(&kafka->producers[kind], deadline);
}

static struct vitals_sum sum_of(void *const *states, uint32_t lanes, enum sink_kind kind)
{
	struct vitals_sum sum = {0};

	for (uint32_t i = 0; i < lanes; i++)
		vitals_add(&sum, &((struct kafka_sink *)states[i])->producers[kind].vitals);
	return sum;
}

static void kafka_health(void *const *states, uint32_t lanes, struct gw_health *health)
{
	for (int kind = 0; kind < 2; kind++) {
		const struct vitals_sum sum = sum_of(states, lanes, (enum sink_kind)kind);

		vitals_health(&sum, health);
	}
	const struct kafka_sink *first = states[0];

	news_health(&first->heartbeats.news, health);
	news_health(&first->alarms.news, health);
}

/* The results are what the gateway is there for: their state is its state, and while they are well,
 * that of the pictures, should these be in trouble. */
static enum vitals_state state_of(const struct vitals_sum *results, const struct vitals_sum *frames)
{
	enum vitals_state of_frames = vitals_state(frames), of_results = vitals_state(results);

	return of_results == VITALS_UP && of_frames != VITALS_CONNECTING ? of_frames : of_results;
}

static struct json_t *kafka_describe(void *const *states, uint32_t lanes)
{
	const struct vitals_sum results = sum_of(states, lanes, SINK_RESULT);
	const struct vitals_sum frames = sum_of(states, lanes, SINK_SAMPLE);
	const struct kafka_sink *first = states[0];
	json_t *topics = json_pack("[o, o]", vitals_describe(&results), vitals_describe(&frames));

	return json_pack("{s:s, s:s, s:s, s:I, s:o*, s:o*, s:o*}", "backend", "kafka", "state",
		vitals_state_name(state_of(&results, &frames)), "brokers", results.brokers,
		"queued", (json_int_t)(results.waiting + frames.waiting), "topics", topics,
		"heartbeats", news_describe(&first->heartbeats.news), "alarms",
		alarm_records_describe(&first->alarms));
}

const struct sink_ops sink_kafka = {
	.name = "kafka",
	.open = kafka_open,
	.takes = kafka_takes,
	.largest = kafka_largest,
	.submit = kafka_submit,
	.poll = kafka_poll,
	.housekeeping = kafka_housekeeping,
	.flush = kafka_flush,
	.purge = kafka_purge,
	.health = kafka_health,
	.describe = kafka_describe,
	.close = kafka_close,
};
