/* Why something did not arrive, and what was noticed on the way: one cause, one name, one sentence.
 *
 * The enums, the names in metrics, API and replay statistics, and the table in the documentation
 * all come from these two lists. They are closed: every name is exported, also at 0.
 */
#pragma once

/* What a drop counts: one packet, one frame, one sampled picture (the frame itself went on), or one
 * record of the topic that pictures come from. */
enum gw_unit { GW_PACKET, GW_FRAME, GW_SAMPLE, GW_RECORD };

/* What a drop says of its camera, where that is more than that one is missing. */
enum gw_fault {
	GW_FAULT_NONE,
	GW_FAULT_REFUSED, /* a frame that began and never became a picture; not for want of room */
	GW_FAULT_UNDECODABLE, /* a picture that no decoder reads */
};

/* The drops by what they have in common: X(NAME, "name", ..., "sentence for the operator"), where
 * GW_DROPS() says what the dots stand for. */

/* Packets that match no camera: counted for the gateway as a whole. */
#define GW_STRAY_PACKETS(X, ...) \
	X(L2_SHORT, "l2_short", __VA_ARGS__, "The packet ends inside its Ethernet header.") \
	X(NOT_IP, "not_ip", __VA_ARGS__, "It is neither IPv4 nor IPv6.") \
	X(IP_BAD, "ip_bad", __VA_ARGS__, "Its IP header is malformed.") \
	X(CUT_SHORT, "cut_short", __VA_ARGS__, \
		"It was cut before it came here: raise the port's frame size (MTU, " \
		"`framesz`), or the snapshot length of the capture.") \
	X(IP_CHECKSUM, "ip_checksum", __VA_ARGS__, "Its IPv4 header checksum is wrong.") \
	X(FRAGMENT_BAD, "fragment_bad", __VA_ARGS__, \
		"It is a fragment of an IP datagram, of a size or at a place that none can " \
		"have.") \
	X(FRAGMENT_OVERLAP, "fragment_overlap", __VA_ARGS__, \
		"It is of a datagram whose fragments overlap, or end in two places (RFC " \
		"5722): all of them are refused.") \
	X(FRAGMENT_LOST, "fragment_lost", __VA_ARGS__, \
		"It is a fragment of a datagram whose other fragments did not come within a " \
		"second.") \
	X(FRAGMENT_FLOOD, "fragment_flood", __VA_ARGS__, \
		"It is a fragment of a datagram that gave way to newer ones: more of them " \
		"are incomplete, or in smaller pieces, than are kept.") \
	X(NOT_UDP, "not_udp", __VA_ARGS__, "It is not UDP.") \
	X(UDP_BAD, "udp_bad", __VA_ARGS__, "Its UDP header is malformed or cut short.") \
	X(NO_CAMERA, "no_camera", __VA_ARGS__, \
		"No camera is configured for its address and port.") \
	X(KERNEL_RATE, "kernel_rate", __VA_ARGS__, \
		"It is no camera's, and more of its kind came than the kernel is given by " \
		"`kernel` of its interface.") \
	X(KERNEL_FULL, "kernel_full", __VA_ARGS__, \
		"It is no camera's, and more waited for the kernel than there is room for.") \
	X(BAD_SOURCE, "bad_source", __VA_ARGS__, \
		"It was sent to a camera's port by an address that is not that camera's.")

/* Packets of a camera that never became part of a frame. */
#define GW_CAMERA_PACKETS(X, ...) \
	X(UDP_CHECKSUM, "udp_checksum", __VA_ARGS__, \
		"Its UDP checksum is wrong (a virtual sender may leave it unfinished: see " \
		"`checksum` in the configuration).") \
	X(BAD_SSRC, "bad_ssrc", __VA_ARGS__, "Its SSRC is not the one that is configured.") \
	X(RTP_SHORT, "rtp_short", __VA_ARGS__, "The packet ends inside its RTP header.") \
	X(RTP_VERSION, "rtp_version", __VA_ARGS__, "It is not RTP version 2.") \
	X(RTP_PADDING, "rtp_padding", __VA_ARGS__, "Its RTP padding is longer than the packet.") \
	X(RTP_PAYLOAD, "rtp_payload", __VA_ARGS__, "Its RTP payload type is not the camera's.") \
	X(RTP_STRAY, "rtp_stray", __VA_ARGS__, \
		"It is of another RTP session than the camera's, and begins no picture.") \
	X(RTCP_BAD, "rtcp_bad", __VA_ARGS__, \
		"It is RTCP, and its parts do not fill it to the byte.") \
	X(RTCP_STRAY, "rtcp_stray", __VA_ARGS__, \
		"It is RTCP of another SSRC than that of the camera's pictures.") \
	X(SRTP_AUTH, "srtp_auth", __VA_ARGS__, \
		"Nobody with the camera's SRTP key has made it: it is forged, damaged or " \
		"plain RTP, or the key is another one.") \
	X(SRTP_REPLAY, "srtp_replay", __VA_ARGS__, \
		"This SRTP packet came before, or is older than what is remembered.") \
	X(SRTP_BAD, "srtp_bad", __VA_ARGS__, "It is too short for SRTP, or malformed.") \
	X(DUPLICATE, "duplicate", __VA_ARGS__, "These bytes arrived before.") \
	X(LATE, "late", __VA_ARGS__, "It belongs to a frame that is already closed.") \
	X(JPEG_SHORT, "jpeg_short", __VA_ARGS__, \
		"The packet ends inside its RTP/JPEG headers (RFC 2435, 3.1).") \
	X(NOT_JPEG, "not_jpeg", __VA_ARGS__, \
		"It is no RTP/JPEG, but what H.264 and other codecs send: set the camera to " \
		"MJPEG.") \
	X(BAD_TYPE, "bad_type", __VA_ARGS__, "Its RTP/JPEG type is unassigned or dynamic.") \
	X(BAD_Q, "bad_q", __VA_ARGS__, "Its RTP/JPEG Q value is reserved.") \
	X(BAD_OFFSET, "bad_offset", __VA_ARGS__, \
		"Its fragment offset does not fit the frame that it belongs to.") \
	X(LANE_FULL, "lane_full", __VA_ARGS__, \
		"The receive thread that serves its camera could not keep up.") \
	X(FRAME_REFUSED, "frame_refused", __VA_ARGS__, \
		"It belongs to a frame that was refused when it began.") \
	X(FRAME_DAMAGED, "frame_damaged", __VA_ARGS__, \
		"It belongs to a frame that was found damaged.")

/* Frames that began and are no picture. */
#define GW_REFUSED_FRAMES(X, ...) \
	X(INCOMPLETE, "incomplete", __VA_ARGS__, "A packet of the frame was lost.") \
	X(OVERLAP, "overlap", __VA_ARGS__, \
		"Two fragments say different things of the same bytes.") \
	X(BEYOND_END, "beyond_end", __VA_ARGS__, \
		"A fragment ends beyond the packet that carries the marker.") \
	X(MIXED_HEADERS, "mixed_headers", __VA_ARGS__, "Type, Q or size change within the frame.") \
	X(NO_TABLES, "no_tables", __VA_ARGS__, \
		"The frame needs quantisation tables that never arrived.") \
	X(BAD_TABLES, "bad_tables", __VA_ARGS__, "Its quantisation table header is malformed.") \
	X(BAD_EXTENSION, "bad_extension", __VA_ARGS__, \
		"The JPEG headers in its RTP header extension are malformed, or of no " \
		"baseline picture.") \
	X(BAD_RESTART, "bad_restart", __VA_ARGS__, \
		"Its restart markers or its restart header make no sense.") \
	X(DIMS_UNKNOWN, "dims_unknown", __VA_ARGS__, \
		"Neither the stream nor the configuration says how large the picture is.") \
	X(DIMS_MISMATCH, "dims_mismatch", __VA_ARGS__, \
		"The stream says another size than the one that is configured for the " \
		"camera.") \
	X(TOO_LARGE, "too_large", __VA_ARGS__, "It is larger than any frame slot.")

/* Frames that began and had no place. */
#define GW_UNWANTED_FRAMES(X, ...) \
	X(OTHER_SESSION, "other_session", __VA_ARGS__, \
		"It is of another RTP session (SSRC) than the camera's, which goes on.") \
	X(CAMERA_CHANGED, "camera_changed", __VA_ARGS__, \
		"Its camera was removed or changed while it arrived.") \
	X(OVER_QUOTA, "over_quota", __VA_ARGS__, \
		"The camera has as many frames in flight as its quota allows.") \
	X(NO_SLOT, "no_slot", __VA_ARGS__, "Every frame slot of that size is in use.")

/* Complete frames that gave way. */
#define GW_SHED_FRAMES(X, ...) \
	X(SHED, "shed", __VA_ARGS__, \
		"It waited while newer frames of the same camera came: the oldest gives " \
		"way.")

/* Complete frames that no decoder reads. */
#define GW_UNDECODABLE_FRAMES(X, ...) \
	X(JPEG_BAD, "jpeg_bad", __VA_ARGS__, "Its JPEG headers are malformed.") \
	X(JPEG_UNSUPPORTED, "jpeg_unsupported", __VA_ARGS__, \
		"Its JPEG coding is one that the decoder does not support.") \
	X(JPEG_LIMIT, "jpeg_limit", __VA_ARGS__, "It exceeds a limit set for pictures.") \
	X(DECODE_FAILED, "decode_failed", __VA_ARGS__, "The decoder found the data corrupt.")

/* Decoded frames that no model made a result of. */
#define GW_UNSEEN_FRAMES(X, ...) \
	X(INFER_FAILED, "infer_failed", __VA_ARGS__, "The inference engine reported an error.") \
	X(MODEL_OUTPUT, "model_output", __VA_ARGS__, \
		"The model gave values that are no numbers, or no confidences where " \
		"model.yaml says so.") \
	X(RESULT_TOO_LARGE, "result_too_large", __VA_ARGS__, \
		"What the model says does not fit beside the picture in the frame's slot.")

/* Results that did not arrive. */
#define GW_UNDELIVERED_FRAMES(X, ...) \
	X(SINK_FAILED, "sink_failed", __VA_ARGS__, "Its result could not be written.") \
	X(SINK_FULL, "sink_full", __VA_ARGS__, \
		"The sink's queue is full: the brokers are away or too slow.") \
	X(SINK_LOST, "sink_lost", __VA_ARGS__, \
		"The brokers refused the result for good, or it was unsent when the gateway " \
		"stopped.") \
	X(SPOOL_FULL, "spool_full", __VA_ARGS__, \
		"The spool had no more room: the oldest results gave way to newer ones.") \
	X(SPOOL_DAMAGED, "spool_damaged", __VA_ARGS__, \
		"Its result was in the spool and could not be read again.") \
	X(SHUTDOWN, "shutdown", __VA_ARGS__, "It was still in flight when the gateway stopped.")

/* Records of the topic that pictures come from, which never became a frame. */
#define GW_LOST_RECORDS(X, ...) \
	X(RECORD_KEY, "record_key", __VA_ARGS__, \
		"It has no key, or one that is no camera's name (letters, digits, '.', '_' " \
		"and '-').") \
	X(RECORD_CAMERAS, "record_cameras", __VA_ARGS__, \
		"Its key names no camera, and no more can be made (`kafka.source.most`).") \
	X(RECORD_TAKEN, "record_taken", __VA_ARGS__, \
		"Its key names a camera that sends over the network.") \
	X(RECORD_HEADERS, "record_headers", __VA_ARGS__, \
		"It says that it is a gateway's picture, and its ce_id or ce_source is " \
		"missing, too long or no text.") \
	X(RECORD_BAD, "record_bad", __VA_ARGS__, "Its value is no whole JPEG picture.") \
	X(RECORD_UNSUPPORTED, "record_unsupported", __VA_ARGS__, \
		"Its JPEG coding is one that the decoder does not support.") \
	X(RECORD_TOO_LARGE, "record_too_large", __VA_ARGS__, \
		"Its picture exceeds a limit set for pictures, or every frame slot.")

/* Sampled pictures that did not arrive. */
#define GW_LOST_SAMPLES(X, ...) \
	X(SAMPLE_BUDGET, "sample_budget", __VA_ARGS__, \
		"As many sampled pictures wait for the brokers as the budget allows.") \
	X(SAMPLE_RATE, "sample_rate", __VA_ARGS__, \
		"The camera's pictures took as many bytes a second as `kafka.frames.rate` " \
		"allows.") \
	X(SAMPLE_TOO_LARGE, "sample_too_large", __VA_ARGS__, \
		"The picture is larger than the brokers' message limit, or was not made as " \
		"small as `kafka.frames.shrink` wants it: it cannot be, four others were being " \
		"made, or its result waited no longer.") \
	X(SAMPLE_FULL, "sample_full", __VA_ARGS__, "The sink's queue is full.") \
	X(SAMPLE_SPOOL_FULL, "sample_spool_full", __VA_ARGS__, \
		"The spool had no more room: the oldest pictures gave way.") \
	X(SAMPLE_SPOOL_DAMAGED, "sample_spool_damaged", __VA_ARGS__, \
		"The picture was in the spool and could not be read again.") \
	X(SAMPLE_LOST, "sample_lost", __VA_ARGS__, \
		"The brokers refused the picture for good, or it was unsent when the " \
		"gateway stopped.")

/* X(NAME, "name", stage, unit, fault, "sentence for the operator") */
#define GW_DROPS(X) \
	GW_STRAY_PACKETS(X, RX, PACKET, NONE) \
	GW_CAMERA_PACKETS(X, RX, PACKET, NONE) \
	GW_REFUSED_FRAMES(X, RX, FRAME, REFUSED) \
	GW_UNWANTED_FRAMES(X, RX, FRAME, NONE) \
	GW_SHED_FRAMES(X, DECODE, FRAME, NONE) \
	GW_UNDECODABLE_FRAMES(X, DECODE, FRAME, UNDECODABLE) \
	GW_UNSEEN_FRAMES(X, ACCEL, FRAME, NONE) \
	GW_UNDELIVERED_FRAMES(X, SINK, FRAME, NONE) \
	GW_LOST_RECORDS(X, SOURCE, RECORD, NONE) \
	GW_LOST_SAMPLES(X, SINK, SAMPLE, NONE)

/* What was noticed: no packet and no frame is missing from the books because of it.
 * X(NAME, "name", "sentence") */
#define GW_EVENTS(X) \
	X(SSRC_CHANGE, "ssrc_change", "The camera began a new RTP session (another SSRC).") \
	X(SEQUENCE_RESTART, "sequence_restart", "RTP sequence numbers jumped.") \
	X(SEQUENCE_GAP, "sequence_gap", \
		"The camera sent packets that never came, by their RTP numbers: lost in the " \
		"network, or in the port's queue while nobody emptied it. Counted per " \
		"packet.") \
	X(REORDERED, "reordered", "A packet came after one that was sent later.") \
	X(TIMESTAMP_JUMP, "timestamp_jump", "The RTP clock jumped.") \
	X(TABLES_CHANGED, "tables_changed", "The camera sent other quantisation tables.") \
	X(DATAGRAM_ASSEMBLED, "datagram_assembled", \
		"Its sender, or a router, cut a datagram into fragments, and all of them " \
		"came: let the camera send packets that fit the network's MTU.") \
	X(RTCP_BYE, "rtcp_bye", \
		"The camera said by RTCP that its session ends. Its pictures are taken as " \
		"before, if any come.") \
	X(CLOCK_JUMP, "clock_jump", \
		"The camera's clock was set: two RTCP sender reports agreed on another time " \
		"than those before.") \
	X(CLOCK_REFUSED, "clock_refused", \
		"An RTCP sender report or an ONVIF extension said a time that is not " \
		"believed: further than a minute from the gateway's, or another one than " \
		"the reports before and after.")

enum gw_drop {
	GW_DROP_NONE,
#define X(NAME, ...) GW_DROP_##NAME,
	GW_DROPS(X)
#undef X
		GW_DROP_COUNT
};

enum gw_event {
#define X(NAME, ...) GW_EVENT_##NAME,
	GW_EVENTS(X)
#undef X
		GW_EVENT_COUNT
};

/* Where a drop is decided. */
enum gw_place { GW_PLACE_RX, GW_PLACE_SOURCE, GW_PLACE_DECODE, GW_PLACE_ACCEL, GW_PLACE_SINK };

struct gw_drop_info {
	const char *name;
	const char *meaning;
	enum gw_place place;
	enum gw_unit unit;
	enum gw_fault fault;
};

struct gw_event_info {
	const char *name;
	const char *meaning;
};

/* Indexed by the enums; entry 0 of the drops ("none") is no drop. */
extern const struct gw_drop_info gw_drops[GW_DROP_COUNT];
extern const struct gw_event_info gw_events[GW_EVENT_COUNT];

/* The names of places and units as metrics show them. */
const char *gw_place_name(enum gw_place place);
const char *gw_unit_name(enum gw_unit unit);
