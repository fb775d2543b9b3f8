/* librdkafka's settings one by one: ours, and those that the user passes through. The error line
 * never holds the value of one of the user's: it may be a password.
 */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "core/config/config.h"
#include "core/error.h"

struct setting {
	const char *name, *value; /* of a table: NULL ends it */
};

/* Whose client it is. */
struct property_owner {
	const char *who; /* begins the error line */
	const char *place; /* of the user's properties in the configuration */
	const char *const *reserved; /* names that are not the user's; NULL ends them */
};

/* All return 0, or -EINVAL and the error line, which names the setting. */
int property_set(rd_kafka_conf_t *conf, const struct property_owner *owner, const char *name,
	const char *value, struct gw_error *error);
int property_set_table(rd_kafka_conf_t *conf, const struct property_owner *owner,
	const struct setting *table, struct gw_error *error);
int property_set_users(rd_kafka_conf_t *conf, const struct property_owner *owner,
	const struct gw_property_config *properties, uint32_t count, struct gw_error *error);

/* Whether a property's name ends so, which says what its values are. */
bool property_ends_with(const char *name, const char *end);
