#include "kafka/vitals.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "kafka/refusal.h"

/* A record that waits for longer says that records are not confirmed. A busy cluster takes
 * milliseconds, a change of a partition's leader one or two seconds. */
#define STALLED_NS (5 * GW_NS_PER_S)
#define NEARLY_FULL 0.8

static uint64_t of(const struct gw_counter *counter)
{
	return gw_counter_get(counter);
}

void vitals_open(struct vitals *vitals, const char *topic, const char *brokers,
	uint64_t most_records, uint64_t most_bytes)
{
	pthread_mutex_init(&vitals->lock, NULL);
	vitals->topic = topic;
	vitals->brokers = brokers;
	vitals->most_records = most_records;
	vitals->most_bytes = most_bytes;
}

void vitals_close(struct vitals *vitals)
{
	pthread_mutex_destroy(&vitals->lock);
}

void vitals_link(struct vitals *vitals, enum vitals_link link)
{
	atomic_store_explicit(&vitals->link, (int)link, memory_order_release);
}

void vitals_code(struct vitals *vitals, rd_kafka_resp_err_t code)
{
	atomic_store_explicit(&vitals->last_code, (int)code, memory_order_release);
	gw_counter_set(&vitals->last_at, (uint64_t)gw_now());
	/* The library's own codes are negative, but for this one: a broker has answered. */
	if (code > RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
		vitals_link(vitals, LINK_UP);
}

void vitals_text(struct vitals *vitals, const char *text)
{
	pthread_mutex_lock(&vitals->lock);
	snprintf(vitals->last_error, sizeof(vitals->last_error), "%s", text);
	pthread_mutex_unlock(&vitals->lock);
	vitals_code(vitals, RD_KAFKA_RESP_ERR_NO_ERROR);
}

void vitals_delivered(struct vitals *vitals, uint64_t bytes)
{
	gw_counter_add(&vitals->delivered, 1);
	gw_counter_add(&vitals->bytes, bytes);
	vitals_link(vitals, LINK_UP);
}

void vitals_refused(struct vitals *vitals, rd_kafka_resp_err_t code)
{
	gw_counter_add(&vitals->refused, 1);
	atomic_store_explicit(&vitals->refused_code, (int)code, memory_order_release);
	vitals_code(vitals, code);
}

void vitals_tick(struct vitals *vitals, int64_t now)
{
	const uint32_t size = VITALS_LATELY + 1;
	uint64_t delivered = of(&vitals->delivered), refused = of(&vitals->refused);
	uint32_t oldest;

	if (now >= vitals->next_look) {
		vitals->next_look = now + GW_NS_PER_S;
		vitals->history[vitals->looks % size].delivered = delivered;
		vitals->history[vitals->looks % size].refused = refused;
		vitals->looks++;
	}
	oldest = vitals->looks < size ? 0 : vitals->looks % size;
	gw_counter_set(&vitals->recent_delivered, delivered - vitals->history[oldest].delivered);
	gw_counter_set(&vitals->recent_refused, refused - vitals->history[oldest].refused);
}

static double share(uint64_t part, uint64_t whole)
{
	return whole > 0 ? (double)part / (double)whole : 0;
}

static double refused_share(const struct vitals *vitals)
{
	uint64_t refused = of(&vitals->recent_refused);

	return share(refused, refused + of(&vitals->recent_delivered));
}

static double queue_fill(const struct vitals *vitals)
{
	double records = share(of(&vitals->waiting), vitals->most_records);
	double bytes = share(of(&vitals->waiting_bytes), vitals->most_bytes);

	return records > bytes ? records : bytes;
}

static int64_t oldest_age(const struct vitals *vitals)
{
	int64_t since = (int64_t)of(&vitals->oldest), now = gw_now();

	return since != 0 && since < now ? now - since : 0;
}

enum vitals_state vitals_state(const struct vitals *vitals)
{
	int link = atomic_load_explicit(&vitals->link, memory_order_acquire);

	if (link == LINK_DOWN)
		return VITALS_DOWN;
	if (oldest_age(vitals) > STALLED_NS)
		return VITALS_STALLED;
	if (refused_share(vitals) >= 0.5)
		return VITALS_REFUSING;
	return link == LINK_UP ? VITALS_UP : VITALS_CONNECTING;
}

const char *vitals_state_name(enum vitals_state state)
{
	static const char *const names[] = {
		[VITALS_CONNECTING] = "connecting",
		[VITALS_UP] = "up",
		[VITALS_STALLED] = "stalled",
		[VITALS_REFUSING] = "refusing",
		[VITALS_DOWN] = "down",
	};

	return names[state];
}

static void copy_text(struct vitals *vitals, char text[VITALS_ERROR])
{
	pthread_mutex_lock(&vitals->lock);
	memcpy(text, vitals->last_error, VITALS_ERROR);
	pthread_mutex_unlock(&vitals->lock);
}

static rd_kafka_resp_err_t last_code(const struct vitals *vitals)
{
	return (rd_kafka_resp_err_t)atomic_load_explicit(&vitals->last_code, memory_order_acquire);
}

/* The latest error, and what to do about it. */
static void advice_of_last(struct vitals *vitals, char text[VITALS_ERROR])
{
	rd_kafka_resp_err_t code = last_code(vitals);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		refusal_advice(code, vitals->topic, text, VITALS_ERROR);
	else
		copy_text(vitals, text);
}

/* What holds the oldest record up, as far as an error has told since it was submitted. */
static void advice_of_waiting(struct vitals *vitals, char text[VITALS_ERROR])
{
	if (of(&vitals->last_at) >= of(&vitals->oldest))
		advice_of_last(vitals, text);
	else
		snprintf(text, VITALS_ERROR,
			"a broker is connected and does not confirm: look at its load and disks "
			"and at the leaders of the topic's partitions");
}

static void health_of_waiting(struct vitals *vitals, struct gw_health *health)
{
	char advice[VITALS_ERROR];
	double age = (double)oldest_age(vitals) / GW_NS_PER_S;
	uint64_t waiting = of(&vitals->waiting);

	if (vitals_state(vitals) == VITALS_DOWN) {
		advice_of_last(vitals, advice);
		gw_health_add(health, GW_FAILED, "kafka.%s.down", vitals->topic,
			"no broker of %s is connected, %lu records wait: %.120s", vitals->brokers,
			waiting, advice);
	} else if (oldest_age(vitals) > STALLED_NS) {
		advice_of_waiting(vitals, advice);
		gw_health_add(health, of(&vitals->recent_delivered) > 0 ? GW_DEGRADED : GW_FAILED,
			"kafka.%s.unconfirmed", vitals->topic,
			"%lu records wait, the oldest for %.1f s: %s", waiting, age, advice);
	}
}

void vitals_health(struct vitals *vitals, struct gw_health *health)
{
	char advice[VITALS_ERROR];
	double refused = refused_share(vitals), fill = queue_fill(vitals);
	int code = atomic_load_explicit(&vitals->refused_code, memory_order_acquire);

	health_of_waiting(vitals, health);
	if (refused > 0) {
		refusal_advice((rd_kafka_resp_err_t)code, vitals->topic, advice, sizeof(advice));
		gw_health_add(health, refused >= 0.5 ? GW_FAILED : GW_DEGRADED, "kafka.%s.refused",
			vitals->topic, "%.3g %% of the records of the last %d s were refused: %s",
			refused * 100, VITALS_LATELY, advice);
	}
	if (fill >= NEARLY_FULL)
		gw_health_add(health, GW_DEGRADED, "kafka.%s.queue", vitals->topic,
			"%.0f %% full with %lu records: when it is full, new ones are not taken",
			fill * 100, of(&vitals->waiting));
}

struct json_t *vitals_describe(struct vitals *vitals)
{
	char error[VITALS_ERROR];
	rd_kafka_resp_err_t code = last_code(vitals);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		snprintf(error, sizeof(error), "%s: %s", rd_kafka_err2name(code),
			rd_kafka_err2str(code));
	else
		copy_text(vitals, error);
	return json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:s?}", "topic",
		vitals->topic, "state", vitals_state_name(vitals_state(vitals)), "queued",
		(json_int_t)of(&vitals->waiting), "oldest_ms",
		(json_int_t)(oldest_age(vitals) / GW_NS_PER_MS), "refused_share",
		refused_share(vitals), "queue_fill", queue_fill(vitals), "delivered",
		(json_int_t)of(&vitals->delivered), "failed", (json_int_t)of(&vitals->refused),
		"bytes", (json_int_t)of(&vitals->bytes), "replaced",
		(json_int_t)of(&vitals->replaced), "last_error", error[0] ? error : NULL);
}
