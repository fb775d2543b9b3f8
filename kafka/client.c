#include "kafka/client.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "kafka/settings.h"

/* Makes the client and its threads. They take no signals, and they run on any processor, also when
 * the calling thread is pinned to one: threads inherit both. */
static rd_kafka_t *client_new(rd_kafka_conf_t *conf, char *text, size_t size)
{
	sigset_t all, signals;
	cpu_set_t everywhere, here;
	bool pinned = sched_getaffinity(0, sizeof(here), &here) == 0;

	sigfillset(&all);
	memset(&everywhere, 0xff, sizeof(everywhere));
	pthread_sigmask(SIG_SETMASK, &all, &signals);
	if (pinned)
		(void)sched_setaffinity(0, sizeof(everywhere), &everywhere);
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, size);

	if (pinned)
		(void)sched_setaffinity(0, sizeof(here), &here);
	pthread_sigmask(SIG_SETMASK, &signals, NULL);
	return client;
}

void client_close(struct client *client)
{
	if (client->statistics)
		rd_kafka_event_destroy(client->statistics);
	if (client->topic)
		rd_kafka_topic_destroy(client->topic);
	if (client->logs)
		rd_kafka_queue_destroy(client->logs);
	if (client->events)
		rd_kafka_queue_destroy(client->events);
	if (client->handle)
		rd_kafka_destroy(client->handle);
	*client = (struct client){0};
}

int client_open(struct client *client, const struct gw *gw, enum sink_kind kind, const char *topic,
	struct gw_error *error)
{
	char text[256];
	rd_kafka_conf_t *conf = settings_make(gw, kind, error);

	*client = (struct client){0};
	if (!conf)
		return -EINVAL;
	client->handle = client_new(conf, text, sizeof(text));
	if (!client->handle) {
		rd_kafka_conf_destroy(conf);
		return gw_error_set(error, -EINVAL, "kafka: %s", text);
	}
	client->events = rd_kafka_queue_get_main(client->handle);
	client->logs = rd_kafka_queue_new(client->handle);
	rd_kafka_set_log_queue(client->handle, client->logs);
	client->topic = rd_kafka_topic_new(client->handle, topic, NULL);
	if (client->topic)
		return 0;
	gw_error_set(error, -EINVAL, "kafka: topic \"%s\": %s", topic,
		rd_kafka_err2str(rd_kafka_last_error()));
	client_close(client);
	return -EINVAL;
}
