#include "gwd/bench/kafka/verdict.h"

#include <stdio.h>

#define BUSY 0.9 /* of a processor: a thread cannot do more */
#define MACHINE_FULL 0.95
#define LINK_FULL 0.85
#define KEEPS_UP 0.9 /* of the whole time, the producer's part: consumers are no limit */
#define IDLE 0.2 /* share of the time: it hardly ever waits */

const char *const limit_names[] = {
	[LIMIT_PRODUCER] = "producer",
	[LIMIT_BROKER] = "broker",
	[LIMIT_NETWORK] = "network",
	[LIMIT_CONSUMER] = "consumer",
	[LIMIT_MACHINE] = "machine",
};

/* What both sides have in common: what lies between them and the brokers. */
static bool between(const struct cell_figures *figures, struct verdict *verdict)
{
	const struct load *load = &figures->load;

	if (load->network >= LINK_FULL) {
		verdict->limit = LIMIT_NETWORK;
		snprintf(verdict->because, sizeof(verdict->because),
			"the interface is at %.0f %% of its speed", 100 * load->network);
		return true;
	}
	if (load->machine < MACHINE_FULL)
		return false;
	verdict->limit = LIMIT_MACHINE;
	snprintf(verdict->because, sizeof(verdict->because),
		"all processors of this machine are busy (%.0f %%): the producer takes %.2f of "
		"one, "
		"the busiest consumer %.2f",
		100 * load->machine, figures->feed.process, figures->crew.process);
	return true;
}

static void of_producer(const struct cell_figures *figures, struct verdict *verdict)
{
	const struct feed_outcome *feed = &figures->feed;

	verdict->limit = LIMIT_PRODUCER;
	if (feed->thread >= BUSY) {
		snprintf(verdict->because, sizeof(verdict->because),
			"who hands records over takes %.0f %% of a processor", 100 * feed->thread);
		return;
	}
	if (feed->busiest >= BUSY) {
		snprintf(verdict->because, sizeof(verdict->because),
			"the thread %s takes %.0f %% of a processor", feed->busiest_name,
			100 * feed->busiest);
		return;
	}
	if (between(figures, verdict))
		return;
	if (feed->waited < IDLE) {
		snprintf(verdict->because, sizeof(verdict->because),
			"who hands records over had to wait for %.0f %% of the time only",
			100 * feed->waited);
		return;
	}
	verdict->limit = LIMIT_BROKER;
	snprintf(verdict->because, sizeof(verdict->because),
		"the producer waited for %.0f %% of the time; a request took %.1f ms (p99 %.1f)",
		100 * feed->waited, feed->answer_ms, feed->answer_p99_ms);
}

static void of_consumers(const struct cell_figures *figures, struct verdict *verdict)
{
	const struct crew_outcome *crew = &figures->crew;

	verdict->limit = LIMIT_CONSUMER;
	if (crew->busiest >= BUSY) {
		snprintf(verdict->because, sizeof(verdict->because),
			"a thread of a consumer takes %.0f %% of a processor, with nothing to read "
			"for %.0f %% of the time",
			100 * crew->busiest, 100 * crew->starved);
		return;
	}
	if (between(figures, verdict))
		return;
	if (crew->starved < IDLE) {
		snprintf(verdict->because, sizeof(verdict->because),
			"consumers had something to read for %.0f %% of the time",
			100 * (1 - crew->starved));
		return;
	}
	verdict->limit = LIMIT_BROKER;
	snprintf(verdict->because, sizeof(verdict->because),
		"the busiest consumer had nothing to read for %.0f %% of the time",
		100 * crew->starved);
}

struct verdict verdict_of(const struct cell_figures *figures)
{
	const struct feed_outcome *feed = &figures->feed;
	const bool produces = figures->cell.scenario != PLAN_CONSUMERS;
	const double busy = feed->thread > feed->busiest ? feed->thread : feed->busiest;
	struct verdict verdict = {.headroom = produces && busy > 0 ? 1 / busy : 0};

	if (!produces || figures->produce_s < KEEPS_UP * figures->seconds)
		of_consumers(figures, &verdict);
	else
		of_producer(figures, &verdict);
	return verdict;
}

static double rate(uint64_t messages, double seconds)
{
	return seconds > 0 ? (double)messages / seconds : 0;
}

static json_t *side_json(const struct cell_figures *figures, double seconds)
{
	const double messages_s = rate(figures->messages, seconds);

	return json_pack("{s:f, s:f, s:f}", "seconds", seconds, "messages_s", messages_s,
		"megabytes_s", messages_s * figures->size / 1e6);
}

static json_t *producer_json(const struct cell_figures *figures, const struct verdict *verdict)
{
	const struct feed_outcome *feed = &figures->feed;
	json_t *side = side_json(figures, figures->produce_s);

	json_object_update_new(side,
		json_pack("{s:f, s:f, s:f, s:f, s:f, s:s, s:f, s:f, s:f, s:f, s:f}", "full_share",
			feed->full, "waited_share", feed->waited, "thread_share", feed->thread,
			"process_share", feed->process, "busiest_share", feed->busiest, "busiest",
			feed->busiest_name, "confirm_p50_ms", feed->confirm_p50_ms,
			"confirm_p99_ms", feed->confirm_p99_ms, "answer_ms", feed->answer_ms,
			"answer_p99_ms", feed->answer_p99_ms, "headroom", verdict->headroom));
	return side;
}

static json_t *consumers_json(const struct cell_figures *figures)
{
	const struct crew_outcome *crew = &figures->crew;
	json_t *side = side_json(figures, figures->consume_s);

	json_object_update_new(side,
		json_pack("{s:f, s:f, s:f, s:I}", "process_share", crew->process, "busiest_share",
			crew->busiest, "starved_share", crew->starved, "lag",
			(json_int_t)figures->lag));
	return side;
}

json_t *verdict_json(const struct cell_figures *figures)
{
	const struct verdict verdict = verdict_of(figures);
	const struct plan_cell *cell = &figures->cell;
	json_t *all = side_json(figures, figures->seconds);

	json_object_update_new(all,
		json_pack("{s:s, s:i, s:i, s:I, s:s, s:s, s:f}", "scenario",
			plan_scenarios[cell->scenario], "partitions", (int)cell->partitions,
			"consumers", (int)cell->consumers, "messages",
			(json_int_t)figures->messages, "limit", limit_names[verdict.limit],
			"because", verdict.because, "machine_share", figures->load.machine));
	if (figures->load.network >= 0)
		json_object_set_new(all, "network_share", json_real(figures->load.network));
	if (cell->scenario != PLAN_CONSUMERS)
		json_object_set_new(all, "producing", producer_json(figures, &verdict));
	if (cell->scenario != PLAN_PRODUCER)
		json_object_set_new(all, "consuming", consumers_json(figures));
	return all;
}
