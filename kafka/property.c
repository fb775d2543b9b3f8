#include "kafka/property.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With its end of line and a terminator. */
#define SECRET_SIZE 4096
#define LINE_MOST "4094"
#define PEM ".pem"

bool property_ends_with(const char *name, const char *end)
{
	const size_t size = strlen(name), tail = strlen(end);

	return size >= tail && strcmp(name + size - tail, end) == 0;
}

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

/* The first line of a file. Returns what is wrong with it, NULL: nothing. */
static const char *read_line(const char *path, char *text, int size)
{
	FILE *file = fopen(path, "re");
	const char *wrong = NULL;

	if (!file)
		return strerror(errno);
	/* A secret is left in no buffer but the caller's. */
	setvbuf(file, NULL, _IONBF, 0);
	if (!fgets(text, size, file))
		wrong = ferror(file) ? strerror(errno) : "it is empty";
	else if (!strchr(text, '\n') && fgetc(file) != EOF)
		wrong = "its first line is longer than " LINE_MOST
			" bytes: it is to hold the value alone";
	fclose(file);
	return wrong;
}

/* Where a value is that is not in the configuration itself: `text` of the caller, or the
 * environment's. NULL and the error line. */
static const char *value_of(const struct property_owner *owner,
	const struct gw_property_config *property, char *text, size_t size, struct gw_error *error)
{
	const char *value = property->env ? getenv(property->env) : NULL;

	if (property->env && !value)
		gw_error_set(error, -EINVAL, "%s: property %s: the variable %s is not set",
			owner->who, property->name, property->env);
	if (property->env)
		return value;
	if (property_ends_with(property->name, PEM)) {
		gw_error_set(error, -EINVAL,
			"%s: property %s takes many lines, and of a file the first one is read: "
			"use %.*s.location in `%s`, with the path as its value",
			owner->who, property->name, (int)(strlen(property->name) - strlen(PEM)),
			property->name, owner->place);
		return NULL;
	}
	const char *wrong = read_line(property->file, text, (int)size);

	if (wrong) {
		gw_error_set(error, -EINVAL, "%s: property %s: file %s: %s", owner->who,
			property->name, property->file, wrong);
		return NULL;
	}
	text[strcspn(text, "\r\n")] = '\0';
	return text;
}

/* `secret`: where a value from a file may stand meanwhile. */
static int set_users(rd_kafka_conf_t *conf, const struct property_owner *owner,
	const struct gw_property_config *property, char *secret, size_t size,
	struct gw_error *error)
{
	char text[256];
	const char *value = property->value;

	for (const char *const *name = owner->reserved; *name; name++)
		if (strcmp(property->name, *name) == 0)
			return gw_error_set(error, -EINVAL,
				"%s: property %s belongs to the gateway: take it out of `%s`",
				owner->who, property->name, owner->place);
	if (!value)
		value = value_of(owner, property, secret, size, error);
	if (!value)
		return -EINVAL;
	/* What the library says of a value repeats it. */
	switch (rd_kafka_conf_set(conf, property->name, value, text, sizeof(text))) {
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
	char secret[SECRET_SIZE];
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++)
		status = set_users(conf, owner, &properties[i], secret, sizeof(secret), error);
	explicit_bzero(secret, sizeof(secret));
	return status;
}
