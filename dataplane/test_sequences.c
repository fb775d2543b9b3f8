#include "dataplane/test_sequences.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/pool.h"
#include "dataplane/assembler.h"
#include "dataplane/onvif.h"
#include "dataplane/stream.h"
#include "dataplane/test_reference.h"
#include "gwgen/maker.h"

#define PICTURES 8
#define SESSIONS 2
#define MOST_PACKETS 64 /* of one picture */
#define MEMORY 64 /* packets that can be sent again */
#define DELAYED 8
#define MOST_SENT 1024 /* pictures of a program */
#define SCAN 700

struct bytes {
	uint8_t data[1600];
	uint32_t size;
};

struct sender {
	struct maker maker;
	uint32_t next_picture; /* of PICTURES */
	bool clock_stands;
	struct bytes packet[MOST_PACKETS];
	uint32_t count, next;
};

struct sent {
	uint32_t ssrc, timestamp, picture;
};

struct world {
	struct sequences_result *result;
	struct assembler *assembler;
	struct gw_lane_stats *stats;
	struct gw_camera version;
	struct gw_camera_slot slot;
	struct stream *stream;
	struct reference *reference;
	struct gw_frame *frames[ASSEMBLER_MAX_DONE];
	int64_t now;
	bool is_damaged; /* a packet that nobody sent was delivered */
	struct sender sender[SESSIONS];
	struct bytes memory[MEMORY];
	uint32_t remembered;
	struct bytes delayed[DELAYED];
	uint32_t delayed_count;
	struct sent sent[MOST_SENT];
	const uint8_t *program, *end;
};

static const struct gw_camera_config camera = {.name = "cam", .quota = 8};
static struct gw_pool *pool;

/* A scan as good as any for who does not decode: no marker but those of its intervals, and EOI
 * behind it. */
static uint32_t make_scan(uint8_t *scan, uint32_t number, uint32_t restarts)
{
	const uint32_t size = 60 + number * 90;
	uint32_t random = number * 7919 + 1, done = 0;

	for (uint32_t i = 0; i < size; i++) {
		random = random * 1664525 + 1013904223;
		scan[done++] = (uint8_t)((random >> 24) % 255);
		if (restarts > 0 && i > 0 && i % (size / (restarts + 1)) == 0 &&
			i / (size / (restarts + 1)) <= restarts) {
			scan[done++] = 0xFF;
			scan[done++] = (uint8_t)(0xD0 + (i / (size / (restarts + 1)) - 1) % 8);
		}
	}
	scan[done] = 0xFF;
	scan[done + 1] = 0xD9;
	return done;
}

/* 64x64 pixels of 4:2:0 are 16 units, so an interval of 4 has three markers. */
static void make_picture(struct picture *picture, uint8_t *scan, uint32_t number, bool restarts)
{
	memset(picture, 0, sizeof(*picture));
	picture->width = picture->height = 64;
	picture->interval = restarts ? 4 : 0;
	picture->components = 3;
	picture->sampling = 0x22;
	picture->table_count = 2;
	for (uint32_t i = 0; i < 64; i++) {
		picture->table[0][i] = (uint16_t)(1 + i + number / 4);
		picture->table[1][i] = picture->table[2][i] = (uint16_t)(2 + i + number / 4);
	}
	picture->scan = scan;
	picture->scan_size = make_scan(scan, number, restarts ? 3 : 0);
}

static void check(bool truth)
{
	if (!truth)
		abort();
}

static uint32_t next_byte(struct world *world)
{
	return world->program < world->end ? *world->program++ : 0;
}

/* Whether the picture is one that was sent under that session and time. */
static bool is_true(const struct world *world, const struct gw_frame *frame)
{
	for (uint32_t i = 0; i < world->result->sent && i < MOST_SENT; i++) {
		const struct sent *sent = &world->sent[i];
		struct picture picture;
		uint8_t scan[SCAN + 100];

		if (sent->ssrc != frame->ssrc || sent->timestamp != frame->rtp_timestamp)
			continue;
		make_picture(&picture, scan, sent->picture,
			world->sender[sent->ssrc & 1].maker.style.announce_restart);
		if (frame->jpeg.size > picture.scan_size + 2 &&
			memcmp(frame->jpeg.data + frame->jpeg.size - 2 - picture.scan_size, scan,
				picture.scan_size) == 0)
			return true;
	}
	return false;
}

static void take(void *arg, const struct assembler_done *done)
{
	struct world *world = arg;
	struct sequences_result *result = world->result;

	for (uint32_t i = 0; i < done->count; i++) {
		struct gw_frame *frame = done->frames[i];
		const char *wrong = reference_judge(world->reference, frame->ssrc,
			frame->rtp_timestamp, frame->jpeg.data, frame->jpeg.size);

		result->frames++;
		result->wrong += wrong != NULL;
		if (wrong)
			result->why = wrong;
		result->untrue += !world->is_damaged && !is_true(world, frame);
		gw_counter_add(&world->stats->camera[0].frames_out, 1);
		gw_counter_add(&world->slot.through, 1);
		gw_frame_unref(frame);
	}
}

static enum gw_drop put(struct world *world, const struct rtp_packet *rtp,
	const struct arrival *arrival, struct assembler_done *done)
{
	struct rtp_jpeg jpeg;
	enum gw_drop drop = assembler_judge_type(world->assembler, 0, rtp, arrival);

	if (drop == GW_DROP_NONE)
		drop = onvif_parse_any(rtp, &jpeg);
	if (drop != GW_DROP_NONE) {
		assembler_note(world->assembler, 0, rtp, done);
		return drop;
	}
	drop = assembler_put(world->assembler, 0, rtp, &jpeg, arrival, done);
	if (drop != ASSEMBLER_WAIT)
		return drop;
	take(world, done);
	done->count = 0;
	assembler_stop_waiting(world->assembler);
	drop = assembler_put(world->assembler, 0, rtp, &jpeg, arrival, done);
	check(drop != ASSEMBLER_WAIT);
	return drop;
}

static void deliver(struct world *world, const struct bytes *packet)
{
	struct gw_camera_stats *stats = &world->stats->camera[0];
	const struct arrival arrival = {.now = world->now, .utc = world->now};
	struct assembler_done done = {.frames = world->frames};
	/* To the byte: a read past the packet's end is seen. */
	uint8_t *bytes = malloc(packet->size + 1);
	struct rtp_packet rtp;

	memcpy(bytes, packet->data, packet->size);
	reference_take(world->reference, bytes, packet->size);
	enum gw_drop drop = rtp_parse(bytes, packet->size, &rtp);

	if (drop == GW_DROP_NONE)
		drop = put(world, &rtp, &arrival, &done);
	take(world, &done);
	gw_counter_add(&stats->packets, 1);
	if (drop == GW_DROP_NONE)
		gw_counter_add(&stats->packets_used, 1);
	else
		gw_count_drop(stats, drop);
	free(bytes);
}

static void keep(void *arg, const uint8_t *rtp, uint32_t size)
{
	struct sender *sender = arg;
	struct bytes *packet = &sender->packet[sender->count++];

	check(sender->count <= MOST_PACKETS && size <= sizeof(packet->data));
	memcpy(packet->data, rtp, size);
	packet->size = size;
}

/* The sender's next packet; a picture is made when the last one is gone. */
static const struct bytes *next_packet(struct world *world, struct sender *sender)
{
	if (sender->next == sender->count) {
		struct picture picture;
		uint8_t scan[SCAN + 100];
		const uint32_t number = sender->next_picture++ % PICTURES;

		make_picture(&picture, scan, number, sender->maker.style.announce_restart);
		sender->count = sender->next = 0;
		check(maker_picture(&sender->maker, &picture, keep, sender) == 0);
		world->sent[world->result->sent++ % MOST_SENT] =
			(struct sent){sender->maker.ssrc, sender->maker.timestamp, number};
		sender->maker.timestamp += sender->clock_stands ? 0 : 3000;
		world->now += GW_NS_PER_MS;
	}
	struct bytes *packet = &sender->packet[sender->next++];

	world->memory[world->remembered++ % MEMORY] = *packet;
	return packet;
}

/* One that was sent before; NULL: there is none. */
static struct bytes *recall(struct world *world)
{
	const uint32_t back = next_byte(world);
	const uint32_t kept = world->remembered < MEMORY ? world->remembered : MEMORY;

	return kept == 0 ? NULL : &world->memory[(world->remembered - 1 - back % kept) % MEMORY];
}

/* The headers of one packet, and what follows them of another. */
static void splice(struct world *world)
{
	const struct bytes *head = recall(world), *tail = recall(world);
	const uint32_t at = 12 + next_byte(world) % 64;
	struct bytes both;

	if (!head || !tail || at > head->size || at > tail->size)
		return;
	both = *tail;
	memcpy(both.data, head->data, at);
	world->is_damaged = true;
	deliver(world, &both);
}

static void change_byte(struct world *world)
{
	const struct bytes *packet = recall(world);
	const uint32_t at = next_byte(world), value = next_byte(world);
	struct bytes changed;

	if (!packet)
		return;
	changed = *packet;
	changed.data[at % changed.size] = (uint8_t)value;
	world->is_damaged = true;
	deliver(world, &changed);
}

static void release(struct world *world)
{
	if (world->delayed_count == 0)
		return;
	const uint32_t which = next_byte(world) % world->delayed_count;
	const struct bytes packet = world->delayed[which];

	world->delayed[which] = world->delayed[--world->delayed_count];
	deliver(world, &packet);
}

static void begin_anew(struct world *world, struct sender *sender)
{
	sender->maker.sequence = (uint16_t)(next_byte(world) << 8);
	sender->maker.timestamp = next_byte(world) * 3000;
	sender->next = sender->count;
	/* What comes then may be taken for what ends a picture that was cut off. */
	world->is_damaged = true;
}

static void pass_time(struct world *world)
{
	world->now += (int64_t)next_byte(world) * 8 * GW_NS_PER_MS;
	assembler_expire(world->assembler, world->now, false, take, world);
}

static void operate(struct world *world)
{
	const uint32_t operation = next_byte(world);
	struct sender *sender = &world->sender[operation >> 4 & 1];

	switch (operation & 15) {
	case 0:
		for (uint32_t left = 1 + (operation >> 5); left > 0; left--)
			next_packet(world, sender);
		return;
	case 1:
		if (world->delayed_count < DELAYED)
			world->delayed[world->delayed_count++] = *next_packet(world, sender);
		return;
	case 2:
		release(world);
		return;
	case 3:
		if (world->remembered > 0)
			deliver(world, recall(world));
		return;
	case 4:
		splice(world);
		return;
	case 5:
		change_byte(world);
		return;
	case 6:
		pass_time(world);
		return;
	case 7:
		begin_anew(world, sender);
		return;
	default:
		for (uint32_t left = 1 + (operation >> 5); left > 0; left--)
			deliver(world, next_packet(world, sender));
	}
}

/* What the first two bytes say of a sender. */
static void set_style(struct sender *sender, uint32_t byte, uint32_t number)
{
	static const uint8_t q[] = {255, 200, 60, 128};
	static const uint8_t chunk[] = {40, 100, 170, 250};
	struct maker_style *style = &sender->maker.style;

	style->q = q[byte & 3];
	style->tables = 2;
	style->chunk = chunk[byte >> 2 & 3];
	style->announce_restart = byte >> 4 & 1;
	style->no_marker = byte >> 5 & 1;
	style->with_eoi = byte >> 6 & 1;
	sender->clock_stands = byte >> 7;
	sender->maker.ssrc = 0x1000 + number;
	sender->maker.timestamp = 90000;
	sender->maker.sequence = (uint16_t)(65500 + 200 * number);
	sender->maker.restart_word = 0xFFFF;
}

static void assert_balanced(const struct world *world)
{
	const struct gw_camera_stats *stats = &world->stats->camera[0];
	uint64_t packets = gw_counter_get(&stats->packets_used);
	uint64_t frames = gw_counter_get(&stats->frames_out);
	const uint64_t open = assembler_open_count(world->assembler);

	for (int drop = 1; drop < GW_DROP_COUNT; drop++) {
		const uint64_t count = gw_counter_get(&stats->drops[drop]);

		packets += gw_drops[drop].unit == GW_PACKET ? count : 0;
		frames += gw_drops[drop].unit == GW_FRAME ? count : 0;
	}
	check(packets == gw_counter_get(&stats->packets));
	check(frames + open == gw_counter_get(&stats->frames_in));
	check(open == gw_pool_in_use(pool, UINT32_MAX));
}

void sequences_play(const uint8_t *program, size_t size, struct sequences_result *result)
{
	static const struct gw_size_class class = {64, 64, 12};
	struct world *world = calloc(1, sizeof(*world));

	if (!pool)
		pool = gw_pool_create(&class, 1, false, NULL);
	*result = (struct sequences_result){0};
	world->result = result;
	world->now = GW_NS_PER_S;
	world->program = program;
	world->end = program + size;
	world->stats = gw_lane_stats_create();
	world->version = (struct gw_camera){.config = &camera};
	world->reference = reference_create();
	for (uint32_t i = 0; i < SESSIONS; i++)
		set_style(&world->sender[i], next_byte(world), i);
	const struct assembler_setup setup = {.pool = pool, .stats = world->stats};

	world->assembler = assembler_create(&setup);
	world->stream = stream_create(&world->version, &world->slot, NULL);
	assembler_attach(world->assembler, world->stream);
	while (world->program < world->end && result->sent < MOST_SENT - 8)
		operate(world);
	assert_balanced(world);
	assembler_expire(world->assembler, world->now, true, take, world);
	assert_balanced(world);
	assembler_destroy(world->assembler);
	stream_release(world->stream);
	reference_destroy(world->reference);
	gw_lane_stats_destroy(world->stats);
	free(world);
}

void sequences_end(void)
{
	gw_pool_destroy(pool);
	pool = NULL;
}
