#include "core/config/schema.h"

#include <assert.h>
#include <string.h>

#include "core/config/check.h"
#include "core/config/config.h"
#include "core/config/most.h"
#include "core/config/schema_plan.h"
#include "core/config/yaml_load.h"
#include "core/config/yaml_place.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define CHOICE (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)
#define POSITIVE (CYAML_FLAG_OPTIONAL | GW_YAML_POSITIVE)
#define QUOTA (POSITIVE | CONFIG_MOST(QUOTA))
#define SCHEMA_ID (POSITIVE | CONFIG_MOST(SCHEMA_ID))
#define LANES(most) (GW_YAML_OR_COUNT | CONFIG_MOST(most))
#define POINTER (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t modes[] = {
	{"realtime", GW_MODE_REALTIME},
	{"lossless", GW_MODE_LOSSLESS},
};

static const cyaml_strval_t idle_policies[] = {
	{"adaptive", GW_IDLE_ADAPTIVE},
	{"spin", GW_IDLE_SPIN},
};

static const cyaml_strval_t log_levels[] = {
	{"error", GW_LOG_ERROR},
	{"warning", GW_LOG_WARNING},
	{"info", GW_LOG_INFO},
	{"debug", GW_LOG_DEBUG},
};

static const cyaml_strval_t log_targets[] = {
	{"auto", GW_LOG_AUTO},
	{"journald", GW_LOG_JOURNALD},
	{"stderr", GW_LOG_STDERR},
};

static const cyaml_strval_t checksums[] = {
	{"port", GW_CHECKSUM_PORT},
	{"software", GW_CHECKSUM_SOFTWARE},
	{"off", GW_CHECKSUM_OFF},
};

static const cyaml_strval_t transports[] = {
	{"auto", GW_TRANSPORT_AUTO},
	{"udp", GW_TRANSPORT_UDP},
	{"multicast", GW_TRANSPORT_MULTICAST},
	{"tcp", GW_TRANSPORT_TCP},
};

static const cyaml_strval_t orientations[] = {
	{"exif", GW_ORIENTATION_EXIF},
	{"ignore", GW_ORIENTATION_IGNORE},
};

static const cyaml_strval_t ranges[] = {
	{"full", GW_RANGE_FULL},
	{"limited", GW_RANGE_LIMITED},
};

/* How pictures are to be understood: of cameras, and of templates for them. */
#define PICTURE_FIELDS(type) \
	CYAML_FIELD_ENUM("orientation", CHOICE, type, orientation, orientations, \
		CYAML_ARRAY_LEN(orientations)), \
		CYAML_FIELD_UINT("rotate", OPTIONAL, type, rotate), \
		CYAML_FIELD_ENUM("range", CHOICE, type, range, ranges, CYAML_ARRAY_LEN(ranges))

static const cyaml_schema_field_t gateway_fields[] = {
	CYAML_FIELD_STRING_PTR("name", POINTER, struct gw_gateway_config, name, 1, GW_NAME - 1),
	CYAML_FIELD_ENUM(
		"mode", CHOICE, struct gw_gateway_config, mode, modes, CYAML_ARRAY_LEN(modes)),
	CYAML_FIELD_ENUM("idle", CHOICE, struct gw_gateway_config, idle, idle_policies,
		CYAML_ARRAY_LEN(idle_policies)),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t processor_entry = {
	CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int32_t),
};

/* A list of processors, or their number: both forms leave the number in `count`. */
#define LIST_OF_LANES(stage, most) \
	CYAML_FIELD_SEQUENCE_COUNT(#stage, POINTER | LANES(most), struct gw_cores_config, \
		stage.processors, stage.count, &processor_entry, 1, GW_LANES)
#define NUMBER_OF_LANES(stage, most) \
	CYAML_FIELD_UINT(#stage, POSITIVE | LANES(most), struct gw_cores_config, stage.count)

static const cyaml_schema_field_t cores_fields[] = {
	LIST_OF_LANES(rx, LANES),
	LIST_OF_LANES(source, ONE),
	LIST_OF_LANES(decode, LANES),
	LIST_OF_LANES(accel, LANES),
	LIST_OF_LANES(sink, LANES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t cores_as_numbers[] = {
	NUMBER_OF_LANES(rx, LANES),
	NUMBER_OF_LANES(source, ONE),
	NUMBER_OF_LANES(decode, LANES),
	NUMBER_OF_LANES(accel, LANES),
	NUMBER_OF_LANES(sink, LANES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t log_fields[] = {
	CYAML_FIELD_ENUM("level", CHOICE, struct gw_log_config, level, log_levels,
		CYAML_ARRAY_LEN(log_levels)),
	CYAML_FIELD_ENUM(
		"to", CHOICE, struct gw_log_config, to, log_targets, CYAML_ARRAY_LEN(log_targets)),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t interface_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"name", CYAML_FLAG_POINTER, struct gw_interface_config, name, 1, GW_NAME - 1),
	CYAML_FIELD_STRING_PTR(
		"device", CYAML_FLAG_POINTER, struct gw_interface_config, device, 1, 255),
	CYAML_FIELD_ENUM("checksum", CHOICE, struct gw_interface_config, checksum, checksums,
		CYAML_ARRAY_LEN(checksums)),
	CYAML_FIELD_STRING_PTR("kernel", POINTER, struct gw_interface_config, kernel, 1, 15),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t interface_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct gw_interface_config, interface_fields),
};

static const cyaml_schema_field_t region_fields[] = {
	CYAML_FIELD_UINT("x", OPTIONAL, struct gw_region, x),
	CYAML_FIELD_UINT("y", OPTIONAL, struct gw_region, y),
	CYAML_FIELD_UINT("width", OPTIONAL, struct gw_region, width),
	CYAML_FIELD_UINT("height", OPTIONAL, struct gw_region, height),
	CYAML_FIELD_END,
};

static const cyaml_strval_t srtp_suites[] = {
	{"AES_CM_128_HMAC_SHA1_80", GW_SRTP_AES_CM_128_HMAC_SHA1_80},
	{"AES_CM_128_HMAC_SHA1_32", GW_SRTP_AES_CM_128_HMAC_SHA1_32},
};

static const cyaml_schema_field_t srtp_fields[] = {
	CYAML_FIELD_ENUM("suite", CYAML_FLAG_STRICT, struct gw_srtp_config, suite, srtp_suites,
		CYAML_ARRAY_LEN(srtp_suites)),
	CYAML_FIELD_STRING_PTR(
		"key_file", CYAML_FLAG_POINTER, struct gw_srtp_config, key_file, 1, 4000),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t camera_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"name", CYAML_FLAG_POINTER, struct gw_camera_config, name, 1, GW_NAME - 1),
	CYAML_FIELD_STRING_PTR("source", POINTER, struct gw_camera_config, source, 1, 63),
	CYAML_FIELD_STRING_PTR("destination", POINTER, struct gw_camera_config, destination, 1, 63),
	CYAML_FIELD_UINT("port", POSITIVE, struct gw_camera_config, port),
	/* Somebody may write a password into it, where none may stand. */
	CYAML_FIELD_STRING_PTR(
		"url", POINTER | GW_YAML_PRIVATE, struct gw_camera_config, url, 1, GW_URL - 1),
	CYAML_FIELD_STRING_PTR("user", POINTER, struct gw_camera_config, user, 1, 127),
	CYAML_FIELD_STRING_PTR(
		"password_file", POINTER, struct gw_camera_config, password_file, 1, 4095),
	CYAML_FIELD_STRING_PTR(
		"password_env", POINTER, struct gw_camera_config, password_env, 1, 127),
	CYAML_FIELD_STRING_PTR(
		"tls_ca_file", POINTER, struct gw_camera_config, tls_ca_file, 1, 4095),
	CYAML_FIELD_STRING_PTR(
		"tls_fingerprint", POINTER, struct gw_camera_config, tls_fingerprint, 64, 95),
	CYAML_FIELD_ENUM("transport", CHOICE, struct gw_camera_config, transport, transports,
		CYAML_ARRAY_LEN(transports)),
	CYAML_FIELD_UINT_PTR("ssrc", POINTER, struct gw_camera_config, ssrc),
	CYAML_FIELD_UINT_PTR("payload_type", POINTER, struct gw_camera_config, payload_type),
	CYAML_FIELD_UINT("width", OPTIONAL, struct gw_camera_config, width),
	CYAML_FIELD_UINT("height", OPTIONAL, struct gw_camera_config, height),
	CYAML_FIELD_BOOL("conceal", OPTIONAL, struct gw_camera_config, conceal),
	CYAML_FIELD_MAPPING_PTR("srtp", POINTER, struct gw_camera_config, srtp, srtp_fields),
	CYAML_FIELD_BOOL_PTR("rtcp", POINTER, struct gw_camera_config, rtcp),
	PICTURE_FIELDS(struct gw_camera_config),
	CYAML_FIELD_STRING_PTR(
		"model", POINTER, struct gw_camera_config, model, 1, CONFIG_MODEL_SIZE),
	CYAML_FIELD_SEQUENCE("plan", POINTER, struct gw_camera_config, plan, &config_step_entry, 1,
		GW_PLAN_STEPS),
	CYAML_FIELD_MAPPING_PTR("region", POINTER, struct gw_camera_config, region, region_fields),
	CYAML_FIELD_UINT("quota", QUOTA, struct gw_camera_config, quota),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t camera_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct gw_camera_config, camera_fields),
};

static const cyaml_schema_field_t size_class_fields[] = {
	CYAML_FIELD_UINT("width", GW_YAML_POSITIVE, struct gw_size_class_config, width),
	CYAML_FIELD_UINT("height", GW_YAML_POSITIVE, struct gw_size_class_config, height),
	CYAML_FIELD_UINT("count", GW_YAML_POSITIVE, struct gw_size_class_config, count),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t size_class_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct gw_size_class_config, size_class_fields),
};

static const cyaml_schema_field_t frames_fields[] = {
	CYAML_FIELD_SEQUENCE("classes", POINTER, struct gw_frames_config, classes,
		&size_class_entry, 1, GW_FRAME_CLASSES),
	CYAML_FIELD_UINT_PTR("memory", POINTER | GW_YAML_POSITIVE, struct gw_frames_config, memory),
	CYAML_FIELD_BOOL("populate", OPTIONAL, struct gw_frames_config, populate),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t decode_fields[] = {
	CYAML_FIELD_STRING_PTR("backend", POINTER, struct gw_decode_config, backend, 1, 31),
	CYAML_FIELD_STRING_PTR("device", POINTER, struct gw_decode_config, device, 1, 127),
	CYAML_FIELD_UINT("device_memory", POSITIVE, struct gw_decode_config, device_memory),
	CYAML_FIELD_UINT("workers", POSITIVE, struct gw_decode_config, workers),
	CYAML_FIELD_UINT("max_width", POSITIVE, struct gw_decode_config, max_width),
	CYAML_FIELD_UINT("max_height", POSITIVE, struct gw_decode_config, max_height),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t device_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"name", CYAML_FLAG_POINTER, struct gw_device_config, name, 1, GW_DEVICE_NAME - 1),
	CYAML_FIELD_SEQUENCE("cores", POINTER, struct gw_device_config, cores, &processor_entry, 1,
		CONFIG_MAX_CORES),
	CYAML_FIELD_UINT("threads", POSITIVE, struct gw_device_config, threads),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t device_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct gw_device_config, device_fields),
};

static const cyaml_schema_field_t accel_fields[] = {
	CYAML_FIELD_STRING_PTR("backend", POINTER, struct gw_accel_config, backend, 1, 31),
	CYAML_FIELD_STRING_PTR("library", POINTER, struct gw_accel_config, library, 1, 4095),
	CYAML_FIELD_STRING_PTR("device", POINTER, struct gw_accel_config, device, 1, 127),
	CYAML_FIELD_STRING_PTR("repository", POINTER, struct gw_accel_config, repository, 1, 4000),
	CYAML_FIELD_UINT("threads", POSITIVE, struct gw_accel_config, threads),
	CYAML_FIELD_UINT(
		"helpers", POSITIVE | CONFIG_MOST(HELPERS), struct gw_accel_config, helpers),
	CYAML_FIELD_SEQUENCE(
		"devices", POINTER, struct gw_accel_config, devices, &device_entry, 0, GW_DEVICES),
	CYAML_FIELD_UINT("locality_wait", OPTIONAL, struct gw_accel_config, locality_wait),
	CYAML_FIELD_END,
};

static const cyaml_strval_t record_formats[] = {
	{"json", GW_RECORD_JSON},
	{"protobuf", GW_RECORD_PROTOBUF},
};

static const cyaml_strval_t framings[] = {
	{"none", GW_FRAMING_NONE},
	{"confluent", GW_FRAMING_CONFLUENT},
};

static const cyaml_schema_field_t topic_fields[] = {
	CYAML_FIELD_STRING_PTR("topic", POINTER, struct gw_topic_config, topic, 1, 249),
	CYAML_FIELD_UINT("schema_id", SCHEMA_ID, struct gw_topic_config, schema_id),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t sample_class_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 255),
};

static const cyaml_strval_t roles[] = {
	{"viewer", GW_ROLE_VIEWER},
	{"operator", GW_ROLE_OPERATOR},
	{"admin", GW_ROLE_ADMIN},
};

static const cyaml_schema_field_t commands_fields[] = {
	CYAML_FIELD_STRING_PTR("topic", POINTER, struct gw_commands_config, topic, 1, 249),
	CYAML_FIELD_STRING_PTR("replies", POINTER, struct gw_commands_config, replies, 1, 249),
	CYAML_FIELD_ENUM(
		"role", CHOICE, struct gw_commands_config, role, roles, CYAML_ARRAY_LEN(roles)),
	CYAML_FIELD_UINT("age", POSITIVE | CONFIG_MOST(AGE), struct gw_commands_config, age),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t heartbeats_fields[] = {
	CYAML_FIELD_STRING_PTR("topic", POINTER, struct gw_heartbeats_config, topic, 1, 249),
	CYAML_FIELD_UINT("schema_id", SCHEMA_ID, struct gw_heartbeats_config, schema_id),
	CYAML_FIELD_UINT(
		"seconds", POSITIVE | CONFIG_MOST(HEARTBEAT), struct gw_heartbeats_config, seconds),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t frames_topic_fields[] = {
	CYAML_FIELD_STRING_PTR("topic", POINTER, struct gw_frames_topic_config, topic, 1, 249),
	CYAML_FIELD_UINT_PTR("every", POINTER, struct gw_frames_topic_config, every),
	CYAML_FIELD_UINT("seconds", OPTIONAL, struct gw_frames_topic_config, seconds),
	CYAML_FIELD_SEQUENCE("classes", POINTER, struct gw_frames_topic_config, classes,
		&sample_class_entry, 0, GW_SAMPLE_CLASSES),
	CYAML_FIELD_FLOAT("confidence", OPTIONAL, struct gw_frames_topic_config, confidence),
	CYAML_FIELD_FLOAT("disagreement", OPTIONAL, struct gw_frames_topic_config, disagreement),
	CYAML_FIELD_UINT("rate", OPTIONAL, struct gw_frames_topic_config, rate),
	CYAML_FIELD_UINT("budget", POSITIVE, struct gw_frames_topic_config, budget),
	CYAML_FIELD_UINT("shrink", OPTIONAL, struct gw_frames_topic_config, shrink),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t property_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct gw_property_config, name, 1, 255),
	CYAML_FIELD_STRING_PTR(
		"value", POINTER | GW_YAML_PRIVATE, struct gw_property_config, value, 0, 65535),
	CYAML_FIELD_STRING_PTR("file", POINTER, struct gw_property_config, file, 1, 4000),
	CYAML_FIELD_STRING_PTR("env", POINTER, struct gw_property_config, env, 1, 255),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t property_entry = {
	CYAML_VALUE_MAPPING(
		CYAML_FLAG_DEFAULT | GW_YAML_PRIVATE, struct gw_property_config, property_fields),
};

static const cyaml_schema_field_t template_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"model", POINTER, struct gw_template_config, model, 1, CONFIG_MODEL_SIZE),
	CYAML_FIELD_SEQUENCE("plan", POINTER, struct gw_template_config, plan, &config_step_entry,
		1, GW_PLAN_STEPS),
	CYAML_FIELD_MAPPING_PTR(
		"region", POINTER, struct gw_template_config, region, region_fields),
	CYAML_FIELD_UINT("quota", QUOTA, struct gw_template_config, quota),
	CYAML_FIELD_UINT("width", OPTIONAL, struct gw_template_config, width),
	CYAML_FIELD_UINT("height", OPTIONAL, struct gw_template_config, height),
	PICTURE_FIELDS(struct gw_template_config),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t source_fields[] = {
	CYAML_FIELD_STRING_PTR("topic", CYAML_FLAG_POINTER, struct gw_source_config, topic, 1, 249),
	CYAML_FIELD_STRING_PTR("group", POINTER, struct gw_source_config, group, 1, 255),
	CYAML_FIELD_SEQUENCE("properties", POINTER | GW_YAML_PRIVATE, struct gw_source_config,
		properties, &property_entry, 0, GW_PROPERTIES),
	CYAML_FIELD_MAPPING_PTR(
		"template", CYAML_FLAG_POINTER, struct gw_source_config, template, template_fields),
	CYAML_FIELD_UINT("most", POSITIVE, struct gw_source_config, most),
	CYAML_FIELD_END,
};

static const cyaml_strval_t durabilities[] = {
	{"interval", GW_DURABILITY_INTERVAL},
	{"strict", GW_DURABILITY_STRICT},
	{"none", GW_DURABILITY_NONE},
};

static const cyaml_schema_field_t spool_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"directory", CYAML_FLAG_POINTER, struct gw_spool_config, directory, 1, 4000),
	CYAML_FIELD_UINT("size", POSITIVE, struct gw_spool_config, size),
	CYAML_FIELD_UINT("pictures", POSITIVE, struct gw_spool_config, pictures),
	CYAML_FIELD_ENUM("durability", CHOICE, struct gw_spool_config, durability, durabilities,
		CYAML_ARRAY_LEN(durabilities)),
	CYAML_FIELD_UINT("interval", POSITIVE, struct gw_spool_config, interval),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t kafka_fields[] = {
	CYAML_FIELD_STRING_PTR("backend", POINTER, struct gw_kafka_config, backend, 1, 31),
	CYAML_FIELD_STRING_PTR("brokers", POINTER, struct gw_kafka_config, brokers, 1, 4095),
	CYAML_FIELD_STRING_PTR("directory", POINTER, struct gw_kafka_config, directory, 1, 4000),
	CYAML_FIELD_ENUM("format", CHOICE, struct gw_kafka_config, format, record_formats,
		CYAML_ARRAY_LEN(record_formats)),
	CYAML_FIELD_ENUM("framing", CHOICE, struct gw_kafka_config, framing, framings,
		CYAML_ARRAY_LEN(framings)),
	CYAML_FIELD_MAPPING_PTR("results", POINTER, struct gw_kafka_config, results, topic_fields),
	CYAML_FIELD_MAPPING_PTR(
		"frames", POINTER, struct gw_kafka_config, frames, frames_topic_fields),
	CYAML_FIELD_SEQUENCE("properties", POINTER | GW_YAML_PRIVATE, struct gw_kafka_config,
		properties, &property_entry, 0, GW_PROPERTIES),
	CYAML_FIELD_MAPPING_PTR("source", POINTER, struct gw_kafka_config, source, source_fields),
	CYAML_FIELD_MAPPING_PTR("spool", POINTER, struct gw_kafka_config, spool, spool_fields),
	CYAML_FIELD_MAPPING_PTR(
		"heartbeats", POINTER, struct gw_kafka_config, heartbeats, heartbeats_fields),
	CYAML_FIELD_MAPPING_PTR("alarms", POINTER, struct gw_kafka_config, alarms, topic_fields),
	CYAML_FIELD_MAPPING_PTR(
		"commands", POINTER, struct gw_kafka_config, commands, commands_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t groups_fields[] = {
	CYAML_FIELD_STRING_PTR("admin", POINTER, struct gw_api_groups_config, admin, 1, 63),
	CYAML_FIELD_STRING_PTR("operate", POINTER, struct gw_api_groups_config, operate, 1, 63),
	CYAML_FIELD_STRING_PTR("view", POINTER, struct gw_api_groups_config, view, 1, 63),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t https_fields[] = {
	CYAML_FIELD_STRING_PTR("listen", POINTER, struct gw_api_https_config, listen, 1, 63),
	CYAML_FIELD_STRING_PTR(
		"certificate", POINTER, struct gw_api_https_config, certificate, 1, 4000),
	CYAML_FIELD_STRING_PTR("key", POINTER, struct gw_api_https_config, key, 1, 4000),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t api_fields[] = {
	CYAML_FIELD_STRING_PTR("socket", POINTER, struct gw_api_config, socket, 1, 107),
	CYAML_FIELD_STRING_PTR("state", POINTER, struct gw_api_config, state, 1, 4000),
	CYAML_FIELD_MAPPING_PTR("groups", POINTER, struct gw_api_config, groups, groups_fields),
	CYAML_FIELD_MAPPING_PTR("https", POINTER, struct gw_api_config, https, https_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t webhook_fields[] = {
	/* Somebody may write a password into it, where none may stand. */
	CYAML_FIELD_STRING_PTR(
		"url", POINTER | GW_YAML_PRIVATE, struct gw_webhook_config, url, 1, GW_URL - 1),
	CYAML_FIELD_STRING_PTR(
		"secret_file", POINTER, struct gw_webhook_config, secret_file, 1, 4000),
	CYAML_FIELD_STRING_PTR("secret_env", POINTER, struct gw_webhook_config, secret_env, 1, 127),
	CYAML_FIELD_STRING_PTR(
		"authorities", POINTER, struct gw_webhook_config, authorities, 1, 4000),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t alarms_fields[] = {
	CYAML_FIELD_UINT("raise", POSITIVE, struct gw_alarms_config, raise),
	CYAML_FIELD_UINT("clear", POSITIVE, struct gw_alarms_config, clear),
	CYAML_FIELD_UINT_PTR("loss", POINTER | CONFIG_MOST(LOSS), struct gw_alarms_config, loss),
	CYAML_FIELD_UINT_PTR("frozen", POINTER, struct gw_alarms_config, frozen),
	CYAML_FIELD_UINT_PTR("black", POINTER, struct gw_alarms_config, black),
	CYAML_FIELD_UINT_PTR("disk", POINTER | CONFIG_MOST(DISK), struct gw_alarms_config, disk),
	CYAML_FIELD_BOOL_PTR("clock", POINTER, struct gw_alarms_config, clock),
	CYAML_FIELD_STRING_PTR("update", POINTER, struct gw_alarms_config, update, 1, 4000),
	CYAML_FIELD_MAPPING_PTR(
		"webhook", POINTER, struct gw_alarms_config, webhook, webhook_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t config_fields[] = {
	CYAML_FIELD_MAPPING_PTR("gateway", POINTER, struct gw_config, gateway, gateway_fields),
	CYAML_FIELD_MAPPING_PTR("cores", POINTER, struct gw_config, cores, cores_fields),
	CYAML_FIELD_MAPPING_PTR("log", POINTER, struct gw_config, log, log_fields),
	CYAML_FIELD_SEQUENCE("interfaces", POINTER, struct gw_config, interfaces, &interface_entry,
		0, GW_INTERFACES),
	CYAML_FIELD_SEQUENCE(
		"cameras", POINTER, struct gw_config, cameras, &camera_entry, 0, GW_CAMERAS),
	CYAML_FIELD_MAPPING_PTR("frames", POINTER, struct gw_config, frames, frames_fields),
	CYAML_FIELD_MAPPING_PTR("decode", POINTER, struct gw_config, decode, decode_fields),
	CYAML_FIELD_MAPPING_PTR("accel", POINTER, struct gw_config, accel, accel_fields),
	CYAML_FIELD_MAPPING_PTR("kafka", POINTER, struct gw_config, kafka, kafka_fields),
	CYAML_FIELD_MAPPING_PTR("api", POINTER, struct gw_config, api, api_fields),
	CYAML_FIELD_MAPPING_PTR("alarms", POINTER, struct gw_config, alarms, alarms_fields),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t gw_config_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct gw_config, config_fields),
};

const cyaml_schema_value_t gw_camera_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct gw_camera_config, camera_fields),
};

static_assert(CYAML_ARRAY_LEN(cores_fields) == CONFIG_CORES_FIELDS, "");
static_assert(CYAML_ARRAY_LEN(config_fields) == CONFIG_FIELDS, "");

const cyaml_schema_value_t *config_schema_for(
	const char *text, size_t size, struct config_schema *schema)
{
	static const char *const paths[] = {
		"cores.rx", "cores.source", "cores.decode", "cores.accel", "cores.sink"};
	bool numbers[CYAML_ARRAY_LEN(paths)];

	static_assert(CYAML_ARRAY_LEN(paths) == CONFIG_CORES_FIELDS - 1, "");
	yaml_place_scalars(text, size, paths, CYAML_ARRAY_LEN(paths), numbers);
	memcpy(schema->cores, cores_fields, sizeof(cores_fields));
	for (size_t i = 0; i < CYAML_ARRAY_LEN(paths); i++)
		if (numbers[i])
			memcpy(&schema->cores[i], &cores_as_numbers[i], sizeof(schema->cores[i]));
	memcpy(schema->fields, config_fields, sizeof(config_fields));
	for (cyaml_schema_field_t *field = schema->fields; field->key; field++)
		if (strcmp(field->key, "cores") == 0)
			field->value.mapping.fields = schema->cores;
	schema->root = gw_config_schema;
	schema->root.mapping.fields = schema->fields;
	return &schema->root;
}
