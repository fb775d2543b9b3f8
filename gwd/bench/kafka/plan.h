/* What `gwd bench kafka` is asked for, and the cells that follow from it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

#define PLAN_LIST 16 /* numbers that may be listed */
#define PLAN_PARTITIONS 512 /* of a topic */
#define PLAN_READERS 64
#define PLAN_CELLS (PLAN_LIST * (2 * PLAN_LIST + 1))

enum plan_scenario {
	PLAN_TOGETHER, /* producer and consumers at the same time */
	PLAN_PRODUCER, /* the producer alone */
	PLAN_CONSUMERS, /* consumers alone, on what is stored */
	PLAN_SCENARIOS,
};

struct plan_list {
	uint32_t count, number[PLAN_LIST];
};

struct plan {
	const char *brokers; /* NULL: those of `config` */
	const char *config; /* of a gateway, for brokers and properties; NULL: none */
	const char *out; /* a folder */
	const char *prefix; /* of topics; NULL: one of our own */
	struct plan_list partitions, consumers;
	bool scenario[PLAN_SCENARIOS];
	uint64_t messages; /* of a cell */
	const char *payload; /* its name; NULL: `size` bytes */
	uint32_t size; /* of a record's value */
	uint32_t replication; /* 0: the brokers' default */
	bool json, resume;
};

struct plan_cell {
	enum plan_scenario scenario;
	uint32_t partitions;
	uint32_t consumers; /* 0: none */
};

/* The name of a scenario in options and in JSON. */
extern const char *const plan_scenarios[PLAN_SCENARIOS];

/* "1,2,4": ascending numbers of 1 .. `most`. False: it is none. */
bool plan_read_list(const char *text, uint32_t most, struct plan_list *list);

/* "together,producer". False: one of the words is none. */
bool plan_read_scenarios(const char *text, bool scenario[PLAN_SCENARIOS]);

/* All cells, in the order in which they are run: what is stored for a number of partitions is used
 * up before the next number. Returns how many. */
uint32_t plan_cells(const struct plan *plan, struct plan_cell cells[PLAN_CELLS]);

/* What must be the same for cells of two runs to stand beside each other. NULL: out of memory. */
json_t *plan_json(const struct plan *plan);

/* Whether what another run was asked for, as plan_json() has it, is the same. -EINVAL and a line
 * that names what differs. */
int plan_agrees(const struct plan *plan, const json_t *other, struct gw_error *error);
