/* What the librdkafka client that reads pictures is told. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "core/error.h"
#include "core/gateway.h"

/* A new configuration for rd_kafka_new(), NULL and the error line when a setting is refused. The
 * line never holds the value of one of the user's properties: it may be a password. */
rd_kafka_conf_t *consumer_settings_make(const struct gw *gw, struct gw_error *error);
