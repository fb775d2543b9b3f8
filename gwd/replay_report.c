#include "gwd/replay_report.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/plural.h"

static json_t *camera_json(const struct gw *gw, uint32_t camera)
{
	json_t *drops = json_object(), *events = json_object();

	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		json_object_set_new(drops, gw_drops[drop].name,
			json_integer((json_int_t)gw_total_drops(gw, camera, drop)));
	for (int event = 0; event < GW_EVENT_COUNT; event++)
		json_object_set_new(events, gw_events[event].name,
			json_integer((json_int_t)gw_total_events(gw, camera, event)));
	return json_pack("{s:I, s:o, s:o}", "frames",
		(json_int_t)GW_COUNT(&gw->stages[GW_STAGE_SINK], camera, delivered), "drops", drops,
		"events", events);
}

static json_t *report_json(const struct gw *gw)
{
	json_t *cameras = json_object(), *unmatched = json_object();

	for (uint32_t i = 0; i < gw_camera_high(gw); i++)
		json_object_set_new(cameras, gw->cameras->slot[i].name, camera_json(gw, i));
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		if (gw_drops[drop].unit == GW_PACKET)
			json_object_set_new(unmatched, gw_drops[drop].name,
				json_integer((json_int_t)gw_total_drops(gw, GW_UNMATCHED, drop)));
	return json_pack("{s:o, s:o}", "cameras", cameras, "unmatched", unmatched);
}

#define DROPS_TEXT 896

static void write_drops(const struct gw *gw, uint32_t camera, char text[DROPS_TEXT])
{
	size_t used = 0;

	text[0] = '\0';
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		if (gw_total_drops(gw, camera, drop) > 0 && used < DROPS_TEXT)
			used += (size_t)snprintf(text + used, DROPS_TEXT - used, ", %lu %s",
				gw_total_drops(gw, camera, drop), gw_drops[drop].name);
}

/* Nobody asks it where its packets come from. */
static bool is_unknown(const struct gw *gw, uint32_t camera)
{
	const struct gw_camera *now = gw_camera_now(gw, camera);

	return now && now->config->url;
}

static void print_summary(const struct gw *gw)
{
	const uint64_t nobodys = GW_COUNT(&gw->stages[GW_STAGE_RX], GW_UNMATCHED, packets);
	char drops[DROPS_TEXT];

	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const uint64_t packets = GW_COUNT(&gw->stages[GW_STAGE_RX], i, packets);
		const uint64_t frames = GW_COUNT(&gw->stages[GW_STAGE_SINK], i, delivered);

		write_drops(gw, i, drops);
		gw_log_say("gwd: %s: %lu packet%s, %lu frame%s%s%s", gw->cameras->slot[i].name,
			packets, gw_plural(packets), frames, gw_plural(frames), drops,
			is_unknown(gw, i) ? ": a replay asks no url: give it source, destination "
					    "and port in place of url"
					  : "");
		/* There are more cameras than lines that may wait. */
		if (i % 128 == 127)
			gw_log_flush(GW_LOG_PATIENCE_NS);
	}
	write_drops(gw, GW_UNMATCHED, drops);
	if (nobodys > 0)
		gw_log_say("gwd: %lu packet%s of no camera%s", nobodys, gw_plural(nobodys), drops);
}

/* Frames that were accepted and could not be written: the output is not whole. */
static uint64_t unwritten(const struct gw *gw)
{
	/* A replay chooses every picture: each reason not to write one counts. */
	static const enum gw_drop reasons[] = {GW_DROP_SINK_FAILED, GW_DROP_SAMPLE_LOST,
		GW_DROP_SAMPLE_BUDGET, GW_DROP_SAMPLE_TOO_LARGE, GW_DROP_SAMPLE_FULL};
	uint64_t total = 0;

	for (uint32_t i = 0; i < gw_camera_high(gw); i++)
		for (size_t j = 0; j < sizeof(reasons) / sizeof(reasons[0]); j++)
			total += gw_total_drops(gw, i, reasons[j]);
	return total;
}

int gw_replay_report(const struct gw *gw, struct gw_error *error)
{
	char path[4096];
	json_t *report = report_json(gw);

	if (snprintf(path, sizeof(path), "%s/" GW_STATS_FILE, gw->replay->output) >=
		(int)sizeof(path)) {
		json_decref(report);
		return gw_error_set(error, -ENAMETOOLONG, "replay: --output is too long");
	}
	int status = json_dump_file(report, path, JSON_INDENT(2));

	json_decref(report);
	if (status != 0)
		return gw_error_set(
			error, -EIO, "replay: cannot write %s: %s", path, strerror(errno));
	print_summary(gw);
	if (unwritten(gw) > 0)
		return gw_error_set(error, -EIO,
			"replay: %lu pictures or lines were not written: is %s full?",
			unwritten(gw), gw->replay->output);
	if (gw->input_fault.text[0])
		return gw_error_set(error, -EBADMSG, "%s", gw->input_fault.text);
	return 0;
}
