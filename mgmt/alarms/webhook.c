#include "mgmt/alarms/webhook.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alarm.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/thread.h"
#include "mgmt/alarms/json.h"
#include "mgmt/alarms/post.h"
#include "mgmt/alarms/secret.h"

#define LOOK_NS (250 * GW_NS_PER_MS)
#define FIRST_WAIT_NS GW_NS_PER_S
#define LONGEST_WAIT_NS (60 * GW_NS_PER_S)
#define PATIENCE_NS (WEBHOOK_PATIENCE_S * GW_NS_PER_S)
#define HEADER 256

enum outcome { DELIVERED, LATER, NEVER, ENDED };

struct webhook {
	struct gw *gw;
	const struct gw_webhook_config *config;
	struct post *post;
	pthread_t thread;
	bool running;
	_Atomic bool ending;
	struct webhook_counts counts;

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t wake; /* with `ending` */
	uint64_t taken; /* the last event that was taken from the ring */
	bool under_way; /* ... and is being told */
	struct gw_error fault; /* why the last try failed; empty: it did not */
	enum outcome outcome; /* of the last try; of the thread alone */
};

/* False: the gateway ends. */
static bool wait_for(struct webhook *webhook, int64_t ns)
{
	const int64_t until = gw_now() + ns;
	const struct timespec deadline = {
		.tv_sec = until / GW_NS_PER_S, .tv_nsec = until % GW_NS_PER_S};

	pthread_mutex_lock(&webhook->lock);
	while (!webhook->ending &&
		pthread_cond_timedwait(&webhook->wake, &webhook->lock, &deadline) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&webhook->lock);
	return !webhook->ending;
}

/* The log is told when it begins to fail, when what fails is given up instead of tried again or the
 * other way round, and when it is over. */
static void note(struct webhook *webhook, enum outcome outcome, const struct gw_error *error)
{
	const enum outcome before = webhook->outcome;

	webhook->outcome = outcome;
	pthread_mutex_lock(&webhook->lock);
	webhook->fault = *error;
	pthread_mutex_unlock(&webhook->lock);
	if (outcome == before)
		return;
	if (outcome == DELIVERED)
		gw_info("alarm", "the webhook is told again");
	else
		gw_warn("alarm", "the webhook is not told: %s: %s", error->text,
			outcome == LATER ? "it is tried again" : "the alarm is given up");
}

/* NULL when out of memory. */
static char *body_of(const struct webhook *webhook, const struct gw_alarm_event *event)
{
	json_t *json = alarm_event_json(event);

	json_object_set_new(json, "type", json_string("framegate.alarm.v1"));
	json_object_set_new(json, "gateway", json_string(webhook->gw->config->gateway->name));
	json_object_set_new(json, "boot_id", json_string(webhook->gw->boot_id));
	char *body = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return body;
}

/* The same for each try of an event but for the time, which is that of the try: who keeps ids takes
 * none twice, and who looks at the time takes no old copy. Returns a status of HTTP or a negative
 * errno with a line. */
static int post_event(struct webhook *webhook, const struct gw_alarm_event *event, const char *body,
	struct gw_error *error)
{
	const int64_t seconds = gw_now_utc() / GW_NS_PER_S;
	char id[96], headers[3][HEADER], signature[WEBHOOK_SIGNATURE];
	struct webhook_secret secret;
	int status = webhook_secret_read(webhook->config, &secret, error);

	if (status != 0)
		return status;
	snprintf(id, sizeof(id), "%s-%lu", webhook->gw->boot_id, event->number);
	status = webhook_sign(&secret, id, seconds, body, signature);
	explicit_bzero(&secret, sizeof(secret));
	if (status != 0)
		return gw_error_set(error, status, "it cannot be signed");
	snprintf(headers[0], HEADER, "webhook-id: %s", id);
	snprintf(headers[1], HEADER, "webhook-timestamp: %ld", seconds);
	snprintf(headers[2], HEADER, "webhook-signature: %s", signature);
	return post_send(webhook->post,
		(const char *const[]){headers[0], headers[1], headers[2], NULL}, body,
		&webhook->ending, error);
}

/* 408, 425, 429 and 5xx may be another answer next time (RFC 9110, 15.5 and 15.6). */
static bool is_worth_another_try(int status)
{
	return status < 0 || status == 408 || status == 425 || status == 429 || status >= 500;
}

static enum outcome try_once(
	struct webhook *webhook, const struct gw_alarm_event *event, const char *body)
{
	struct gw_error error = {{0}};
	const int status = post_event(webhook, event, body, &error);

	if (status == -ECANCELED)
		return ENDED;
	if (status >= 200 && status < 300) {
		note(webhook, DELIVERED, &error);
		gw_counter_add(&webhook->counts.delivered, 1);
		return DELIVERED;
	}
	if (status >= 300 && status < 400)
		gw_error_set(&error, -EIO,
			"it answers %d: redirections are not followed: set `alarms.webhook.url` to "
			"where it is",
			status);
	else if (status > 0)
		gw_error_set(&error, -EIO, "it answers %d", status);
	const enum outcome outcome = is_worth_another_try(status) ? LATER : NEVER;

	note(webhook, outcome, &error);
	gw_counter_add(&webhook->counts.tries_failed, 1);
	return outcome;
}

/* Until it is delivered or given up. */
static void tell(struct webhook *webhook, const struct gw_alarm_event *event)
{
	const int64_t give_up = gw_now() + PATIENCE_NS;
	int64_t wait = FIRST_WAIT_NS;
	enum outcome outcome = LATER;
	char *body = body_of(webhook, event);

	if (!body)
		gw_counter_add(&webhook->counts.missed, 1);
	while (body && outcome == LATER) {
		outcome = try_once(webhook, event, body);
		if (outcome == NEVER)
			gw_counter_add(&webhook->counts.refused, 1);
		if (outcome != LATER)
			break;
		if (gw_now() + wait > give_up) {
			gw_counter_add(&webhook->counts.old, 1);
			break;
		}
		if (!wait_for(webhook, wait))
			break;
		wait = 2 * wait < LONGEST_WAIT_NS ? 2 * wait : LONGEST_WAIT_NS;
	}
	free(body);
}

/* False: there is none. */
static bool take(struct webhook *webhook, struct gw_alarm_event *event)
{
	uint64_t missed = 0, taken = webhook->taken;
	const bool there = gw_alarms_next(webhook->gw->alarms, &taken, event, &missed, false);

	pthread_mutex_lock(&webhook->lock);
	webhook->taken = taken;
	webhook->under_way = there;
	pthread_mutex_unlock(&webhook->lock);
	gw_counter_add(&webhook->counts.missed, missed);
	return there;
}

static void *webhook_thread(void *arg)
{
	struct webhook *webhook = arg;
	struct gw_alarm_event event;

	gw_thread_give_way();
	while (!webhook->ending)
		if (take(webhook, &event))
			tell(webhook, &event);
		else
			wait_for(webhook, LOOK_NS);
	return NULL;
}

struct webhook *webhook_start(struct gw *gw, struct gw_error *error)
{
	struct webhook *webhook = calloc(1, sizeof(*webhook));
	pthread_condattr_t attributes;
	int status;

	if (!webhook) {
		gw_error_set(error, -ENOMEM, "alarms: out of memory");
		return NULL;
	}
	webhook->gw = gw;
	webhook->config = gw->config->alarms->webhook;
	pthread_mutex_init(&webhook->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&webhook->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	webhook->post = post_open(webhook->config);
	status = webhook->post
		? gw_thread_start(&webhook->thread, "webhook", -1, webhook_thread, webhook)
		: -ENOMEM;
	webhook->running = status == 0;
	if (status == 0)
		return webhook;
	gw_error_set(error, status, "alarms: no webhook: %s", strerror(-status));
	webhook_close(webhook);
	return NULL;
}

void webhook_stop(struct webhook *webhook)
{
	if (!webhook || !webhook->running)
		return;
	pthread_mutex_lock(&webhook->lock);
	webhook->ending = true;
	pthread_cond_signal(&webhook->wake);
	pthread_mutex_unlock(&webhook->lock);
	post_wake(webhook->post);
	pthread_join(webhook->thread, NULL);
	webhook->running = false;
}

void webhook_close(struct webhook *webhook)
{
	if (!webhook)
		return;
	webhook_stop(webhook);
	post_close(webhook->post);
	pthread_cond_destroy(&webhook->wake);
	pthread_mutex_destroy(&webhook->lock);
	free(webhook);
}

void webhook_health(struct webhook *webhook, struct gw_health *health)
{
	const uint64_t waiting = webhook_waiting(webhook);

	pthread_mutex_lock(&webhook->lock);
	const struct gw_error fault = webhook->fault;

	pthread_mutex_unlock(&webhook->lock);
	if (fault.text[0])
		gw_health_add(health, GW_DEGRADED, "alarms.webhook", NULL,
			"the webhook is not told of alarms, %lu wait: %.150s", waiting, fault.text);
}

const struct webhook_counts *webhook_counts(const struct webhook *webhook)
{
	return &webhook->counts;
}

uint64_t webhook_waiting(struct webhook *webhook)
{
	const uint64_t events = gw_alarms_events(webhook->gw->alarms);

	pthread_mutex_lock(&webhook->lock);
	const uint64_t told = webhook->taken - (webhook->under_way ? 1 : 0);

	pthread_mutex_unlock(&webhook->lock);
	return events > told ? events - told : 0;
}
