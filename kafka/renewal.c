#include "kafka/renewal.h"

#include <stdlib.h>

#include "core/bell.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/stage.h"
#include "kafka/refusal.h"
#include "sink/lane.h"

#define SUBJECT "kafka"
/* How long a stopped client may take to give its records back: it takes milliseconds, but for one
 * whose threads hang. */
#define STOP_NS (300 * GW_NS_PER_MS)
#define BACKOFF_LEAST (GW_NS_PER_S / 2)
#define BACKOFF_MOST (30 * GW_NS_PER_S)
/* A client that stored records for so long did well: the next one is made at once. */
#define WELL_NS (10 * GW_NS_PER_S)
/* Longer than a patient client takes to give up a topic that is missing (settings.c). */
#define PROBE_NS (15 * GW_NS_PER_S)
#define SENDS_PER_POLL 1024

/* It has something to say; on one of its own threads. */
static void ring_lane(rd_kafka_t *handle, void *bell)
{
	gw_bell_ring(bell);
}

int renewal_client(struct producer *producer, struct client *client, struct gw_error *error)
{
	const struct settings_mode mode = {
		.patient = producer->tries > 0,
		.alone = producer->alone,
	};

	const int status = client_open(
		client, producer->gw, producer->kind, producer->vitals.topic, mode, error);

	if (status == 0)
		rd_kafka_queue_cb_event_enable(
			client->events, ring_lane, &producer->sink->lane->bell);
	return status;
}

static void stop(struct producer *producer)
{
	rd_kafka_purge(producer->now.handle, CLIENT_PURGE);
	producer->flow = PRODUCER_STOPPED;
	producer->stop_until = gw_now() + STOP_NS;
}

void renewal_reload(struct producer *producer)
{
	gw_info(SUBJECT, "%s: files of `kafka.properties` have changed: a new producer takes them",
		producer->vitals.topic);
	if (producer->flow == PRODUCER_OPEN || producer->flow == PRODUCER_PROBING)
		stop(producer);
	/* Perhaps they are what it waits for. */
	producer->backoff = 0;
	producer->retry_at = 0;
}

void renewal_stop(struct producer *producer, rd_kafka_resp_err_t error)
{
	char reason[256];
	rd_kafka_resp_err_t fatal =
		rd_kafka_fatal_error(producer->now.handle, reason, sizeof(reason));

	if (producer->flow == PRODUCER_STOPPED)
		return;
	/* "No gaps" is only the consequence: the record that is given up has the cause. */
	if (fatal && fatal != RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE)
		vitals_code(&producer->vitals, fatal);
	if (!fatal)
		refusal_advice(error, producer->vitals.topic, reason, sizeof(reason));
	gw_log(producer->tries == 0 ? GW_LOG_WARNING : GW_LOG_DEBUG, SUBJECT,
		"%s: the producer stopped (%s): a new one sends %u records again",
		producer->vitals.topic, reason, producer->ledger.count);
	stop(producer);
}

/* Half a second to half a minute, and some more, so that the gateways of a site do not all come at
 * once; nothing after a client that did well. */
static int64_t next_delay(struct producer *producer, int64_t now)
{
	int64_t delay;

	if (producer->proven && now - producer->began > WELL_NS)
		producer->backoff = 0;
	delay = producer->backoff +
		(int64_t)((double)producer->backoff / 2 * erand48(producer->random));
	producer->backoff *= 2;
	if (producer->backoff < BACKOFF_LEAST)
		producer->backoff = BACKOFF_LEAST;
	if (producer->backoff > BACKOFF_MOST)
		producer->backoff = BACKOFF_MOST;
	return delay < BACKOFF_MOST ? delay : BACKOFF_MOST;
}

/* Lets a stopped client go when all is back. One that hangs may keep what it has until later: its
 * records come late then, and none is lost. */
static void step_stopped(struct producer *producer, int64_t now)
{
	if (rd_kafka_outq_len(producer->now.handle) == 0) {
		client_close(&producer->now, now);
	} else {
		if (now < producer->stop_until || producer->old.handle)
			return;
		producer->old = producer->now;
		producer->now = (struct client){0};
	}
	producer->next = producer->ledger.oldest;
	producer->retry_at = now + next_delay(producer, now);
	producer->flow = PRODUCER_WAITING;
}

static void step_waiting(struct producer *producer, int64_t now)
{
	struct gw_error error;

	if (now < producer->retry_at)
		return;
	producer->tries++;
	if (renewal_client(producer, &producer->now, &error) != 0) {
		gw_log(producer->tries == 1 ? GW_LOG_WARNING : GW_LOG_DEBUG, SUBJECT,
			"%s: no new producer can be made: %s", producer->vitals.topic, error.text);
		vitals_text(&producer->vitals, error.text);
		producer->proven = false;
		producer->retry_at = now + next_delay(producer, now);
		return;
	}
	gw_counter_add(&producer->vitals.replaced, 1);
	producer->began = now;
	producer->proven = false;
	producer->probe_until = now + PROBE_NS;
	producer->flow = PRODUCER_PROBING;
}

/* Hands what is held over. Returns whether the next one may follow. */
static bool send_again(struct producer *producer, struct entry *entry)
{
	rd_kafka_resp_err_t error = client_send(&producer->now, &entry->message, entry->headers);

	if (!error) {
		entry_sent(entry);
		producer->next = entry->after;
		if (producer->flow == PRODUCER_PROBING)
			producer->probe = entry;
		return producer->flow == PRODUCER_OPEN;
	}
	switch (refusal_of(error)) {
	case REFUSAL_STAYS:
		producer_end(producer, entry, error, 0);
		return true;
	case REFUSAL_PASSES:
		vitals_code(&producer->vitals, error);
		renewal_stop(producer, error);
		return false;
	default:
		return false;
	}
}

/* Sends what is held in the order of its submission. Returns how much it did. */
static uint32_t send_held(struct producer *producer)
{
	uint32_t count = 0;

	while (producer->next && !producer->probe && count < SENDS_PER_POLL) {
		struct entry *entry = producer->next;

		if (!entry->held)
			producer->next = entry->after;
		else if (!send_again(producer, entry))
			break;
		count++;
	}
	if (producer->flow == PRODUCER_PROBING && !producer->next && !producer->probe)
		producer->flow = PRODUCER_OPEN;
	return count;
}

uint32_t renewal_step(struct producer *producer)
{
	if (producer->flow == PRODUCER_OPEN && !producer->next)
		return 0;
	int64_t now = gw_now();

	if (producer->flow == PRODUCER_STOPPED)
		step_stopped(producer, now);
	if (producer->flow == PRODUCER_WAITING)
		step_waiting(producer, now);
	if (producer->flow == PRODUCER_PROBING && now > producer->probe_until) {
		/* It neither stores nor refuses: it waits for what it may wait for. */
		producer->probe = NULL;
		producer->flow = PRODUCER_OPEN;
	}
	if (producer->flow == PRODUCER_PROBING || producer->flow == PRODUCER_OPEN)
		return send_held(producer);
	return 0;
}
