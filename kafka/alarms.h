/* Alarms as records: each that is raised or cleared, in order, on a topic of its own (core/alarm.h,
 * kafka/news.h).
 *
 * One is under way at a time; one that is not stored is sent again, also when brokers were away for
 * hours: what waits stands in the ring of events, and what falls out of it is counted. The
 * housekeeping of the sink's first lane, but where something else is said.
 */
#pragma once

#include "core/alarm.h"
#include "kafka/news.h"

struct alarm_records {
	struct news news;
	uint64_t taken; /* the last event that was taken from the ring */
	bool under_way; /* `event` is not stored yet */
	uint64_t stored; /* news.delivered before it was handed over */
	int64_t again; /* gw_now(): it is not sent before */
	struct gw_alarm_event event;
	struct gw_counter missed; /* events that the ring had no more; any thread reads */
};

/* As news_open(), when the configuration asks for them. */
int alarm_records_open(struct alarm_records *records, const struct gw *gw, struct gw_error *error);

/* Sends the next one when the one before is stored. */
void alarm_records_step(struct alarm_records *records, int64_t now);

/* A new object; NULL: there are none. Any thread. */
struct json_t *alarm_records_describe(const struct alarm_records *records);

/* As news_close(). */
void alarm_records_close(struct alarm_records *records);
