/* The value of an alarm's record: JSON as sink/schema/alarm.schema.json has it, or protobuf
 * (alarm.proto). Any thread. */
#pragma once

#include "core/alarm.h"
#include "sink/writer.h"

struct alarm_record {
	const char *id, *gateway;
	const struct gw_alarm_event *event;
};

void alarm_write_text(struct writer *writer, const struct alarm_record *record);
void alarm_write_message(struct writer *writer, const struct alarm_record *record);
