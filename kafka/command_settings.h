/* What the librdkafka client that hears commands is told. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "core/error.h"
#include "core/gateway.h"

#define COMMAND_GROUP (32 + GW_NAME)

/* The name of the group in which a gateway of that name is alone. */
void command_settings_name(const struct gw *gw, char group[COMMAND_GROUP]);

/* A new configuration for rd_kafka_new(), NULL and the error line when a setting is refused. The
 * line never holds the value of one of the user's properties: it may be a password. */
rd_kafka_conf_t *command_settings_make(const struct gw *gw, struct gw_error *error);
