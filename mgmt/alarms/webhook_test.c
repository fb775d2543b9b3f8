/* What a webhook is told, also when it does not listen. */
#include "mgmt/alarms/webhook.h"

#include "core/test.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/alarm.h"
#include "core/clock.h"
#include "core/test_log.h"
#include "mgmt/alarms/secret.h"
#include "mgmt/handmade.h"

#define VARIABLE "FRAMEGATE_TEST_SECRET"
#define SECRET "0123456789abcdef0123456789abcdef"
#define MOST 16

/* One that came. */
struct request {
	char body[2048], id[96], time[32], signature[96];
	size_t size;
};

struct fixture {
	struct handmade made;
	struct test_log log;
	struct webhook *webhook;
	struct gw_webhook_config config;
	char url[96];
	struct MHD_Daemon *receiver;
	pthread_mutex_t lock; /* of what follows: the receiver has a thread of its own */
	int answers[MOST]; /* statuses to give, one after the other; 0: 204 */
	int came;
	struct request request[MOST];
};

static void keep(struct MHD_Connection *connection, const char *name, char *value, size_t size)
{
	const char *found = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	snprintf(value, size, "%s", found ? found : "");
}

static enum MHD_Result receive(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	struct fixture *f = arg;
	struct request *request = *state;

	if (!request) {
		*state = calloc(1, sizeof(*request));
		return MHD_YES;
	}
	if (*size > 0) {
		memcpy(request->body + request->size, data, *size);
		request->size += *size;
		*size = 0;
		return MHD_YES;
	}
	keep(connection, "webhook-id", request->id, sizeof(request->id));
	keep(connection, "webhook-timestamp", request->time, sizeof(request->time));
	keep(connection, "webhook-signature", request->signature, sizeof(request->signature));
	pthread_mutex_lock(&f->lock);
	const int index = f->came < MOST ? f->came++ : MOST - 1;
	const int status = f->answers[index] ? f->answers[index] : 204;

	f->request[index] = *request;
	pthread_mutex_unlock(&f->lock);
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);

	MHD_add_response_header(response, "Location", "http://127.0.0.1:1/");
	const enum MHD_Result result =
		MHD_queue_response(connection, (unsigned int)status, response);

	MHD_destroy_response(response);
	free(request);
	*state = NULL;
	return result;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	setenv(VARIABLE, SECRET, 1);
	handmade_open(&f->made);
	pthread_mutex_init(&f->lock, NULL);
	f->receiver = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, receive, f, MHD_OPTION_END);
	assert_non_null(f->receiver);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u/hook",
		MHD_get_daemon_info(f->receiver, MHD_DAEMON_INFO_BIND_PORT)->port);
	f->config = (struct gw_webhook_config){.url = f->url, .secret_env = (char *)VARIABLE};
	f->made.gw.config->alarms->webhook = &f->config;
	test_log_begin(&f->log);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	webhook_close(f->webhook);
	test_log_end(&f->log);
	MHD_stop_daemon(f->receiver);
	f->made.gw.config->alarms->webhook = NULL;
	handmade_close(&f->made);
	pthread_mutex_destroy(&f->lock);
	free(f);
	return 0;
}

static void start(struct fixture *f)
{
	f->webhook = webhook_start(&f->made.gw, NULL);
	assert_non_null(f->webhook);
}

/* The clock is off; a second time it is well again. */
static void change(struct fixture *f, bool raised)
{
	struct gw_alarms *alarms = f->made.gw.alarms;
	const struct gw_alarm_patience at_once = {0};

	gw_alarms_begin(alarms, gw_now(), gw_now_utc());
	if (raised)
		gw_alarms_say(alarms, GW_ALARM_CLOCK, NULL, GW_DEGRADED, at_once, "it is off");
	gw_alarms_end(alarms);
}

static uint64_t count_of(const struct gw_counter *counter)
{
	return gw_counter_get(counter);
}

static void wait_until(const struct gw_counter *counter, uint64_t count)
{
	const int64_t deadline = gw_now() + 60 * GW_NS_PER_S;

	while (count_of(counter) < count) {
		assert_true(gw_now() < deadline);
		usleep(5000);
	}
}

/* The trouble that it says, or "". */
static const char *trouble(struct fixture *f)
{
	static struct gw_health health;

	health.count = 0;
	webhook_health(f->webhook, &health);
	return health.count > 0 ? health.trouble[0].text : "";
}

/* Waits until it says a trouble that begins so. */
static void wait_for_trouble(struct fixture *f, const char *text)
{
	const int64_t deadline = gw_now() + 60 * GW_NS_PER_S;

	while (strncmp(trouble(f), text, strlen(text)) != 0) {
		assert_true(gw_now() < deadline);
		usleep(5000);
	}
}

/* From the next request on: `status` once, then 204. Returns how many came before. */
static int answer_once(struct fixture *f, int status)
{
	pthread_mutex_lock(&f->lock);
	const int came = f->came;

	for (int i = came; i < MOST; i++)
		f->answers[i] = 0;
	f->answers[came] = status;
	pthread_mutex_unlock(&f->lock);
	return came;
}

static void assert_signed(const struct request *request)
{
	const struct gw_webhook_config config = {.secret_env = (char *)VARIABLE};
	char signature[WEBHOOK_SIGNATURE];
	struct webhook_secret secret;

	assert_int_equal(webhook_secret_read(&config, &secret, NULL), 0);
	webhook_sign(&secret, request->id, atol(request->time), request->body, signature);
	assert_string_equal(request->signature, signature);
}

static void each_change_is_posted_once_and_signed(void **state)
{
	struct fixture *f = *state;

	start(f);
	change(f, true);
	change(f, false);
	wait_until(&webhook_counts(f->webhook)->delivered, 2);
	assert_int_equal(f->came, 2);
	for (int i = 0; i < 2; i++) {
		json_t *body = json_loads(f->request[i].body, JSON_REJECT_DUPLICATES, NULL);

		assert_signed(&f->request[i]);
		assert_string_equal(
			json_string_value(json_object_get(body, "type")), "framegate.alarm.v1");
		assert_string_equal(json_string_value(json_object_get(body, "kind")), "clock");
		assert_string_equal(json_string_value(json_object_get(body, "state")),
			i == 0 ? "raised" : "cleared");
		assert_string_equal(json_string_value(json_object_get(body, "gateway")), "gw1");
		assert_true(
			labs(atol(f->request[i].time) - (long)(gw_now_utc() / GW_NS_PER_S)) < 60);
		json_decref(body);
	}
	assert_string_equal(f->request[0].id, "00000000-0000-4000-8000-000000000000-1");
	assert_string_equal(f->request[1].id, "00000000-0000-4000-8000-000000000000-2");
	assert_int_equal(webhook_waiting(f->webhook), 0);
	assert_string_equal(trouble(f), "");
}

static void what_fails_is_tried_again_in_order_and_told_as_a_trouble(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < MOST; i++)
		f->answers[i] = 500;
	start(f);
	change(f, true);
	change(f, false);
	wait_for_trouble(f, "the webhook is not told of alarms, 2 wait: it answers 500");
	const int failed = answer_once(f, 429);

	wait_until(&webhook_counts(f->webhook)->delivered, 2);
	assert_int_equal(f->came, failed + 3);
	assert_int_equal(count_of(&webhook_counts(f->webhook)->tries_failed), failed + 1);
	assert_int_equal(count_of(&webhook_counts(f->webhook)->refused), 0);
	for (int i = 0; i < failed + 3; i++) {
		assert_signed(&f->request[i]);
		assert_string_equal(f->request[i].id,
			i < failed + 2 ? "00000000-0000-4000-8000-000000000000-1"
				       : "00000000-0000-4000-8000-000000000000-2");
	}
	assert_string_equal(trouble(f), "");
	const char *said = test_log_said(&f->log);

	assert_non_null(strstr(said, "the webhook is not told: it answers 500: it is tried again"));
	assert_non_null(strstr(said, "the webhook is told again"));
}

static void what_will_never_be_taken_holds_nothing_up(void **state)
{
	struct fixture *f = *state;

	f->answers[0] = 404;
	f->answers[1] = 302;
	start(f);
	change(f, true);
	wait_until(&webhook_counts(f->webhook)->refused, 1);
	change(f, false);
	wait_until(&webhook_counts(f->webhook)->refused, 2);
	/* Nobody followed it. */
	assert_non_null(strstr(trouble(f), "it answers 302: redirections are not followed"));
	change(f, true);
	wait_until(&webhook_counts(f->webhook)->delivered, 1);
	assert_int_equal(f->came, 3);
	const char *said = test_log_said(&f->log);

	assert_non_null(strstr(said, "not told: it answers 404: the alarm is given up"));
	assert_null(strstr(said, "tried again"));
	assert_non_null(strstr(said, "the webhook is told again"));
}

/* One is tried again, the next one is not: that is told, too. */
static void what_is_given_up_after_a_failure_is_told(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < MOST; i++)
		f->answers[i] = 503;
	start(f);
	change(f, true);
	wait_until(&webhook_counts(f->webhook)->tries_failed, 1);
	answer_once(f, 401);
	wait_until(&webhook_counts(f->webhook)->refused, 1);
	const char *said = test_log_said(&f->log);

	assert_non_null(strstr(said, "it answers 503: it is tried again"));
	assert_non_null(strstr(said, "it answers 401: the alarm is given up"));
}

static void *no_memory(size_t size)
{
	return NULL;
}

static void what_cannot_be_written_is_counted(void **state)
{
	struct fixture *f = *state;

	json_set_alloc_funcs(no_memory, free);
	start(f);
	change(f, true);
	wait_until(&webhook_counts(f->webhook)->missed, 1);
	json_set_alloc_funcs(malloc, free);
	change(f, false);
	wait_until(&webhook_counts(f->webhook)->delivered, 1);
	assert_int_equal(count_of(&webhook_counts(f->webhook)->missed), 1);
	assert_string_equal(f->request[0].id, "00000000-0000-4000-8000-000000000000-2");
}

static void nobody_who_listens_is_no_hindrance_to_an_end(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	const int deaf = socket(AF_INET, SOCK_STREAM, 0);

	/* The kernel takes the connection, and nobody ever answers. */
	assert_int_equal(bind(deaf, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(deaf, 1), 0);
	assert_int_equal(getsockname(deaf, (struct sockaddr *)&address, &size), 0);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u/", ntohs(address.sin_port));
	start(f);
	change(f, true);
	usleep(600000);
	assert_int_equal(webhook_waiting(f->webhook), 1);
	const int64_t begin = gw_now();

	webhook_stop(f->webhook);
	assert_true(gw_now() - begin < 2 * GW_NS_PER_S);
	close(deaf);
}

static void without_its_secret_nothing_is_sent(void **state)
{
	struct fixture *f = *state;

	unsetenv(VARIABLE);
	start(f);
	change(f, true);
	wait_until(&webhook_counts(f->webhook)->tries_failed, 1);
	assert_non_null(strstr(trouble(f), "gwd's environment has no " VARIABLE));
	assert_int_equal(f->came, 0);
}

static void what_is_more_than_is_kept_is_counted(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < GW_ALARM_HISTORY + 10; i++)
		change(f, i % 2 == 0);
	start(f);
	wait_until(&webhook_counts(f->webhook)->delivered, GW_ALARM_HISTORY);
	assert_int_equal(count_of(&webhook_counts(f->webhook)->missed), 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(each_change_is_posted_once_and_signed),
		TEST(what_fails_is_tried_again_in_order_and_told_as_a_trouble),
		TEST(what_will_never_be_taken_holds_nothing_up),
		TEST(what_is_given_up_after_a_failure_is_told),
		TEST(what_cannot_be_written_is_counted),
		TEST(nobody_who_listens_is_no_hindrance_to_an_end),
		TEST(without_its_secret_nothing_is_sent),
		TEST(what_is_more_than_is_kept_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
