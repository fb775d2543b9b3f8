#include "kafka/commands.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api.h"
#include "core/clock.h"
#include "core/counter.h"
#include "core/health.h"
#include "core/log.h"
#include "core/thread.h"
#include "kafka/client.h"
#include "kafka/command.h"
#include "kafka/command_settings.h"
#include "kafka/property_watch.h"
#include "kafka/replies.h"

#define SUBJECT "kafka"
#define POLL_MS 100
#define END_NS (500 * GW_NS_PER_MS)
#define CLOSE_NS (250 * GW_NS_PER_MS)
#define AGAIN_NS GW_NS_PER_S
#define LAST_NS (250 * GW_NS_PER_MS) /* for the last answers, at the end */
/* Whether the one that took the place in the group is gone is looked after so often, and for so
 * long: less than the end of the gateway waits. */
#define VACANT_NS (5 * GW_NS_PER_S)
#define VACANT_MS 300

struct commands {
	struct gw *gw;
	const struct gw_commands_config *config;
	struct client consumer;
	struct replies replies;
	struct property_watch watch; /* of what both have read */
	uint64_t refused_files; /* that no client could be made of, and that were told; 0: none */
	bool subscribed; /* the consumer, which else hears nothing */
	int64_t subscribe_at; /* gw_now(): not tried again before */
	bool ousted; /* the consumer has failed for good: somebody else has its place */
	int64_t vacant_at; /* gw_now(): the place is not looked at before */
	pthread_t thread;
	bool runs;
	_Atomic bool stop; /* main writes */

	/* The thread writes, any reads. */
	struct gw_counter done, repeated, refused;
	_Atomic int error; /* rd_kafka_resp_err_t: why no command is heard; 0: they are */
};

/* It has read its files then, and has not joined its group. */
static int make_consumer(
	const struct commands *commands, struct client *consumer, struct gw_error *error)
{
	rd_kafka_conf_t *conf = command_settings_make(commands->gw, error);
	struct gw_inherit before;
	char text[256];

	if (!conf)
		return -EINVAL;
	gw_inherit_begin(&before, NULL);
	*consumer = (struct client){
		.handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text))};
	gw_inherit_end(&before);
	if (!consumer->handle) {
		rd_kafka_conf_destroy(conf);
		return gw_error_set(error, -EINVAL, "kafka: commands: %s", text);
	}
	rd_kafka_poll_set_consumer(consumer->handle);
	return 0;
}

/* What it says is why no command is heard, or that they are. */
static int subscribe(struct commands *commands, struct gw_error *error)
{
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(topics, commands->config->topic, RD_KAFKA_PARTITION_UA);
	const rd_kafka_resp_err_t status = rd_kafka_subscribe(commands->consumer.handle, topics);

	rd_kafka_topic_partition_list_destroy(topics);
	commands->subscribed = status == RD_KAFKA_RESP_ERR_NO_ERROR;
	commands->ousted = false;
	atomic_store_explicit(&commands->error, status, memory_order_relaxed);
	return status == RD_KAFKA_RESP_ERR_NO_ERROR
		? 0
		: gw_error_set(error, -EINVAL, "kafka.commands.topic %s: %s",
			  commands->config->topic, rd_kafka_err2str(status));
}

static void commands_close(void *state)
{
	struct commands *commands = state;

	if (!commands)
		return;
	replies_close(&commands->replies);
	client_close(&commands->consumer, gw_now() + CLOSE_NS);
	free(commands);
}

static int commands_open(struct gw *gw, void **state, struct gw_error *error)
{
	const struct gw_commands_config *config = gw->config->kafka->commands;
	struct commands *commands;
	int status = 0;

	if (!config || gw->replay)
		return 0;
	commands = calloc(1, sizeof(*commands));
	if (!commands)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	commands->gw = gw;
	commands->config = config;
	property_watch_begin(&commands->watch, gw->config->kafka->properties,
		gw->config->kafka->properties_count);
	status = replies_open(&commands->replies, gw, config->replies, error);
	if (status == 0)
		status = make_consumer(commands, &commands->consumer, error);
	if (status == 0)
		status = subscribe(commands, error);
	if (status != 0) {
		commands_close(commands);
		return status;
	}
	*state = commands;
	return 0;
}

static void carry_out(struct commands *commands, const struct command *command)
{
	char who[COMMAND_ID + COMMAND_SOURCE + 32], from[GW_NAME + 256];
	const struct gw_request request = {
		.body = command->body,
		.role = commands->config->role,
		.who = who,
		.from = from,
		.ending = &commands->stop,
	};
	struct gw_reply reply = {0};

	snprintf(who, sizeof(who), "command %s of %s", command->id, command->source);
	snprintf(from, sizeof(from), "topic %s", commands->config->topic);
	if (gw_api_is_secret(commands->gw, command->method, command->path))
		gw_reply_refuse(&reply, 403, "forbidden",
			"the answer is a secret, and others may read topic %s: ask over HTTPS or "
			"with gwctl",
			commands->config->replies);
	else
		gw_api_call(commands->gw, command->method, command->path, &request, &reply);
	gw_counter_add(&commands->done, 1);
	replies_give(&commands->replies, command->source, command->id, &reply);
	gw_reply_release(&reply);
}

/* Refuses what came in, with the line that says why. */
static void refuse(struct commands *commands, const struct command *command, int status,
	const struct gw_error *error)
{
	struct gw_reply reply = {0};

	gw_counter_add(&commands->refused, 1);
	gw_warn(SUBJECT, "%s: %s", commands->config->topic, error->text);
	if (status == -ENOMSG)
		return;
	gw_reply_refuse(&reply, status == -ETIME ? 408 : 400,
		status == -ETIME ? "too_old" : "bad_request", "%s", error->text);
	replies_give(&commands->replies, command->source, command->id, &reply);
	gw_reply_release(&reply);
}

static void take(struct commands *commands, const rd_kafka_message_t *message)
{
	const struct kafka_record record = kafka_record_of(message);
	const int64_t age_ms = (int64_t)commands->config->age * 1000;
	struct command command;
	struct gw_error error = {""};
	const int status = command_read(&command, &record, commands->gw->config->gateway->name,
		gw_now_utc() / GW_NS_PER_MS, age_ms, &error);

	if (command.id[0] && replies_repeat(&commands->replies, command.source, command.id)) {
		gw_counter_add(&commands->repeated, 1);
	} else if (status == 0) {
		carry_out(commands, &command);
	} else if (status != -ENOENT) {
		refuse(commands, &command, status, &error);
	}
	command_release(&command);
	/* Once it is done with: a kill in between brings it again. */
	rd_kafka_commit_message(commands->consumer.handle, message, 1);
}

/* Brokers that are away are told by those who write. */
static bool is_of_the_topic(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__RESOLVE:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
		return false;
	default:
		return true;
	}
}

/* The library tells of an error once, and not that it is over: then there are partitions. */
static void look_whether_it_is_over(struct commands *commands)
{
	rd_kafka_topic_partition_list_t *parts;
	const int error = atomic_load_explicit(&commands->error, memory_order_relaxed);

	if (error == 0 || commands->ousted ||
		rd_kafka_assignment(commands->consumer.handle, &parts) !=
			RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	if (parts->cnt > 0)
		atomic_store_explicit(&commands->error, 0, memory_order_relaxed);
	rd_kafka_topic_partition_list_destroy(parts);
}

/* For good: who came later under the same name has the place in the group. */
static void note_ousted(struct commands *commands)
{
	commands->ousted = true;
	commands->vacant_at = gw_now() + VACANT_NS;
	atomic_store_explicit(&commands->error,
		rd_kafka_fatal_error(commands->consumer.handle, NULL, 0), memory_order_relaxed);
}

static void hear(struct commands *commands)
{
	rd_kafka_message_t *message = rd_kafka_consumer_poll(commands->consumer.handle, POLL_MS);

	if (!message) {
		look_whether_it_is_over(commands);
		return;
	}
	if (!message->err)
		take(commands, message);
	else if (message->err == RD_KAFKA_RESP_ERR__FATAL)
		note_ousted(commands);
	else if (is_of_the_topic(message->err))
		atomic_store_explicit(&commands->error, message->err, memory_order_relaxed);
	rd_kafka_message_destroy(message);
}

/* A consumer that could not say what it wants to hear is the only one there is: it tries again. */
static void subscribe_again(struct commands *commands, int64_t now)
{
	struct gw_error error;

	if (commands->subscribed || now < commands->subscribe_at)
		return;
	commands->subscribe_at = now + AGAIN_NS;
	if (subscribe(commands, &error) == 0)
		gw_info(SUBJECT, "%s: commands are heard again", commands->config->topic);
}

/* Whether the brokers say that nobody is in the group. Where one of them is away, the others may
 * know: a list without the group says nothing then. */
static bool is_vacant(const struct commands *commands)
{
	const struct rd_kafka_group_list *groups;
	char name[COMMAND_GROUP];

	command_settings_name(commands->gw, name);
	const rd_kafka_resp_err_t status =
		rd_kafka_list_groups(commands->replies.client.handle, name, &groups, VACANT_MS);

	if (status != RD_KAFKA_RESP_ERR_NO_ERROR && status != RD_KAFKA_RESP_ERR__PARTIAL)
		return false;
	bool vacant = status == RD_KAFKA_RESP_ERR_NO_ERROR || groups->group_cnt > 0;

	for (int i = 0; i < groups->group_cnt; i++)
		vacant = vacant && groups->groups[i].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
			groups->groups[i].member_cnt == 0;
	rd_kafka_group_list_destroy(groups);
	return vacant;
}

/* Takes its place again when the other one has left it: to take it from one that is there would be
 * a quarrel without end. */
static void return_to_place(struct commands *commands, int64_t now)
{
	struct client next;
	struct gw_error error;

	if (!commands->ousted || now < commands->vacant_at)
		return;
	commands->vacant_at = now + VACANT_NS;
	if (!is_vacant(commands) || make_consumer(commands, &next, &error) != 0)
		return;
	client_close(&commands->consumer, gw_now() + CLOSE_NS);
	commands->consumer = next;
	commands->subscribed = commands->ousted = false;
	commands->subscribe_at = 0;
}

/* Makes new clients of the files as they are now. The one that hears goes before the next one
 * joins: both have the same name in the group. On failure the old ones stay. */
static int renew(struct commands *commands, struct gw_error *error)
{
	struct client next;
	int status = make_consumer(commands, &next, error);

	if (status != 0)
		return status;
	status = replies_renew(&commands->replies, error);
	if (status != 0) {
		client_close(&next, gw_now());
		return status;
	}
	client_close(&commands->consumer, gw_now() + CLOSE_NS);
	commands->consumer = next;
	return 0;
}

/* Without new clients the old ones stay, and others are tried at the next look. */
static void look_at_files(struct commands *commands, int64_t now)
{
	const struct gw_kafka_config *config = commands->gw->config->kafka;
	struct property_watch *watch = &commands->watch;
	struct gw_error error;

	if (!property_watch_look(watch, config->properties, config->properties_count, now))
		return;
	if (renew(commands, &error) == 0) {
		property_watch_take(watch);
		commands->subscribe_at = now + AGAIN_NS;
		if (subscribe(commands, &error) == 0)
			gw_info(SUBJECT, "%s: commands are heard with the files as they are now",
				commands->config->topic);
		else
			gw_warn(SUBJECT, "no command is heard, until this goes: %s", error.text);
		return;
	}
	if (commands->refused_files != watch->seen)
		gw_warn(SUBJECT,
			"%s: commands go on with the files of `kafka.properties` as they were: %s",
			commands->config->topic, error.text);
	commands->refused_files = watch->seen;
}

static void *run(void *arg)
{
	struct commands *commands = arg;

	while (!atomic_load_explicit(&commands->stop, memory_order_relaxed)) {
		hear(commands);
		replies_hear(&commands->replies);
		look_at_files(commands, gw_now());
		return_to_place(commands, gw_now());
		subscribe_again(commands, gw_now());
	}
	return NULL;
}

static int commands_start(void *state, struct gw_error *error)
{
	struct commands *commands = state;
	const int status = gw_thread_start(&commands->thread, "commands", -1, run, commands);

	commands->runs = status == 0;
	if (status != 0)
		return gw_error_set(
			error, status, "kafka: no thread for commands: %s", strerror(-status));
	gw_info(SUBJECT, "commands of %s are carried out as %s", commands->config->topic,
		gw_role_name(commands->config->role));
	return 0;
}

static bool commands_stop(void *state)
{
	struct commands *commands = state;

	atomic_store_explicit(&commands->stop, true, memory_order_relaxed);
	if (commands->runs && !gw_thread_join(commands->thread, gw_now() + END_NS))
		return false;
	commands->runs = false;
	replies_last(&commands->replies, gw_now() + LAST_NS);
	return true;
}

static void commands_health(void *state, struct gw_health *health)
{
	struct commands *commands = state;
	const int error = atomic_load_explicit(&commands->error, memory_order_relaxed);

	if (error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID || error == RD_KAFKA_RESP_ERR__FENCED)
		gw_health_add(health, GW_DEGRADED, "kafka.%s.unheard", "commands",
			"another gateway named %s hears the commands of %s: give each its own "
			"gateway.name; when the other is gone, this one hears them again",
			commands->gw->config->gateway->name, commands->config->topic);
	else if (error != 0)
		gw_health_add(health, GW_DEGRADED, "kafka.%s.unheard", "commands",
			"no command is heard: %s: see that %s exists and may be read",
			rd_kafka_err2str((rd_kafka_resp_err_t)error), commands->config->topic);
}

static json_t *commands_describe(void *state)
{
	struct commands *commands = state;

	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "topic", commands->config->topic,
		"role", gw_role_name(commands->config->role), "done",
		(json_int_t)gw_counter_get(&commands->done), "repeated",
		(json_int_t)gw_counter_get(&commands->repeated), "refused",
		(json_int_t)gw_counter_get(&commands->refused), "shortened",
		(json_int_t)gw_counter_get(&commands->replies.shortened), "unanswered",
		(json_int_t)gw_counter_get(&commands->replies.unanswered));
}

const struct gw_service_ops commands_service = {
	.name = "commands",
	.open = commands_open,
	.start = commands_start,
	.stop = commands_stop,
	.close = commands_close,
	.health = commands_health,
	.describe = commands_describe,
};
