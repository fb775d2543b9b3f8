#include "dataplane/test_receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "jpeg/probe.h"

static char *const names[] = {"cam0", "cam1", "cam2", "cam3"};

static void open_assembler(struct test_receiver *receiver, bool lossless)
{
	const struct assembler_setup setup = {
		.pool = receiver->pool,
		.stats = receiver->stats,
		.lossless = lossless,
	};

	receiver->receiver.assembler = assembler_create(&setup);
	assert_non_null(receiver->receiver.assembler);
	for (uint32_t i = 0; i < receiver->camera_count; i++) {
		receiver->streams[i] =
			stream_create(&receiver->versions[i], &receiver->slots[i], NULL);
		assembler_attach(receiver->receiver.assembler, receiver->streams[i]);
	}
}

static void close_assembler(struct test_receiver *receiver)
{
	assembler_destroy(receiver->receiver.assembler);
	for (uint32_t i = 0; i < receiver->camera_count; i++)
		stream_release(receiver->streams[i]);
}

struct test_receiver *test_receiver_open(uint32_t cameras, bool lossless, uint32_t slots)
{
	struct test_receiver *receiver = calloc(1, sizeof(*receiver));
	const struct gw_size_class class = {640, 480, slots};
	struct gw_error error;

	for (uint32_t i = 0; i < cameras; i++) {
		struct gw_camera_config *camera = &receiver->cameras[i];

		camera->name = names[i];
		camera->port = 5004;
		camera->quota = 8;
		camera->source_address = (struct gw_address){
			.family = AF_INET, .bytes = {10, 0, 0, (uint8_t)(i * 2 + 1)}};
		camera->destination_address =
			(struct gw_address){.family = AF_INET, .bytes = {10, 0, 0, 2}};
	}
	receiver->now = 1000 * GW_NS_PER_S;
	receiver->pool = gw_pool_create(&class, 1, false, &error);
	receiver->stats = gw_lane_stats_create();
	receiver->sink_stats = gw_lane_stats_create();
	receiver->table = stream_table_create();
	receiver->camera_count = cameras;
	for (uint32_t i = 0; i < cameras; i++) {
		receiver->versions[i].id = i;
		receiver->versions[i].config = &receiver->cameras[i];
		stream_table_add(receiver->table, i, &receiver->cameras[i]);
	}
	receiver->receiver.table = receiver->table;
	receiver->receiver.room = secure_room_create();
	receiver->receiver.stats = receiver->stats;
	receiver->receiver.fragments = ip_fragments_create(&receiver->stats->camera[GW_UNMATCHED]);
	receiver->receiver.strangers = strangers_create();
	receiver->checks = RECEIVER_CHECK_IP | RECEIVER_CHECK_UDP;
	open_assembler(receiver, lossless);
	return receiver;
}

void test_receiver_restart(struct test_receiver *receiver, bool lossless)
{
	close_assembler(receiver);
	open_assembler(receiver, lossless);
}

void test_receiver_close(struct test_receiver *receiver)
{
	close_assembler(receiver);
	ip_fragments_destroy(receiver->receiver.fragments);
	strangers_destroy(receiver->receiver.strangers);
	secure_room_destroy(receiver->receiver.room);
	stream_table_destroy(receiver->table);
	gw_lane_stats_destroy(receiver->stats);
	gw_lane_stats_destroy(receiver->sink_stats);
	gw_pool_destroy(receiver->pool);
	for (uint32_t i = 0; i < receiver->count; i++)
		free(receiver->frames[i].bytes);
	free(receiver);
}

static void release(struct test_receiver *receiver, struct test_frame *kept)
{
	gw_counter_add(&receiver->sink_stats->camera[kept->camera].frames_out, 1);
	gw_counter_add(&receiver->slots[kept->camera].through, 1);
	if (gw_frame_claim_state(kept->frame) == GW_CLAIM_SHED)
		gw_count_drop(&receiver->sink_stats->camera[kept->camera], GW_DROP_SHED);
	gw_frame_unref(kept->frame);
	kept->frame = NULL;
}

void test_sink_release(struct test_receiver *receiver)
{
	for (uint32_t i = 0; i < receiver->count; i++) {
		if (receiver->frames[i].frame) {
			release(receiver, &receiver->frames[i]);
			return;
		}
	}
}

/* What is said to need no probe passes it. */
static void assert_sound(const struct gw_frame *frame)
{
	const struct jpeg_limits limits = {UINT16_MAX, UINT16_MAX};
	struct jpeg_info info;
	const char *cause;

	if (!frame->jpeg.sound)
		return;
	assert_int_equal(jpeg_probe(frame->jpeg.data, frame->jpeg.size, &limits, &info, &cause), 0);
	assert_int_equal(info.size, frame->jpeg.size);
	assert_int_equal(info.width, frame->width);
	assert_int_equal(info.height, frame->height);
}

static void sink(struct test_receiver *receiver, const struct assembler_done *done)
{
	for (uint32_t i = 0; i < done->count; i++) {
		struct gw_frame *frame = done->frames[i];
		struct test_frame *seen = &receiver->frames[receiver->count];

		assert_true(receiver->count < TEST_FRAMES);
		receiver->count++;
		assert_int_equal(frame->state, GW_FRAME_JPEG);
		assert_sound(frame);
		assert_true(frame->jpeg.data >= frame->jpeg.room);
		assert_true(frame->jpeg.data + frame->jpeg.size <=
			frame->jpeg.room + frame->jpeg.capacity);
		gw_counter_add(&receiver->stats->camera[frame->camera].frames_out, 1);
		*seen = (struct test_frame){
			.camera = frame->camera,
			.bytes = malloc(frame->jpeg.size),
			.size = frame->jpeg.size,
			.width = frame->width,
			.height = frame->height,
			.flags = frame->flags,
			.ssrc = frame->ssrc,
			.rtp_timestamp = frame->rtp_timestamp,
			.capture_ns = frame->capture_ns,
			.clock = frame->clock,
			.sequence = frame->sequence,
			.sound = frame->jpeg.sound,
			.frame = frame,
		};
		memcpy(seen->bytes, frame->jpeg.data, frame->jpeg.size);
		if (!receiver->sink_keeps) {
			assert_true(gw_frame_claim(frame));
			release(receiver, seen);
		}
	}
}

void test_receive(struct test_receiver *receiver, const uint8_t *bytes, uint32_t size)
{
	const struct arrival arrival = {
		.now = receiver->now, .utc = receiver->now, .clock = GW_CLOCK_ARRIVAL};
	struct assembler_done done = {.frames = receiver->done};

	struct datagram datagram;

	struct ip_datagram whole;

	receiver_read(&receiver->receiver, bytes, size, receiver->checks, &datagram);
	if (datagram.drop == PACKET_IS_FRAGMENT &&
		!receiver_assemble(
			&receiver->receiver, &datagram, receiver->checks, receiver->now, &whole))
		return;
	receiver->waits = !receiver_put(&receiver->receiver, &datagram, &arrival, &done);
	if (!receiver->waits)
		ip_fragments_release(receiver->receiver.fragments);
	sink(receiver, &done);
}

void test_receive_packet(
	struct test_receiver *receiver, const struct test_camera *camera, uint32_t index)
{
	test_receive(receiver, camera->packets[index].bytes, camera->packets[index].size);
}

void test_receive_frame(struct test_receiver *receiver, const struct test_camera *camera)
{
	for (uint32_t i = 0; i < camera->count; i++)
		test_receive_packet(receiver, camera, i);
}

static void give(void *receiver, const struct assembler_done *done)
{
	sink(receiver, done);
}

static void expire(struct test_receiver *receiver, bool all)
{
	assembler_expire(receiver->receiver.assembler, receiver->now, all, give, receiver);
}

void test_receiver_rest(struct test_receiver *receiver, int64_t milliseconds)
{
	receiver->now += milliseconds * GW_NS_PER_MS;
	expire(receiver, false);
}

void test_receiver_drain(struct test_receiver *receiver)
{
	expire(receiver, true);
}

uint64_t test_drops(const struct test_receiver *receiver, enum gw_drop drop)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < receiver->camera_count; i++)
		sum += gw_counter_get(&receiver->stats->camera[i].drops[drop]) +
			gw_counter_get(&receiver->sink_stats->camera[i].drops[drop]);
	return sum;
}

uint64_t test_events(const struct test_receiver *receiver, enum gw_event event)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < receiver->camera_count; i++)
		sum += gw_counter_get(&receiver->stats->camera[i].events[event]);
	return sum;
}

uint64_t test_unmatched(const struct test_receiver *receiver, enum gw_drop drop)
{
	return gw_counter_get(&receiver->stats->camera[GW_UNMATCHED].drops[drop]);
}

static uint64_t sum_drops(const struct gw_camera_stats *stats, enum gw_unit unit)
{
	uint64_t sum = 0;

	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		if (gw_drops[drop].unit == unit)
			sum += gw_counter_get(&stats->drops[drop]);
	return sum;
}

void assert_balanced(const struct test_receiver *receiver)
{
	uint64_t open = 0;

	for (uint32_t i = 0; i <= receiver->camera_count; i++) {
		const uint32_t subject = i < receiver->camera_count ? i : GW_UNMATCHED;
		const struct gw_camera_stats *stats = &receiver->stats->camera[subject];

		assert_int_equal(gw_counter_get(&stats->packets),
			gw_counter_get(&stats->packets_used) + sum_drops(stats, GW_PACKET));
		open += gw_counter_get(&stats->frames_in) - gw_counter_get(&stats->frames_out) -
			sum_drops(stats, GW_FRAME);
	}
	assert_int_equal(open, assembler_open_count(receiver->receiver.assembler));
	uint64_t kept = 0;

	for (uint32_t i = 0; i < receiver->count; i++)
		kept += receiver->frames[i].frame != NULL;
	assert_int_equal(gw_pool_in_use(receiver->pool, UINT32_MAX), open + kept);
}
