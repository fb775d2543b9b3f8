#include "kafka/group.h"

#include <errno.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/log.h"

#define SUBJECT "source"
/* How long a partition that is to go may keep the group waiting. */
#define REVOKE_NS GW_NS_PER_S

int group_join(struct consumer *consumer, struct gw_error *error)
{
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(topics, consumer->config->topic, RD_KAFKA_PARTITION_UA);
	const rd_kafka_resp_err_t status = rd_kafka_subscribe(consumer->client.handle, topics);

	rd_kafka_topic_partition_list_destroy(topics);
	if (status == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	return gw_error_set(error, -EINVAL, "source: topic \"%s\": %s", consumer->config->topic,
		rd_kafka_err2str(status));
}

static void log_partitions(const struct consumer *consumer, const char *what,
	const rd_kafka_topic_partition_list_t *list)
{
	char text[256];
	size_t used = 0;

	for (int i = 0; i < list->cnt && used < sizeof(text) - 16; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%d", used ? ", " : "",
			list->elems[i].partition);
	if (list->cnt > 0)
		gw_info(SUBJECT, "%s: %s partitions %s of group %s", consumer->config->topic, what,
			text, consumer->config->group);
}

/* Says what went wrong with a change of partitions: the library finds its way by a new one. */
static void report(struct consumer *consumer, rd_kafka_error_t *error)
{
	if (!error)
		return;
	consumer_fail(consumer, rd_kafka_error_string(error));
	gw_warn(SUBJECT, "%s: %s", consumer->config->topic, rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
}

/* A partition's records are to come by its own queue, so that one that must wait holds up no other.
 * The library keeps to that when it is told before it begins to fetch. */
static bool add(struct consumer *consumer, int32_t number)
{
	struct partition *partition = assignment_add(&consumer->assignment, number);

	if (!partition)
		return false;
	partition->queue = rd_kafka_queue_get_partition(
		consumer->client.handle, consumer->config->topic, number);
	if (!partition->queue) {
		assignment_remove(&consumer->assignment, partition);
		return false;
	}
	rd_kafka_queue_forward(partition->queue, NULL);
	return true;
}

/* All of them or none. False: out of memory. */
static bool add_all(struct consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
	int count = 0;

	while (count < list->cnt && add(consumer, list->elems[count].partition))
		count++;
	if (count == list->cnt)
		return true;
	while (count-- > 0)
		assignment_remove(&consumer->assignment,
			assignment_find(&consumer->assignment, list->elems[count].partition));
	return false;
}

/* Tells the library to read them. Takes the event. */
static void take_on(struct consumer *consumer, rd_kafka_event_t *event)
{
	report(consumer,
		rd_kafka_incremental_assign(
			consumer->client.handle, rd_kafka_event_topic_partition_list(event)));
	rd_kafka_event_destroy(event);
}

/* One that the library reads and that has no queue here would end all. Until it has its answer the
 * client commits nothing, and the group may wait for it. Takes the event. */
static void assigned(struct consumer *consumer, rd_kafka_event_t *event, bool again)
{
	const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);

	/* They go at once. */
	if (consumer->closing) {
		take_on(consumer, event);
		return;
	}
	if (!add_all(consumer, list)) {
		consumer_fail(consumer, "out of memory: new partitions wait");
		if (!again)
			gw_error_log(SUBJECT,
				"%s: out of memory: %d new partitions are not read until there is "
				"some",
				consumer->config->topic, list->cnt);
		consumer->assigned = event;
		return;
	}
	log_partitions(consumer, "has got", list);
	/* They are those of a topic that is there and may be known. */
	if (list->cnt > 0)
		consumer->hindered[HINDRANCE_TOPIC] = consumer->hindered[HINDRANCE_UNKNOWN] = false;
	take_on(consumer, event);
}

static void commit(struct consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
	const rd_kafka_resp_err_t error = rd_kafka_commit_queue(
		consumer->client.handle, list, consumer->client.events, NULL, NULL);

	if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
		assignment_answer(&consumer->assignment, list, error);
}

void group_commit(struct consumer *consumer)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)consumer->assignment.count);

	if (assignment_ask(&consumer->assignment, NULL, consumer->config->topic, list) > 0)
		commit(consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
}

void group_prove(struct consumer *consumer)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)consumer->assignment.count);

	if (assignment_repeat(&consumer->assignment, consumer->config->topic, list) > 0)
		commit(consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
}

/* Lets partitions go, and the group go on. */
static void let_go(struct consumer *consumer, rd_kafka_event_t *event)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);

	log_partitions(consumer, "lets go of", list);
	report(consumer, rd_kafka_incremental_unassign(consumer->client.handle, list));
	for (int i = 0; i < list->cnt; i++) {
		struct partition *partition =
			assignment_find(&consumer->assignment, list->elems[i].partition);

		if (partition)
			assignment_remove(&consumer->assignment, partition);
	}
	rd_kafka_event_destroy(event);
}

/* Takes the event. */
static void revoke_begin(struct consumer *consumer, rd_kafka_event_t *event, int64_t now)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);

	/* They are another's already: nothing can be committed. */
	if (rd_kafka_assignment_lost(consumer->client.handle)) {
		gw_warn(SUBJECT,
			"%s: the group went on without this gateway: what was on its way may come "
			"twice",
			consumer->config->topic);
		let_go(consumer, event);
		return;
	}
	for (int i = 0; i < list->cnt; i++) {
		struct partition *partition =
			assignment_find(&consumer->assignment, list->elems[i].partition);

		if (partition)
			partition->leaving = true;
	}
	consumer->revoked = event;
	consumer->revoke_by = consumer->closing ? now : now + REVOKE_NS;
}

static bool leaving_are_empty(const struct assignment *assignment)
{
	for (uint32_t i = 0; i < assignment->count; i++)
		if (assignment->partitions[i]->leaving && assignment->partitions[i]->in_flight > 0)
			return false;
	return true;
}

/* The commit is on its way before the group is told: whoever gets the partition reads it. */
void group_turn(struct consumer *consumer, int64_t now)
{
	rd_kafka_event_t *event = consumer->assigned;

	consumer->assigned = NULL;
	if (event)
		assigned(consumer, event, true);
	event = consumer->revoked;
	if (!event || (now < consumer->revoke_by && !leaving_are_empty(&consumer->assignment)))
		return;
	consumer->revoked = NULL;
	group_commit(consumer);
	let_go(consumer, event);
}

void group_rebalance(struct consumer *consumer, rd_kafka_event_t *event, int64_t now)
{
	switch (rd_kafka_event_error(event)) {
	case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
		assigned(consumer, event, false);
		return;
	case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
		revoke_begin(consumer, event, now);
		return;
	default:
		consumer_fail(consumer, rd_kafka_event_error_string(event));
		rd_kafka_assign(consumer->client.handle, NULL);
		assignment_close(&consumer->assignment);
		break;
	}
	rd_kafka_event_destroy(event);
}

void group_committed(struct consumer *consumer, rd_kafka_event_t *event)
{
	const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
	const rd_kafka_resp_err_t error = rd_kafka_event_error(event);

	assignment_answer(&consumer->assignment, list, error);
	/* There was nothing to be committed. */
	if (error == RD_KAFKA_RESP_ERR__NO_OFFSET)
		return;
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
		gw_counter_add(&consumer->commits, 1);
		consumer->uncommitted = 0;
		consumer->hindered[HINDRANCE_GROUP] = false;
		consumer->hindered[HINDRANCE_UNKNOWN] = false;
		return;
	}
	consumer_fail(consumer, rd_kafka_event_error_string(event));
	if (consumer->uncommitted == 0)
		consumer->uncommitted = gw_now();
	if (hindrance_of(error) == HINDRANCE_GROUP)
		consumer->hindered[HINDRANCE_GROUP] = true;
}

void group_rejoin(struct consumer *consumer)
{
	struct gw_error error;

	rd_kafka_unsubscribe(consumer->client.handle);
	if (group_join(consumer, &error) != 0) {
		consumer_fail(consumer, error.text);
		gw_warn(SUBJECT, "%s", error.text);
	}
}

void group_forget(struct consumer *consumer)
{
	rd_kafka_event_t *came = consumer->assigned, *gone = consumer->revoked;

	consumer->assigned = consumer->revoked = NULL;
	/* The library waits for an answer. */
	if (came)
		take_on(consumer, came);
	if (gone)
		let_go(consumer, gone);
	assignment_close(&consumer->assignment);
}

void group_give_up(struct consumer *consumer)
{
	group_forget(consumer);
	rd_kafka_unsubscribe(consumer->client.handle);
}

void group_leave(struct consumer *consumer)
{
	report(consumer,
		rd_kafka_consumer_close_queue(consumer->client.handle, consumer->client.events));
}
