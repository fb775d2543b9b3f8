#include "gwd/bench/kafka/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/plural.h"
#include "gwd/bench/kafka/broker.h"
#include "gwd/bench/kafka/interrupt.h"
#include "gwd/bench/kafka/verdict.h"

#define TOPIC 250 /* of a name */

struct run {
	const struct plan *plan;
	struct book *book;
	struct gw_config *config;
	struct payload payload;
	rd_kafka_t *client; /* for topics */
	struct load_link link;
	uint32_t stored; /* partitions of the topic that is filled; 0: there is none */
	/* What cells of a scenario took so far. */
	double seconds[PLAN_SCENARIOS];
	uint32_t done[PLAN_SCENARIOS];
};

static const char *topic_of(const struct run *run, const struct plan_cell *cell, char text[TOPIC])
{
	if (cell->scenario == PLAN_TOGETHER)
		snprintf(text, TOPIC, "%s-together-%u-%u", run->plan->prefix, cell->partitions,
			cell->consumers);
	else
		snprintf(text, TOPIC, "%s-stored-%u", run->plan->prefix, cell->partitions);
	return text;
}

static int make_topic(
	struct run *run, const struct plan_cell *cell, const char *name, struct gw_error *error)
{
	int status = book_note_topic(run->book, name, error);
	struct gw_error second;

	if (status == 0)
		status = broker_make_topic(
			run->client, name, cell->partitions, run->plan->replication, error);
	/* It is somebody else's. */
	if (status == -EEXIST)
		book_strike_topic(run->book, name, &second);
	if (status == 0 && !broker_set_topic(run->config, name))
		status = gw_error_set(error, -ENOMEM, "out of memory");
	return status;
}

static int remove_topic(struct run *run, const char *name, struct gw_error *error)
{
	const int status = broker_remove_topic(run->client, name, error);

	return status == 0 ? book_strike_topic(run->book, name, error) : status;
}

/* All that are noted. */
static int remove_topics(struct run *run, struct gw_error *error)
{
	char name[TOPIC];
	int status = 0;

	while (status == 0 && book_topic(run->book)) {
		snprintf(name, sizeof(name), "%s", book_topic(run->book));
		status = remove_topic(run, name, error);
	}
	run->stored = 0;
	return status;
}

static int produce(
	struct run *run, uint32_t partitions, struct feed_outcome *outcome, struct gw_error *error)
{
	return feed_run(
		run->config, &run->payload, partitions, run->plan->messages, outcome, error);
}

static double since(int64_t began, int64_t ended)
{
	return (double)(ended - began) / GW_NS_PER_S;
}

/* With consumers that read while it is produced. */
static int run_together(struct run *run, struct cell_figures *figures, struct gw_error *error)
{
	const struct plan_cell *cell = &figures->cell;
	struct crew crew = {.file = -1};
	char name[TOPIC];
	int status = make_topic(run, cell, topic_of(run, cell, name), error);

	if (status == 0)
		status = crew_open(&crew, run->plan, name, cell,
			run->plan->messages + cell->partitions, error);
	if (status == 0) {
		crew_go(&crew);
		status = produce(run, cell->partitions, &figures->feed, error);
	}
	if (status == 0) {
		/* By their counters at this moment, some milliseconds late. */
		figures->lag = run->plan->messages + cell->partitions - crew_messages(&crew);
		status = crew_wait(&crew, &figures->crew, error);
	}
	crew_close(&crew);
	figures->produce_s = since(figures->feed.began, figures->feed.ended);
	figures->consume_s = since(figures->feed.began, figures->crew.ended);
	figures->seconds =
		figures->produce_s > figures->consume_s ? figures->produce_s : figures->consume_s;
	return status == 0 ? remove_topic(run, name, error) : status;
}

/* A topic of so many partitions that is full. */
static int run_producer(struct run *run, struct cell_figures *figures, struct gw_error *error)
{
	const struct plan_cell *cell = &figures->cell;
	char name[TOPIC];
	int status = make_topic(run, cell, topic_of(run, cell, name), error);

	if (status == 0)
		status = produce(run, cell->partitions, &figures->feed, error);
	figures->seconds = figures->produce_s = since(figures->feed.began, figures->feed.ended);
	if (status == 0)
		run->stored = cell->partitions;
	return status;
}

static int run_consumers(struct run *run, struct cell_figures *figures, struct gw_error *error)
{
	const struct plan_cell *cell = &figures->cell;
	struct cell_figures filled = {.cell = *cell};
	struct crew crew = {.file = -1};
	char name[TOPIC];
	int status = run->stored == cell->partitions ? 0 : run_producer(run, &filled, error);

	topic_of(run, cell, name);
	figures->messages += cell->partitions;
	if (status == 0)
		status = crew_open(&crew, run->plan, name, cell, figures->messages, error);
	if (status == 0) {
		crew_go(&crew);
		status = crew_wait(&crew, &figures->crew, error);
	}
	figures->seconds = figures->consume_s = since(crew.went, figures->crew.ended);
	crew_close(&crew);
	return status;
}

static int run_cell(struct run *run, const struct plan_cell *cell, struct gw_error *error)
{
	static int (*const scenarios[])(struct run *, struct cell_figures *, struct gw_error *) = {
		[PLAN_TOGETHER] = run_together,
		[PLAN_PRODUCER] = run_producer,
		[PLAN_CONSUMERS] = run_consumers,
	};
	struct cell_figures figures = {
		.cell = *cell, .messages = run->plan->messages, .size = run->plan->size};
	struct load_mark from, to;

	load_mark(&from, &run->link);
	int status = scenarios[cell->scenario](run, &figures, error);

	load_mark(&to, &run->link);
	figures.load = load_between(&from, &to, &run->link);
	if (status != 0)
		return status;
	json_t *json = verdict_json(&figures);

	run->seconds[cell->scenario] += since(from.at, to.at);
	run->done[cell->scenario]++;
	return json ? book_add(run->book, json, error)
		    : gw_error_set(error, -ENOMEM, "out of memory");
}

/* Seconds that the cells from `at` on will take, as those of their kind took. */
static double time_left(
	const struct run *run, const struct plan_cell *cells, uint32_t at, uint32_t count)
{
	double all = 0, left = 0;
	uint32_t done = 0;

	for (int i = 0; i < PLAN_SCENARIOS; i++) {
		all += run->seconds[i];
		done += run->done[i];
	}
	for (; at < count && done > 0; at++) {
		const int kind = (int)cells[at].scenario;

		if (!book_find(run->book, &cells[at]))
			left += run->done[kind] > 0 ? run->seconds[kind] / run->done[kind]
						    : all / done;
	}
	return left;
}

/* On a terminal a line that is written over, else one for each cell. */
static void tell(const struct run *run, const struct plan_cell *cells, uint32_t at, uint32_t count)
{
	const struct plan_cell *cell = &cells[at];
	const bool terminal = isatty(STDERR_FILENO);
	const double left = time_left(run, cells, at, count);
	char words[64] = "";

	if (left >= 90)
		snprintf(words, sizeof(words), "; about %.0f minutes left", left / 60);
	else if (left >= 1)
		snprintf(words, sizeof(words), "; about %.0f s left", left);
	fprintf(stderr, "%skafka: cell %u of %u: %s, %u partition%s", terminal ? "\r\033[K" : "",
		at + 1, count, plan_scenarios[cell->scenario], cell->partitions,
		gw_plural(cell->partitions));
	if (cell->consumers > 0)
		fprintf(stderr, ", %u consumer%s", cell->consumers, gw_plural(cell->consumers));
	fprintf(stderr, "%s%s", words, terminal ? "" : "\n");
	fflush(stderr);
}

static int run_all(struct run *run, struct gw_error *error)
{
	struct plan_cell *cells = malloc(PLAN_CELLS * sizeof(*cells));
	const uint32_t count = cells ? plan_cells(run->plan, cells) : 0;
	/* What whoever was killed has left. */
	int status =
		cells ? remove_topics(run, error) : gw_error_set(error, -ENOMEM, "out of memory");

	for (uint32_t i = 0; i < count && status == 0; i++) {
		if (i > 0 && cells[i].partitions != cells[i - 1].partitions)
			status = remove_topics(run, error);
		if (status != 0 || book_find(run->book, &cells[i]))
			continue;
		tell(run, cells, i, count);
		status = run_cell(run, &cells[i], error);
	}
	if (count > 0 && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	free(cells);
	return status;
}

static int open_run(struct run *run, struct gw_error *error)
{
	const struct plan *plan = run->plan;

	run->config = broker_config(plan->config, plan->brokers, error);
	if (!run->config)
		return -EINVAL;
	run->client = broker_client(RD_KAFKA_PRODUCER, run->config, error);
	if (!run->client)
		return -EINVAL;
	if (payload_open(&run->payload, plan->payload, plan->size) != 0)
		return gw_error_set(error, -ENOMEM, "out of memory");
	load_link_find(&run->link, plan->brokers);
	return broker_wait(run->client, error);
}

int run_cells(struct plan *plan, struct book *book, struct gw_error *error)
{
	struct run run = {.plan = plan, .book = book};
	struct gw_error second;
	int status = open_run(&run, error);

	if (status == 0) {
		status = run_all(&run, error);
		if (remove_topics(&run, status == 0 ? error : &second) != 0 && status == 0)
			status = -EIO;
	}
	if (run.client)
		rd_kafka_destroy(run.client);
	payload_close(&run.payload);
	gw_config_free(run.config);
	return status;
}
