/* The one table of the sink's back-ends. */
#include "core/backends.h"
#include "sink/sink.h"

static const struct sink_ops *const sinks[] = {
	&sink_kafka,
	&sink_file,
	&sink_null,
};

static const char *name_of(uint32_t index)
{
	return sinks[index]->name;
}

static const struct gw_backends backends = {
	.key = "kafka.backend",
	.count = sizeof(sinks) / sizeof(sinks[0]),
	.name = name_of,
};

static const struct sink_ops *to_kafka(const struct gw_kafka_config *config)
{
	return config->spool ? &sink_spool : &sink_kafka;
}

/* None named: the brokers say it, for a sink that writes nothing opens always. */
const struct sink_ops *sink_choose(const struct gw *gw, struct gw_error *error)
{
	const struct gw_kafka_config *config = gw->config->kafka;

	if (gw->replay)
		return &sink_file;
	if (!config->backend)
		return config->brokers ? to_kafka(config) : &sink_null;
	const int index = gw_backends_find(&backends, config->backend, error);

	if (index < 0)
		return NULL;
	return sinks[index] == &sink_kafka ? to_kafka(config) : sinks[index];
}
