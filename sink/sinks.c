/* The one table of the sink's back-ends. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sink/sink.h"

static const struct sink_ops *const sinks[] = {
	&sink_kafka,
	&sink_file,
	&sink_null,
};

#define SINKS (sizeof(sinks) / sizeof(sinks[0]))

const struct sink_ops *sink_choose(const struct gw *gw, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;
	char names[128] = "";

	if (gw->replay)
		return &sink_file;
	if (!config->backend)
		return config->brokers ? &sink_kafka : &sink_null;
	for (size_t i = 0; i < SINKS; i++) {
		size_t used = strlen(names);

		if (strcmp(config->backend, sinks[i]->name) == 0)
			return sinks[i];
		snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "",
			sinks[i]->name);
	}
	gw_error_set(error, -EINVAL, "kafka: there is no back-end \"%s\"; there are: %s",
		config->backend, names);
	return NULL;
}
