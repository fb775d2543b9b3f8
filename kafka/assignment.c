#include "kafka/assignment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void assignment_open(struct assignment *assignment)
{
	memset(assignment, 0, sizeof(*assignment));
	for (uint32_t i = GW_RECEIPTS; i-- > 0;) {
		assignment->flights[i].after = assignment->free;
		assignment->free = &assignment->flights[i];
	}
}

void assignment_close(struct assignment *assignment)
{
	while (assignment->count > 0)
		assignment_remove(assignment, assignment->partitions[0]);
	free((void *)assignment->partitions);
	assignment->partitions = NULL;
	assignment->capacity = 0;
}

struct partition *assignment_add(struct assignment *assignment, int32_t number)
{
	struct partition *partition = calloc(1, sizeof(*partition));

	if (partition && assignment->count == assignment->capacity) {
		const uint32_t capacity = 2 * assignment->capacity + 8;
		void *larger =
			realloc((void *)assignment->partitions, capacity * sizeof(partition));

		if (!larger) {
			free(partition);
			return NULL;
		}
		assignment->partitions = larger;
		assignment->capacity = capacity;
	}
	if (!partition)
		return NULL;
	partition->number = number;
	partition->taken = partition->confirmed = -1;
	partition->asked = partition->committed = -1;
	partition->read_to = -1;
	assignment->partitions[assignment->count++] = partition;
	return partition;
}

static void free_flight(struct assignment *assignment, struct flight *flight)
{
	flight->after = assignment->free;
	assignment->free = flight;
}

void assignment_remove(struct assignment *assignment, struct partition *partition)
{
	struct flight *after;
	uint32_t i = 0;

	for (struct flight *flight = partition->oldest; flight; flight = after) {
		after = flight->after;
		flight->partition = NULL;
		if (flight->back)
			free_flight(assignment, flight);
	}
	while (partition->next < partition->count)
		rd_kafka_message_destroy(partition->batch[partition->next++]);
	if (partition->queue)
		rd_kafka_queue_destroy(partition->queue);
	while (assignment->partitions[i] != partition)
		i++;
	assignment->partitions[i] = assignment->partitions[--assignment->count];
	free(partition);
}

struct partition *assignment_find(const struct assignment *assignment, int32_t number)
{
	for (uint32_t i = 0; i < assignment->count; i++)
		if (assignment->partitions[i]->number == number)
			return assignment->partitions[i];
	return NULL;
}

bool assignment_has_room(const struct assignment *assignment)
{
	return assignment->free != NULL;
}

uint64_t assignment_depart(
	struct assignment *assignment, struct partition *partition, int64_t offset)
{
	struct flight *flight = assignment->free;

	assert(flight);
	assignment->free = flight->after;
	*flight = (struct flight){.partition = partition, .offset = offset};
	if (partition->newest)
		partition->newest->after = flight;
	else
		partition->oldest = flight;
	partition->newest = flight;
	partition->in_flight++;
	partition->taken = offset + 1;
	assignment->out++;
	return (uint64_t)(flight - assignment->flights) + 1;
}

void assignment_return(struct assignment *assignment, uint64_t receipt, enum gw_drop outcome)
{
	struct flight *flight = &assignment->flights[receipt - 1];
	struct partition *partition = flight->partition;

	if (outcome == GW_DROP_SHUTDOWN)
		return;
	assignment->out--;
	flight->back = true;
	if (!partition) {
		free_flight(assignment, flight);
		return;
	}
	partition->in_flight--;
	while (partition->oldest && partition->oldest->back) {
		struct flight *oldest = partition->oldest;

		partition->confirmed = oldest->offset + 1;
		partition->oldest = oldest->after;
		free_flight(assignment, oldest);
	}
	if (!partition->oldest)
		partition->newest = NULL;
}

uint32_t assignment_ask(struct assignment *assignment, const struct partition *only,
	const char *topic, rd_kafka_topic_partition_list_t *list)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < assignment->count; i++) {
		struct partition *partition = assignment->partitions[i];

		if ((only && only != partition) || partition->stale ||
			partition->confirmed == partition->asked)
			continue;
		rd_kafka_topic_partition_list_add(list, topic, partition->number)->offset =
			partition->confirmed;
		partition->asked = partition->confirmed;
		count++;
	}
	return count;
}

uint32_t assignment_repeat(const struct assignment *assignment, const char *topic,
	rd_kafka_topic_partition_list_t *list)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < assignment->count; i++) {
		const struct partition *partition = assignment->partitions[i];

		if (partition->stale || partition->committed < 0 ||
			partition->committed != partition->confirmed)
			continue;
		rd_kafka_topic_partition_list_add(list, topic, partition->number)->offset =
			partition->committed;
		count++;
	}
	return count;
}

void assignment_answer(struct assignment *assignment, const rd_kafka_topic_partition_list_t *list,
	rd_kafka_resp_err_t error)
{
	for (int i = 0; list && i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *said = &list->elems[i];
		struct partition *partition = assignment_find(assignment, said->partition);

		if (!partition)
			continue;
		if (error == RD_KAFKA_RESP_ERR_NO_ERROR &&
			said->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
			partition->committed = said->offset;
			if (partition->hindrance == HINDRANCE_TOPIC ||
				partition->hindrance == HINDRANCE_UNKNOWN)
				partition->hindrance = HINDRANCE_NONE;
			continue;
		}
		/* Once more, with what came back meanwhile. */
		if (said->offset == partition->asked)
			partition->asked = partition->committed;
		/* The group is not the partition's matter. */
		const enum hindrance hindrance = hindrance_of(said->err);

		if (hindrance == HINDRANCE_TOPIC || hindrance == HINDRANCE_UNKNOWN)
			partition->hindrance = hindrance;
	}
}
