#include "kafka/property.h"

#include <errno.h>
#include <string.h>

int property_set(rd_kafka_conf_t *conf, const struct property_owner *owner, const char *name,
	const char *value, struct gw_error *error)
{
	char text[256];

	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
		return 0;
	return gw_error_set(error, -EINVAL, "%s: setting %s=%s: %s", owner->who, name, value, text);
}

int property_set_table(rd_kafka_conf_t *conf, const struct property_owner *owner,
	const struct setting *table, struct gw_error *error)
{
	int status = 0;

	for (; table->name && status == 0; table++)
		status = property_set(conf, owner, table->name, table->value, error);
	return status;
}

static int set_users(rd_kafka_conf_t *conf, const struct property_owner *owner,
	const struct gw_property_config *property, struct gw_error *error)
{
	char text[256];

	for (const char *const *name = owner->reserved; *name; name++)
		if (strcmp(property->name, *name) == 0)
			return gw_error_set(error, -EINVAL,
				"%s: property %s belongs to the gateway: take it out of `%s`",
				owner->who, property->name, owner->place);
	/* What the library says of a value repeats it. */
	switch (rd_kafka_conf_set(conf, property->name, property->value, text, sizeof(text))) {
	case RD_KAFKA_CONF_OK:
		return 0;
	case RD_KAFKA_CONF_UNKNOWN:
		return gw_error_set(error, -EINVAL,
			"%s: property %s: librdkafka has none of that name: look at its spelling "
			"in `%s`",
			owner->who, property->name, owner->place);
	default:
		return gw_error_set(error, -EINVAL,
			"%s: property %s: librdkafka does not take the value that is given in "
			"`%s`",
			owner->who, property->name, owner->place);
	}
}

int property_set_users(rd_kafka_conf_t *conf, const struct property_owner *owner,
	const struct gw_property_config *properties, uint32_t count, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++)
		status = set_users(conf, owner, &properties[i], error);
	return status;
}
