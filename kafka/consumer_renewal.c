#include "kafka/consumer_renewal.h"

#include <errno.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"
#include "kafka/consumer_settings.h"
#include "kafka/group.h"

#define SUBJECT "source"
/* How long the old client may take to leave. What is on its way has a second of it; one that the
 * brokers do not let in any more has nobody to take leave of. */
#define LEAVE_NS (3 * GW_NS_PER_S)

int consumer_client(struct client *client, const struct gw *gw, struct gw_error *error)
{
	rd_kafka_conf_t *conf = consumer_settings_make(gw, error);
	struct gw_inherit before;
	char text[256];

	*client = (struct client){0};
	if (!conf)
		return -EINVAL;
	gw_inherit_begin(&before, NULL);
	client->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
	gw_inherit_end(&before);
	if (!client->handle) {
		rd_kafka_conf_destroy(conf);
		return gw_error_set(error, -EINVAL, "source: %s", text);
	}
	rd_kafka_poll_set_consumer(client->handle);
	client->events = rd_kafka_queue_get_consumer(client->handle);
	client->logs = rd_kafka_queue_new(client->handle);
	rd_kafka_set_log_queue(client->handle, client->logs);
	return 0;
}

static void begin(struct consumer *consumer, int64_t now)
{
	struct gw_error error;

	if (consumer_client(&consumer->next, consumer->gw, &error) != 0) {
		if (consumer->refused_files != consumer->watch.seen)
			gw_warn(SUBJECT,
				"%s: records are read on with the files of "
				"`kafka.source.properties` as they were: %s",
				consumer->config->topic, error.text);
		consumer->refused_files = consumer->watch.seen;
		return;
	}
	property_watch_take(&consumer->watch);
	gw_info(SUBJECT,
		"%s: files of `kafka.source.properties` have changed: a new client reads on",
		consumer->config->topic);
	consumer->renew_by = now + LEAVE_NS;
	group_leave(consumer);
}

/* What is still on its way comes again. */
static void end(struct consumer *consumer, int64_t now)
{
	struct gw_error error;

	if (!rd_kafka_consumer_closed(consumer->client.handle) && now < consumer->renew_by)
		return;
	group_forget(consumer);
	/* Nobody waits for its end: the gateway goes on. */
	client_close(&consumer->client, now);
	consumer->client = consumer->next;
	consumer->next = (struct client){0};
	consumer->state = CONSUMER_CONNECTING;
	consumer->opened = consumer->restless = now;
	consumer->uncommitted = consumer->prove_at = consumer->rejoin_at = 0;
	consumer->fatal = consumer->fenced = false;
	for (uint32_t kind = 0; kind < HINDRANCES; kind++)
		consumer->hindered[kind] = false;
	if (group_join(consumer, &error) != 0) {
		consumer_fail(consumer, error.text);
		gw_warn(SUBJECT, "%s", error.text);
	}
}

void consumer_renewal_step(struct consumer *consumer, int64_t now)
{
	const struct gw_source_config *config = consumer->config;

	if (consumer_is_renewing(consumer))
		end(consumer, now);
	else if (!consumer->fatal &&
		property_watch_look(
			&consumer->watch, config->properties, config->properties_count, now))
		begin(consumer, now);
}
