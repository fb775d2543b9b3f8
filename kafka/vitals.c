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
/* What a trouble's text has room for beside the figures: of it, bytes of the brokers' names. */
#define ADVICE_ROOM (GW_TROUBLE_TEXT - 64)
#define DOWN_ROOM (GW_TROUBLE_TEXT - 112)
#define BROKERS_ROOM 64

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
	/* The library's own codes are negative, but for those of size: a broker has answered. */
	if (code > RD_KAFKA_RESP_ERR_NO_ERROR && !refusal_is_of_size(code))
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

static double queue_fill(const struct vitals *vitals)
{
	double records = share(of(&vitals->waiting), vitals->most_records);
	double bytes = share(of(&vitals->waiting_bytes), vitals->most_bytes);

	return records > bytes ? records : bytes;
}

static struct vitals_error error_of(struct vitals *vitals)
{
	struct vitals_error error = {
		.at = (int64_t)of(&vitals->last_at),
		.code = (rd_kafka_resp_err_t)atomic_load_explicit(
			&vitals->last_code, memory_order_acquire),
	};

	pthread_mutex_lock(&vitals->lock);
	memcpy(error.text, vitals->last_error, VITALS_ERROR);
	pthread_mutex_unlock(&vitals->lock);
	return error;
}

static void keep_latest(struct vitals_error *latest, const struct vitals_error *error)
{
	if (error->at != 0 && error->at >= latest->at)
		*latest = *error;
}

void vitals_add(struct vitals_sum *sum, struct vitals *vitals)
{
	int link = atomic_load_explicit(&vitals->link, memory_order_acquire);
	int64_t oldest = (int64_t)of(&vitals->oldest);
	double fill = queue_fill(vitals);
	const struct vitals_error error = error_of(vitals);

	sum->topic = vitals->topic;
	sum->brokers = vitals->brokers;
	if (link > (int)sum->link)
		sum->link = (enum vitals_link)link;
	sum->waiting += of(&vitals->waiting);
	sum->delivered += of(&vitals->delivered);
	sum->bytes += of(&vitals->bytes);
	sum->refused += of(&vitals->refused);
	sum->replaced += of(&vitals->replaced);
	sum->recent_delivered += of(&vitals->recent_delivered);
	sum->recent_refused += of(&vitals->recent_refused);
	if (oldest != 0 && (sum->oldest == 0 || oldest < sum->oldest)) {
		sum->oldest = oldest;
		sum->last_waiting = error;
	}
	if (fill > sum->fill)
		sum->fill = fill;
	if (of(&vitals->recent_refused) > 0)
		sum->refused_code = (rd_kafka_resp_err_t)atomic_load_explicit(
			&vitals->refused_code, memory_order_acquire);
	keep_latest(&sum->last, &error);
	if (link == LINK_DOWN)
		keep_latest(&sum->last_down, &error);
}

static double refused_share(const struct vitals_sum *sum)
{
	return share(sum->recent_refused, sum->recent_refused + sum->recent_delivered);
}

static int64_t oldest_age(const struct vitals_sum *sum)
{
	int64_t now = gw_now();

	return sum->oldest != 0 && sum->oldest < now ? now - sum->oldest : 0;
}

enum vitals_state vitals_state(const struct vitals_sum *sum)
{
	if (sum->link == LINK_DOWN)
		return VITALS_DOWN;
	if (oldest_age(sum) > STALLED_NS)
		return VITALS_STALLED;
	if (refused_share(sum) >= 0.5)
		return VITALS_REFUSING;
	return sum->link == LINK_UP ? VITALS_UP : VITALS_CONNECTING;
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

/* Puts at most `room` bytes of a text into `out`, which has one more: its end, which says most,
 * from the beginning of a word on. A word that is longer is cut. */
static void shorten(char *out, size_t room, const char *text)
{
	static const char mark[] = "... ";
	const size_t size = strlen(text);
	const char *from, *gap;

	if (size <= room) {
		memcpy(out, text, size + 1);
		return;
	}
	from = text + size - (room - strlen(mark));
	gap = strpbrk(from - 1, " ,");
	if (gap && gap[strspn(gap, " ,")] != '\0')
		from = gap + strspn(gap, " ,");
	/* Not amid a character of UTF-8. */
	while ((*from & 0xc0) == 0x80)
		from++;
	snprintf(out, room + 1, "%s%s", mark, from);
}

/* What went wrong, and what to do about it. */
static void advice_of(
	const struct vitals_sum *sum, const struct vitals_error *error, char text[VITALS_ERROR])
{
	if (error->code != RD_KAFKA_RESP_ERR_NO_ERROR)
		refusal_advice(error->code, sum->topic, text, VITALS_ERROR);
	else
		snprintf(text, VITALS_ERROR, "%s", error->text);
}

/* What holds the oldest record up, as far as an error has told since it was submitted. */
static void advice_of_waiting(const struct vitals_sum *sum, char text[VITALS_ERROR])
{
	if (sum->last_waiting.at >= sum->oldest)
		advice_of(sum, &sum->last_waiting, text);
	else
		snprintf(text, VITALS_ERROR,
			"a broker is connected and does not confirm: look at its load and disks, "
			"at the leaders of the topic's partitions, and whether as many brokers "
			"are in sync as its min.insync.replicas");
}

static void health_of_down(const struct vitals_sum *sum, struct gw_health *health)
{
	char advice[VITALS_ERROR], brokers[BROKERS_ROOM + 1], reason[DOWN_ROOM + 1];

	advice_of(sum, &sum->last_down, advice);
	shorten(brokers, BROKERS_ROOM, sum->brokers);
	shorten(reason, DOWN_ROOM - strlen(brokers), advice);
	gw_health_add(health, GW_FAILED, "kafka.%s.down", sum->topic,
		"no broker of %s is connected, %lu records wait: %s: check kafka.brokers, the "
		"network and the broker's log",
		brokers, sum->waiting, reason);
}

static void health_of_waiting(const struct vitals_sum *sum, struct gw_health *health)
{
	char advice[VITALS_ERROR], reason[ADVICE_ROOM + 1];

	advice_of_waiting(sum, advice);
	shorten(reason, ADVICE_ROOM, advice);
	gw_health_add(health, sum->recent_delivered > 0 ? GW_DEGRADED : GW_FAILED,
		"kafka.%s.unconfirmed", sum->topic, "%lu records wait, the oldest for %.1f s: %s",
		sum->waiting, (double)oldest_age(sum) / GW_NS_PER_S, reason);
}

static void health_of_refused(const struct vitals_sum *sum, struct gw_health *health)
{
	char advice[VITALS_ERROR], reason[ADVICE_ROOM + 1];
	double refused = refused_share(sum);

	refusal_advice(sum->refused_code, sum->topic, advice, sizeof(advice));
	shorten(reason, ADVICE_ROOM, advice);
	gw_health_add(health, refused >= 0.5 ? GW_FAILED : GW_DEGRADED, "kafka.%s.refused",
		sum->topic, "%.3g %% of the records of the last %d s were refused: %s",
		refused * 100, VITALS_LATELY, reason);
}

void vitals_health(const struct vitals_sum *sum, struct gw_health *health)
{
	if (vitals_state(sum) == VITALS_DOWN)
		health_of_down(sum, health);
	else if (oldest_age(sum) > STALLED_NS)
		health_of_waiting(sum, health);
	if (refused_share(sum) > 0)
		health_of_refused(sum, health);
	if (sum->fill >= NEARLY_FULL)
		gw_health_add(health, GW_DEGRADED, "kafka.%s.queue", sum->topic,
			"%.0f %% full with %lu records: when it is full, new ones are not taken",
			sum->fill * 100, sum->waiting);
}

struct json_t *vitals_describe(const struct vitals_sum *sum)
{
	char error[VITALS_ERROR];

	if (sum->last.code != RD_KAFKA_RESP_ERR_NO_ERROR)
		snprintf(error, sizeof(error), "%s: %s", rd_kafka_err2name(sum->last.code),
			rd_kafka_err2str(sum->last.code));
	else
		snprintf(error, sizeof(error), "%s", sum->last.text);
	return json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:s?}", "topic",
		sum->topic, "state", vitals_state_name(vitals_state(sum)), "queued",
		(json_int_t)sum->waiting, "oldest_ms", (json_int_t)(oldest_age(sum) / GW_NS_PER_MS),
		"refused_share", refused_share(sum), "queue_fill", sum->fill, "delivered",
		(json_int_t)sum->delivered, "failed", (json_int_t)sum->refused, "bytes",
		(json_int_t)sum->bytes, "replaced", (json_int_t)sum->replaced, "last_error",
		error[0] ? error : NULL);
}
