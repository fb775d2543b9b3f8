/* What a consumer reads in the statistics of its library. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "kafka/consumer.h"
#include "kafka/group.h"

/* An error that comes is told once only, and its end never: a commit is asked for so often at
 * least, for its answer tells. */
#define PROVE_NS (5 * GW_NS_PER_S)

/* After partitions were said to be gone: until then the brokers may not agree on what there is. */
#define REJOIN_NS (2 * GW_NS_PER_S)

static int64_t number_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
}

static void read_partition(struct partition *partition, const json_t *said, int64_t now)
{
	partition->gone = json_is_true(json_object_get(said, "unknown"));
	if (partition->gone || number_of(said, "leader") < 0) {
		if (partition->leaderless == 0)
			partition->leaderless = now;
	} else {
		partition->leaderless = 0;
	}
	/* For good, also when it is there again at the next look: a topic that was made again in
	 * between looks like brokers who were confused for a moment. To join once more for nothing
	 * takes a moment, an offset of the old topic would pass over records of the new one. */
	partition->stale |= partition->gone || partition->hindrance == HINDRANCE_UNKNOWN;
	partition->read_to =
		number_of(said, "fetchq_cnt") == 0 ? number_of(said, "next_offset") : -1;
}

static void read_partitions(struct consumer *consumer, const json_t *root, int64_t now)
{
	const json_t *topics = json_object_get(root, "topics");
	const json_t *partitions =
		json_object_get(json_object_get(topics, consumer->config->topic), "partitions");
	bool stale = false;

	for (uint32_t i = 0; i < consumer->assignment.count; i++) {
		struct partition *partition = consumer->assignment.partitions[i];
		const json_t *said;
		char name[16];

		snprintf(name, sizeof(name), "%d", partition->number);
		said = json_object_get(partitions, name);
		if (said)
			read_partition(partition, said, now);
		stale |= partition->stale;
	}
	if (!stale)
		consumer->rejoin_at = 0;
	else if (consumer->rejoin_at == 0)
		consumer->rejoin_at = now + REJOIN_NS;
}

/* A topic that was deleted and made again has the same partitions, and the library would go on at
 * the offsets of the old one. The brokers have forgotten those with the topic. */
static void step_rejoin(struct consumer *consumer, int64_t now)
{
	if (consumer->rejoin_at == 0 || now < consumer->rejoin_at || consumer->restless != 0 ||
		consumer->revoked || consumer->closing || consumer->fatal)
		return;
	consumer->rejoin_at = 0;
	consumer->hindered[HINDRANCE_UNKNOWN] = true;
	group_rejoin(consumer);
}

static void read_group(struct consumer *consumer, const json_t *root, int64_t now)
{
	const char *joining =
		json_string_value(json_object_get(json_object_get(root, "cgrp"), "join_state"));

	if (!joining || strcmp(joining, "steady") != 0) {
		if (consumer->restless == 0)
			consumer->restless = now;
		return;
	}
	/* It was let in, with the topic: without one it would not ask to join. */
	if (consumer->restless != 0)
		memset(consumer->hindered, 0, sizeof(consumer->hindered));
	consumer->restless = 0;
	if (consumer->closing)
		return;
	group_commit(consumer);
	if (now >= consumer->prove_at) {
		consumer->prove_at = now + PROVE_NS;
		group_prove(consumer);
	}
}

void consumer_statistics(struct consumer *consumer, const char *statistics, int64_t now)
{
	json_t *root = json_loads(statistics, 0, NULL), *broker;
	const char *name;

	json_object_foreach(json_object_get(root, "brokers"), name, broker) {
		const char *state = json_string_value(json_object_get(broker, "state"));

		if (state && strcmp(state, "UP") == 0)
			consumer->state = CONSUMER_UP;
	}
	read_partitions(consumer, root, now);
	read_group(consumer, root, now);
	step_rejoin(consumer, now);
	json_decref(root);
}
