#include "kafka/hindrance.h"

#include <stdio.h>

#include "core/health.h"

enum hindrance hindrance_of(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		return HINDRANCE_TOPIC;
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		return HINDRANCE_GROUP;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		return HINDRANCE_UNKNOWN;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR__NO_OFFSET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		return HINDRANCE_OFFSET;
	default:
		return HINDRANCE_NONE;
	}
}

static bool is_whole(const struct hindered *hindered, uint32_t assigned)
{
	return hindered->whole || (hindered->partitions > 0 && hindered->partitions == assigned);
}

bool hindrance_stops(const struct hindered hindered[HINDRANCES], uint32_t assigned)
{
	for (uint32_t kind = 0; kind < HINDRANCES; kind++)
		if (kind != HINDRANCE_NONE && is_whole(&hindered[kind], assigned))
			return true;
	return false;
}

/* "the topic", or which part of it. */
static void describe_part(
	const struct hindered *hindered, uint32_t assigned, char *text, size_t size)
{
	if (is_whole(hindered, assigned))
		snprintf(text, size, "the topic");
	else if (hindered->partitions == 1)
		snprintf(text, size, "partition %d", hindered->first);
	else
		snprintf(text, size, "%u of %u partitions (%d, for one)", hindered->partitions,
			assigned, hindered->first);
}

static void add(enum hindrance kind, const struct hindered *hindered,
	const struct hindrance_place *place, struct gw_health *health)
{
	const enum gw_severity severity =
		is_whole(hindered, place->assigned) ? GW_FAILED : GW_DEGRADED;
	char part[64];

	describe_part(hindered, place->assigned, part, sizeof(part));
	switch (kind) {
	case HINDRANCE_TOPIC:
		gw_health_add(health, severity, "source.%s.denied", place->topic,
			"%s may not be read: grant Read and Describe on the topic %s to this user",
			part, place->topic);
		break;
	case HINDRANCE_GROUP:
		gw_health_add(health, severity, "source.%s.group_denied", place->topic,
			"the group %s may not be used, and nothing is committed: grant Read on the "
			"group to this user",
			place->group);
		break;
	case HINDRANCE_UNKNOWN:
		gw_health_add(health, severity, "source.%s.unknown_topic", place->topic,
			"the brokers at %s do not have %s: make the topic, or change "
			"`kafka.source.topic`",
			place->brokers, part);
		break;
	case HINDRANCE_OFFSET:
		gw_health_add(health, severity, "source.%s.offset", place->topic,
			"%s stands still, for the group has no offset there and "
			"`auto.offset.reset` "
			"is error: set the offsets of the group %s while gwd is stopped, or take "
			"the property out",
			part, place->group);
		break;
	case HINDRANCE_LEADER:
		gw_health_add(health, severity, "source.%s.leader", place->topic,
			"%s has no leader and is not read: look at the brokers that hold it", part);
		break;
	case HINDRANCE_NONE:
	case HINDRANCES:
		break;
	}
}

void hindrance_health(const struct hindered hindered[HINDRANCES],
	const struct hindrance_place *place, struct gw_health *health)
{
	for (uint32_t kind = 0; kind < HINDRANCES; kind++)
		if (hindered[kind].whole || hindered[kind].partitions > 0)
			add((enum hindrance)kind, &hindered[kind], place, health);
}
