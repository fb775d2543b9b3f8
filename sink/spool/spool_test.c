/* The sink stage with a spool, against librdkafka's mock cluster: what it keeps, and what becomes
 * of it when the disk is full, fails, or gives something else back. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "sink/fixture.h"
#include "sink/sink.h"
#include "sink/spool/checksum.h"
#include "sink/spool/faults.h"
#include "sink/spool/format.h"
#include "sink/stage.h"

#define PATIENCE_NS (60 * GW_NS_PER_S)
#define FOREVER UINT32_MAX
#define MOST 60000

struct world {
	rd_kafka_t *client;
	rd_kafka_mock_cluster_t *mock;
	char directory[64];
	uint32_t starts;
	uint64_t sequence; /* of camera 0, where the last start ended */
	uint16_t seen[2][MOST]; /* how often each number came, by kind */
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	world->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	world->mock = rd_kafka_mock_cluster_new(world->client, 1);
	rd_kafka_mock_topic_create(world->mock, "framegate.results", 3, 1);
	rd_kafka_mock_topic_create(world->mock, "framegate.frames", 3, 1);
	strcpy(world->directory, "/tmp/framegate-spool-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	*state = world;
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	return remove(path);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	for (int call = 0; call < FAULT_CALLS; call++)
		faults_set((enum fault_call)call, 0, 0);
	rd_kafka_mock_cluster_destroy(world->mock);
	rd_kafka_destroy(world->client);
	nftw(world->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
	return 0;
}

/* Starts a gateway on the world's spool; its frame numbers go on, so that all can be told apart. */
static struct fixture *start(struct world *world, const char *spool, const char *more)
{
	char yaml[1024];

	snprintf(yaml, sizeof(yaml),
		"kafka:\n  brokers: '%s'\n  spool: {directory: %s/spool, %s}\n%s%s",
		rd_kafka_mock_cluster_bootstraps(world->mock), world->directory, spool, more,
		/* Results do not wait for each other. */
		strstr(more, "properties:") ? ""
					    : "  properties: [{name: linger.ms, value: '5'}]\n");
	struct fixture *f = fixture_open(yaml, false);

	snprintf(f->gw.boot_id, sizeof(f->gw.boot_id), "00000000-0000-4000-8000-%012u",
		++world->starts);
	f->sequence[0] = world->sequence;
	return f;
}

static void stop(struct world *world, struct fixture *f)
{
	world->sequence = f->sequence[0];
	fixture_close(f, 300);
}

static void broker(struct world *world, bool up)
{
	if (up)
		rd_kafka_mock_broker_set_up(world->mock, 1);
	else
		rd_kafka_mock_broker_set_down(world->mock, 1);
}

static uint64_t spooled(struct fixture *f)
{
	return gw_counter_get(&fixture_stats(f, 0)->results_spooled);
}

/* A figure that the spool tells of itself, perhaps of what an earlier start left. */
static uint64_t figure(struct fixture *f, const char *part, const char *name)
{
	json_t *facts = sink_stage.describe(f->sink->stage);
	json_t *spool = json_object_get(facts, "spool");
	json_t *of = part ? json_object_get(spool, part) : spool;
	const uint64_t value = (uint64_t)json_integer_value(json_object_get(of, name));

	json_decref(facts);
	return value;
}

static bool has_state(struct fixture *f, const char *state)
{
	json_t *facts = sink_stage.describe(f->sink->stage);
	const char *text =
		json_string_value(json_object_get(json_object_get(facts, "spool"), "state"));
	const bool same = strcmp(text, state) == 0;

	json_decref(facts);
	return same;
}

static void turn_until_figure(struct fixture *f, const char *part, const char *name, uint64_t value)
{
	const int64_t deadline = gw_now() + PATIENCE_NS;

	while (figure(f, part, name) < value) {
		if (gw_now() > deadline)
			fail_msg("%s: %lu of %lu", name, figure(f, part, name), value);
		for (int i = 0; i < 20; i++)
			fixture_turn(f);
		usleep(1000);
	}
}

/* Reads the whole topic. Returns how many numbers came; fails when a new one is out of order. */
static uint32_t read_all(struct world *world, enum sink_kind kind)
{
	const char *topic = kind == SINK_RESULT ? "framegate.results" : "framegate.frames";
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int64_t newest = -1;
	uint32_t count = 0;

	memset(world->seen[kind], 0, sizeof(world->seen[kind]));
	rd_kafka_conf_set(
		conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(world->mock), NULL, 0);
	rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
	rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(3);

	for (int i = 0; i < 3; i++)
		rd_kafka_topic_partition_list_add(parts, topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(consumer, parts);
	for (int silent = 0; silent < (newest < 0 ? 20 : 6);) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
		rd_kafka_headers_t *headers;
		const void *id;
		size_t size;

		silent = message ? 0 : silent + 1;
		if (message && !message->err && rd_kafka_message_headers(message, &headers) == 0 &&
			rd_kafka_header_get_last(headers, "ce_id", &id, &size) == 0) {
			const long number = atol(strrchr(id, '/') + 1);

			assert_in_range(number, 0, MOST - 1);
			if (world->seen[kind][number]++ == 0) {
				assert_true(number > newest);
				newest = number;
				count++;
			}
		}
		if (message)
			rd_kafka_message_destroy(message);
	}
	rd_kafka_topic_partition_list_destroy(parts);
	rd_kafka_destroy(consumer);
	return count;
}

/* How many files the spool has, but for its lock; the path of the first one. */
static uint32_t files(const struct world *world, char path[512])
{
	char name[128];
	struct dirent **list;
	uint32_t count = 0;

	snprintf(name, sizeof(name), "%s/spool", world->directory);
	const int all = scandir(name, &list, NULL, alphasort);

	for (int i = 0; i < all; i++) {
		if (strstr(list[i]->d_name, ".seg") && count++ == 0 && path)
			snprintf(path, 512, "%s/%s", name, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return count;
}

/* Waits for the disk before the next picture: the producers keep half of the budget. */
static void send_at_leisure(struct fixture *f, uint32_t count, uint32_t budget)
{
	for (uint32_t i = 0; i < count; i++) {
		const int64_t deadline = gw_now() + GW_NS_PER_S;

		fixture_send_frames(f, 0, 1);
		do {
			usleep(500);
			fixture_turn(f);
		} while (gw_pool_in_use(f->gw.pool, 0) > budget / 2 && gw_now() < deadline);
	}
}

#define NO_PICTURES "  frames: {every: 0}\n"

static void what_is_delivered_leaves_no_trace(void **state)
{
	static const char *const durabilities[] = {"strict", "interval, interval: 5", "none"};
	struct world *world = *state;

	for (uint32_t i = 0; i < 3; i++) {
		char spool[64];

		snprintf(spool, sizeof(spool), "durability: %s", durabilities[i]);
		struct fixture *f = start(world, spool, "  frames: {every: 10}\n");

		fixture_send_frames(f, 0, 100);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 100);
		fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 10);
		assert_true(figure(f, NULL, "written_bytes") > 100 * 300 + 10 * 26000);
		if (i != 1)
			assert_int_equal(figure(f, NULL, "syncs") > 0, i == 0);
		else
			turn_until_figure(f, NULL, "syncs", 1);
		fixture_assert_balanced(f);
		stop(world, f);
		assert_int_equal(files(world, NULL), 0);
	}
	assert_int_equal(read_all(world, SINK_RESULT), 300);
	assert_int_equal(read_all(world, SINK_SAMPLE), 30);
}

static void a_stop_while_the_broker_is_away_loses_nothing(void **state)
{
	struct world *world = *state;
	struct fixture *f = start(world, "size: 64", "  frames: {every: 10, budget: 4}\n");

	broker(world, false);
	send_at_leisure(f, 300, 4);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 300);
	stop(world, f);
	assert_int_not_equal(files(world, NULL), 0);

	f = start(world, "size: 64", "  frames: {every: 10, budget: 4}\n");
	assert_int_equal(figure(f, "former", "found"), 330);
	send_at_leisure(f, 50, 4);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 50);
	broker(world, true);
	turn_until_figure(f, "former", "delivered", 330);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 50);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 5);
	stop(world, f);
	assert_int_equal(files(world, NULL), 0);
	assert_int_equal(read_all(world, SINK_RESULT), 350);
	assert_int_equal(read_all(world, SINK_SAMPLE), 35);
	for (uint32_t i = 0; i < 350; i++)
		assert_int_equal(world->seen[SINK_RESULT][i], 1);
}

/* Negative control: the same without a spool. */
static void without_a_spool_a_stop_while_the_broker_is_away_loses_all(void **state)
{
	struct world *world = *state;
	char yaml[256];

	broker(world, false);
	snprintf(yaml, sizeof(yaml), "kafka:\n  brokers: '%s'\n" NO_PICTURES,
		rd_kafka_mock_cluster_bootstraps(world->mock));
	struct fixture *f = fixture_open(yaml, false);

	fixture_send_frames(f, 0, 300);
	fixture_close(f, 100);
	broker(world, true);
	f = start(world, "size: 64", NO_PICTURES);
	assert_int_equal(figure(f, "former", "found"), 0);
	stop(world, f);
	assert_int_equal(read_all(world, SINK_RESULT), 0);
}

static const char small_queue[] = NO_PICTURES "  properties: [{name: queue.buffering.max.messages, "
					      "value: '100'}, {name: linger.ms, value: '5'}]\n";

static void more_than_memory_holds_comes_from_the_disk_in_order(void **state)
{
	struct world *world = *state;
	struct fixture *f = start(world, "size: 256", small_queue);

	broker(world, false);
	fixture_send_frames(f, 0, 40000);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 40000);
	fixture_assert_balanced(f);
	broker(world, true);
	/* The live stream goes on meanwhile. */
	fixture_send_frames(f, 0, 2000);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 42000);
	assert_int_equal(spooled(f), 0);
	stop(world, f);
	assert_int_equal(files(world, NULL), 0);
	assert_int_equal(read_all(world, SINK_RESULT), 42000);
}

static void pictures_wait_on_the_disk_and_keep_no_slots(void **state)
{
	struct world *world = *state;
	struct fixture *f = start(world, "size: 64", "  frames: {every: 1, budget: 8}\n");

	broker(world, false);
	send_at_leisure(f, 150, 8);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_spooled, 130);
	assert_true(gw_pool_in_use(f->gw.pool, 0) <= 8);
	fixture_assert_balanced(f);
	broker(world, true);
	/* A disk that is slow for a moment may cost one or the other, which is counted. */
	const uint64_t there = 150 - fixture_drops(f, 0, GW_DROP_SAMPLE_BUDGET);

	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, there);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 150);
	stop(world, f);
	assert_int_equal(read_all(world, SINK_SAMPLE), there);
	assert_int_equal(files(world, NULL), 0);
}

/* Results that are through, one way or the other. */
static uint64_t through(const struct gw_camera_stats *stats)
{
	return gw_counter_get(&stats->delivered) +
		gw_counter_get(&stats->drops[GW_DROP_SPOOL_FULL]);
}

static void pictures_give_way_first_and_then_the_oldest_results(void **state)
{
	struct world *world = *state;
	struct fixture *f = start(world, "size: 16, pictures: 4",
		"  frames: {every: 1, budget: 64}\n"
		"  properties: [{name: queue.buffering.max.messages, value: '100'}, {name: "
		"linger.ms, value: '5'}]\n");
	struct gw_camera_stats *stats = fixture_stats(f, 0);

	broker(world, false);
	send_at_leisure(f, 400, 64);
	turn_until_figure(f, NULL, "given_up", 1);
	assert_true(figure(f, NULL, "used_by_pictures") <= 4u << 20);
	assert_true(fixture_drops(f, 0, GW_DROP_SAMPLE_SPOOL_FULL) > 0);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SPOOL_FULL), 0);
	atomic_store(&f->gw.cameras->slot[0].sample_every, 0);
	for (uint32_t i = 0; i < 400; i++) {
		fixture_send_frames(f, 0, 100);
		usleep(1000);
	}
	const int64_t deadline = gw_now() + PATIENCE_NS;

	while (fixture_drops(f, 0, GW_DROP_SPOOL_FULL) == 0 && gw_now() < deadline)
		fixture_turn(f);
	assert_true(fixture_drops(f, 0, GW_DROP_SPOOL_FULL) > 0);
	assert_true(figure(f, NULL, "used_by_pictures") < 1u << 20);
	assert_true(figure(f, NULL, "used") <= 17u << 20);
	fixture_assert_balanced(f);
	broker(world, true);
	/* More may have to go while the last ones are written. */
	while (through(stats) < 40400 && gw_now() < deadline)
		fixture_turn(f);
	const uint64_t gone = fixture_drops(f, 0, GW_DROP_SPOOL_FULL);

	assert_int_equal(gw_counter_get(&stats->delivered), 40400 - gone);
	fixture_assert_balanced(f);
	stop(world, f);
	assert_int_equal(read_all(world, SINK_RESULT), 40400 - gone);
	/* The newest are there. */
	assert_int_equal(world->seen[SINK_RESULT][40399], 1);
}

/* Leaves 300 results in the spool. */
static void leave(struct world *world)
{
	struct fixture *f = start(world, "size: 64", NO_PICTURES);

	broker(world, false);
	fixture_send_frames(f, 0, 300);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 300);
	stop(world, f);
	broker(world, true);
}

/* Starts again: `whole` of the results are still there, and are sent. */
static void send_what_is_left(struct world *world, uint32_t whole)
{
	struct fixture *f = start(world, "size: 64", NO_PICTURES);

	assert_int_equal(figure(f, "former", "found"), whole);
	fixture_send_frames(f, 0, 10);
	turn_until_figure(f, "former", "delivered", whole);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 10);
	assert_int_equal(figure(f, "former", "spooled"), 0);
	stop(world, f);
	assert_int_equal(read_all(world, SINK_RESULT), whole + 10);
}

static void a_torn_file_gives_what_is_whole(void **state)
{
	struct world *world = *state;
	struct stat info;
	char path[512];

	leave(world);
	assert_int_equal(files(world, path), 1);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(truncate(path, info.st_size - 100), 0);
	send_what_is_left(world, 299);
}

static void a_flipped_bit_costs_one_result(void **state)
{
	struct world *world = *state;
	char path[512], byte;

	leave(world);
	files(world, path);
	const int fd = open(path, O_RDWR);

	assert_int_equal(pread(fd, &byte, 1, 50000), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, 50000), 1);
	/* Nor does it matter in the head. */
	assert_int_equal(pwrite(fd, "?", 1, 30), 1);
	close(fd);
	send_what_is_left(world, 299);
}

static void what_another_version_wrote_is_left_as_it_is(void **state)
{
	struct world *world = *state;
	struct spool_head head;
	char path[512];

	leave(world);
	files(world, path);
	const int fd = open(path, O_RDWR);

	assert_int_equal(pread(fd, &head, sizeof(head), 0), sizeof(head));
	head.version = SPOOL_VERSION + 1;
	head.checksum = spool_checksum(&head, offsetof(struct spool_head, checksum), 0);
	assert_int_equal(pwrite(fd, &head, sizeof(head), 0), sizeof(head));
	close(fd);
	send_what_is_left(world, 0);
	assert_int_equal(files(world, NULL), 1);
}

static void files_that_are_none_are_left_alone(void **state)
{
	struct world *world = *state;
	char path[512];

	leave(world);
	files(world, path);
	strcpy(strrchr(path, '/'), "/results-0000000007.seg");
	const int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	send_what_is_left(world, 300);
	assert_int_equal(files(world, NULL), 1);
}

static void a_directory_has_one_gateway(void **state)
{
	struct world *world = *state;
	struct fixture *f = start(world, "size: 64", NO_PICTURES);
	char yaml[512];

	snprintf(yaml, sizeof(yaml), "kafka:\n  brokers: '%s'\n  spool: {directory: %s/spool}\n",
		rd_kafka_mock_cluster_bootstraps(world->mock), world->directory);
	fixture_fail(yaml, "another gateway has it: give each one its own");
	stop(world, f);
}

/* Whatever fails, and however often: results are delivered, in order, and the books balance. */
static void every_call_that_fails_costs_no_result(void **state)
{
	static const struct {
		enum fault_call call;
		int error;
	} faults[] = {
		{FAULT_WRITE, EIO},
		{FAULT_WRITE, ENOSPC},
		{FAULT_SYNC, EIO},
		{FAULT_OPEN, ENOSPC},
		{FAULT_OPEN, EMFILE},
		{FAULT_REMOVE, EROFS},
		{FAULT_CUT, EIO},
	};
	static const char *const durabilities[] = {"durability: strict", "interval: 10"};
	struct world *world = *state;
	uint32_t all = 0;

	for (uint32_t i = 0; i < 2 * 2 * sizeof(faults) / sizeof(faults[0]); i++) {
		const uint32_t times = i % 2 == 0 ? 1 : FOREVER;
		struct fixture *f = start(world, durabilities[i / 2 % 2], NO_PICTURES);

		fixture_send_frames(f, 0, 50);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 50);
		faults_set(faults[i / 4].call, faults[i / 4].error, times);
		fixture_send_frames(f, 0, 100);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 150);
		if (times == FOREVER && faults[i / 4].call == FAULT_WRITE)
			assert_true(has_state(f, "failing"));
		fixture_assert_balanced(f);
		faults_set(faults[i / 4].call, 0, 0);
		fixture_send_frames(f, 0, 10);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 160);
		stop(world, f);
		all += 160;
	}
	assert_int_equal(read_all(world, SINK_RESULT), all);
}

static void a_disk_that_is_full_for_a_while_is_used_again(void **state)
{
	struct world *world = *state;
	struct fixture *f = start(world, "size: 64", NO_PICTURES);

	faults_set(FAULT_WRITE, ENOSPC, FOREVER);
	broker(world, false);
	fixture_send_frames(f, 0, 100);
	usleep(300000);
	fixture_turn(f);
	assert_true(has_state(f, "failing"));
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->results_waiting), 100);
	faults_set(FAULT_WRITE, 0, 0);
	usleep(300000);
	fixture_send_frames(f, 0, 100);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 100);
	assert_true(has_state(f, "writing"));
	broker(world, true);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 200);
	stop(world, f);
	assert_int_equal(read_all(world, SINK_RESULT), 200);
}

static void a_producer_that_fails_for_good_loses_nothing(void **state)
{
	struct world *world = *state;
	struct fixture *f = start(world, "size: 64", NO_PICTURES);

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	rd_kafka_mock_push_request_errors(
		world->mock, 0, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	fixture_send_frames(f, 0, 200);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 205);
	fixture_assert_balanced(f);
	stop(world, f);
	assert_int_equal(read_all(world, SINK_RESULT), 205);
}

static void a_picture_that_is_too_large_is_counted_and_gone(void **state)
{
	struct world *world = *state;
	struct fixture *f = start(world, "size: 64",
		"  frames: {every: 1, budget: 64}\n"
		"  properties: [{name: message.max.bytes, value: '10000'}]\n");

	fixture_send_frames(f, 0, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 5);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SAMPLE_TOO_LARGE], 5);
	fixture_assert_balanced(f);
	stop(world, f);
	assert_int_equal(files(world, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_delivered_leaves_no_trace),
		TEST(a_stop_while_the_broker_is_away_loses_nothing),
		TEST(without_a_spool_a_stop_while_the_broker_is_away_loses_all),
		TEST(more_than_memory_holds_comes_from_the_disk_in_order),
		TEST(pictures_wait_on_the_disk_and_keep_no_slots),
		TEST(pictures_give_way_first_and_then_the_oldest_results),
		TEST(a_torn_file_gives_what_is_whole),
		TEST(a_flipped_bit_costs_one_result),
		TEST(what_another_version_wrote_is_left_as_it_is),
		TEST(files_that_are_none_are_left_alone),
		TEST(a_directory_has_one_gateway),
		TEST(every_call_that_fails_costs_no_result),
		TEST(a_disk_that_is_full_for_a_while_is_used_again),
		TEST(a_producer_that_fails_for_good_loses_nothing),
		TEST(a_picture_that_is_too_large_is_counted_and_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
