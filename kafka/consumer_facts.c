/* What a consumer tells of itself. */
#include <jansson.h>

#include "core/clock.h"
#include "core/health.h"
#include "kafka/consumer.h"

/* How long the brokers may take to answer at the start before that is a trouble. */
#define PATIENCE_NS (5 * GW_NS_PER_S)
/* Records that may wait in the topic before that is worth knowing. */
#define LAG_NOTICE 1000

static const char *const state_names[] = {
	[CONSUMER_CONNECTING] = "connecting",
	[CONSUMER_UP] = "up",
	[CONSUMER_DOWN] = "down",
};

static void read_facts(struct consumer *consumer, struct consumer_facts *facts)
{
	pthread_mutex_lock(&consumer->lock);
	*facts = consumer->facts;
	pthread_mutex_unlock(&consumer->lock);
}

static json_t *known(int64_t value)
{
	return value < 0 ? json_null() : json_integer((json_int_t)value);
}

struct json_t *consumer_describe(struct consumer *consumer)
{
	struct consumer_facts facts;
	json_t *partitions = json_array();

	read_facts(consumer, &facts);
	for (uint32_t i = 0; i < facts.partitions && i < CONSUMER_SHOWN; i++)
		json_array_append_new(partitions,
			json_pack("{s:i, s:o, s:o, s:I, s:b}", "partition",
				(int)facts.partition[i].number, "lag",
				known(facts.partition[i].lag), "committed",
				known(facts.partition[i].committed), "in_flight",
				(json_int_t)facts.partition[i].in_flight, "waiting",
				facts.partition[i].waiting));
	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:s?}", "topic",
		consumer->config->topic, "group", consumer->config->group, "state",
		state_names[facts.state], "assigned", (json_int_t)facts.partitions, "partitions",
		partitions, "lag", known(facts.lag_known ? facts.lag : -1), "consumed",
		(json_int_t)gw_counter_get(&consumer->consumed), "commits",
		(json_int_t)gw_counter_get(&consumer->commits), "in_flight",
		(json_int_t)facts.in_flight, "waiting", (json_int_t)facts.waiting, "last_error",
		facts.last_error[0] ? facts.last_error : NULL);
}

void consumer_health(struct consumer *consumer, struct gw_health *health)
{
	const char *topic = consumer->config->topic,
		   *brokers = consumer->gw->config->kafka->brokers;
	struct consumer_facts facts;

	read_facts(consumer, &facts);
	if (facts.fatal) {
		gw_health_add(health, GW_FAILED, "source.%s.failed", topic,
			"no record is read any more: %s: restart gwd", facts.last_error);
	} else if (facts.state == CONSUMER_DOWN ||
		(facts.state == CONSUMER_CONNECTING && gw_now() - consumer->opened > PATIENCE_NS)) {
		gw_health_add(health, GW_FAILED, "source.%s.away", topic,
			"no broker answers at %s (%s): look at the brokers and the way to them",
			brokers, facts.last_error[0] ? facts.last_error : "no answer yet");
	} else if (facts.unknown_topic) {
		gw_health_add(health, GW_FAILED, "source.%s.unknown_topic", topic,
			"the brokers at %s have no such topic: make it, or change "
			"`kafka.source.topic`",
			brokers);
	}
	if (facts.lag >= LAG_NOTICE)
		gw_health_add(health, GW_NOTICE, "source.%s.lag", topic,
			"%ld records wait in the topic: start one more gateway in the group %s",
			facts.lag, consumer->config->group);
}
