#include "gwd/bench/kafka/feed.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/latency.h"
#include "gwd/bench/kafka/interrupt.h"
#include "gwd/bench/kafka/load.h"
#include "gwd/bench/kafka/plan.h"
#include "kafka/producer.h"
#include "sink/lane.h"

#define NAP_NS 100000
#define TURN 32 /* records between two looks at what is confirmed */
#define FIRST_NS (15 * GW_NS_PER_S) /* for the first confirmation, and for the next one */
#define NEXT_NS (60 * GW_NS_PER_S)
#define STATISTICS_NS (1500 * GW_NS_PER_MS)

struct feed {
	struct gw *gw;
	struct gw_stage stage;
	struct gw_lane lane;
	struct sink *sink;
	struct gw_frame *frame; /* whose records they are */
	struct producer producer;
	const struct payload *payload;
	uint32_t partitions;
	char name[PLAN_PARTITIONS][16]; /* of a camera whose records go to that partition */
	char id[PLAN_PARTITIONS][64], source[PLAN_PARTITIONS][48]; /* of its records */

	uint64_t confirmed;
	enum gw_drop refused; /* why a record was; GW_DROP_NONE: none */
	int64_t heard; /* gw_now() of the last confirmation, or of the begin */
	struct gw_histogram confirm;
	int64_t next_look;
	double answers, answer_sum, answer_p99; /* of the brokers, in statistics: count, us, us */
};

/* In place of the stage. */
static void hear(void *state, const struct sink_report *report)
{
	struct feed *feed = state;

	if (report->drop != GW_DROP_NONE)
		feed->refused = report->drop;
	feed->confirmed++;
	feed->heard = gw_now();
	gw_histogram_record(&feed->confirm, report->waited_us);
}

static const struct sink_ops listener = {.name = "bench", .hear = hear};

/* Names of cameras, one for each partition, as the producer's partitioner sees them. */
static void name_cameras(struct feed *feed)
{
	uint32_t found = 0;

	for (uint32_t i = 0; found < feed->partitions; i++) {
		char name[16];
		const int size = snprintf(name, sizeof(name), "cam%u", i);
		const int32_t at = rd_kafka_msg_partitioner_murmur2(
			NULL, name, (size_t)size, (int32_t)feed->partitions, NULL, NULL);

		if (feed->name[at][0] != '\0')
			continue;
		memcpy(feed->name[at], name, sizeof(name));
		snprintf(feed->id[at], sizeof(feed->id[at]),
			"00000000-0000-4000-8000-000000000001/%s/0000000000", name);
		snprintf(feed->source[at], sizeof(feed->source[at]), "/gateways/bench/cameras/%s",
			name);
		found++;
	}
}

static int open_feed(struct feed *feed, struct gw_config *config, struct gw_error *error)
{
	feed->gw = calloc(1, sizeof(*feed->gw));
	feed->sink = calloc(1, sizeof(*feed->sink));
	feed->frame = calloc(1, sizeof(*feed->frame));
	if (!feed->gw || !feed->sink || !feed->frame)
		return gw_error_set(error, -ENOMEM, "out of memory");
	feed->gw->config = config;
	feed->stage = (struct gw_stage){.gw = feed->gw, .lane_count = 1, .lanes = &feed->lane};
	feed->lane.stage = &feed->stage;
	feed->sink->gw = feed->gw;
	feed->sink->lane = &feed->lane;
	feed->sink->ops = &listener;
	feed->sink->backend = feed;
	/* The brokers keep what is not too old. */
	feed->frame->capture_ns = gw_now_utc();
	feed->heard = gw_now();
	name_cameras(feed);
	return producer_open(&feed->producer, feed->gw, feed->sink, feed->payload->kind, error);
}

static void close_feed(struct feed *feed)
{
	if (feed->producer.now.handle) {
		producer_purge(&feed->producer);
		producer_settle(&feed->producer, gw_now() + GW_NS_PER_S / 2);
	}
	producer_close(&feed->producer);
	free(feed->frame);
	free(feed->sink);
	free(feed->gw);
}

static void read_statistics(struct feed *feed)
{
	rd_kafka_event_t *event = feed->producer.now.statistics;
	json_t *root = event ? json_loads(rd_kafka_event_stats(event), 0, NULL) : NULL;
	const char *name;
	json_t *broker;

	json_object_foreach(json_object_get(root, "brokers"), name, broker) {
		const json_t *answer = json_object_get(broker, "rtt");
		const double count = json_number_value(json_object_get(answer, "cnt"));
		const double p99 = json_number_value(json_object_get(answer, "p99"));

		feed->answers += count;
		feed->answer_sum += json_number_value(json_object_get(answer, "sum"));
		if (count > 0 && p99 > feed->answer_p99)
			feed->answer_p99 = p99;
	}
	json_decref(root);
}

/* What goes wrong for so long does not pass. */
static int look(struct feed *feed, int64_t now, struct gw_error *error)
{
	const int64_t patience = feed->confirmed == 0 ? FIRST_NS : NEXT_NS;
	struct vitals_sum sum = {0};

	if (interrupt_came())
		return gw_error_set(error, -EINTR, "stopped");
	if (feed->refused == GW_DROP_NONE && now - feed->heard < patience)
		return 0;
	vitals_add(&sum, &feed->producer.vitals);
	const char *words = sum.last.text[0] ? sum.last.text
		: sum.last.code              ? rd_kafka_err2str(sum.last.code)
					     : "the brokers do not say why";

	if (feed->refused != GW_DROP_NONE)
		return gw_error_set(error, -EIO, "a record was refused (%s): %s",
			gw_drops[feed->refused].name, words);
	return gw_error_set(error, -ETIMEDOUT, "no record was confirmed within %lld s: %s",
		(long long)(patience / GW_NS_PER_S), words);
}

/* A turn of the sink's thread. Returns what look() does. */
static int turn(struct feed *feed, bool idle, struct gw_error *error)
{
	static const struct timespec nap = {.tv_nsec = NAP_NS};

	if (producer_poll(&feed->producer) == 0 && idle)
		nanosleep(&nap, NULL);
	const int64_t now = gw_now();

	if (now < feed->next_look)
		return 0;
	feed->next_look = now + 10 * GW_NS_PER_MS;
	read_statistics(feed);
	producer_housekeeping(&feed->producer, now);
	return look(feed, now, error);
}

/* The next number, at the end of an id: printing it would cost more than the rest does. */
static void count_up(char *digit)
{
	while (*digit == '9')
		*digit-- = '0';
	++*digit;
}

static enum gw_drop submit(struct feed *feed, uint64_t number)
{
	const struct payload *payload = feed->payload;
	const uint64_t at = number % feed->partitions;
	const struct sink_record record = {
		.kind = payload->kind,
		.frame = feed->frame,
		.camera = feed->name[at],
		.id = feed->id[at],
		.source = feed->source[at],
		.time = "2026-11-21T07:40:00.123Z",
		.value = payload_value(payload, number),
		.size = payload->size,
		.comes_again = true,
		.finding = GW_NO_FINDING,
	};

	const enum gw_drop drop = producer_submit(&feed->producer, &record);

	if (drop == GW_DROP_NONE)
		count_up(feed->id[at] + strlen(feed->id[at]) - 1);
	return drop;
}

/* Hands all over; *full is how many nanoseconds there was no room. */
static int hand_over(struct feed *feed, uint64_t messages, int64_t *full, struct gw_error *error)
{
	const enum gw_drop no_room =
		feed->payload->kind == SINK_RESULT ? GW_DROP_SINK_FULL : GW_DROP_SAMPLE_FULL;
	int status = 0;

	for (uint64_t i = 0; i < messages && status == 0; i++) {
		enum gw_drop drop = submit(feed, i);

		if (drop == no_room) {
			const int64_t since = gw_now();

			while (status == 0 && (drop = submit(feed, i)) == no_room)
				status = turn(feed, true, error);
			*full += gw_now() - since;
		}
		if (status == 0 && drop != GW_DROP_NONE) {
			feed->refused = drop;
			status = look(feed, gw_now(), error);
		}
		if (status == 0 && i % TURN == 0)
			status = turn(feed, false, error);
	}
	return status;
}

static int wait_for(struct feed *feed, uint64_t confirmed, struct gw_error *error)
{
	int status = 0;

	while (status == 0 && feed->confirmed < confirmed) {
		producer_flush(&feed->producer);
		status = turn(feed, true, error);
	}
	return status;
}

/* The library says once a second how long answers take: a short run has not heard it yet. */
static int hear_statistics(struct feed *feed, struct gw_error *error)
{
	const int64_t until = gw_now() + STATISTICS_NS;
	int status = 0;

	while (status == 0 && feed->answers == 0 && gw_now() < until)
		status = turn(feed, true, error);
	return status;
}

static int measure(
	struct feed *feed, uint64_t messages, struct feed_outcome *outcome, struct gw_error *error)
{
	const struct load_link none = {0};
	struct load_mark from, to;
	int64_t full = 0;
	int status = hand_over(feed, feed->partitions, &full, error);

	if (status == 0)
		status = wait_for(feed, feed->partitions, error);
	memset(&feed->confirm, 0, sizeof(feed->confirm));
	feed->confirmed = 0;
	full = 0;
	load_mark(&from, &none);
	const double library = load_busiest(outcome->busiest_name);

	if (status == 0)
		status = hand_over(feed, messages, &full, error);
	const int64_t sent = gw_now();

	if (status == 0)
		status = wait_for(feed, messages, error);
	load_mark(&to, &none);
	const double seconds = (double)(to.at - from.at) / GW_NS_PER_S;
	const struct load load = load_between(&from, &to, &none);

	outcome->began = from.at;
	outcome->ended = to.at;
	outcome->busiest = (load_busiest(outcome->busiest_name) - library) / seconds;
	outcome->thread = load.thread;
	outcome->process = load.process;
	outcome->full = (double)full / GW_NS_PER_S / seconds;
	outcome->waited = outcome->full + (double)(to.at - sent) / GW_NS_PER_S / seconds;
	outcome->confirm_p50_ms = (double)gw_histogram_quantile(&feed->confirm, 0.5) / 1000;
	outcome->confirm_p99_ms = (double)gw_histogram_quantile(&feed->confirm, 0.99) / 1000;
	if (status == 0)
		status = hear_statistics(feed, error);
	if (feed->answers > 0) {
		outcome->answer_ms = feed->answer_sum / feed->answers / 1000;
		outcome->answer_p99_ms = feed->answer_p99 / 1000;
	}
	return status;
}

int feed_run(struct gw_config *config, const struct payload *payload, uint32_t partitions,
	uint64_t messages, struct feed_outcome *outcome, struct gw_error *error)
{
	struct feed *feed = aligned_alloc(_Alignof(struct feed), sizeof(*feed));

	*outcome = (struct feed_outcome){0};
	if (!feed)
		return gw_error_set(error, -ENOMEM, "out of memory");
	memset(feed, 0, sizeof(*feed));
	feed->payload = payload;
	feed->partitions = partitions;
	int status = open_feed(feed, config, error);

	if (status == 0)
		status = measure(feed, messages, outcome, error);
	close_feed(feed);
	free(feed);
	return status;
}
