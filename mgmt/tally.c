#include "mgmt/tally.h"

#include <string.h>

static void add_unit(const struct gw *gw, uint32_t subject, enum gw_unit unit,
	const uint32_t *in_use, struct tally *tally)
{
	const struct gw_stage *rx = &gw->stages[GW_STAGE_RX];
	const struct gw_stage *source = &gw->stages[GW_STAGE_SOURCE];
	const struct gw_stage *sink = &gw->stages[GW_STAGE_SINK];

	switch (unit) {
	case GW_PACKET:
		tally->packets = GW_COUNT(rx, subject, packets);
		tally->packets_used = GW_COUNT(rx, subject, packets_used);
		break;
	case GW_FRAME:
		tally->frames_begun = gw_total_begun(gw, subject);
		tally->delivered = GW_COUNT(sink, subject, delivered);
		tally->results_waiting = GW_COUNT(sink, subject, results_waiting);
		tally->results_spooled = GW_COUNT(sink, subject, results_spooled);
		tally->samples_held = GW_COUNT(sink, subject, samples_held);
		if (subject < GW_CAMERAS)
			tally->slots = in_use ? in_use[subject] : gw_pool_in_use(gw->pool, subject);
		break;
	case GW_RECORD:
		tally->records = GW_COUNT(source, subject, records);
		tally->records_used = GW_COUNT(source, subject, records_used);
		break;
	case GW_SAMPLE:
		tally->samples = GW_COUNT(sink, subject, samples);
		tally->samples_delivered = GW_COUNT(sink, subject, samples_delivered);
		tally->samples_held = GW_COUNT(sink, subject, samples_held);
		tally->samples_beside = GW_COUNT(sink, subject, samples_beside);
		tally->samples_spooled = GW_COUNT(sink, subject, samples_spooled);
		break;
	}
}

/* Lane by lane, each with its counters in a row: thousands of cameras are read for one answer. */
static void add_drops(const struct gw *gw, uint32_t subject, struct tally *tally)
{
	for (int i = 0; i < GW_STAGES; i++) {
		for (uint32_t k = 0; k < gw->stages[i].lane_count; k++) {
			const struct gw_camera_stats *stats =
				&gw->stages[i].lanes[k].stats->camera[subject];

			for (int drop = GW_DROP_NONE + 1; drop < GW_DROP_COUNT; drop++)
				tally->drops[drop] += gw_counter_get(&stats->drops[drop]);
			for (int event = 0; event < GW_EVENT_COUNT; event++)
				tally->events[event] += gw_counter_get(&stats->events[event]);
		}
	}
}

void tally_read_unit(const struct gw *gw, uint32_t subject, enum gw_unit unit, struct tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	add_unit(gw, subject, unit, NULL, tally);
	add_drops(gw, subject, tally);
	for (int drop = GW_DROP_NONE + 1; drop < GW_DROP_COUNT; drop++)
		if (gw_drops[drop].unit != unit)
			tally->drops[drop] = 0;
	memset(tally->events, 0, sizeof(tally->events));
}

void tally_read(const struct gw *gw, uint32_t subject, const uint32_t *in_use, struct tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	for (int unit = 0; unit < API_UNITS; unit++)
		add_unit(gw, subject, (enum gw_unit)unit, in_use, tally);
	tally->bytes = GW_COUNT_SOURCES(gw, subject, bytes);
	tally->frames_complete = GW_COUNT_SOURCES(gw, subject, frames_out);
	add_drops(gw, subject, tally);
}

bool tally_is_camera(const struct gw *gw, uint32_t subject)
{
	return subject < GW_CAMERAS && gw_camera_now(gw, subject) != NULL;
}

uint32_t tally_subjects(const struct gw *gw, uint32_t *subjects)
{
	uint32_t count = gw_camera_high(gw);

	for (uint32_t i = 0; i < count; i++)
		subjects[i] = i;
	subjects[count++] = GW_REMOVED;
	subjects[count++] = GW_UNMATCHED;
	return count;
}

void tally_add(struct tally *sum, const struct tally *one)
{
	sum->packets += one->packets;
	sum->packets_used += one->packets_used;
	sum->bytes += one->bytes;
	sum->records += one->records;
	sum->records_used += one->records_used;
	sum->frames_begun += one->frames_begun;
	sum->frames_complete += one->frames_complete;
	sum->delivered += one->delivered;
	sum->slots += one->slots;
	sum->results_waiting += one->results_waiting;
	sum->results_spooled += one->results_spooled;
	sum->samples += one->samples;
	sum->samples_delivered += one->samples_delivered;
	sum->samples_held += one->samples_held;
	sum->samples_beside += one->samples_beside;
	sum->samples_spooled += one->samples_spooled;
	for (int drop = 0; drop < GW_DROP_COUNT; drop++)
		sum->drops[drop] += one->drops[drop];
	for (int event = 0; event < GW_EVENT_COUNT; event++)
		sum->events[event] += one->events[event];
}

uint64_t tally_dropped(const struct tally *tally, enum gw_unit unit)
{
	uint64_t total = 0;

	for (int drop = GW_DROP_NONE + 1; drop < GW_DROP_COUNT; drop++)
		if (gw_drops[drop].unit == unit)
			total += tally->drops[drop];
	return total;
}

struct tally_equation tally_equation(const struct tally *tally, enum gw_unit unit)
{
	struct tally_equation equation = {.dropped = tally_dropped(tally, unit)};

	switch (unit) {
	case GW_PACKET:
		equation.received = tally->packets;
		equation.delivered = tally->packets_used;
		break;
	case GW_FRAME:
		equation.received = tally->frames_begun;
		equation.delivered = tally->delivered;
		equation.spooled = tally->results_spooled;
		equation.in_flight = (int64_t)(tally->slots + tally->results_waiting) -
			(int64_t)tally->samples_held;
		break;
	case GW_RECORD:
		equation.received = tally->records;
		equation.delivered = tally->records_used;
		break;
	case GW_SAMPLE:
		equation.received = tally->samples;
		equation.delivered = tally->samples_delivered;
		equation.spooled = tally->samples_spooled;
		equation.in_flight = (int64_t)(tally->samples_held + tally->samples_beside);
		break;
	}
	return equation;
}

bool tally_balanced(const struct tally_equation *equation)
{
	return equation->in_flight >= 0 &&
		equation->received ==
		equation->delivered + equation->dropped + equation->spooled +
			(uint64_t)equation->in_flight;
}
