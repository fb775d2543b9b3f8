/* What a consumer tells of itself. */
#include <jansson.h>
#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "kafka/consumer.h"

/* How long the brokers may take to answer at the start before that is a trouble. */
#define PATIENCE_NS (5 * GW_NS_PER_S)
/* How long the group may take to change before that is a trouble: a worker that died is missed when
 * its session has timed out. */
#define RESTLESS_NS (15 * GW_NS_PER_S)
/* How long commits may fail, or a partition have no leader. */
#define LASTING_NS (10 * GW_NS_PER_S)
/* How long an error is shown after it was heard last, when all is well. */
#define SHOWN_NS (10 * GW_NS_PER_S)
/* Records that may wait in the topic before that is worth knowing. */
#define LAG_NOTICE 1000

static const char *const state_names[] = {
	[CONSUMER_CONNECTING] = "connecting",
	[CONSUMER_UP] = "up",
	[CONSUMER_DOWN] = "down",
};

/* Records of a partition that are not confirmed yet, as far as the client has heard. */
static int64_t lag_of(const struct consumer *consumer, const struct partition *partition)
{
	const bool idle = !partition->oldest && partition->next == partition->count;
	int64_t at = partition->confirmed >= 0 ? partition->confirmed
		: partition->oldest            ? partition->oldest->offset
					       : -1;
	int64_t low = -1, high = -1;

	/* What lies between is no record: the end of a transaction, say. */
	if (idle && partition->read_to > at)
		at = partition->read_to;

	if (rd_kafka_get_watermark_offsets(consumer->client.handle, consumer->config->topic,
		    partition->number, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
		high < 0)
		return -1;
	/* Of a partition that nobody has read from, only that there is nothing is sure. */
	if (at < 0)
		return high == low ? 0 : -1;
	return high > at ? high - at : 0;
}

static void count_hindered(struct consumer_facts *facts, enum hindrance kind, int32_t number)
{
	facts->hindered[kind].partitions++;
	facts->hindered[kind].first = number;
}

static void look_at_partition(struct consumer *consumer, struct partition *partition,
	struct consumer_facts *facts, int64_t now)
{
	const bool waiting = partition->next < partition->count;
	const int64_t lag = lag_of(consumer, partition);
	const uint32_t i = facts->partitions++;

	/* No commit will tell; that the partition's end is known does. */
	if (partition->hindrance == HINDRANCE_TOPIC && partition->confirmed < 0 && lag >= 0)
		partition->hindrance = HINDRANCE_NONE;
	if (partition->hindrance != HINDRANCE_NONE)
		count_hindered(facts, partition->hindrance, partition->number);
	else if (partition->leaderless != 0 && now - partition->leaderless > LASTING_NS)
		count_hindered(facts, partition->gone ? HINDRANCE_UNKNOWN : HINDRANCE_LEADER,
			partition->number);
	facts->waiting += waiting;
	facts->lag += lag > 0 ? lag : 0;
	facts->lag_known &= lag >= 0;
	if (i >= CONSUMER_SHOWN)
		return;
	facts->partition[i].number = partition->number;
	facts->partition[i].lag = lag;
	facts->partition[i].committed = partition->committed;
	facts->partition[i].in_flight = partition->in_flight;
	facts->partition[i].waiting = waiting;
}

static bool is_well(const struct consumer_facts *facts)
{
	if (facts->fatal || facts->state != CONSUMER_UP || facts->restless || facts->uncommitted)
		return false;
	for (uint32_t kind = 0; kind < HINDRANCES; kind++)
		if (facts->hindered[kind].whole || facts->hindered[kind].partitions > 0)
			return false;
	return true;
}

void consumer_look(struct consumer *consumer, int64_t now)
{
	struct consumer_facts facts = {
		.state = consumer->state,
		.fatal = consumer->fatal,
		.fenced = consumer->fenced,
		.restless = consumer->restless,
		.skips = consumer->skips,
		.lately = intake_lately(&consumer->intake, now),
		.in_flight = consumer->assignment.out,
		.lag_known = consumer->assignment.count > 0,
	};

	/* Whoever has no partition has nothing to commit. */
	if (consumer->assignment.count == 0)
		consumer->uncommitted = 0;
	facts.uncommitted = consumer->uncommitted;
	for (uint32_t kind = 0; kind < HINDRANCES; kind++)
		facts.hindered[kind].whole = consumer->hindered[kind];
	for (uint32_t i = 0; i < consumer->assignment.count; i++)
		look_at_partition(consumer, consumer->assignment.partitions[i], &facts, now);
	if (is_well(&facts) && now - consumer->failed_at > SHOWN_NS)
		consumer->last_error[0] = '\0';
	memcpy(facts.last_error, consumer->last_error, sizeof(facts.last_error));
	/* Whoever reads them makes the lane wait for no longer than a copy takes. */
	pthread_mutex_lock(&consumer->lock);
	consumer->facts = facts;
	pthread_mutex_unlock(&consumer->lock);
}

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

/* Up means that it reads, not that there is a connection. */
static const char *state_name(const struct consumer_facts *facts)
{
	if (facts->fatal)
		return "failed";
	if (facts->state == CONSUMER_UP && hindrance_stops(facts->hindered, facts->partitions))
		return "hindered";
	return state_names[facts->state];
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
	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:s?}",
		"topic", consumer->config->topic, "group", consumer->config->group, "state",
		state_name(&facts), "assigned", (json_int_t)facts.partitions, "partitions",
		partitions, "lag", known(facts.lag_known ? facts.lag : -1), "consumed",
		(json_int_t)gw_counter_get(&consumer->consumed), "commits",
		(json_int_t)gw_counter_get(&consumer->commits), "in_flight",
		(json_int_t)facts.in_flight, "waiting", (json_int_t)facts.waiting, "refused_share",
		intake_share(&facts.lately), "resets", (json_int_t)facts.skips.resets, "skipped",
		(json_int_t)facts.skips.records, "last_error",
		facts.last_error[0] ? facts.last_error : NULL);
}

static int64_t seconds(int64_t ns)
{
	return ns / GW_NS_PER_S;
}

static void health_of_end(const struct consumer *consumer, const struct consumer_facts *facts,
	struct gw_health *health)
{
	if (facts->fenced)
		gw_health_add(health, GW_FAILED, "source.%s.failed", consumer->config->topic,
			"no record is read any more: another consumer of the group %s has the same "
			"group.instance.id: give each gateway its own, and restart this one",
			consumer->config->group);
	else
		gw_health_add(health, GW_FAILED, "source.%s.failed", consumer->config->topic,
			"no record is read any more: %s: restart gwd", facts->last_error);
}

static void health_of_group(const struct consumer *consumer, const struct consumer_facts *facts,
	int64_t now, struct gw_health *health)
{
	if (facts->restless != 0 && now - facts->restless > RESTLESS_NS)
		gw_health_add(health, facts->partitions == 0 ? GW_FAILED : GW_DEGRADED,
			"source.%s.group", consumer->config->topic,
			"the group %s has not come to rest for %ld s, and nothing is committed "
			"meanwhile (%s): look at its other members and at the brokers",
			consumer->config->group, seconds(now - facts->restless),
			facts->last_error[0] ? facts->last_error : "no error was heard");
	else if (facts->uncommitted != 0 && now - facts->uncommitted > LASTING_NS)
		gw_health_add(health, GW_DEGRADED, "source.%s.uncommitted", consumer->config->topic,
			"no offset could be committed for %ld s (%s): what is done meanwhile comes "
			"again after a restart",
			seconds(now - facts->uncommitted), facts->last_error);
}

void consumer_health(struct consumer *consumer, struct gw_health *health)
{
	const char *topic = consumer->config->topic,
		   *brokers = consumer->gw->config->kafka->brokers;
	const int64_t now = gw_now();
	struct consumer_facts facts;

	read_facts(consumer, &facts);
	if (facts.fatal) {
		health_of_end(consumer, &facts, health);
	} else if (facts.state == CONSUMER_DOWN ||
		(facts.state == CONSUMER_CONNECTING && now - consumer->opened > PATIENCE_NS)) {
		gw_health_add(health, GW_FAILED, "source.%s.away", topic,
			"no broker answers at %s (%s): look at the brokers and the way to them",
			brokers, facts.last_error[0] ? facts.last_error : "no answer yet");
	} else {
		const struct hindrance_place place = {
			topic, consumer->config->group, brokers, facts.partitions};

		hindrance_health(facts.hindered, &place, health);
		/* What hinders it is why. */
		if (!hindrance_stops(facts.hindered, facts.partitions))
			health_of_group(consumer, &facts, now, health);
	}
	intake_health(&facts.lately, topic, health);
	skips_health(&facts.skips, topic, now, health);
	if (facts.lag >= LAG_NOTICE)
		gw_health_add(health, GW_NOTICE, "source.%s.lag", topic,
			"%ld records wait in the topic: start one more gateway in the group %s",
			facts.lag, consumer->config->group);
}
