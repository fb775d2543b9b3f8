#include "mgmt/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "mgmt/rates.h"
#include "mgmt/tally.h"

#define STATES (CAMERA_STALLED + 1)

/* One camera at the time of the scrape. */
struct seen {
	char name[GW_NAME];
	struct tally tally;
	bool live, of_records;
	int64_t last_frame_utc; /* ns; 0: none so far */
	double jitter, clock_offset; /* seconds */
	bool knows_offset;
	uint64_t latencies, latency_us;
};

/* All of them. */
struct view {
	struct tally total; /* also of removed cameras, and of what is no camera's */
	uint64_t states[STATES];
	uint32_t count, left_out;
	struct seen camera[METRICS_CAMERAS];
};

/* A figure of a tally as a metric; `of_all` NULL: no sum is told, `of_one` NULL: only the sum is.
 */
static const struct {
	const char *of_all, *of_one;
	size_t place;
	const char *help;
} sums[] = {
#define SUM(all, one, member, help) \
	{ \
		all, one, offsetof(struct tally, member), help \
	}
	SUM("framegate_packets_total", "framegate_camera_packets_total", packets,
		"Packets that came, those of no camera among them in the sum."),
	SUM("framegate_packets_used_total", NULL, packets_used,
		"Packets that became part of a frame, and RTCP."),
	SUM("framegate_received_bytes_total", "framegate_camera_received_bytes_total", bytes,
		"Bytes of UDP payload, and of records' values."),
	SUM("framegate_records_total", NULL, records,
		"Records that came from the topic of pictures."),
	SUM("framegate_records_used_total", NULL, records_used, "Records that became a frame."),
	SUM("framegate_frames_total", "framegate_camera_frames_total", frames_begun,
		"Frames that began."),
	SUM("framegate_frames_complete_total", "framegate_camera_frames_complete_total",
		frames_complete, "Frames that arrived whole and went on to be decoded."),
	SUM("framegate_results_delivered_total", "framegate_camera_results_delivered_total",
		delivered, "Frames whose result was confirmed by the brokers, or written."),
	SUM("framegate_results_spooled", NULL, results_spooled,
		"Results that wait in the spool on the disk."),
	SUM("framegate_samples_total", NULL, samples, "Pictures that were chosen to be sent."),
	SUM("framegate_samples_delivered_total", NULL, samples_delivered,
		"Sampled pictures that were confirmed by the brokers, or written."),
	SUM("framegate_samples_spooled", NULL, samples_spooled,
		"Sampled pictures that wait in the spool on the disk."),
	SUM(NULL, "framegate_camera_packets_lost_total", events[GW_EVENT_SEQUENCE_GAP],
		"Packets that a camera sent and that never came, by their RTP numbers."),
#undef SUM
};

#define SUMS (sizeof(sums) / sizeof(sums[0]))

static uint64_t figure(const struct tally *tally, size_t place)
{
	return *(const uint64_t *)((const char *)tally + place);
}

/* By the convention counters end so, and what may fall does not. */
static enum exposition_type type_of(const char *name)
{
	static const char end[] = "_total";
	const size_t length = strlen(name);

	return length > strlen(end) && strcmp(name + length - strlen(end), end) == 0
		? EXPOSITION_COUNTER
		: EXPOSITION_GAUGE;
}

static uint64_t frames_in_flight(const struct tally *tally)
{
	const int64_t in_flight = tally_equation(tally, GW_FRAME).in_flight;

	return in_flight > 0 ? (uint64_t)in_flight : 0;
}

/* What the stream says of itself. `age_ms` is that of its last frame. */
static void see(
	const struct gw *gw, const struct gw_camera *camera, int64_t age_ms, struct seen *seen)
{
	const struct gw_stage *rx = &gw->stages[GW_STAGE_RX];
	const uint32_t id = camera->id;

	strcpy(seen->name, camera->config->name);
	seen->of_records = gw_camera_is_of_records(camera->config);
	if (age_ms >= 0)
		seen->last_frame_utc = gw_now_utc() - age_ms * GW_NS_PER_MS;
	seen->jitter = (double)GW_COUNT(rx, id, jitter) / 1e9;
	seen->knows_offset = GW_COUNT(rx, id, clock_told) & GW_CLOCK_TOLD_OFFSET;
	seen->clock_offset = (double)(int64_t)GW_COUNT(rx, id, clock_offset) / 1e9;
	for (uint32_t i = 0; i < gw->stages[GW_STAGE_SINK].lane_count; i++) {
		const struct gw_histogram *total = &gw->latency[i]->camera[id];

		seen->latencies += gw_counter_get(&total->count);
		seen->latency_us += gw_counter_get(&total->sum_us);
	}
}

static void look(const struct mgmt *mgmt, struct view *view)
{
	const struct gw *gw = mgmt->gw;
	uint32_t subjects[GW_SUBJECTS], in_use[GW_CAMERAS] = {0};
	const uint32_t count = tally_subjects(gw, subjects);
	const int64_t now = gw_now();
	struct tally tally;

	gw_pool_count(gw->pool, in_use, GW_CAMERAS);
	gw_cameras_hold(gw);
	for (uint32_t i = 0; i < count; i++) {
		tally_read(gw, subjects[i], in_use, &tally);
		tally_add(&view->total, &tally);
		if (!tally_is_camera(gw, subjects[i]))
			continue;
		const struct camera_rates rates = rates_camera(mgmt->rates, subjects[i], now);

		view->states[rates.state]++;
		if (view->count == METRICS_CAMERAS) {
			view->left_out++;
			continue;
		}
		struct seen *seen = &view->camera[view->count++];

		seen->tally = tally;
		seen->live = rates.state == CAMERA_LIVE;
		see(gw, gw_camera_now(gw, subjects[i]), rates.last_frame_age_ms, seen);
	}
	gw_cameras_release(gw);
}

static void add_totals(const struct view *view, struct exposition *out)
{
	for (size_t i = 0; i < SUMS; i++) {
		if (!sums[i].of_all)
			continue;
		exposition_begin(out, sums[i].of_all, type_of(sums[i].of_all), sums[i].help);
		exposition_count(out, NULL, figure(&view->total, sums[i].place));
	}
	exposition_begin(out, "framegate_frames_in_flight", EXPOSITION_GAUGE,
		"Frames that began and are neither delivered nor dropped nor spooled.");
	exposition_count(out, NULL, frames_in_flight(&view->total));
	exposition_begin(out, "framegate_drops_total", EXPOSITION_COUNTER,
		"What did not go on, by reason: packets, records, frames or samples (unit). "
		"`gwctl drops --all` says what each reason means.");
	for (int i = GW_DROP_NONE + 1; i < GW_DROP_COUNT; i++)
		exposition_count(out,
			EXPOSITION_LABELS({"reason", gw_drops[i].name},
				{"stage", gw_place_name(gw_drops[i].place)},
				{"unit", gw_unit_name(gw_drops[i].unit)}),
			view->total.drops[i]);
	exposition_begin(out, "framegate_events_total", EXPOSITION_COUNTER,
		"What was noticed in the streams, and is no drop.");
	for (int i = 0; i < GW_EVENT_COUNT; i++)
		exposition_count(out, EXPOSITION_LABELS({"event", gw_events[i].name}),
			view->total.events[i]);
}

static void add_states(const struct view *view, struct exposition *out)
{
	exposition_begin(out, "framegate_cameras", EXPOSITION_GAUGE,
		"Cameras: live ones, those that were, and those that have sent no picture.");
	for (int i = 0; i < STATES; i++)
		exposition_count(out,
			EXPOSITION_LABELS({"state", camera_state_name((enum camera_state)i)}),
			view->states[i]);
	exposition_begin(out, "framegate_cameras_left_out", EXPOSITION_GAUGE,
		"Cameras that are told in the sums only: so many are not told one by one.");
	exposition_count(out, NULL, view->left_out);
}

/* The reasons that a camera has met; their sum is always there. */
static void add_camera_drops(const struct view *view, struct exposition *out)
{
	exposition_begin(out, "framegate_camera_frames_dropped_total", EXPOSITION_COUNTER,
		"A camera's frames that began and were dropped.");
	for (uint32_t i = 0; i < view->count; i++)
		exposition_count(out, EXPOSITION_LABELS({"camera", view->camera[i].name}),
			tally_dropped(&view->camera[i].tally, GW_FRAME));
	exposition_begin(out, "framegate_camera_drops_total", EXPOSITION_COUNTER,
		"A camera's drops, by the reasons that it has met.");
	for (uint32_t i = 0; i < view->count; i++) {
		const struct seen *seen = &view->camera[i];

		for (int k = GW_DROP_NONE + 1; k < GW_DROP_COUNT; k++)
			if (seen->tally.drops[k] > 0)
				exposition_count(out,
					EXPOSITION_LABELS({"camera", seen->name},
						{"reason", gw_drops[k].name},
						{"unit", gw_unit_name(gw_drops[k].unit)}),
					seen->tally.drops[k]);
	}
}

static void add_streams(const struct view *view, struct exposition *out)
{
	exposition_begin(out, "framegate_camera_live", EXPOSITION_GAUGE,
		"1 while a camera's pictures come as often as they do. Those of a topic (origin "
		"records) come when there is something.");
	for (uint32_t i = 0; i < view->count; i++)
		exposition_count(out,
			EXPOSITION_LABELS({"camera", view->camera[i].name},
				{"origin", view->camera[i].of_records ? "records" : "network"}),
			view->camera[i].live);
	exposition_begin(out, "framegate_camera_last_frame_timestamp_seconds", EXPOSITION_GAUGE,
		"When a camera's last whole frame came, in seconds since 1970 (UTC).");
	for (uint32_t i = 0; i < view->count; i++)
		if (view->camera[i].last_frame_utc)
			exposition_number(out, EXPOSITION_LABELS({"camera", view->camera[i].name}),
				(double)view->camera[i].last_frame_utc / 1e9);
	exposition_begin(out, "framegate_camera_frames_in_flight", EXPOSITION_GAUGE,
		"A camera's frames that are on the way.");
	for (uint32_t i = 0; i < view->count; i++)
		exposition_count(out, EXPOSITION_LABELS({"camera", view->camera[i].name}),
			frames_in_flight(&view->camera[i].tally));
	exposition_begin(out, "framegate_camera_jitter_seconds", EXPOSITION_GAUGE,
		"How unevenly a camera's pictures come (RFC 3550, 6.4.1).");
	for (uint32_t i = 0; i < view->count; i++)
		exposition_number(out, EXPOSITION_LABELS({"camera", view->camera[i].name}),
			view->camera[i].jitter);
	exposition_begin(out, "framegate_camera_clock_offset_seconds", EXPOSITION_GAUGE,
		"A camera's UTC less the gateway's, where it tells it by RTCP.");
	for (uint32_t i = 0; i < view->count; i++)
		if (view->camera[i].knows_offset)
			exposition_number(out, EXPOSITION_LABELS({"camera", view->camera[i].name}),
				view->camera[i].clock_offset);
	exposition_begin(out, "framegate_camera_latency_seconds", EXPOSITION_SUMMARY,
		"From a frame's first packet to its record, camera by camera.");
	for (uint32_t i = 0; i < view->count; i++) {
		const struct seen *seen = &view->camera[i];
		const struct exposition_label *labels = EXPOSITION_LABELS({"camera", seen->name});

		exposition_part(out, "_sum", labels, (double)seen->latency_us / 1e6);
		exposition_part(out, "_count", labels, (double)seen->latencies);
	}
}

bool metrics_cameras(const struct mgmt *mgmt, struct exposition *out)
{
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		return false;
	look(mgmt, view);
	add_totals(view, out);
	add_states(view, out);
	for (size_t i = 0; i < SUMS; i++) {
		if (!sums[i].of_one)
			continue;
		exposition_begin(out, sums[i].of_one, type_of(sums[i].of_one), sums[i].help);
		for (uint32_t k = 0; k < view->count; k++)
			exposition_count(out, EXPOSITION_LABELS({"camera", view->camera[k].name}),
				figure(&view->camera[k].tally, sums[i].place));
	}
	add_camera_drops(view, out);
	add_streams(view, out);
	free(view);
	return true;
}
