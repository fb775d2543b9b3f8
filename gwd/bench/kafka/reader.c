#include "gwd/bench/kafka/reader.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "core/clock.h"
#include "gwd/bench/kafka/board.h"
#include "gwd/bench/kafka/broker.h"
#include "gwd/bench/kafka/load.h"

#define BATCH 1000
#define WAIT_MS 2
#define PATIENCE_NS (60 * GW_NS_PER_S)

struct reader {
	struct board *board;
	struct reader_slot *mine;
	uint32_t index;
	struct gw_config *config;
	rd_kafka_t *client;
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *queue;
	uint64_t sum; /* of the values: they are looked at */
};

static int open_client(struct reader *reader, struct gw_error *error)
{
	struct board *board = reader->board;

	reader->config = broker_config(board->config[0] ? board->config : NULL,
		board->brokers[0] ? board->brokers : NULL, error);
	if (!reader->config)
		return -EINVAL;
	reader->client = broker_client(RD_KAFKA_CONSUMER, reader->config, error);
	if (!reader->client)
		return -EINVAL;
	reader->queue = rd_kafka_queue_new(reader->client);
	reader->topic = rd_kafka_topic_new(reader->client, board->topic, NULL);
	if (!reader->topic)
		return gw_error_set(error, -EINVAL, "topic %s: %s", board->topic,
			rd_kafka_err2str(rd_kafka_last_error()));
	return broker_wait_topic(reader->client, board->topic, board->partitions, error);
}

static int begin(struct reader *reader, struct gw_error *error)
{
	for (uint32_t i = 0; i < reader->board->partitions; i++)
		if (board_reads(reader->board, reader->index, i) &&
			rd_kafka_consume_start_queue(reader->topic, (int32_t)i,
				RD_KAFKA_OFFSET_BEGINNING, reader->queue) != 0)
			return gw_error_set(error, -EIO, "partition %u cannot be read: %s", i,
				rd_kafka_err2str(rd_kafka_last_error()));
	return 0;
}

/* What waits already; else some time is lost by waiting. */
static ssize_t take(struct reader *reader, rd_kafka_message_t **messages)
{
	ssize_t count = rd_kafka_consume_batch_queue(reader->queue, 0, messages, BATCH);

	if (count == 0) {
		const int64_t since = gw_now();

		count = rd_kafka_consume_batch_queue(reader->queue, WAIT_MS, messages, 1);
		reader->mine->starved_s += (double)(gw_now() - since) / GW_NS_PER_S;
	}
	return count;
}

static int look_at(struct reader *reader, const rd_kafka_message_t *message, struct gw_error *error)
{
	const uint8_t *value = message->payload;

	if (message->err)
		return gw_error_set(
			error, -EIO, "a consumer failed: %s", rd_kafka_message_errstr(message));
	if (message->len != reader->board->size)
		return gw_error_set(error, -EBADMSG,
			"topic %s has a record that is not of this run: somebody else writes there",
			reader->board->topic);
	for (size_t i = 0; i < message->len; i += 64)
		reader->sum += value[i];
	atomic_fetch_add_explicit(&reader->mine->messages, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&reader->mine->bytes, message->len, memory_order_relaxed);
	return 0;
}

static int read_all(struct reader *reader, struct gw_error *error)
{
	static rd_kafka_message_t *messages[BATCH];
	struct reader_slot *mine = reader->mine;
	int64_t heard = gw_now();
	int status = begin(reader, error);

	while (status == 0 && atomic_load(&mine->messages) < mine->expected) {
		const ssize_t count = take(reader, messages);

		for (ssize_t i = 0; i < count; i++) {
			if (status == 0)
				status = look_at(reader, messages[i], error);
			rd_kafka_message_destroy(messages[i]);
		}
		if (count > 0)
			heard = gw_now();
		else if (gw_now() - heard > PATIENCE_NS)
			status = gw_error_set(error, -ETIMEDOUT,
				"a consumer of %s has got nothing for 60 s: %lu of %lu records are "
				"there",
				reader->board->topic, atomic_load(&mine->messages), mine->expected);
	}
	mine->ended = gw_now();
	return status;
}

static void leave(struct reader *reader)
{
	/* The process ends: nobody waits for what the library still fetches. */
	if (reader->topic)
		rd_kafka_topic_destroy(reader->topic);
	if (reader->queue)
		rd_kafka_queue_destroy(reader->queue);
	gw_config_free(reader->config);
}

static int work(struct reader *reader)
{
	static const struct timespec nap = {.tv_nsec = GW_NS_PER_MS};
	const struct load_link none = {0};
	struct reader_slot *mine = reader->mine;
	struct load_mark from, to;
	char name[16];
	int status = open_client(reader, &mine->error);

	if (status == 0) {
		atomic_store(&mine->state, READER_READY);
		while (!atomic_load(&reader->board->go))
			nanosleep(&nap, NULL);
		load_mark(&from, &none);
		status = read_all(reader, &mine->error);
		load_mark(&to, &none);
		mine->process_s = to.process_s - from.process_s;
		mine->busiest_s = to.thread_s - from.thread_s;
		const double library = load_busiest(name);

		if (library > mine->busiest_s)
			mine->busiest_s = library;
	}
	atomic_store(&mine->state, status == 0 ? READER_DONE : READER_FAILED);
	leave(reader);
	return status == 0 ? 0 : 1;
}

int bench_kafka_reader(int argc, char **argv)
{
	struct reader reader = {0};

	if (argc != 3)
		return 2;
	reader.index = (uint32_t)atoi(argv[2]);
	if (reader.index >= PLAN_READERS)
		return 2;
	/* Nobody would count what is read. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	reader.board = mmap(
		NULL, sizeof(*reader.board), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[1]), 0);
	if (reader.board == MAP_FAILED)
		return 2;
	reader.mine = &reader.board->slot[reader.index];
	return work(&reader);
}
