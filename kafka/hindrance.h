/* What keeps a consumer from reading its topic, or from committing what it read: which kind an
 * error of the brokers is, and what somebody is to do about it. Any thread.
 */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct gw_health;

enum hindrance {
	HINDRANCE_NONE,
	HINDRANCE_TOPIC, /* this user may not know the topic, or not read it */
	HINDRANCE_GROUP, /* ... may not use the group */
	HINDRANCE_UNKNOWN, /* there is no such topic, or no such partition any more */
	HINDRANCE_OFFSET, /* no offset to begin at, and none is to be chosen */
	HINDRANCE_LEADER, /* a partition has no leader */
	HINDRANCES
};

/* Of one kind. */
struct hindered {
	bool whole; /* the consumer */
	uint32_t partitions; /* of those that it was assigned */
	int32_t first; /* one of them */
};

/* What the texts name. */
struct hindrance_place {
	const char *topic, *group, *brokers;
	uint32_t assigned; /* partitions */
};

/* HINDRANCE_NONE: an error that is no lasting one. */
enum hindrance hindrance_of(rd_kafka_resp_err_t error);

/* Whether anything of it keeps all partitions from being read. */
bool hindrance_stops(const struct hindered hindered[HINDRANCES], uint32_t assigned);

/* Adds a trouble for each kind that there is. */
void hindrance_health(const struct hindered hindered[HINDRANCES],
	const struct hindrance_place *place, struct gw_health *health);
