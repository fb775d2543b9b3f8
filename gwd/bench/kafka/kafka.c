#include "gwd/bench/kafka/kafka.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "core/log.h"
#include "gwd/bench/command.h"
#include "gwd/bench/kafka/broker.h"
#include "gwd/bench/kafka/interrupt.h"
#include "gwd/bench/kafka/page.h"
#include "gwd/bench/kafka/payload.h"
#include "gwd/bench/kafka/run.h"

#define MOST_MESSAGES 1000000000ul
#define MOST_SIZE 16000000ul

static bool read_number(const char *text, unsigned long least, unsigned long most, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && *number >= least &&
		*number <= most;
}

static bool read_size(struct plan *plan, const char *text)
{
	uint64_t number;

	plan->payload = NULL;
	if (!read_number(text, 1, MOST_SIZE, &number))
		return false;
	plan->size = (uint32_t)number;
	return true;
}

static bool read_payload(struct plan *plan, const char *text)
{
	plan->payload = text;
	plan->size = payload_size(text);
	return plan->size > 0;
}

static bool read_messages(struct plan *plan, const char *text)
{
	return read_number(text, 1, MOST_MESSAGES, &plan->messages);
}

static bool read_replication(struct plan *plan, const char *text)
{
	uint64_t number;

	if (!read_number(text, 1, 100, &number))
		return false;
	plan->replication = (uint32_t)number;
	return true;
}

static bool read_partitions(struct plan *plan, const char *text)
{
	return plan_read_list(text, PLAN_PARTITIONS, &plan->partitions);
}

static bool read_consumers(struct plan *plan, const char *text)
{
	return plan_read_list(text, PLAN_READERS, &plan->consumers);
}

static bool read_scenarios(struct plan *plan, const char *text)
{
	return plan_read_scenarios(text, plan->scenario);
}

static bool read_brokers(struct plan *plan, const char *text)
{
	plan->brokers = text;
	return strlen(text) < 1024;
}

static bool read_config(struct plan *plan, const char *text)
{
	plan->config = text;
	return true;
}

static bool read_output(struct plan *plan, const char *text)
{
	plan->out = text;
	return true;
}

/* What a topic's name may have, with room for the rest of it. */
static bool read_prefix(struct plan *plan, const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	plan->prefix = text;
	return strlen(text) <= 200 && text[strspn(text, allowed)] == '\0';
}

/* Options with a value, and what it has to be. */
static const struct {
	const char *name;
	bool (*read)(struct plan *plan, const char *text);
	const char *needs;
} valued[] = {
	{"brokers", read_brokers, "HOST:PORT"},
	{"config", read_config, "a gateway's configuration"},
	{"partitions", read_partitions, "ascending numbers of 1 to 512, such as 1,2,4,8,16"},
	{"consumers", read_consumers, "ascending numbers of 1 to 64, such as 1,2,4"},
	{"scenarios", read_scenarios, "some of together,producer,consumers"},
	{"messages", read_messages, "a number of 1 to 1000000000"},
	{"size", read_size, "a number of bytes, 1 to 16000000"},
	{"payload", read_payload, "mnist, record or jpeg"},
	{"replication", read_replication, "a number of 1 to 100"},
	{"prefix", read_prefix, "at most 200 letters, digits, dots, dashes and underscores"},
	{"output", read_output, "a folder"},
};

#define VALUED (sizeof(valued) / sizeof(valued[0]))

static int read_options(int argc, char **argv, struct plan *plan, struct gw_error *error)
{
	struct option options[VALUED + 3] = {{0}};
	int option;

	for (size_t i = 0; i < VALUED; i++)
		options[i] = (struct option){valued[i].name, required_argument, NULL, (int)i + 1};
	options[VALUED] = (struct option){"json", no_argument, NULL, 'j'};
	options[VALUED + 1] = (struct option){"resume", no_argument, NULL, 'r'};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			plan->json = true;
		else if (option == 'r')
			plan->resume = true;
		else if (option == '?')
			return gw_error_set(error, -EINVAL,
				"'%s' is none of its options, or lacks its value",
				argv[optind - 1]);
		else if (!optarg[0] || !valued[option - 1].read(plan, optarg))
			return gw_error_set(error, -EINVAL, "--%s needs %s",
				valued[option - 1].name, valued[option - 1].needs);
	}
	if (optind < argc)
		return gw_error_set(error, -EINVAL, "it takes no argument: '%s'", argv[optind]);
	if (!plan->brokers && !plan->config)
		return gw_error_set(
			error, -EINVAL, "it needs --brokers HOST:PORT or --config FILE");
	return 0;
}

static void show(const struct plan *plan, const struct book *book, const char *page)
{
	size_t i;
	json_t *cell;

	if (plan->json) {
		json_dumpf(book->root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
		putchar('\n');
		return;
	}
	printf("%-10s %10s %9s %8s %12s %9s  %s\n", "scenario", "partitions", "consumers",
		"seconds", "records/s", "MB/s", "limit");
	json_array_foreach(json_object_get(book->root, "cells"), i, cell)
		printf("%-10s %10lld %9lld %8.2f %12.0f %9.1f  %s: %s\n",
			json_string_value(json_object_get(cell, "scenario")),
			json_integer_value(json_object_get(cell, "partitions")),
			json_integer_value(json_object_get(cell, "consumers")),
			json_number_value(json_object_get(cell, "seconds")),
			json_number_value(json_object_get(cell, "messages_s")),
			json_number_value(json_object_get(cell, "megabytes_s")),
			json_string_value(json_object_get(cell, "limit")),
			json_string_value(json_object_get(cell, "because")));
	printf("\ncells: %s\npage: %s\n", book->path, page);
}

static int measure(struct plan *plan, struct gw_error *error)
{
	struct book book = {.root = NULL};
	char page[PATH_MAX];
	int status = mkdir(plan->out, 0777) == 0 || errno == EEXIST
		? 0
		: gw_error_set(error, -errno, "%s cannot be made: %s", plan->out, strerror(errno));

	if (status == 0)
		status = book_open(&book, plan, error);
	if (status == 0)
		status = run_cells(plan, &book, error);
	snprintf(page, sizeof(page), "%s/kafka.html", plan->out);
	/* Also of what there is so far. */
	if (book.root && (status == 0 || status == -EINTR) &&
		page_write(page, book.root, error) != 0)
		status = -EIO;
	if (status == 0)
		show(plan, &book, page);
	book_close(&book);
	return status;
}

static void name_topics(struct plan *plan)
{
	static char text[32];
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = 0;
	snprintf(text, sizeof(text), "framegate-bench-%08x", number);
	plan->prefix = text;
}

/* The brokers that a configuration has are those of the plan. */
static int take_brokers(struct plan *plan, struct gw_error *error)
{
	static char text[1024];
	struct gw_config *config = broker_config(plan->config, plan->brokers, error);

	if (!config)
		return -EINVAL;
	snprintf(text, sizeof(text), "%s", config->kafka->brokers);
	plan->brokers = text;
	gw_config_free(config);
	return 0;
}

int bench_kafka(int argc, char **argv)
{
	struct plan plan = {
		.out = "kafka-bench",
		.partitions = {5, {1, 2, 4, 8, 16}},
		.consumers = {3, {1, 2, 4}},
		.scenario = {true, true, true},
		.messages = 500000,
		.payload = "mnist",
	};
	struct gw_error error;

	plan.size = payload_size(plan.payload);
	if (read_options(argc, argv, &plan, &error) != 0)
		return bench_command_fail("kafka", error.text, 2);
	if (!plan.prefix)
		name_topics(&plan);
	/* What the producer says of its brokers is part of an error of ours. */
	gw_log_open(GW_LOG_STDERR, GW_LOG_ERROR);
	interrupt_begin();
	const int status = take_brokers(&plan, &error) == 0 ? measure(&plan, &error) : -EINVAL;

	if (status == 0)
		return 0;
	bench_command_fail("kafka",
		status == -EINTR ? "stopped: the same command with --resume goes on" : error.text,
		1);
	return status == -EINTR ? 128 + interrupt_signal() : 1;
}
