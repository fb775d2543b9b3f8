/* The librdkafka settings of the two producers: ours first, then the user's `properties`. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "core/error.h"
#include "core/gateway.h"
#include "sink/sink.h"

/* For how long a broker may owe an answer, of clients that send and hear little: it may stand
 * still, and its connections with it, and another one leads in its place. The others keep the
 * library's minute, which a slow uplink needs for a batch of its size. */
#define SETTINGS_PATIENCE_MS "10000"

/* What the client before this one met. */
struct settings_mode {
	/* Its records could not be sent: wait longer for what is missing before giving up again. */
	bool patient;
	/* A request with several records was refused for one of them: send each alone. */
	bool alone;
	/* Of records that are news: lost after half a minute, and none of them holds up another. */
	bool fleeting;
};

/* A new configuration for rd_kafka_new(), NULL and the error line when a setting is refused. The
 * line never holds the value of one of the user's properties: it may be a password. */
rd_kafka_conf_t *settings_make(const struct gw *gw, enum sink_kind kind, struct settings_mode mode,
	struct gw_error *error);
