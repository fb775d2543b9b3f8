/* How busy things are while a cell runs: this process and its threads, the machine's processors,
 * and the network interface that leads to the brokers. */
#pragma once

#include <stdint.h>

#include "core/error.h"

struct load_mark {
	int64_t at; /* gw_now() */
	double thread_s, process_s; /* processor time of the caller, and of its process */
	double machine_busy, machine_all; /* of all processors, in ticks */
	uint64_t network_bytes; /* the busier direction */
};

/* Shares of the time between two marks; 1 is one processor, for the machine all of them. */
struct load {
	double thread, process, machine;
	double network; /* of what the interface can do; negative: nobody knows that */
};

struct load_link {
	char interface[32]; /* "": not known */
	double bytes_s; /* what it can do; 0: not known, as of the loopback */
};

/* The interface that leads to the first of the brokers. */
void load_link_find(struct load_link *link, const char *brokers);

void load_mark(struct load_mark *mark, const struct load_link *link);
struct load load_between(
	const struct load_mark *from, const struct load_mark *to, const struct load_link *link);

/* Processor time, in seconds, of the busiest thread of librdkafka in this process, and its name. */
double load_busiest(char name[16]);
