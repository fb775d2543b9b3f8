#include "kafka/alarms.h"

#include <jansson.h>
#include <stdio.h>

#include "core/clock.h"
#include "kafka/alarm_record.h"

#define AGAIN_NS (5 * GW_NS_PER_S)
/* The longest: names, two sentences, and what escapes may make of them. */
#define VALUE 4096

static void send_it(struct alarm_records *records)
{
	const struct gw *gw = records->news.gw;
	const char *gateway = gw->config->gateway->name;
	char id[96], value[VALUE];
	struct writer writer;

	snprintf(id, sizeof(id), "%s/alarm/%lu", gw->boot_id, records->event.number);
	const struct alarm_record record = {id, gateway, &records->event};

	writer_begin(&writer, value, sizeof(value));
	news_begin_value(&records->news, &writer);
	if (gw->config->kafka->format == GW_RECORD_PROTOBUF)
		alarm_write_message(&writer, &record);
	else
		alarm_write_text(&writer, &record);
	records->stored = gw_counter_get(&records->news.delivered);
	news_send(&records->news,
		&(struct news_record){.id = id,
			.key = gateway,
			.source = records->news.source,
			.type = "com.framegate.alarm.v1",
			.utc_ns = records->event.utc,
			.value = value,
			.size = writer.size,
			.cut = writer.cut});
}

/* Takes the next event, if there is one. A lane does not wait: the next step comes soon. */
static bool take(struct alarm_records *records)
{
	uint64_t missed = 0;

	if (!gw_alarms_next(
		    records->news.gw->alarms, &records->taken, &records->event, &missed, true))
		return false;
	gw_counter_add(&records->missed, missed);
	return true;
}

void alarm_records_step(struct alarm_records *records, int64_t now)
{
	struct news *news = &records->news;

	if (!news->gw)
		return;
	news_step(news, now);
	if (news->waiting > 0)
		return;
	if (records->under_way && gw_counter_get(&news->delivered) > records->stored)
		records->under_way = false;
	/* It was not stored: the trouble says why. */
	if (records->under_way && records->again == 0)
		records->again = now + AGAIN_NS;
	if (records->under_way && now < records->again)
		return;
	if (!records->under_way && !take(records))
		return;
	records->under_way = true;
	records->again = 0;
	send_it(records);
}

int alarm_records_open(struct alarm_records *records, const struct gw *gw, struct gw_error *error)
{
	const struct gw_topic_config *config = gw->config->kafka->alarms;

	if (!config)
		return 0;
	return news_open(&records->news, gw, "alarms", config->topic, config->schema_id, error);
}

struct json_t *alarm_records_describe(const struct alarm_records *records)
{
	json_t *said = news_describe(&records->news);

	if (said)
		json_object_set_new(
			said, "missed", json_integer((json_int_t)gw_counter_get(&records->missed)));
	return said;
}

void alarm_records_close(struct alarm_records *records)
{
	news_close(&records->news);
	*records = (struct alarm_records){.taken = 0};
}
