/* A receiver with everything it needs, for tests: a real pool, statistics of the receive stage and
 * of a sink that gives frames back at once (or keeps them). */
#pragma once

#include "core/pool.h"
#include "core/test.h"
#include "dataplane/receiver.h"
#include "dataplane/stream.h"
#include "dataplane/test_camera.h"

#define TEST_FRAMES 256

struct test_frame {
	uint32_t camera;
	uint8_t *bytes;
	uint32_t size;
	uint16_t width, height;
	uint32_t flags;
	uint32_t ssrc, rtp_timestamp;
	int64_t capture_ns;
	enum gw_clock clock;
	uint64_t sequence;
	bool sound;
	struct gw_frame *frame; /* while the sink keeps it */
};

struct test_receiver {
	struct gw_camera_config cameras[4];
	uint32_t camera_count;
	struct gw_camera versions[4];
	struct gw_camera_slot slots[4];
	struct stream *streams[4];
	struct gw_pool *pool;
	struct gw_lane_stats *stats, *sink_stats;
	struct stream_table *table;
	struct receiver receiver;
	unsigned int checks;
	bool sink_keeps;
	int64_t now;
	bool waits; /* the last packet could not be taken */
	struct gw_frame *done[TEST_FRAMES];

	struct test_frame frames[TEST_FRAMES]; /* what the sink saw */
	uint32_t count;
};

/* Cameras 10.0.0.1, 10.0.0.3, ... that send to 10.0.0.2:5004. Slots of 640x480, eight by default.
 */
struct test_receiver *test_receiver_open(uint32_t cameras, bool lossless, uint32_t slots);
void test_receiver_close(struct test_receiver *receiver);

/* Changes to `cameras` take effect in a new assembler. */
void test_receiver_restart(struct test_receiver *receiver, bool lossless);

void test_receive(struct test_receiver *receiver, const uint8_t *bytes, uint32_t size);
void test_receive_frame(struct test_receiver *receiver, const struct test_camera *camera);
void test_receive_packet(
	struct test_receiver *receiver, const struct test_camera *camera, uint32_t index);
/* `milliseconds` pass without packets. */
void test_receiver_rest(struct test_receiver *receiver, int64_t milliseconds);
void test_receiver_drain(struct test_receiver *receiver);

/* The sink lets go of the oldest frame that it keeps. */
void test_sink_release(struct test_receiver *receiver);

uint64_t test_drops(const struct test_receiver *receiver, enum gw_drop drop);
uint64_t test_events(const struct test_receiver *receiver, enum gw_event event);
uint64_t test_unmatched(const struct test_receiver *receiver, enum gw_drop drop);

/* The equations of core/stats.h, for every camera. */
void assert_balanced(const struct test_receiver *receiver);
