#include "mgmt/metrics.h"

#include <jansson.h>

#include "mgmt/rates.h"

/* One figure of every lane. */
static void add_lanes(
	const struct gw *gw, struct exposition *out, uint64_t (*read)(const struct gw_lane *lane))
{
	for (int i = 0; i < GW_STAGES; i++) {
		for (uint32_t k = 0; k < gw->stages[i].lane_count; k++) {
			const struct gw_lane *lane = &gw->stages[i].lanes[k];

			exposition_count(out,
				EXPOSITION_LABELS(
					{"stage", gw->stages[i].ops->name}, {"lane", lane->name}),
				read(lane));
		}
	}
}

static uint64_t turns(const struct gw_lane *lane)
{
	return gw_counter_get(&lane->stats->turns);
}

static uint64_t busy_turns(const struct gw_lane *lane)
{
	return gw_counter_get(&lane->stats->busy_turns);
}

static uint64_t waiting(const struct gw_lane *lane)
{
	return gw_lane_waiting(lane);
}

static uint64_t running(const struct gw_lane *lane)
{
	return atomic_load(&lane->running) && !atomic_load(&lane->ended);
}

static void add_devices(const struct gw *gw, struct exposition *out)
{
	static const struct {
		const char *name;
		enum exposition_type type;
		const char *help;
	} families[] = {
		{"framegate_device_up", EXPOSITION_GAUGE, "1 while no engine on the device fails."},
		{"framegate_device_queued_pictures", EXPOSITION_GAUGE,
			"Pictures that the device was given and has not given back."},
		{"framegate_device_pictures_total", EXPOSITION_COUNTER,
			"Pictures that the device gave back, well or not."},
		{"framegate_device_batches_total", EXPOSITION_COUNTER,
			"Batches that the device gave back, well or not."},
		{"framegate_device_failures_total", EXPOSITION_COUNTER,
			"Pictures that the device gave back undone."},
		{"framegate_device_busy_seconds_total", EXPOSITION_COUNTER,
			"Time of the device's workers, all together."},
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		exposition_begin(out, families[i].name, families[i].type, families[i].help);
		for (uint32_t k = 0; k < gw->device_count; k++) {
			const struct gw_device *device = &gw->devices[k];
			const double figures[] = {device->failing == 0, device->queued,
				(double)device->pictures, (double)device->batches,
				(double)device->failures, (double)device->busy_ns / 1e9};

			static_assert(sizeof(figures) / sizeof(figures[0]) ==
					sizeof(families) / sizeof(families[0]),
				"a figure for each family");
			exposition_number(
				out, EXPOSITION_LABELS({"device", device->name}), figures[i]);
		}
	}
}

static void add_slots(const struct gw *gw, struct exposition *out)
{
	exposition_begin(out, "framegate_frame_slots", EXPOSITION_GAUGE,
		"Frames that there is room for at a time, in all size classes.");
	exposition_count(out, NULL, gw_pool_size(gw->pool));
	exposition_begin(out, "framegate_frame_slots_in_use", EXPOSITION_GAUGE,
		"Slots with a frame that is on the way, or a picture that waits to be sent.");
	exposition_count(out, NULL, gw_pool_in_use(gw->pool, UINT32_MAX));
	exposition_begin(out, "framegate_frame_memory_bytes", EXPOSITION_GAUGE,
		"Memory that pictures in the slots have touched so far.");
	exposition_count(out, NULL, gw_pool_bytes(gw->pool));
}

void metrics_stages(const struct mgmt *mgmt, struct exposition *out)
{
	const struct gw *gw = mgmt->gw;

	exposition_begin(out, "framegate_lane_running", EXPOSITION_GAUGE,
		"1 while the thread of a stage runs.");
	add_lanes(gw, out, running);
	exposition_begin(out, "framegate_lane_turns_total", EXPOSITION_COUNTER,
		"Turns of a thread's poll loop.");
	add_lanes(gw, out, turns);
	exposition_begin(out, "framegate_lane_busy_turns_total", EXPOSITION_COUNTER,
		"Turns that found work.");
	add_lanes(gw, out, busy_turns);
	exposition_begin(out, "framegate_lane_waiting_frames", EXPOSITION_GAUGE,
		"Frames that wait for a thread.");
	add_lanes(gw, out, waiting);
	exposition_begin(out, "framegate_stage_processors", EXPOSITION_GAUGE,
		"Processors that a stage's threads kept busy over the last second.");
	for (int i = 0; i < GW_STAGES; i++)
		if (gw->stages[i].lane_count > 0)
			exposition_number(out,
				EXPOSITION_LABELS({"stage", gw->stages[i].ops->name}),
				rates_processor(mgmt->rates, (enum gw_stage_index)i));
	add_slots(gw, out);
	add_devices(gw, out);
}
