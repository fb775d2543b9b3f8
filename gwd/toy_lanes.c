/* The pipeline of lanes_test.c: a source that numbers each camera's frames, two stages that hold
 * them for a while, and a sink that looks at the numbers. */
#include "gwd/toy_lanes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/admission.h"
#include "gwd/gateway.h"

#define HELD 64 /* frames that a lane of a stage in the middle may keep back */

struct toys toys;

struct toy_lane {
	uint32_t random;
	/* By the camera's slot: the newest version that the lane was told of, whether it still
	 * holds, and, at the sink, the number of the next frame. */
	uint32_t told[TOY_CAMERAS];
	struct gw_camera *is[TOY_CAMERAS];
	uint64_t next[TOY_CAMERAS];

	uint32_t held_count;
	struct gw_frame *held[HELD];
};

void toy_complain(const char *what)
{
	const char *none = NULL;

	atomic_compare_exchange_strong(&toys.complaint, &none, what);
	atomic_fetch_add(&toys.complaints, 1);
}

void toys_begin(void)
{
	memset(&toys, 0, sizeof(toys));
}

void toys_end(void)
{
	while (toys.all) {
		struct toy_made *made = toys.all;

		toys.all = made->next;
		free(made);
	}
}

/* Marsaglia's 32-bit xorshift. */
static uint32_t any(struct toy_lane *toy)
{
	toy->random ^= toy->random << 13;
	toy->random ^= toy->random >> 17;
	toy->random ^= toy->random << 5;
	return toy->random;
}

static enum gw_stage_index index_of(const struct gw_stage *stage)
{
	return (enum gw_stage_index)(stage - stage->gw->stages);
}

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

static int toy_lane_open(struct gw_lane *lane, struct gw_error *error)
{
	struct toy_lane *toy = calloc(1, sizeof(*toy));

	if (!toy)
		return gw_error_set(error, -ENOMEM, "out of memory");
	toy->random = 0x9e3779b9u ^ (uint32_t)(index_of(lane->stage) * GW_LANES + lane->index);
	lane->state = toy;
	return 0;
}

static void toy_lane_close(struct gw_lane *lane)
{
	free(lane->state);
	lane->state = NULL;
}

static int toy_camera_prepare(struct gw_stage *stage, struct gw_camera *is,
	const struct gw_camera *was, struct gw_error *error)
{
	struct toy_made *made = calloc(1, sizeof(*made));

	if (!made)
		return gw_error_set(error, -ENOMEM, "out of memory");
	made->version = is->version;
	made->next = toys.all;
	toys.all = made;
	is->of[index_of(stage)] = made;
	atomic_fetch_add(&toys.made, 1);
	return 0;
}

static void toy_camera_publish(
	struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was)
{
	struct toy_lane *toy = lane->state;
	const uint32_t camera = is ? is->id : was->id;

	if (toy->is[camera] != was)
		toy_complain("a lane was told of a change of what it did not have");
	toy->is[camera] = (struct gw_camera *)is;
	if (is)
		toy->told[camera] = is->version;
}

static void toy_camera_release(struct gw_stage *stage, struct gw_camera *camera)
{
	struct toy_made *made = camera->of[index_of(stage)];

	if (!made)
		return;
	if (atomic_exchange(&made->released, true))
		toy_complain("a version was released twice");
	atomic_fetch_add(&toys.released, 1);
}

/* Every stage looks at every frame that it takes. */
static void check_version(struct gw_lane *lane, const struct gw_frame *frame)
{
	const struct toy_lane *toy = lane->state;
	const struct toy_made *made = frame->version->of[index_of(lane->stage)];

	if (atomic_load(&made->released) || made->version != frame->version->version)
		toy_complain("a frame came after its camera's version was released");
	if (made->version > toy->told[frame->camera])
		toy_complain("a frame came under a version that the lane was not told of");
}

static uint32_t take(struct gw_lane *lane, struct gw_frame **frames, uint32_t most)
{
	const uint32_t count = gw_lane_take(lane, frames, most);

	for (uint32_t i = 0; i < count; i++) {
		if (gw_lane_of(frames[i]->camera, lane->stage->lane_count) != lane->index)
			toy_complain("a frame is in another lane than its camera's");
		check_version(lane, frames[i]);
	}
	return count;
}

/* Begins a frame of the camera, or counts why not. */
static bool begin_frame(struct gw_lane *lane, struct gw_camera *camera)
{
	struct gw *gw = lane->stage->gw;
	struct gw_camera_stats *stats = &lane->stats->camera[camera->id];
	struct gw_camera_slot *slot = &gw->cameras->slot[camera->id];
	const struct gw_admission_rules rules = {
		.pool = gw->pool,
		.camera = camera,
		.through = gw_counter_get(&slot->through),
	};
	struct gw_frame *frame;
	const enum gw_drop drop = gw_admit(&slot->admission, &rules, 16, 16, &frame);

	gw_counter_add(&stats->frames_in, 1);
	if (drop != GW_DROP_NONE) {
		gw_count_drop(stats, drop);
		return false;
	}
	frame->sequence = gw_counter_get(&slot->next_sequence);
	gw_counter_add(&slot->next_sequence, 1);
	check_version(lane, frame);
	gw_admission_passed_on(&slot->admission, frame);
	gw_lane_give(lane, &frame, 1);
	return true;
}

static uint32_t source_poll(struct gw_lane *lane)
{
	struct toy_lane *toy = lane->state;
	uint32_t begun = 0;

	if (atomic_load_explicit(&lane->draining, memory_order_relaxed) || atomic_load(&toys.pause))
		return 0;
	for (uint32_t i = 0; i < TOY_CAMERAS; i++)
		if (toy->is[i] && gw_lane_of(i, lane->stage->lane_count) == lane->index &&
			any(toy) % 4 == 0)
			begun += begin_frame(lane, toy->is[i]);
	return begun;
}

/* Whether an older frame of the same camera is still held before place `at`. */
static bool waits_for_older(const struct toy_lane *toy, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (toy->held[i] && toy->held[i]->camera == toy->held[at]->camera)
			return true;
	return false;
}

/* Lets some of the frames go, a camera's in their order, and closes the gaps. */
static void let_go(struct gw_lane *lane, bool all)
{
	struct toy_lane *toy = lane->state;
	uint32_t left = 0;

	for (uint32_t i = 0; i < toy->held_count; i++) {
		if ((all || any(toy) % 3 == 0) && !waits_for_older(toy, i)) {
			gw_lane_give(lane, &toy->held[i], 1);
			toy->held[i] = NULL;
		}
	}
	for (uint32_t i = 0; i < toy->held_count; i++)
		if (toy->held[i])
			toy->held[left++] = toy->held[i];
	toy->held_count = left;
}

static uint32_t middle_poll(struct gw_lane *lane)
{
	struct toy_lane *toy = lane->state;
	const struct timespec pause = {.tv_nsec = any(toy) % 100000};
	const uint32_t room = HELD - toy->held_count;
	const uint32_t count =
		take(lane, toy->held + toy->held_count, room < GW_BURST ? room : GW_BURST);

	for (uint32_t i = 0; i < count; i++)
		gw_frame_claim(toy->held[toy->held_count + i]);
	toy->held_count += count;
	if (any(toy) % 16 == 0)
		nanosleep(&pause, NULL);
	let_go(lane, false);
	return count;
}

static bool middle_drain(struct gw_lane *lane)
{
	let_go(lane, true);
	return true;
}

static void finish(struct gw_lane *lane, struct gw_frame *frame)
{
	struct toy_lane *toy = lane->state;
	struct gw_camera_stats *stats = &lane->stats->camera[frame->camera];

	if (frame->sequence < toy->next[frame->camera])
		toy_complain("a frame came twice, or after a later one");
	else if (frame->sequence > toy->next[frame->camera])
		toy_complain("a frame is missing");
	toy->next[frame->camera] = frame->sequence + 1;
	if (gw_frame_failed(frame)) {
		gw_count_drop(stats, frame->drop);
	} else {
		gw_counter_add(&stats->delivered, 1);
		atomic_fetch_add(&toys.delivered, 1);
	}
	gw_counter_add(&stats->frames_out, 1);
	gw_counter_add(&lane->stage->gw->cameras->slot[frame->camera].through, 1);
	gw_frame_unref(frame);
}

static uint32_t sink_poll(struct gw_lane *lane)
{
	struct gw_frame *frames[GW_BURST];
	const uint32_t count = take(lane, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++)
		finish(lane, frames[i]);
	return count;
}

#define TOY(stage, turn) \
	.name = stage, .open = toy_open, .close = toy_close, .lane_open = toy_lane_open, \
	.lane_close = toy_lane_close, .poll = turn, .camera_prepare = toy_camera_prepare, \
	.camera_publish = toy_camera_publish, .camera_release = toy_camera_release

static const struct gw_stage_ops stages[GW_STAGES] = {
	[GW_STAGE_RX] = {TOY("rx", source_poll)},
	[GW_STAGE_DECODE] = {TOY("decode", middle_poll), .drain = middle_drain},
	[GW_STAGE_ACCEL] = {TOY("accel", middle_poll), .drain = middle_drain},
	[GW_STAGE_SINK] = {TOY("sink", sink_poll)},
};

const struct gw_way gw_pipeline[GW_STAGES] = {
	[GW_STAGE_RX] = {&stages[GW_STAGE_RX], .to = GW_STAGE_DECODE},
	[GW_STAGE_DECODE] = {&stages[GW_STAGE_DECODE], .to = GW_STAGE_ACCEL},
	[GW_STAGE_ACCEL] = {&stages[GW_STAGE_ACCEL], .to = GW_STAGE_SINK},
	[GW_STAGE_SINK] = {&stages[GW_STAGE_SINK], .to = GW_STAGES},
};

const struct gw_service_ops *const gw_services[] = {NULL};
