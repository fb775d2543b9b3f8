#include "gwd/model/pictures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/accel.h"
#include "core/clock.h"
#include "core/config/yaml_load.h"
#include "core/gateway.h"
#include "decode/decode.h"
#include "sink/stage.h"

#define LARGEST_SIDE 16384

/* What the stage reads: a command has one list in its life. */
static const struct picture_files *source;

static int open_source(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void close_source(struct gw_stage *stage)
{
}

static uint32_t one_lane(const struct gw *gw, uint32_t wanted)
{
	return 1;
}

/* A slot with room for the file; NULL: later. */
static struct gw_frame *take_slot(struct gw *gw, const struct picture_file *file)
{
	struct gw_camera_slot *slot = &gw->cameras->slot[0];
	const struct gw_admission_rules rules = {
		.pool = gw->pool,
		.camera = atomic_load_explicit(&slot->now, memory_order_acquire),
		.through = gw_counter_get(&slot->through),
		.lossless = true,
	};
	struct gw_frame *frame, *larger;

	if (gw_admit(&slot->admission, &rules, file->info.width, file->info.height, &frame) !=
		GW_DROP_NONE)
		return NULL;
	if (file->info.size <= frame->jpeg.capacity)
		return frame;
	larger = gw_pool_get_larger(gw->pool, frame);
	gw_frame_unref(frame);
	return larger;
}

static void fill(struct gw_frame *frame, const struct picture_file *file)
{
	const int64_t now = gw_now();

	memcpy(frame->jpeg.room, file->data, file->info.size);
	frame->jpeg.data = frame->jpeg.room;
	frame->jpeg.size = file->info.size;
	frame->width = file->info.width;
	frame->height = file->info.height;
	frame->capture_ns = gw_now_utc();
	frame->clock = GW_CLOCK_ARRIVAL;
	frame->stamp[GW_STAMP_FIRST_PACKET] = frame->stamp[GW_STAMP_COMPLETE] = now;
	frame->state = GW_FRAME_JPEG;
}

static uint32_t poll_source(struct gw_lane *lane)
{
	struct gw *gw = lane->stage->gw;
	struct gw_camera_slot *slot = &gw->cameras->slot[0];
	const uint64_t next = gw_counter_get(&slot->next_sequence);
	struct gw_camera_stats *stats = &lane->stats->camera[0];

	if (next == source->count) {
		atomic_store_explicit(&lane->exhausted, true, memory_order_release);
		return 0;
	}
	const struct picture_file *file = &source->file[next];
	struct gw_frame *frame = take_slot(gw, file);

	if (!frame)
		return 0;
	fill(frame, file);
	frame->sequence = next;
	gw_counter_add(&slot->next_sequence, 1);
	gw_counter_add(&stats->records, 1);
	gw_counter_add(&stats->records_used, 1);
	gw_counter_add(&stats->frames_in, 1);
	gw_admission_passed_on(&slot->admission, frame);
	gw_lane_give(lane, &frame, 1);
	return 1;
}

static bool drain_source(struct gw_lane *lane)
{
	return true;
}

static const struct gw_stage_ops pictures_stage = {
	.name = "pictures",
	.lanes = one_lane,
	.open = open_source,
	.close = close_source,
	.poll = poll_source,
	.drain = drain_source,
};

const struct gw_way *pictures_way(const struct picture_files *pictures)
{
	static const struct gw_way way[GW_STAGES] = {
		[GW_STAGE_SOURCE] = {&pictures_stage, .to = GW_STAGE_DECODE},
		[GW_STAGE_DECODE] = {&decode_stage, .to = GW_STAGE_ACCEL},
		[GW_STAGE_ACCEL] = {&accel_stage, .to = GW_STAGE_SINK},
		[GW_STAGE_SINK] = {&sink_stage, .to = GW_STAGES},
	};

	source = pictures;
	return way;
}

static bool read_picture(struct picture_file *file, const char *path)
{
	static const struct jpeg_limits limits = {LARGEST_SIDE, LARGEST_SIDE};
	struct gw_error error;
	const char *cause;
	char *text;

	*file = (struct picture_file){.path = path};
	if (gw_yaml_read(path, &text, &file->size, &error) != 0) {
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, error.text);
		return false;
	}
	file->data = (uint8_t *)text;
	const int status = jpeg_probe(file->data, file->size, &limits, &file->info, &cause);

	if (status == 0)
		return true;
	if (file->size < 2 || file->data[0] != 0xff || file->data[1] != 0xd8)
		fprintf(stderr, "%s: %s: it is no JPEG: convert it to one\n",
			program_invocation_short_name, path);
	else
		fprintf(stderr, "%s: %s: %s: cameras send baseline JPEG: convert it to that\n",
			program_invocation_short_name, path, cause);
	return false;
}

uint32_t pictures_read(struct picture_files *pictures, char *const *paths, uint32_t count)
{
	uint32_t bad = 0;

	pictures->count = count;
	pictures->file = calloc(count, sizeof(pictures->file[0]));
	if (!pictures->file)
		return count;
	for (uint32_t i = 0; i < count; i++)
		bad += !read_picture(&pictures->file[i], paths[i]);
	return bad;
}

void pictures_free(struct picture_files *pictures)
{
	for (uint32_t i = 0; pictures->file && i < pictures->count; i++)
		free(pictures->file[i].data);
	free(pictures->file);
	*pictures = (struct picture_files){0};
}
