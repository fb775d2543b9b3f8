#include "kafka/alarm_record.h"

#include "sink/wire.h"

/* Of alarm.proto. */
enum alarm_field {
	ALARM_VERSION = 1,
	ALARM_ID = 2,
	ALARM_TIMESTAMP = 3,
	ALARM_SENSOR_ID = 4,
	ALARM_GATEWAY = 16,
	ALARM_NUMBER = 17,
	ALARM_STATE = 18,
	ALARM_KIND = 19,
	ALARM_SUBJECT = 20,
	ALARM_SUBJECTS = 21,
	ALARM_SEVERITY = 22,
	ALARM_TEXT = 23,
	ALARM_ADVICE = 24,
	ALARM_SINCE = 25,
	ALARM_FIRST = 26,
	ALARM_TIMES = 27,
};

/* The camera that it is about; empty: none, or several. */
static const char *camera_of(const struct gw_alarm *alarm)
{
	return gw_alarm_kinds[alarm->kind].of_cameras ? alarm->subject : "";
}

static const char *state_of(const struct gw_alarm_event *event)
{
	return event->raised ? "raised" : "cleared";
}

static void write_string(struct writer *writer, const char *name, const char *text)
{
	writer_raw(writer, ",");
	writer_string(writer, name);
	writer_raw(writer, ":");
	writer_string(writer, text);
}

static void write_number(struct writer *writer, const char *name, uint64_t number)
{
	writer_raw(writer, ",");
	writer_string(writer, name);
	writer_raw(writer, ":");
	writer_unsigned(writer, number);
}

static void write_time(struct writer *writer, const char *name, int64_t utc_ns)
{
	char time[WRITER_TIME_SIZE];

	writer_time(time, utc_ns);
	write_string(writer, name, time);
}

void alarm_write_text(struct writer *writer, const struct alarm_record *record)
{
	const struct gw_alarm *alarm = &record->event->alarm;
	const struct gw_alarm_facts *kind = &gw_alarm_kinds[alarm->kind];

	writer_raw(writer, "{\"version\":\"1.0\"");
	write_string(writer, "id", record->id);
	write_time(writer, "@timestamp", record->event->utc);
	write_string(writer, "gateway", record->gateway);
	write_number(writer, "number", record->event->number);
	write_string(writer, "state", state_of(record->event));
	write_string(writer, "kind", kind->name);
	if (alarm->subject[0])
		write_string(writer, "subject", alarm->subject);
	if (camera_of(alarm)[0])
		write_string(writer, "sensorId", camera_of(alarm));
	write_number(writer, "subjects", alarm->count);
	write_string(writer, "severity", gw_severity_name(alarm->severity));
	write_string(writer, "text", alarm->text);
	write_string(writer, "advice", kind->advice);
	write_time(writer, "since", alarm->since);
	write_time(writer, "first", alarm->first);
	write_number(writer, "times", alarm->times);
	writer_raw(writer, "}");
}

void alarm_write_message(struct writer *writer, const struct alarm_record *record)
{
	const struct gw_alarm *alarm = &record->event->alarm;
	const struct gw_alarm_facts *kind = &gw_alarm_kinds[alarm->kind];

	wire_string(writer, ALARM_VERSION, "1.0");
	wire_string(writer, ALARM_ID, record->id);
	wire_time(writer, ALARM_TIMESTAMP, record->event->utc);
	wire_string(writer, ALARM_SENSOR_ID, camera_of(alarm));
	wire_string(writer, ALARM_GATEWAY, record->gateway);
	wire_number(writer, ALARM_NUMBER, record->event->number);
	wire_string(writer, ALARM_STATE, state_of(record->event));
	wire_string(writer, ALARM_KIND, kind->name);
	wire_string(writer, ALARM_SUBJECT, alarm->subject);
	wire_number(writer, ALARM_SUBJECTS, alarm->count);
	wire_string(writer, ALARM_SEVERITY, gw_severity_name(alarm->severity));
	wire_string(writer, ALARM_TEXT, alarm->text);
	wire_string(writer, ALARM_ADVICE, kind->advice);
	wire_time(writer, ALARM_SINCE, alarm->since);
	wire_time(writer, ALARM_FIRST, alarm->first);
	wire_number(writer, ALARM_TIMES, alarm->times);
}
