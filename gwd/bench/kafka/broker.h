/* What a bench asks the brokers for beside records: a client's settings, and topics of its own. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"

/* The configuration of a gateway that only produces: `path` is a gateway's file, for its brokers
 * and `kafka.properties`, or NULL; `brokers` overrules it, or is NULL. NULL and a line when there
 * is none. */
struct gw_config *broker_config(const char *path, const char *brokers, struct gw_error *error);

/* Both topics of the configuration. False: out of memory. */
bool broker_set_topic(struct gw_config *config, const char *topic);

/* A new client of that type with the configuration's brokers and properties. NULL and a line. */
rd_kafka_t *broker_client(
	rd_kafka_type_t type, const struct gw_config *config, struct gw_error *error);

/* Waits until a broker answers, ten seconds at most. 0 or a negative errno with a line. */
int broker_wait(rd_kafka_t *client, struct gw_error *error);

/* Makes a topic and waits until all of its partitions have a leader. With `replication` 0 the
 * brokers decide. -EEXIST and a line when there is one of that name: it is left alone. */
int broker_make_topic(rd_kafka_t *client, const char *name, uint32_t partitions,
	uint32_t replication, struct gw_error *error);

/* Removes a topic; one that is not there is none. 0 or a negative errno with a line. */
int broker_remove_topic(rd_kafka_t *client, const char *name, struct gw_error *error);

/* Waits until every partition has a leader. 0 or a negative errno with a line. */
int broker_wait_topic(
	rd_kafka_t *client, const char *name, uint32_t partitions, struct gw_error *error);
