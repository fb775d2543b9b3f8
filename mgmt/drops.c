#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "mgmt/state.h"
#include "mgmt/tally.h"

/* One line of the answer: the total of all cameras, and each camera's share. `count` is where the
 * figure lies within a tally. */
static void add_counts(json_t *line, const struct gw *gw, const struct tally *tallies,
	const uint64_t *(*count)(const struct tally *, int), int which, bool unmatched)
{
	json_t *cameras = json_object();
	uint64_t total = unmatched ? *count(&tallies[gw->camera_count], which) : 0;

	for (uint32_t i = 0; i < gw->camera_count; i++) {
		uint64_t value = *count(&tallies[i], which);

		total += value;
		json_object_set_new(
			cameras, gw->cameras[i].config->name, json_integer((json_int_t)value));
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

int api_drops(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const struct gw *gw = mgmt->gw;
	struct tally *tallies = calloc(gw->camera_count + 1, sizeof(*tallies));
	json_t *drops = json_array(), *events = json_array(), *unmatched = json_object();

	if (!tallies)
		return gw_error_set(error, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i <= gw->camera_count; i++)
		tally_read(gw, i, &tallies[i]);
	for (int i = GW_DROP_NONE + 1; i < GW_DROP_COUNT; i++) {
		const struct gw_drop_info *info = &gw_drops[i];
		json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "reason", info->name, "stage",
			gw_place_name(info->place), "unit", gw_unit_name(info->unit), "meaning",
			info->meaning);

		add_counts(line, gw, tallies, drop_count, i, true);
		json_array_append_new(drops, line);
		/* Only packets can belong to no camera. */
		if (info->unit == GW_PACKET)
			json_object_set_new(unmatched, info->name,
				json_integer((json_int_t)tallies[gw->camera_count].drops[i]));
	}
	for (int i = 0; i < GW_EVENT_COUNT; i++) {
		json_t *line = json_pack(
			"{s:s, s:s}", "event", gw_events[i].name, "meaning", gw_events[i].meaning);

		add_counts(line, gw, tallies, event_count, i, true);
		json_array_append_new(events, line);
	}
	free(tallies);
	reply->json = json_pack(
		"{s:o, s:o, s:o}", "drops", drops, "events", events, "unmatched", unmatched);
	return 200;
}
