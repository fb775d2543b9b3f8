/* A camera for tests and the benchmark: makes JPEG pictures with libjpeg and sends them as RTP/JPEG
 * (RFC 2435) in Ethernet, IPv4 and UDP. gwgen's maker makes the packets, which shares no code with
 * the receiver. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TEST_MAX_PACKETS 512

/* A baseline JPEG picture with Annex K Huffman tables and what a sender takes out of it. */
struct test_jpeg {
	uint8_t *bytes; /* owned; the whole file */
	unsigned long size;
	uint16_t width, height;
	uint16_t interval; /* MCUs between restart markers */
	uint8_t subsampling; /* RTP/JPEG type: 0 = 4:2:2, 1 = 4:2:0 */
	uint8_t tables[2][64]; /* in zigzag order */
	const uint8_t *scan; /* points into `bytes` */
	uint32_t scan_size; /* without EOI */
};

/* A picture with some detail that depends on `seed`. `tables`: 1 or 2. */
void test_jpeg_make(struct test_jpeg *jpeg, uint16_t width, uint16_t height, int quality,
	uint8_t subsampling, int tables, uint16_t interval, uint32_t seed);

/* One from a file: 4:2:0 or 4:2:2 with Annex K Huffman tables. False: it cannot be read. */
bool test_jpeg_load(struct test_jpeg *jpeg, const char *path);

void test_jpeg_free(struct test_jpeg *jpeg);

/* Whether two JPEG streams decode to the same pixels; `b` may be smaller (cropped). */
bool test_jpeg_same_pixels(
	const uint8_t *a, unsigned long a_size, const uint8_t *b, unsigned long b_size);

struct test_packet {
	uint8_t *bytes; /* owned; allocated to the byte */
	uint32_t size;
};

struct test_camera {
	uint8_t source[4], destination[4];
	uint16_t port;
	uint32_t ssrc;
	uint16_t sequence;
	uint32_t timestamp;
	uint32_t step; /* of the timestamp from frame to frame */
	uint32_t payload; /* bytes of scan per packet */
	uint8_t q; /* 1..99: no tables are sent; from 128 on they are */
	int tables_sent; /* how many, from 128 on: 0 to 3 */
	bool wide_tables; /* send them with 16 bits */
	bool announce_restart; /* types 64 and 65 when the picture has an interval */
	bool keep_intervals; /* ... and packets hold whole restart intervals where they fit */
	bool send_size; /* width and height in the header */
	bool with_eoi; /* EOI in the payload */
	bool whole_file; /* the whole JPEG file is the payload */
	bool no_marker;
	uint8_t type_specific;
	uint8_t csrc; /* how many contributing sources */
	bool extension; /* with a foreign header extension */
	uint8_t padding;
	bool vlan;
	bool udp_checksum;

	/* JPEG headers in an RTP header extension (ONVIF Streaming Specification). */
	bool onvif; /* the first packet has `segments`, the others say that they are none */
	bool more; /* ... in an extension of their own */
	bool replay; /* behind a replay extension */
	uint64_t ntp; /* ... which says that time */
	bool no_offset; /* every fragment offset is 0 */
	const uint8_t *segments;
	uint32_t segments_size; /* 0: no extension */
	uint16_t restart_word; /* of the next packet: F, L and count (RFC 2435, 3.1.7) */
	struct test_packet packets[TEST_MAX_PACKETS]; /* of the last frame */
	uint32_t count;
};

/* Sends to 10.0.0.2:port from 10.0.0.<number>, Q 255 with two tables in every frame. */
void test_camera_init(struct test_camera *camera, uint8_t number, uint16_t port);
void test_camera_free(struct test_camera *camera);

/* Makes the packets of the next frame. */
void test_camera_send(struct test_camera *camera, const struct test_jpeg *jpeg);

/* Bytes before the RTP header of an untagged packet. */
#define TEST_RTP_OFFSET 42
