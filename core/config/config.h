/* The configuration, as one YAML file says it (docs/configuration.md): strict, checked whole before
 * anything changes. Loading and checking touch neither network nor devices.
 *
 * The structs mirror the file: a NULL pointer is a key that was not given, until gw_config_load()
 * has filled in the default. Everything is owned by the struct gw_config that it hangs from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/api.h"
#include "core/config/plan.h"
#include "core/error.h"

#define GW_CAMERAS 4096
#define GW_INTERFACES 32
#define GW_LANES 16 /* threads of a stage */
#define GW_DEVICES 16 /* that models run on */
#define GW_HELPERS 16 /* threads that prepare pictures for a model on a device */
#define GW_DEVICE_NAME 32
#define GW_FRAME_CLASSES 8
#define GW_NAME 64
#define GW_URL 1024
/* What a replay, and a gateway without Kafka, write results to, beside the cameras' folders. */
#define GW_LINES_FILE "frames.jsonl"
#define GW_MESSAGES_FILE "frames.pb"
#define GW_STATS_FILE "stats.json" /* a replay's counts, in the same directory */
#define GW_PROPERTIES 256 /* in one list; librdkafka knows fewer */

enum gw_mode {
	GW_MODE_REALTIME, /* shed the oldest waiting frame of a camera that is over its quota */
	GW_MODE_LOSSLESS, /* wait: for replay and for Kafka as a source */
};

enum gw_idle_policy {
	GW_IDLE_ADAPTIVE, /* pause, then sleep: an idle gateway costs next to nothing */
	GW_IDLE_SPIN, /* poll without end: an appliance with cores of its own */
};

enum gw_log_target { GW_LOG_AUTO, GW_LOG_JOURNALD, GW_LOG_STDERR };
/* 0 stands for a level that was not given. */
enum gw_log_level { GW_LOG_ERROR = 1, GW_LOG_WARNING, GW_LOG_INFO, GW_LOG_DEBUG };

/* Who checks UDP and IPv4 checksums. Virtual senders leave UDP's unfinished, to a network card that
 * the packet never meets. */
enum gw_checksum {
	GW_CHECKSUM_PORT, /* the port or software; unfinished ones are taken */
	GW_CHECKSUM_SOFTWARE, /* always in software, and none is forgiven */
	GW_CHECKSUM_OFF, /* nobody */
};

/* How a camera with a `url` is to send its packets. */
enum gw_transport {
	/* To our address; where it does not offer that, to a group; and else within the connection.
	 */
	GW_TRANSPORT_AUTO,
	GW_TRANSPORT_UDP,
	GW_TRANSPORT_MULTICAST,
	GW_TRANSPORT_TCP, /* within the RTSP connection */
};

/* Whose word is taken for which side of a picture is up. */
enum gw_orientation_from {
	GW_ORIENTATION_EXIF, /* the picture's own, where it has one */
	GW_ORIENTATION_IGNORE, /* nobody's: it stands as it is stored */
};

/* What the levels of a picture's YCbCr mean. */
enum gw_range {
	GW_RANGE_FULL, /* 0 .. 255, as JFIF has them */
	GW_RANGE_LIMITED, /* 16 .. 235, and 16 .. 240 of colour, as video has them */
};

struct gw_gateway_config {
	char *name; /* default: the host's name */
	enum gw_mode mode;
	enum gw_idle_policy idle;
};

/* The threads of a stage: in the file either a number of them, or a list of processors with one
 * thread each. gw_config_lanes() reads it. */
struct gw_lanes_config {
	int32_t *processors; /* `count` of them; NULL: the threads are not pinned */
	uint32_t count; /* 0: not given */
};

struct gw_cores_config {
	struct gw_lanes_config rx, source, decode, accel, sink;
};

struct gw_log_config {
	enum gw_log_level level;
	enum gw_log_target to;
};

struct gw_interface_config {
	char *name; /* as the operator calls it */
	char *device; /* PCI address, or a DPDK virtual device: "net_af_packet0,iface=eth1" */
	enum gw_checksum checksum;
	char *kernel; /* TAP interface by which the kernel has its share of the port; NULL: none */
};

/* A rectangle of the source picture, as it is seen, in pixels; width or height 0: to the edge. */
struct gw_region {
	uint16_t x, y, width, height;
};

/* An IP address in network byte order; IPv4 uses the first four bytes. family: AF_INET or AF_INET6.
 */
struct gw_address {
	int family;
	uint8_t bytes[16];
};

/* How a camera's packets are protected (RFC 3711; the names of RFC 4568). */
enum gw_srtp_suite { GW_SRTP_AES_CM_128_HMAC_SHA1_80 = 1, GW_SRTP_AES_CM_128_HMAC_SHA1_32 };

struct gw_srtp_config {
	enum gw_srtp_suite suite; /* in the file: by its name */
	char *key_file; /* path */
};

/* Master key and salt. */
#define GW_SRTP_KEY 30
#define GW_SRTP_MKI 128 /* bytes of a master key's identifier, at most (RFC 4568, 6.1) */

/* Never shown: no part of the schema. */
struct gw_srtp_key {
	bool is_set;
	enum gw_srtp_suite suite;
	uint8_t master[GW_SRTP_KEY];
	/* Bytes of the identifier that packets carry before their tag (RFC 3711, 3.1), and its
	 * value in the last of them; 0: they carry none. */
	uint8_t mki_size;
	uint32_t mki;
};

struct gw_camera_config {
	/* Letters, digits, '.', '_' and '-'; at most GW_NAME - 1; none of
	 * gw_name_is_reserved(). */
	char *name;
	/* Where packets come from and go to. Of a camera with a `url`, it says them itself when its
	 * session is set up (core/config/learned.h): until then they are NULL and 0. */
	char *source;
	char *destination;
	uint16_t port; /* UDP destination port, host byte order; 0: gw_camera_has_media() */
	char *url; /* "rtsp://HOST[:PORT]/PATH", or rtsps; NULL: the camera sends by itself */
	char *user; /* NULL: it asks for none */
	char *password_file, *password_env; /* where the password is, of those one or none */
	/* Whose certificate is believed where `url` says rtsps: NULL, NULL: of whom the system
	 * trusts. */
	char *tls_ca_file; /* PEM */
	char *tls_fingerprint; /* "AB:CD:...", SHA-256 */
	enum gw_transport transport;
	uint32_t *ssrc; /* NULL: any */
	uint8_t *payload_type; /* 26 or 96 .. 127; NULL: that of the first picture */
	uint16_t width; /* 0: the stream says it */
	uint16_t height;
	bool conceal;
	struct gw_srtp_config *srtp; /* NULL: plain RTP, unless srtp_key is set */
	bool *rtcp; /* NULL: yes. gw_camera_has_rtcp() reads it */
	enum gw_orientation_from orientation;
	uint16_t rotate; /* degrees clockwise: 0, 90, 180 or 270; after `orientation` */
	enum gw_range range;
	/* "name" or "name:version". Without it and without a plan frames are not decoded; never
	 * both. */
	char *model;
	struct gw_step_config *plan;
	uint32_t plan_count; /* 0 .. GW_PLAN_STEPS */
	struct gw_region *region;
	uint32_t quota; /* frames in flight, 1 .. 64 */

	bool has_forgotten; /* what its session said is taken back, not only left out */
	bool is_within; /* learned: its packets come within the RTSP connection */
	bool learned_size; /* width and height are not from the file: its session said them */

	/* Parsed from the strings above. */
	struct gw_address source_address;
	struct gw_address destination_address;

	/* Set by who negotiates a key with the camera (an SDP), before the version is published: it
	 * goes before the one of `srtp`, and is copied with the rest. */
	struct gw_srtp_key srtp_key;
};

/* Whether packets of the network can be the camera's now. Those that were made for the keys of
 * records have none, and those with a `url` have some when their session is set up: no file and no
 * request can name port 0. */
static inline bool gw_camera_has_media(const struct gw_camera_config *camera)
{
	return camera->port != 0;
}

/* Whether the camera's sender reports are believed, and receiver reports sent to it. */
static inline bool gw_camera_has_rtcp(const struct gw_camera_config *camera)
{
	return !camera->rtcp || *camera->rtcp;
}

/* Whether it was made for records with its name as their key. */
static inline bool gw_camera_is_of_records(const struct gw_camera_config *camera)
{
	return camera->port == 0 && !camera->url;
}

struct gw_size_class_config {
	uint16_t width, height;
	uint32_t count;
};

struct gw_frames_config {
	struct gw_size_class_config *classes; /* NULL: gw_config_classes() */
	uint32_t classes_count;
	uint32_t *memory; /* MiB that slots may take; NULL: gw_config_frame_memory() */
	bool populate; /* touch all memory at start */
};

struct gw_decode_config {
	char *backend; /* NULL: the first that opens */
	char *device; /* of OpenCL: a part of its name; NULL: the first */
	uint32_t device_memory; /* MiB of it that pictures may stay in, of each lane */
	uint32_t workers;
	uint16_t max_width, max_height; /* pixels a picture may have */
};

/* Processors of this machine that models run on as one device. */
struct gw_device_config {
	char *name; /* at most GW_DEVICE_NAME - 1; as of a camera */
	int32_t *cores; /* `cores_count` processors; NULL: any */
	uint32_t cores_count;
	uint32_t threads; /* per model */
};

struct gw_accel_config {
	char *backend; /* NULL: the first that opens */
	char *library; /* path of libonnxruntime.so; NULL: searched */
	char *device; /* of OpenCL: a part of its name; NULL: the first */
	char *repository; /* of models */
	uint32_t threads; /* per model */
	uint32_t helpers; /* threads that prepare pictures, per model and device */
	struct gw_device_config *devices;
	uint32_t devices_count; /* 0: the whole machine is one */
	uint32_t locality_wait; /* ms that a picture waits for the device that it belongs to */
};

/* A topic of results, or of alarms. */
struct gw_topic_config {
	char *topic;
	uint32_t schema_id; /* of its format, in a schema registry; 0: none is given */
};

/* Labels that pictures are sampled for. */
#define GW_SAMPLE_CLASSES 16

struct gw_frames_topic_config {
	char *topic;
	uint32_t *every; /* sample every n-th frame of a camera; 0: only on demand */
	uint32_t seconds; /* ... and the first one after so many; 0: no others */
	char **classes; /* ... and those that show one of these labels */
	uint32_t classes_count; /* 0 .. GW_SAMPLE_CLASSES */
	float confidence; /* ... and those with a finding that is less sure, 0 .. 1 */
	float disagreement; /* ... and those whose models disagree so much, 0 .. 1; 0: no others */
	uint32_t rate; /* bytes of pictures a second and camera; 0: as many as there are */
	uint32_t budget; /* sampled pictures that may wait for the brokers */
	uint32_t shrink; /* bytes: a larger one is encoded again, smaller; 0: it is refused */
};

/* Small records that say how each camera and the gateway are. */
struct gw_heartbeats_config {
	char *topic;
	uint32_t schema_id; /* as of the results */
	uint32_t seconds; /* between two of them, 1 .. 3600 */
};

/* A topic that this gateway is told by. */
struct gw_commands_config {
	char *topic, *replies;
	enum gw_role role; /* that whoever writes to the topic has */
	uint32_t age; /* seconds: what is older is refused */
};

/* One librdkafka setting, passed through. */
struct gw_property_config {
	char *name;
	char *value, *file,
		*env; /* one of them: itself, or where it is: a first line, a variable */
};

/* What a camera gets that is made when its name first comes as the key of a record. */
struct gw_template_config {
	char *model; /* or a plan: one of them */
	struct gw_step_config *plan;
	uint32_t plan_count;
	struct gw_region *region;
	uint32_t quota; /* as of a camera */
	uint16_t width, height;
	enum gw_orientation_from orientation; /* the same, and what follows */
	uint16_t rotate;
	enum gw_range range;
};

/* Pictures that come from a topic instead of the network. */
struct gw_source_config {
	char *topic;
	char *group; /* of consumers: gateways that share the work */
	struct gw_property_config *properties;
	uint32_t properties_count;
	struct gw_template_config *template;
	uint32_t most; /* cameras that may be made */
};

/* What a power cut may take of the spool. */
enum gw_durability {
	GW_DURABILITY_INTERVAL, /* the last `interval` */
	GW_DURABILITY_STRICT, /* nothing */
	GW_DURABILITY_NONE, /* what the kernel has not written yet */
};

/* Records on the disk until the brokers have them. */
struct gw_spool_config {
	char *directory;
	uint32_t size; /* MiB, of all */
	uint32_t pictures; /* MiB of it that sampled pictures may take */
	enum gw_durability durability;
	uint32_t interval; /* ms */
};

/* What the values of results and heartbeats are. */
enum gw_record_format {
	GW_RECORD_JSON,
	GW_RECORD_PROTOBUF,
};

/* What stands before them. */
enum gw_framing {
	GW_FRAMING_NONE,
	GW_FRAMING_CONFLUENT, /* Confluent's wire format: five bytes and the message's place */
};

struct gw_kafka_config {
	char *backend; /* "kafka", "file" or "null"; NULL: "kafka" when brokers are given, else
			  "null" */
	char *brokers;
	char *directory; /* where the file back-end writes */
	enum gw_record_format format;
	enum gw_framing framing;
	struct gw_topic_config *results;
	struct gw_frames_topic_config *frames;
	struct gw_property_config *properties;
	uint32_t properties_count;
	struct gw_source_config *source; /* NULL: none */
	struct gw_spool_config *spool; /* NULL: records wait in memory only */
	struct gw_heartbeats_config *heartbeats; /* NULL: none */
	struct gw_topic_config *alarms; /* NULL: none */
	struct gw_commands_config *commands; /* NULL: nobody is heard */
};

/* Groups of the machine; one that it does not have is nobody's. */
struct gw_api_groups_config {
	char *admin, *operate, *view;
};

struct gw_api_https_config {
	char *listen; /* "127.0.0.1:8443" */
	char *certificate, *key; /* paths; NULL, both: one of our own */
};

struct gw_api_config {
	char *socket; /* path */
	char *state; /* directory; NULL: beside the file, as FILE.state */
	struct gw_api_groups_config *groups; /* who may what on the socket */
	struct gw_api_https_config *https; /* NULL: no port is opened */
};

/* Who is told of alarms by HTTP. */
struct gw_webhook_config {
	char *url; /* "https://alarms.example/framegate" */
	char *secret_file, *secret_env; /* one of them: what requests are signed with */
	char *authorities; /* path: whose signature its certificate must have; NULL: the machine's
			    */
};

/* When an operator is told (core/alarm.h). 0 switches a kind off where it is a pointer. */
struct gw_alarms_config {
	uint32_t raise, clear; /* s that something must last, and be away */
	uint32_t *loss; /* % of a camera's packets */
	uint32_t *frozen; /* s of the same picture */
	uint32_t *black; /* 1 .. 255: mean brightness below which a picture is */
	uint32_t *disk; /* % that must be free */
	bool *clock; /* whether this machine's is looked at */
	char *update; /* path: where the machine's updater says what became of the last one */
	struct gw_webhook_config *webhook; /* NULL: nobody */
};

struct gw_config {
	struct gw_gateway_config *gateway;
	struct gw_cores_config *cores;
	struct gw_log_config *log;
	struct gw_interface_config *interfaces;
	uint32_t interfaces_count;
	struct gw_camera_config *cameras;
	uint32_t cameras_count;
	struct gw_frames_config *frames;
	struct gw_decode_config *decode;
	struct gw_accel_config *accel;
	struct gw_kafka_config *kafka;
	struct gw_api_config *api;
	struct gw_alarms_config *alarms;
};

/* Reads, checks and completes the file. The error names line and column where YAML knows them. On
 * failure *config is NULL. */
int gw_config_load(const char *path, struct gw_config **config, struct gw_error *error);

/* The same for text in memory (tests, API, fuzzing). */
int gw_config_parse(
	const char *text, size_t size, struct gw_config **config, struct gw_error *error);

/* Accepts NULL. */
void gw_config_free(struct gw_config *config);

/* The `cores` of a stage by its name; NULL for a stage that the file cannot pin. */
const struct gw_lanes_config *gw_config_lanes(const struct gw_config *config, const char *stage);

/* Threads of a stage, 1 .. GW_LANES; 1 when nothing was given, or for NULL. */
uint32_t gw_lanes_count(const struct gw_lanes_config *lanes);

/* Where its thread number `lane` is pinned; -1: nowhere. */
int32_t gw_lanes_processor(const struct gw_lanes_config *lanes, uint32_t lane);

/* The slots to make: what the file lists, else three sizes with slots for what the cameras may
 * hold. Returns how many classes were written. */
uint32_t gw_config_classes(
	const struct gw_config *config, struct gw_size_class_config classes[GW_FRAME_CLASSES]);

/* Bytes that slots may take: `frames.memory`, else half of the machine's memory. */
uint64_t gw_config_frame_memory(const struct gw_config *config);
