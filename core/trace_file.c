#include "core/trace_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/timeline.h"

struct writer {
	const struct gw *gw;
	FILE *out;
	char (*names)[GW_NAME]; /* of cameras, as they are now */
	char (*models)[sizeof(((struct gw_model_info *)0)->name)]; /* names, the same */
	bool comma;
};

static double us(const struct writer *writer, int64_t time)
{
	return (double)(time - writer->gw->trace.begin) / 1000;
}

static void begin_event(struct writer *writer)
{
	fputs(writer->comma ? ",\n" : "\n", writer->out);
	writer->comma = true;
}

static const char *track_name(const struct writer *writer, const struct slice *slice)
{
	static const enum gw_stage_index stages[TRACK_KINDS] = {
		[TRACK_RX] = GW_STAGE_RX,
		[TRACK_SOURCE] = GW_STAGE_SOURCE,
		[TRACK_DECODE] = GW_STAGE_DECODE,
		[TRACK_SINK] = GW_STAGE_SINK,
	};
	static const char *const names[TRACK_KINDS] = {"rx", "source", "decode", "device", "sink"};
	const struct gw_stage *stage = &writer->gw->stages[stages[slice->kind]];

	if (slice->kind == TRACK_DEVICE)
		return writer->gw->devices[slice->index].name;
	return slice->index < stage->lane_count ? stage->lanes[slice->index].name
						: names[slice->kind];
}

/* Once for each track, when its first slice is met. */
static void write_track(struct writer *writer, const struct slice *slice)
{
	const uint32_t track = slice_track(slice);
	char row[16] = "";

	if (slice->row > 0)
		snprintf(row, sizeof(row), " (%u)", slice->row + 1);
	begin_event(writer);
	fprintf(writer->out,
		"{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":%u,"
		"\"args\":{\"name\":\"%s%s%s\"}}",
		track, slice->kind == TRACK_DEVICE ? "device " : "", track_name(writer, slice),
		row);
	begin_event(writer);
	fprintf(writer->out,
		"{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":1,\"tid\":%u,"
		"\"args\":{\"sort_index\":%u}}",
		track, track);
}

/* What stands on it, and how it ended. */
static void write_words(struct writer *writer, const struct slice *slice)
{
	static const char *const verbs[TRACK_KINDS] = {"receive", "take", "decode", "", "deliver"};
	const struct gw_trace_entry *entry = slice->entry;

	if (slice->kind == TRACK_DEVICE) {
		json_t *name = json_string_nocheck(writer->models[entry->model]);
		char *model = json_dumps(name, JSON_ENCODE_ANY);

		fprintf(writer->out,
			"\"name\":%s,\"cat\":\"batch\",\"args\":{\"batch\":%lu,\"pictures\":%u,"
			"\"failed\":%s}",
			model ? model : "\"\"", (unsigned long)entry->number, entry->pictures,
			entry->drop ? "true" : "false");
		free(model);
		json_decref(name);
		return;
	}
	fprintf(writer->out,
		"\"name\":\"%s\",\"cat\":\"frame\",\"args\":{\"camera\":\"%s\",\"frame\":%lu,"
		"\"dropped\":\"%s\"}",
		verbs[slice->kind], writer->names[entry->camera], (unsigned long)entry->number,
		entry->drop ? gw_drops[entry->drop].name : "");
}

static void write_slices(struct writer *writer, const struct timeline *timeline)
{
	bool *known = calloc(TRACK_KINDS * GW_LANES * TIMELINE_ROWS + 1, sizeof(*known));

	for (uint32_t i = 0; i < timeline->slice_count; i++) {
		const struct slice *slice = &timeline->slices[i];

		if (known && !known[slice_track(slice)])
			write_track(writer, slice);
		if (known)
			known[slice_track(slice)] = true;
		begin_event(writer);
		fprintf(writer->out, "{\"ph\":\"X\",\"pid\":1,\"tid\":%u,\"ts\":%.3f,\"dur\":%.3f,",
			slice_track(slice), us(writer, slice->begin),
			(double)(slice->end - slice->begin) / 1000);
		write_words(writer, slice);
		fputc('}', writer->out);
	}
	free(known);
}

/* A way of one point has no arrow. */
static void write_ways(struct writer *writer, const struct timeline *timeline)
{
	const struct point *points = timeline->points;
	const uint32_t count = timeline->point_count;

	for (uint32_t i = 0; i < count; i++) {
		const bool first = i == 0 || points[i - 1].frame != points[i].frame;
		const bool last = i + 1 == count || points[i + 1].frame != points[i].frame;

		if (first && last)
			continue;
		begin_event(writer);
		fprintf(writer->out,
			"{\"ph\":\"%s\",\"bp\":\"e\",\"id\":%u,\"name\":\"frame\",\"cat\":\"way\","
			"\"pid\":1,\"tid\":%u,\"ts\":%.3f}",
			first          ? "s"
				: last ? "f"
				       : "t",
			points[i].frame, slice_track(&timeline->slices[points[i].slice]),
			us(writer, points[i].time));
	}
}

static void write_all(struct writer *writer, const struct timeline *timeline)
{
	const struct gw_trace *trace = &writer->gw->trace;

	fprintf(writer->out,
		"{\"displayTimeUnit\":\"ms\",\n\"otherData\":{\"seconds\":%.3f,\"frames\":%u,"
		"\"batches\":%u,\"left_out\":%lu},\n\"traceEvents\":[",
		(double)(trace->end - trace->begin) / 1e9, timeline->frame_count,
		timeline->batch_count, (unsigned long)timeline->left_out);
	begin_event(writer);
	fputs("{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"args\":{\"name\":\"gwd\"}}",
		writer->out);
	write_slices(writer, timeline);
	write_ways(writer, timeline);
	fputs("\n]}\n", writer->out);
}

/* Slots get other cameras and models while this is written. */
static int copy_names(struct writer *writer, struct gw *gw)
{
	const uint32_t count = gw_camera_high(gw);

	writer->names = calloc(GW_CAMERAS, sizeof(*writer->names));
	writer->models = calloc(GW_MODELS, sizeof(*writer->models));
	if (!writer->names || !writer->models)
		return -ENOMEM;
	pthread_mutex_lock(&gw->models_lock);
	for (uint32_t i = 0; i < GW_MODELS; i++)
		memcpy(writer->models[i], gw->models[i].name, sizeof(writer->models[i]));
	pthread_mutex_unlock(&gw->models_lock);
	gw_cameras_hold(writer->gw);
	for (uint32_t i = 0; i < count; i++)
		memcpy(writer->names[i], writer->gw->cameras->slot[i].name, GW_NAME);
	gw_cameras_release(writer->gw);
	return 0;
}

int gw_trace_write(struct gw *gw, FILE *out)
{
	struct writer writer = {.gw = gw, .out = out};
	struct timeline timeline;
	int status = timeline_make(&timeline, gw);

	if (status == 0)
		status = copy_names(&writer, gw);
	if (status == 0)
		write_all(&writer, &timeline);
	free(writer.names);
	free(writer.models);
	timeline_free(&timeline);
	return status == 0 && ferror(out) ? -ENOMEM : status;
}
