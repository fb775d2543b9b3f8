/* Every error that a broker can answer a produce request with: once, several times, and until the
 * brokers are mended: against mock clusters, one for each error, which are wrong side by side. */
#include "core/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/health.h"
#include "kafka/test_cluster.h"
#include "sink/stage.h"

/* Kafka protocol: the key of the Produce request. */
#define PRODUCE 0
#define FRAMES 40
/* A producer is made anew up to half a minute after the one before. */
#define MENDED_NS (90 * GW_NS_PER_S)
/* Each may cost a producer, and the pauses between them double. */
#define SEVERAL 4
#define FOREVER 100000
#define REFUSED "kafka.framegate.results.refused"
#define UNCONFIRMED "kafka.framegate.results.unconfirmed"

/* What the protocol lists for Produce, and what brokers answer to any request. */
static const struct {
	rd_kafka_resp_err_t code;
	bool stays; /* it lies in the record: what is sent again fails again */
} codes[] = {
	{RD_KAFKA_RESP_ERR_UNKNOWN, false},
	{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, false},
	{RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, false},
	{RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, false},
	{RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, false},
	{RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, false},
	{RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, false},
	{RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, false},
	{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, false},
	{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, false},
	{RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, false},
	{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, false},
	{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, false},
	{RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, false},
	{RD_KAFKA_RESP_ERR_INVALID_REQUEST, false},
	{RD_KAFKA_RESP_ERR_POLICY_VIOLATION, false},
	{RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, false},
	{RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, false},
	{RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, false},
	{RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, false},
	{RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, false},
	{RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, false},
	{RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, false},
	{RD_KAFKA_RESP_ERR_PRODUCER_FENCED, false},
	{RD_KAFKA_RESP_ERR_INVALID_MSG, true},
	{RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, true},
	{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, true},
	{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, true},
	{RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, true},
	{RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, true},
	{RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, true},
	{RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, true},
	{RD_KAFKA_RESP_ERR_INVALID_RECORD, true},
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

/* A gateway whose brokers answer with one of them. */
struct place {
	rd_kafka_resp_err_t code;
	bool stays;
	struct cluster *cluster;
	struct fixture *f;
};

static void *start_cluster(void *place)
{
	void *cluster;

	cluster_start(&cluster);
	((struct place *)place)->cluster = cluster;
	return NULL;
}

static void *stop_cluster(void *place)
{
	void *cluster = ((struct place *)place)->cluster;

	cluster_stop(&cluster);
	return NULL;
}

/* The library takes seconds for each cluster: they begin, and end, side by side. */
static void for_each(struct place places[CODES], void *(*what)(void *place))
{
	pthread_t threads[CODES];

	for (size_t i = 0; i < CODES; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, what, &places[i]), 0);
	for (size_t i = 0; i < CODES; i++)
		pthread_join(threads[i], NULL);
}

static void open_places(struct place places[CODES])
{
	for_each(places, start_cluster);
	for (size_t i = 0; i < CODES; i++) {
		places[i].code = codes[i].code;
		places[i].stays = codes[i].stays;
		places[i].f = cluster_open_sink(places[i].cluster,
			"  frames: {every: 0}\n"
			"  properties: [{name: linger.ms, value: '5'}, "
			"{name: queue.buffering.max.messages, value: '1000'}]\n");
		fixture_send_frames(places[i].f, 0, 1);
	}
	for (size_t i = 0; i < CODES; i++)
		fixture_turn_until(places[i].f, &fixture_stats(places[i].f, 0)->delivered, 1);
}

static void close_places(struct place places[CODES])
{
	for (size_t i = 0; i < CODES; i++)
		fixture_close(places[i].f, 1000);
	for_each(places, stop_cluster);
}

/* The next so many produce requests fail. */
static void push(const struct place *place, uint32_t times)
{
	rd_kafka_resp_err_t *errors = calloc(times, sizeof(*errors));

	for (uint32_t i = 0; i < times; i++)
		errors[i] = place->code;
	rd_kafka_mock_push_request_errors_array(place->cluster->mock, PRODUCE, times, errors);
	free(errors);
}

static uint64_t waiting(const struct place *place)
{
	return gw_counter_get(&fixture_stats(place->f, 0)->results_waiting);
}

static uint64_t lost(const struct place *place)
{
	return fixture_drops(place->f, 0, GW_DROP_SINK_LOST);
}

static uint64_t delivered(const struct place *place)
{
	return gw_counter_get(&fixture_stats(place->f, 0)->delivered);
}

/* Until nothing waits any more, anywhere. */
static void turn_until_done(struct place places[CODES])
{
	const int64_t deadline = gw_now() + MENDED_NS;

	for (size_t i = 0; i < CODES; usleep(1000)) {
		for (size_t all = 0; all < CODES; all++)
			fixture_turn(places[all].f);
		while (i < CODES && waiting(&places[i]) == 0)
			i++;
		if (i < CODES && gw_now() > deadline)
			fail_msg("after %s records wait for ever",
				rd_kafka_err2name(places[i].code));
	}
}

static void assert_all_there(const struct place *place, uint32_t sent)
{
	if (!place->stays && lost(place) > 0)
		fail_msg("%s: %lu of %u are lost", rd_kafka_err2name(place->code), lost(place),
			sent);
	if (delivered(place) + lost(place) != sent)
		fail_msg("%s: of %u, %lu are delivered and %lu lost",
			rd_kafka_err2name(place->code), sent, delivered(place), lost(place));
	fixture_assert_balanced(place->f);
}

static void fails_so_often(uint32_t times)
{
	struct place places[CODES];

	open_places(places);
	for (size_t i = 0; i < CODES; i++) {
		push(&places[i], times);
		fixture_send_frames(places[i].f, 0, FRAMES);
	}
	turn_until_done(places);
	for (size_t i = 0; i < CODES; i++) {
		assert_all_there(&places[i], FRAMES + 1);
		/* Whose fault it is that a request of many is refused, those say that come alone.
		 */
		if (lost(&places[i]) > times)
			fail_msg("%s, %u times: %lu are lost", rd_kafka_err2name(codes[i].code),
				times, lost(&places[i]));
	}
	close_places(places);
}

static void an_error_that_comes_once_costs_at_most_its_record(void **state)
{
	fails_so_often(1);
}

static void an_error_that_comes_several_times_costs_at_most_as_many_records(void **state)
{
	fails_so_often(SEVERAL);
}

static bool has_trouble(const struct place *place, const char *id)
{
	struct gw_health health;
	bool found = false;

	health.count = health.left_out = 0;
	sink_stage.health(place->f->sink->stage, &health);
	for (uint32_t i = 0; i < health.count; i++)
		found = found || strcmp(health.trouble[i].id, id) == 0;
	return found;
}

/* Whether what lies in the records has cost them all, or what passes is waited for, and it is told.
 */
static bool is_told(const struct place *place)
{
	return place->stays ? waiting(place) == 0 && has_trouble(place, REFUSED)
			    : has_trouble(place, UNCONFIRMED);
}

/* Until it was so once of each. */
static void turn_until_told(struct place places[CODES])
{
	const int64_t deadline = gw_now() + MENDED_NS;
	bool told[CODES] = {false};

	for (size_t i = 0; i < CODES; usleep(1000)) {
		for (size_t all = 0; all < CODES; all++) {
			fixture_turn(places[all].f);
			told[all] = told[all] || is_told(&places[all]);
			if (!places[all].stays && lost(&places[all]) > 0)
				fail_msg("%s: %lu are lost", rd_kafka_err2name(places[all].code),
					lost(&places[all]));
		}
		while (i < CODES && told[i])
			i++;
		if (i < CODES && gw_now() > deadline)
			fail_msg("%s is not told, and %lu records wait",
				rd_kafka_err2name(places[i].code), waiting(&places[i]));
	}
}

static void an_error_that_comes_for_ever_is_told_and_waited_for(void **state)
{
	struct place places[CODES];

	open_places(places);
	for (size_t i = 0; i < CODES; i++) {
		push(&places[i], FOREVER);
		fixture_send_frames(places[i].f, 0, FRAMES);
	}
	turn_until_told(places);
	for (size_t i = 0; i < CODES; i++) {
		assert_int_equal(waiting(&places[i]), places[i].stays ? 0 : FRAMES);
		rd_kafka_mock_clear_request_errors(places[i].cluster->mock, PRODUCE);
		fixture_send_frames(places[i].f, 0, 1);
	}
	turn_until_done(places);
	for (size_t i = 0; i < CODES; i++) {
		assert_all_there(&places[i], FRAMES + 2);
		if (!places[i].stays)
			cluster_assert_in_order(places[i].cluster, FRAMES + 2);
	}
	close_places(places);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_that_comes_once_costs_at_most_its_record),
		cmocka_unit_test(an_error_that_comes_several_times_costs_at_most_as_many_records),
		cmocka_unit_test(an_error_that_comes_for_ever_is_told_and_waited_for),
	};

	/* They all count on what this one is about: it is asked for alone where it must fail. */
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
