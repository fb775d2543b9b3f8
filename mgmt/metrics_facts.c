/* What stages and services say of themselves, as metrics: one line here for each member of their
 * answers that is one. A family is told also where the gateway has no such thing. */
#include "mgmt/metrics.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define COUNTER EXPOSITION_COUNTER
#define GAUGE EXPOSITION_GAUGE

/* A member of an answer: a number, which is divided by `unit`; a flag; or with `is` a word: 1 while
 * it is that one. */
struct fact {
	const char *name;
	enum exposition_type type;
	const char *member;
	const char *is;
	double unit;
	const char *help;
};

static const struct fact port_facts[] = {
	{"framegate_port_up", GAUGE, "state", "up", 1, "1 while the port has a link."},
	{"framegate_port_packets_total", COUNTER, "packets", NULL, 1, "Packets that came in."},
	{"framegate_port_received_bytes_total", COUNTER, "bytes", NULL, 1, "Bytes of them."},
	{"framegate_port_missed_packets_total", COUNTER, "missed", NULL, 1,
		"Packets that the port gave up: nobody emptied its queue in time."},
	{"framegate_port_errors_total", COUNTER, "errors", NULL, 1,
		"Packets that arrived damaged."},
	{"framegate_port_no_buffer_total", COUNTER, "no_mbuf", NULL, 1,
		"Times that no buffer was left for a packet."},
	{"framegate_port_reopened_total", COUNTER, "reopened", NULL, 1,
		"Times that the port was gone and came back."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

static const struct fact decode_facts[] = {
	{"framegate_decode_pictures_total", COUNTER, "decoded", NULL, 1,
		"Pictures that were decoded."},
	{"framegate_decode_failed_total", COUNTER, "failed", NULL, 1,
		"Pictures that the decoder found corrupt."},
	{"framegate_decode_waiting_pictures", GAUGE, "waiting", NULL, 1,
		"Pictures that wait for a decoder."},
	{"framegate_decode_surface_bytes", GAUGE, "surface_bytes", NULL, 1,
		"Memory that decoded pictures have touched so far."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

/* Where pictures are decoded on an OpenCL device: by its name, and the lane's number. */
static const struct fact decode_device_facts[] = {
	{"framegate_decode_device_up", GAUGE, "well", NULL, 1,
		"1 while a lane's OpenCL device decodes."},
	{"framegate_decode_device_pictures_total", COUNTER, "decoded", NULL, 1,
		"Pictures that it decoded."},
	{"framegate_decode_device_rescued_total", COUNTER, "rescued", NULL, 1,
		"Pictures that the processor decoded in its place, for it failed."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

static const struct fact model_facts[] = {
	{"framegate_model_frames_total", COUNTER, "frames", NULL, 1,
		"Pictures, or parts of one, that a model looked at."},
	{"framegate_model_batches_total", COUNTER, "batches", NULL, 1, "Batches of them."},
	{"framegate_model_failed_total", COUNTER, "failed", NULL, 1,
		"Those that the engine gave back undone."},
	{"framegate_model_again_total", COUNTER, "again", NULL, 1,
		"Those that wait once more, as the engine did not answer."},
	{"framegate_model_waiting_frames", GAUGE, "waiting", NULL, 1, "Those that wait."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

static const struct fact topic_facts[] = {
	{"framegate_kafka_up", GAUGE, "state", "up", 1,
		"1 while brokers take what is sent to the topic."},
	{"framegate_kafka_queued_records", GAUGE, "queued", NULL, 1,
		"Records that are handed over and not confirmed."},
	{"framegate_kafka_oldest_record_seconds", GAUGE, "oldest_ms", NULL, 1000,
		"How long the oldest of them has waited."},
	{"framegate_kafka_queue_fill_ratio", GAUGE, "queue_fill", NULL, 1,
		"How full the queue is: 1 takes no more."},
	{"framegate_kafka_delivered_total", COUNTER, "delivered", NULL, 1,
		"Records that were confirmed."},
	{"framegate_kafka_failed_total", COUNTER, "failed", NULL, 1,
		"Records that were refused for good."},
	{"framegate_kafka_sent_bytes_total", COUNTER, "bytes", NULL, 1,
		"Bytes of the records that were confirmed."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

static const struct fact spool_facts[] = {
	{"framegate_spool_writing", GAUGE, "state", "writing", 1,
		"1 while the spool can write to its disk."},
	{"framegate_spool_size_bytes", GAUGE, "size", NULL, 1, "The most that it may take."},
	{"framegate_spool_used_bytes", GAUGE, "used", NULL, 1, "What it takes."},
	{"framegate_spool_written_bytes_total", COUNTER, "written_bytes", NULL, 1,
		"What it has written."},
	{"framegate_spool_syncs_total", COUNTER, "syncs", NULL, 1,
		"Times that it had the disk keep what was written."},
	{"framegate_spool_last_sync_seconds", GAUGE, "last_sync_us", NULL, 1e6,
		"How long the last of these took."},
	{"framegate_spool_given_up_total", COUNTER, "given_up", NULL, 1,
		"Results and pictures that gave way to newer ones."},
	{"framegate_spool_failures_total", COUNTER, "failures", NULL, 1,
		"Times that the disk failed."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

static const struct fact source_facts[] = {
	{"framegate_source_up", GAUGE, "state", "up", 1,
		"1 while records are read from the topic of pictures."},
	{"framegate_source_lag_records", GAUGE, "lag", NULL, 1,
		"Records that are in the topic and not read yet."},
	{"framegate_source_consumed_total", COUNTER, "consumed", NULL, 1,
		"Records that were read."},
	{"framegate_source_commits_total", COUNTER, "commits", NULL, 1,
		"Times that an offset was committed."},
	{"framegate_source_in_flight_records", GAUGE, "in_flight", NULL, 1,
		"Records whose outcome is not known yet."},
	{"framegate_source_skipped_total", COUNTER, "skipped", NULL, 1,
		"Records that the topic no longer had."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

static const struct fact session_facts[] = {
	{"framegate_session_up", GAUGE, "state", "playing", 1,
		"1 while a camera's RTSP session plays."},
	{"framegate_session_opened_total", COUNTER, "opened", NULL, 1, "Times that it was opened."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

static const struct fact sink_facts[] = {
	{"framegate_sink_up", GAUGE, "state", "up", 1,
		"1 while results can be handed over to where they go."},
	{NULL, GAUGE, NULL, NULL, 0, NULL},
};

/* What a label says: a text, or a number as one. */
static const char *text_of(const json_t *object, const char *member, char number[24])
{
	const json_t *value = json_object_get(object, member);

	if (json_is_string(value))
		return json_string_value(value);
	snprintf(number, 24, "%lld", (long long)json_integer_value(value));
	return number;
}

static void add_sample(struct exposition *out, const struct fact *fact, const json_t *object,
	const struct exposition_label *labels)
{
	const json_t *value = json_object_get(object, fact->member);

	if (fact->is && json_is_string(value))
		exposition_count(out, labels, strcmp(json_string_value(value), fact->is) == 0);
	else if (json_is_boolean(value))
		exposition_count(out, labels, json_is_true(value));
	else if (!fact->is && json_is_number(value))
		exposition_number(out, labels, json_number_value(value) / fact->unit);
}

/* The facts of all objects of a list, METRICS_CAMERAS at most. `labels` names the members that tell
 * one from the other: each a label and where it lies. */
static void add_list(struct exposition *out, const struct fact *facts, const json_t *list,
	const struct exposition_label *members)
{
	struct exposition_label labels[3];
	char numbers[2][24];
	json_t *object;
	size_t i;

	for (const struct fact *fact = facts; fact->name; fact++) {
		exposition_begin(out, fact->name, fact->type, fact->help);
		json_array_foreach(list, i, object) {
			uint32_t count = 0;

			for (; members[count].name; count++)
				labels[count] = (struct exposition_label){members[count].name,
					text_of(object, members[count].value, numbers[count])};
			labels[count].name = NULL;
			if (i < METRICS_CAMERAS)
				add_sample(out, fact, object, labels);
		}
	}
}

/* The facts of one object. */
static void add_one(struct exposition *out, const struct fact *facts, const json_t *object)
{
	for (const struct fact *fact = facts; fact->name; fact++) {
		exposition_begin(out, fact->name, fact->type, fact->help);
		add_sample(out, fact, object, NULL);
	}
}

/* NULL: there is no such stage, or it says nothing. */
static json_t *said_by(struct gw *gw, enum gw_stage_index which)
{
	struct gw_stage *stage = &gw->stages[which];

	return stage->lane_count > 0 && stage->ops->describe ? stage->ops->describe(stage) : NULL;
}

static void add_sink(struct exposition *out, json_t *said)
{
	static const char *const kinds[] = {"results", "frames"};
	json_t *topics = json_object_get(said, "topics"), *topic;
	json_t *itself = said ? json_pack("[O]", said) : NULL;
	size_t i;

	/* Both may go to the same topic. */
	json_array_foreach(topics, i, topic)
		if (i < sizeof(kinds) / sizeof(kinds[0]))
			json_object_set_new(topic, "kind", json_string(kinds[i]));
	add_list(out, sink_facts, itself, EXPOSITION_LABELS({"backend", "backend"}));
	add_list(out, topic_facts, topics, EXPOSITION_LABELS({"topic", "topic"}, {"kind", "kind"}));
	add_one(out, spool_facts, json_object_get(said, "spool"));
	json_decref(itself);
}

static void add_decode(struct exposition *out, json_t *said)
{
	json_t *devices = json_object_get(said, "opencl"), *device;
	size_t lane;

	json_array_foreach(devices, lane, device)
		json_object_set_new(device, "lane", json_integer((json_int_t)lane));
	add_one(out, decode_facts, said);
	add_list(out, decode_device_facts, devices,
		EXPOSITION_LABELS({"device", "device"}, {"lane", "lane"}));
}

static void add_sessions(struct exposition *out, const struct gw *gw)
{
	json_t *said = NULL;

	for (uint32_t i = 0; i < gw->service_count && !said; i++) {
		const struct gw_service *service = &gw->services[i];

		if (service->state && service->ops->describe &&
			strcmp(service->ops->name, "session") == 0)
			said = service->ops->describe(service->state);
	}
	add_list(out, session_facts, json_object_get(said, "sessions"),
		EXPOSITION_LABELS({"camera", "camera"}));
	json_decref(said);
}

void metrics_facts(const struct mgmt *mgmt, struct exposition *out)
{
	json_t *rx = said_by(mgmt->gw, GW_STAGE_RX), *source = said_by(mgmt->gw, GW_STAGE_SOURCE);
	json_t *decode = said_by(mgmt->gw, GW_STAGE_DECODE);
	json_t *accel = said_by(mgmt->gw, GW_STAGE_ACCEL), *sink = said_by(mgmt->gw, GW_STAGE_SINK);

	add_list(
		out, port_facts, json_object_get(rx, "ports"), EXPOSITION_LABELS({"port", "name"}));
	add_decode(out, decode);
	add_list(out, model_facts, json_object_get(accel, "models"),
		EXPOSITION_LABELS({"model", "name"}, {"version", "version"}));
	add_sink(out, sink);
	add_one(out, source_facts, source);
	add_sessions(out, mgmt->gw);
	json_decref(rx);
	json_decref(source);
	json_decref(decode);
	json_decref(accel);
	json_decref(sink);
}
