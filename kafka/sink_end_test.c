/* What becomes of records when the gateway ends: against a mock cluster. */
#include "core/test.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "kafka/resolver.h"
#include "kafka/test_cluster.h"
#include "sink/stage.h"

static void what_lingers_is_sent_when_the_gateway_ends(void **state)
{
	struct fixture *f = cluster_open_sink(*state,
		"  frames: {every: 1}\n"
		"  properties: [{name: linger.ms, value: '60000'}]\n");
	int64_t begin = gw_now();

	fixture_send_frames(f, 0, 5);
	f->sink->drain_by = begin + CLUSTER_PATIENCE_MS * GW_NS_PER_MS;
	while (!sink_stage.drain(f->sink))
		;
	assert_true(gw_now() < f->sink->drain_by);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->delivered), 5);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_delivered), 5);
	fixture_close(f, 1000);
}

/* The connection is lost, and the lookup for the next one gets no answer. */
static void lose_broker_and_resolver(struct cluster *cluster, struct fixture *f)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	int64_t deadline = gw_now() + CLUSTER_PATIENCE_MS * GW_NS_PER_MS;

	resolver_silence(true);
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	while (resolver_waiting() < 2 && gw_now() < deadline) {
		fixture_turn(f);
		nanosleep(&pause, NULL);
	}
	assert_true(resolver_waiting() >= 2);
}

#define FORGETFUL \
	"  properties: [{name: broker.address.ttl, value: '0'}, " \
	"{name: reconnect.backoff.ms, value: '0'}]\n"

static void what_hanging_clients_never_report_is_lost_and_counted_in_time(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f =
		cluster_open_sink(cluster, "  frames: {every: 1, budget: 20}\n" FORGETFUL);

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 5);
	lose_broker_and_resolver(cluster, f);
	fixture_send_frames(f, 0, 10);
	fixture_send_frames(f, 1, 10);
	int64_t begin = gw_now();

	f->sink->drain_by = begin;
	assert_true(sink_stage.drain(f->sink));
	assert_true(gw_now() - begin < 500 * GW_NS_PER_MS);
	for (uint32_t camera = 0; camera < 2; camera++) {
		assert_int_equal(fixture_drops(f, camera, GW_DROP_SINK_LOST), 10);
		assert_int_equal(fixture_drops(f, camera, GW_DROP_SAMPLE_LOST), 10);
	}
	begin = gw_now();
	/* It checks the slots, the gauges and the balance. */
	fixture_close(f, 0);
	assert_true(gw_now() - begin < 800 * GW_NS_PER_MS);
	resolver_silence(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(what_lingers_is_sent_when_the_gateway_ends),
		CLUSTER_TEST(what_hanging_clients_never_report_is_lost_and_counted_in_time),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
