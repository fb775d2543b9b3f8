/* Pictures that are records of a topic instead of packets. Nothing of them is lost on the way: a
 * record that cannot begin waits, with all behind it in its partition, and its offset is committed
 * when its frame's receipt came back from the sink. */
#include "kafka/source.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "kafka/consumer.h"
#include "kafka/keys.h"

/* Of a turn, so that the partitions take turns. */
#define RECORDS_PER_PARTITION 8
/* What is on its way when the gateway is to end may take so long to come back. */
#define SETTLE_NS GW_NS_PER_S
/* ... and so long it may take to leave the group: the stages after this one need time, too. */
#define LEAVE_NS (500 * GW_NS_PER_MS)

/* The lane's; the stage's is the same, for there is one. */
struct source {
	struct gw_lane *lane;
	struct gw *gw;
	struct jpeg_limits limits;
	struct keys *keys;
	struct consumer consumer;
	struct gw_frame *frames[GW_BURST]; /* of this turn */
	uint32_t count;
	int64_t settle_by, leave_by; /* gw_now(); 0: the gateway is not to end yet */
};

/* One: the frames of a camera begin on one thread, whatever partition its records are in. */
static uint32_t source_lanes(const struct gw *gw, uint32_t wanted)
{
	return gw->replay || !gw->config->kafka->source ? 0 : 1;
}

static int source_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static int source_lane_open(struct gw_lane *lane, struct gw_error *error)
{
	struct gw *gw = lane->stage->gw;
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return gw_error_set(error, -ENOMEM, "source: out of memory");
	lane->state = source;
	source->lane = lane;
	source->gw = gw;
	source->limits =
		(struct jpeg_limits){gw->config->decode->max_width, gw->config->decode->max_height};
	source->keys = keys_open(gw, error);
	return source->keys ? consumer_open(&source->consumer, gw, error) : -errno;
}

static void source_lane_close(struct gw_lane *lane)
{
	struct source *source = lane->state;

	if (!source)
		return;
	consumer_close(&source->consumer);
	keys_close(source->keys);
	free(source);
	lane->state = NULL;
}

static void source_close(struct gw_stage *stage)
{
}

static void source_end(struct gw_lane *lane)
{
	struct source *source = lane->state;

	keys_stop(source->keys);
}

static void source_camera_publish(
	struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was)
{
	struct source *source = lane->state;

	keys_publish(source->keys, is, was);
}

/* The record is counted and done with. */
static bool refuse(struct source *source, struct partition *partition,
	const struct gw_camera *camera, enum gw_drop drop)
{
	struct gw_camera_stats *stats =
		&source->lane->stats->camera[camera ? camera->id : GW_UNMATCHED];

	gw_counter_add(&stats->records, 1);
	gw_count_drop(stats, drop);
	consumer_refuse(&source->consumer, partition, drop);
	return true;
}

/* A slot with room for the picture. NULL: *drop says why it never can be had, or GW_ADMIT_WAIT. */
static struct gw_frame *take_slot(struct source *source, const struct gw_camera *camera,
	const struct jpeg_info *info, enum gw_drop *drop)
{
	struct gw_camera_slot *slot = &source->gw->cameras->slot[camera->id];
	const struct gw_admission_rules rules = {
		.pool = source->gw->pool,
		.camera = (struct gw_camera *)camera,
		.through = gw_counter_get(&slot->through),
		.lossless = true,
	};
	struct gw_frame *frame;

	*drop = gw_admit(&slot->admission, &rules, info->width, info->height, &frame);
	if (*drop == GW_DROP_TOO_LARGE)
		*drop = GW_DROP_RECORD_TOO_LARGE;
	if (*drop != GW_DROP_NONE)
		return NULL;
	/* Another size may be the next larger one and still too small. */
	while (frame && frame->jpeg.capacity < info->size) {
		struct gw_frame *larger = gw_pool_get_larger(source->gw->pool, frame);

		if (!larger)
			*drop = errno == ENOBUFS ? GW_ADMIT_WAIT : GW_DROP_RECORD_TOO_LARGE;
		gw_frame_unref(frame);
		frame = larger;
	}
	return frame;
}

static void pass_on(struct source *source, const struct gw_camera *camera, struct gw_frame *frame)
{
	struct gw_camera_slot *slot = &source->gw->cameras->slot[camera->id];
	struct gw_camera_stats *stats = &source->lane->stats->camera[camera->id];

	frame->state = GW_FRAME_JPEG;
	frame->sequence = gw_counter_get(&slot->next_sequence);
	gw_counter_add(&slot->next_sequence, 1);
	gw_counter_add(&stats->records, 1);
	gw_counter_add(&stats->records_used, 1);
	gw_counter_add(&stats->bytes, frame->jpeg.size);
	gw_counter_add(&stats->frames_in, 1);
	gw_counter_set(&stats->last_frame, (uint64_t)frame->stamp[GW_STAMP_COMPLETE]);
	gw_counter_set(&stats->size, (uint64_t)frame->width << 16 | frame->height);
	gw_counter_set(&stats->clock, (uint64_t)frame->clock + 1);
	gw_admission_passed_on(&slot->admission, frame);
	source->frames[source->count++] = frame;
}

/* False: the record must wait. */
static bool begin(struct source *source, struct partition *partition,
	const struct kafka_record *record, const struct gw_camera *camera, int64_t now)
{
	const struct picture *picture = &partition->picture;
	enum gw_drop drop;
	struct gw_frame *frame = take_slot(source, camera, &picture->info, &drop);

	if (!frame)
		return drop != GW_ADMIT_WAIT && refuse(source, partition, camera, drop);
	picture_copy(record, picture, frame);
	frame->stamp[GW_STAMP_FIRST_PACKET] = now;
	frame->stamp[GW_STAMP_COMPLETE] = now;
	frame->receipt = consumer_depart(&source->consumer, partition);
	pass_on(source, camera, frame);
	return true;
}

/* Works on a partition's next record. False: there is none, or it must wait. */
static bool work_on_next(struct source *source, struct partition *partition, int64_t now)
{
	const rd_kafka_message_t *message = consumer_peek(&source->consumer, partition);
	struct picture *picture = &partition->picture;

	if (!message)
		return false;
	const struct kafka_record record = kafka_record_of(message);

	if (!partition->looked)
		picture_look(&record, &source->limits, picture);
	partition->looked = true;
	if (picture->drop == GW_DROP_RECORD_KEY)
		return refuse(source, partition, NULL, picture->drop);

	const struct gw_camera *camera = keys_find(source->keys, message->key, message->key_len);

	if (picture->drop != GW_DROP_NONE)
		return refuse(source, partition, camera, picture->drop);
	if (!camera)
		return !keys_want(source->keys, message->key, message->key_len, now) &&
			refuse(source, partition, NULL, GW_DROP_RECORD_CAMERAS);
	if (!gw_camera_is_of_records(camera->config))
		return refuse(source, partition, camera, GW_DROP_RECORD_TAKEN);
	return begin(source, partition, &record, camera, now);
}

static uint32_t take_receipts(struct source *source)
{
	struct gw_returned returned[GW_BURST];
	uint32_t total = 0;

	for (uint32_t lane = 0; lane < source->gw->stages[GW_STAGE_SINK].lane_count; lane++) {
		const uint32_t count =
			gw_receipts_take(source->gw->receipts[lane], returned, GW_BURST);

		for (uint32_t i = 0; i < count; i++)
			assignment_return(&source->consumer.assignment, returned[i].receipt,
				returned[i].outcome);
		total += count;
	}
	return total;
}

/* Each partition has its turn to be the first. */
static uint32_t take_records(struct source *source, int64_t now)
{
	struct assignment *assignment = &source->consumer.assignment;
	uint32_t total = 0;

	source->count = 0;
	for (uint32_t i = 0; i < assignment->count; i++) {
		struct partition *partition =
			assignment->partitions[(assignment->next + i) % assignment->count];

		for (uint32_t k = 0; k < RECORDS_PER_PARTITION; k++) {
			if (source->count == GW_BURST || !assignment_has_room(assignment) ||
				!work_on_next(source, partition, now))
				break;
			total++;
		}
	}
	assignment->next++;
	if (source->count > 0)
		gw_lane_give(source->lane, source->frames, source->count);
	return total;
}

static uint32_t source_poll(struct gw_lane *lane)
{
	struct source *source = lane->state;
	const int64_t now = gw_now();
	uint32_t work = take_receipts(source);

	if (!source->consumer.closing)
		work += consumer_poll(&source->consumer, now);
	if (!atomic_load_explicit(&lane->draining, memory_order_relaxed))
		work += take_records(source, now);
	return work;
}

static void source_housekeeping(struct gw_lane *lane, int64_t now)
{
	struct source *source = lane->state;

	if (!source->consumer.closing)
		consumer_housekeeping(&source->consumer, now);
}

/* Whoever takes over shall do nothing twice: what is on its way may come back first. */
static bool source_drain(struct gw_lane *lane)
{
	struct source *source = lane->state;
	const int64_t deadline = atomic_load_explicit(&lane->drain_by, memory_order_relaxed);
	const int64_t now = gw_now();

	if (source->settle_by == 0)
		source->settle_by = now + SETTLE_NS < deadline ? now + SETTLE_NS : deadline;
	if (source->consumer.assignment.out > 0 && now < source->settle_by)
		return false;
	if (source->leave_by == 0)
		source->leave_by = now + LEAVE_NS;
	return consumer_leave(&source->consumer, now) || now >= source->leave_by;
}

static struct json_t *source_describe(struct gw_stage *stage)
{
	struct source *source = stage->lanes[0].state;

	return consumer_describe(&source->consumer);
}

static void source_health(struct gw_stage *stage, struct gw_health *health)
{
	struct source *source = stage->lanes[0].state;

	consumer_health(&source->consumer, health);
	keys_health(source->keys, health);
}

const struct gw_stage_ops source_stage = {
	.name = "source",
	.lanes = source_lanes,
	.open = source_open,
	.lane_open = source_lane_open,
	.lane_close = source_lane_close,
	.close = source_close,
	.end = source_end,
	.poll = source_poll,
	.housekeeping = source_housekeeping,
	.drain = source_drain,
	.camera_publish = source_camera_publish,
	.describe = source_describe,
	.health = source_health,
};
