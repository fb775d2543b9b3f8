#include "sink/spool/test_world.h"

#include <dirent.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/health.h"
#include "sink/spool/faults.h"
#include "sink/stage.h"

int world_set_up(void **state)
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

int world_tear_down(void **state)
{
	struct world *world = *state;

	for (int call = 0; call < FAULT_CALLS; call++)
		faults_set((enum fault_call)call, 0, 0);
	faults_set_bad(0, 0);
	faults_hold_sync(false);
	rd_kafka_mock_cluster_destroy(world->mock);
	rd_kafka_destroy(world->client);
	nftw(world->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
	return 0;
}

struct fixture *world_start(struct world *world, const char *spool, const char *more)
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

void world_stop(struct world *world, struct fixture *f)
{
	world->sequence = f->sequence[0];
	fixture_close(f, 300);
}

void world_refused(struct world *world, const char *words)
{
	char yaml[512];

	snprintf(yaml, sizeof(yaml), "kafka:\n  brokers: '%s'\n  spool: {directory: %s/spool}\n",
		rd_kafka_mock_cluster_bootstraps(world->mock), world->directory);
	fixture_fail(yaml, words);
}

void world_broker(struct world *world, bool up)
{
	if (up)
		rd_kafka_mock_broker_set_up(world->mock, 1);
	else
		rd_kafka_mock_broker_set_down(world->mock, 1);
}

uint64_t world_spooled(struct fixture *f)
{
	return gw_counter_get(&fixture_stats(f, 0)->results_spooled);
}

uint64_t world_figure(struct fixture *f, const char *part, const char *name)
{
	json_t *facts = sink_stage.describe(f->sink->stage);
	json_t *spool = json_object_get(facts, "spool");
	json_t *of = part ? json_object_get(spool, part) : spool;
	const uint64_t value = (uint64_t)json_integer_value(json_object_get(of, name));

	json_decref(facts);
	return value;
}

bool world_has_state(struct fixture *f, const char *state)
{
	json_t *facts = sink_stage.describe(f->sink->stage);
	const char *text =
		json_string_value(json_object_get(json_object_get(facts, "spool"), "state"));
	const bool same = strcmp(text, state) == 0;

	json_decref(facts);
	return same;
}

bool world_has_trouble(struct fixture *f, const char *id)
{
	static struct gw_health health;
	bool found = false;

	health.count = health.left_out = 0;
	sink_stage.health(f->sink->stage, &health);
	for (uint32_t i = 0; i < health.count; i++)
		found = found || strcmp(health.trouble[i].id, id) == 0;
	return found;
}

void world_turn_until_figure(struct fixture *f, const char *part, const char *name, uint64_t value)
{
	const int64_t deadline = gw_now() + PATIENCE_NS;

	while (world_figure(f, part, name) < value) {
		if (gw_now() > deadline)
			fail_msg("%s: %lu of %lu", name, world_figure(f, part, name), value);
		for (int i = 0; i < 20; i++)
			fixture_turn(f);
		usleep(1000);
	}
}

uint32_t world_read_all(struct world *world, enum sink_kind kind)
{
	const char *topic = kind == SINK_RESULT ? "framegate.results" : "framegate.frames";
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const int64_t deadline = gw_now() + PATIENCE_NS;
	bool ended[PARTITIONS] = {false};
	int64_t newest = -1;
	uint32_t count = 0, ends = 0;

	memset(world->seen[kind], 0, sizeof(world->seen[kind]));
	rd_kafka_conf_set(
		conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(world->mock), NULL, 0);
	rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
	rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
	rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(PARTITIONS);

	for (int i = 0; i < PARTITIONS; i++)
		rd_kafka_topic_partition_list_add(parts, topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(consumer, parts);
	while (ends < PARTITIONS && gw_now() < deadline) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
		rd_kafka_headers_t *headers;
		const void *id;
		size_t size;

		if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
			ends += !ended[message->partition];
			ended[message->partition] = true;
		}
		if (message && !message->err && rd_kafka_message_headers(message, &headers) == 0 &&
			rd_kafka_header_get_last(headers, "ce_id", &id, &size) == 0) {
			const long number = atol(strrchr(id, '/') + 1);

			assert_in_range(number, 0, MOST - 1);
			if (world->seen[kind][number]++ == 0) {
				assert_true(number > newest || world->any_order);
				newest = number;
				count++;
			}
		}
		if (message)
			rd_kafka_message_destroy(message);
	}
	rd_kafka_topic_partition_list_destroy(parts);
	rd_kafka_destroy(consumer);
	/* All of it was read. */
	assert_int_equal(ends, PARTITIONS);
	return count;
}

uint32_t world_files(const struct world *world, char path[512])
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

void world_send_at_leisure(struct fixture *f, uint32_t count, uint32_t budget)
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

void world_leave(struct world *world, uint32_t count)
{
	struct fixture *f = world_start(world, "size: 64", NO_PICTURES);

	world_broker(world, false);
	fixture_send_frames(f, 0, count);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, count);
	world_stop(world, f);
	world_broker(world, true);
}

void world_send_what_is_left(struct world *world, uint32_t whole)
{
	struct fixture *f = world_start(world, "size: 64", NO_PICTURES);

	assert_int_equal(world_figure(f, "former", "found"), whole);
	fixture_send_frames(f, 0, 10);
	world_turn_until_figure(f, "former", "delivered", whole);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 10);
	assert_int_equal(world_figure(f, "former", "spooled"), 0);
	world_stop(world, f);
	assert_int_equal(world_read_all(world, SINK_RESULT), whole + 10);
}
