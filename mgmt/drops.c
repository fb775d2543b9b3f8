#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "mgmt/state.h"
#include "mgmt/tally.h"

/* One figure of every camera. */
struct column {
	uint32_t count;
	uint32_t subject[GW_SUBJECTS];
	struct tally *tally; /* of each */
};

/* One line of the answer: the total, and each camera's share. `figure` is where the figure lies
 * within a tally. */
static void add_counts(json_t *line, const struct gw *gw, const struct column *column,
	const uint64_t *(*figure)(const struct tally *, int), int which)
{
	json_t *cameras = json_object();
	uint64_t total = 0;

	for (uint32_t i = 0; i < column->count; i++) {
		const uint64_t value = *figure(&column->tally[i], which);

		total += value;
		if (tally_is_camera(gw, column->subject[i]))
			json_object_set_new(cameras, gw->cameras->slot[column->subject[i]].name,
				json_integer((json_int_t)value));
	}
	json_object_set_new(line, "total", json_integer((json_int_t)total));
	json_object_set_new(line, "cameras", cameras);
}

static const uint64_t *drop_count(const struct tally *tally, int drop)
{
	return &tally->drops[drop];
}

static const uint64_t *event_count(const struct tally *tally, int event)
{
	return &tally->events[event];
}

static void fill_lines(const struct gw *gw, const struct column *column, json_t *drops,
	json_t *events, json_t *unmatched)
{
	/* The last one: tally_subjects(). */
	const struct tally *nobodys = &column->tally[column->count - 1];

	for (int i = GW_DROP_NONE + 1; i < GW_DROP_COUNT; i++) {
		const struct gw_drop_info *info = &gw_drops[i];
		json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "reason", info->name, "stage",
			gw_place_name(info->place), "unit", gw_unit_name(info->unit), "meaning",
			info->meaning);

		add_counts(line, gw, column, drop_count, i);
		json_array_append_new(drops, line);
		/* Only packets and records can belong to no camera. */
		if (info->unit == GW_PACKET || info->unit == GW_RECORD)
			json_object_set_new(
				unmatched, info->name, json_integer((json_int_t)nobodys->drops[i]));
	}
	for (int i = 0; i < GW_EVENT_COUNT; i++) {
		json_t *line = json_pack(
			"{s:s, s:s}", "event", gw_events[i].name, "meaning", gw_events[i].meaning);

		add_counts(line, gw, column, event_count, i);
		json_array_append_new(events, line);
	}
}

/* What the stage that has ports says of those who send what is no camera's; null where there is
 * none. */
static json_t *ask_strangers(struct gw *gw, const struct gw_request *request)
{
	struct gw_reply reply = {0};
	json_t *strangers = NULL;

	gw_api_call(gw, "GET", "strangers", request, &reply);
	if (reply.status == 200)
		strangers = json_incref(reply.json);
	gw_reply_release(&reply);
	return strangers ? strangers : json_null();
}

int api_drops(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw *gw = ((const struct mgmt *)owner)->gw;
	json_t *drops = json_array(), *events = json_array(), *unmatched = json_object();
	uint32_t in_use[GW_CAMERAS] = {0};
	struct column column;

	column.count = tally_subjects(gw, column.subject);
	column.tally = calloc(column.count, sizeof(struct tally));
	if (!column.tally)
		return gw_error_set(error, -ENOMEM, "out of memory");
	gw_pool_count(gw->pool, in_use, GW_CAMERAS);
	for (uint32_t i = 0; i < column.count; i++)
		tally_read(gw, column.subject[i], in_use, &column.tally[i]);
	gw_cameras_hold(gw);
	fill_lines(gw, &column, drops, events, unmatched);
	gw_cameras_release(gw);
	free(column.tally);
	reply->json = json_pack("{s:o, s:o, s:o, s:o}", "drops", drops, "events", events,
		"unmatched", unmatched, "strangers", ask_strangers(gw, request));
	return 200;
}
