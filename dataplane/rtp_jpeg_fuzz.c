/* A sequence of RTP packets, cut from the input, through RTP, RTP/JPEG and the assembler with a
 * real pool. Whatever they are: the books balance, no slot is lost, and a frame that comes out is
 * one JPEG.
 *
 * Input: one byte of options (bit 0: lossless), then packets: two bytes of length (little endian,
 * bit 15: a second passes before it, bit 14: it comes from the other camera), then so many bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/pool.h"
#include "dataplane/assembler.h"
#include "dataplane/onvif.h"
#include "dataplane/stream.h"
#include "jpeg/probe.h"

#define CAMERAS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gw_camera_config cameras[CAMERAS] = {
	{.name = "any", .quota = 4},
	{.name = "sized", .quota = 4, .width = 157, .height = 117, .conceal = true},
};

struct world {
	struct assembler *assembler;
	struct gw_lane_stats *stats;
	struct gw_camera versions[CAMERAS];
	struct stream *streams[CAMERAS];
	struct gw_frame *frames[ASSEMBLER_MAX_DONE];
	int64_t now;
};

static struct gw_pool *pool;
static struct gw_camera_slot slots[CAMERAS];

static void check(bool truth)
{
	if (!truth)
		abort();
}

static bool is_marker(const uint8_t *at, uint8_t marker)
{
	return at[0] == 0xFF && at[1] == marker;
}

/* SOI at the beginning, EOI at the end, and none between in the scan of headers that are ours. */
static void check_jpeg(const struct gw_frame *frame)
{
	const uint8_t *at = frame->jpeg.data;
	const uint8_t *end = at + frame->jpeg.size;

	check(at >= frame->jpeg.room && end <= frame->jpeg.room + frame->jpeg.capacity);
	check(frame->jpeg.size >= 4 && is_marker(at, 0xD8) && is_marker(end - 2, 0xD9));
	check(frame->width > 0 && frame->height > 0);
	if (at == frame->jpeg.room + GW_JPEG_HEADROOM)
		return; /* a complete file: its inside is its own affair */
	for (at += 2; !is_marker(at, 0xDA); at += 2 + (at[2] << 8 | at[3]))
		check(at[0] == 0xFF && at + 4 < end);
	for (; at + 1 < end - 2; at++)
		check(!is_marker(at, 0xD9));
}

/* What is said to need no probe passes it. */
static void check_sound(const struct gw_frame *frame)
{
	const struct jpeg_limits limits = {UINT16_MAX, UINT16_MAX};
	struct jpeg_info info;
	const char *cause;

	if (!frame->jpeg.sound)
		return;
	check(jpeg_probe(frame->jpeg.data, frame->jpeg.size, &limits, &info, &cause) == 0);
	check(info.size == frame->jpeg.size && info.width == frame->width &&
		info.height == frame->height);
}

static void take(void *arg, const struct assembler_done *done)
{
	struct world *world = arg;

	for (uint32_t i = 0; i < done->count; i++) {
		struct gw_frame *frame = done->frames[i];

		check(frame->state == GW_FRAME_JPEG);
		check_jpeg(frame);
		check_sound(frame);
		gw_counter_add(&world->stats->camera[frame->camera].frames_out, 1);
		gw_counter_add(&slots[frame->camera].through, 1);
		gw_frame_unref(frame);
	}
}

static void put(struct world *world, uint32_t camera, const uint8_t *bytes, uint32_t size)
{
	struct gw_camera_stats *stats = &world->stats->camera[camera];
	const struct arrival arrival = {.now = world->now, .utc = world->now};
	struct assembler_done done = {.frames = world->frames};
	struct rtp_packet rtp;
	struct rtp_jpeg jpeg;
	enum gw_drop drop = rtp_parse(bytes, size, &rtp);

	if (drop == GW_DROP_NONE)
		drop = assembler_judge_type(world->assembler, camera, &rtp, &arrival);
	if (drop == GW_DROP_NONE) {
		drop = rtp.extension ? onvif_parse(&rtp, &jpeg)
				     : rtp_jpeg_parse(rtp.payload, rtp.size, &jpeg);
		if (drop != GW_DROP_NONE)
			assembler_note(world->assembler, camera, &rtp, &done);
	}
	if (drop == GW_DROP_NONE) {
		drop = assembler_put(world->assembler, camera, &rtp, &jpeg, &arrival, &done);
		if (drop == ASSEMBLER_WAIT) {
			take(world, &done);
			assembler_stop_waiting(world->assembler);
			done.count = 0;
			drop = assembler_put(
				world->assembler, camera, &rtp, &jpeg, &arrival, &done);
			check(drop != ASSEMBLER_WAIT);
		}
	}
	take(world, &done);
	gw_counter_add(&stats->packets, 1);
	if (drop == GW_DROP_NONE)
		gw_counter_add(&stats->packets_used, 1);
	else
		gw_count_drop(stats, drop);
}

static void expire(struct world *world, bool all)
{
	assembler_expire(world->assembler, world->now, all, take, world);
}

static void check_balance(const struct world *world)
{
	uint64_t open = 0;

	for (uint32_t i = 0; i < CAMERAS; i++) {
		const struct gw_camera_stats *stats = &world->stats->camera[i];
		uint64_t packets = gw_counter_get(&stats->packets_used);
		uint64_t frames = gw_counter_get(&stats->frames_out);

		for (int drop = 1; drop < GW_DROP_COUNT; drop++) {
			if (gw_drops[drop].unit == GW_PACKET)
				packets += gw_counter_get(&stats->drops[drop]);
			else
				frames += gw_counter_get(&stats->drops[drop]);
		}
		check(packets == gw_counter_get(&stats->packets));
		open += gw_counter_get(&stats->frames_in) - frames;
	}
	check(open == assembler_open_count(world->assembler));
	check(open == gw_pool_in_use(pool, UINT32_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gw_size_class class = {320, 240, 3};
	struct world world = {.now = GW_NS_PER_S};

	if (size < 1)
		return 0;
	if (!pool)
		pool = gw_pool_create(&class, 1, false, NULL);
	world.stats = gw_lane_stats_create();
	const struct assembler_setup setup = {
		.pool = pool, .stats = world.stats, .lossless = data[0] & 1};

	world.assembler = assembler_create(&setup);
	memset(slots, 0, sizeof(slots));
	for (uint32_t i = 0; i < CAMERAS; i++) {
		world.versions[i] = (struct gw_camera){.id = i, .config = &cameras[i]};
		world.streams[i] = stream_create(&world.versions[i], &slots[i], NULL);
		assembler_attach(world.assembler, world.streams[i]);
	}
	for (size_t at = 1; at + 2 <= size;) {
		const uint32_t word = data[at] | (uint32_t)data[at + 1] << 8;
		uint32_t length = word & 0x3FFF;

		at += 2;
		if (length > size - at)
			length = (uint32_t)(size - at);
		if (word & 0x8000) {
			world.now += GW_NS_PER_S;
			expire(&world, false);
		}
		/* Its own allocation: a read past the packet's end is seen. */
		uint8_t *packet = malloc(length ? length : 1);

		memcpy(packet, data + at, length);
		put(&world, word >> 14 & 1, packet, length);
		free(packet);
		at += length;
	}
	check_balance(&world);
	expire(&world, true);
	check_balance(&world);
	check(assembler_open_count(world.assembler) == 0);
	assembler_destroy(world.assembler);
	for (uint32_t i = 0; i < CAMERAS; i++)
		stream_release(world.streams[i]);
	gw_lane_stats_destroy(world.stats);
	return 0;
}
