/* The librdkafka settings of the two producers: ours first, then the user's `properties`. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "core/error.h"
#include "core/gateway.h"
#include "sink/sink.h"

/* A new configuration for rd_kafka_new(), NULL and the error line when a setting is refused. */
rd_kafka_conf_t *settings_make(const struct gw *gw, enum sink_kind kind, struct gw_error *error);
