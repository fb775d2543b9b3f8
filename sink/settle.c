#include "sink/settle.h"

#include "core/gateway.h"
#include "sink/lane.h"

struct gw_latency *settle_latency(const struct sink *sink)
{
	return sink->gw->latency[sink->lane->index];
}

void settle_gauge(struct gw_counter *gauge, int by)
{
	gw_counter_add(gauge, (uint64_t)(int64_t)by);
}

void settle_stuck(struct sink *sink, const struct gw_frame *frame, bool gauged)
{
	if (sink->gauged != gauged)
		settle_gauge(
			&sink->lane->stats->camera[frame->camera].results_waiting, gauged ? 1 : -1);
	sink->gauged = gauged;
}

void settle_hold(struct gw_camera_stats *stats, struct gw_frame *frame)
{
	const bool first = frame->pictures_held++ == 0;

	settle_gauge(first ? &stats->samples_held : &stats->samples_beside, 1);
}

void settle_unhold(struct gw_camera_stats *stats, struct gw_frame *frame)
{
	const bool last = --frame->pictures_held == 0;

	settle_gauge(last ? &stats->samples_held : &stats->samples_beside, -1);
}

/* Tells the source of a frame what became of it, if it asked. */
static void give_receipt(struct sink *sink, uint64_t receipt, enum gw_drop outcome)
{
	gw_receipt_return(sink->gw->receipts[sink->lane->index], receipt, outcome);
}

void sink_report(struct sink *sink, const struct sink_report *report)
{
	if (sink->ops->hear)
		sink->ops->hear(sink->backend, report);
	else
		sink_settle(sink, report);
}

/* A sample's slot is not needed any more. */
static void leave_slot(struct sink *sink, struct gw_frame *frame)
{
	settle_unhold(&sink->lane->stats->camera[frame->camera], frame);
	if (frame->pictures_held == 0)
		reducer_let_go(sink->reducer, frame);
	if (frame == sink->stuck && frame->pictures_held == 0)
		settle_stuck(sink, sink->stuck, false);
	room_leave(&sink->shared->room, frame);
}

void sink_spooled_result(struct sink *sink, uint32_t camera)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[camera];

	settle_gauge(&stats->results_spooled, 1);
	settle_gauge(&stats->results_waiting, -1);
}

void sink_spooled_sample(struct sink *sink, struct gw_frame *frame)
{
	settle_gauge(&sink->lane->stats->camera[frame->camera].samples_spooled, 1);
	leave_slot(sink, frame);
}

void sink_settle(struct sink *sink, const struct sink_report *report)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[report->camera];
	bool delivered = report->drop == GW_DROP_NONE;

	sink->waiting[report->kind]--;
	if (!delivered)
		gw_count_drop(stats, report->drop);
	if (report->kind == SINK_RESULT) {
		give_receipt(sink, report->receipt, report->drop);
		if (delivered) {
			gw_histogram_record(&settle_latency(sink)->acknowledge, report->waited_us);
			gw_counter_add(&stats->delivered, 1);
		}
		settle_gauge(
			report->spooled ? &stats->results_spooled : &stats->results_waiting, -1);
		return;
	}
	if (delivered)
		gw_counter_add(&stats->samples_delivered, 1);
	if (report->spooled)
		settle_gauge(&stats->samples_spooled, -1);
	else
		leave_slot(sink, report->frame);
}

void settle_frame(struct sink *sink, struct gw_frame *frame, enum gw_drop drop)
{
	struct gw_camera_stats *stats = &sink->lane->stats->camera[frame->camera];

	if (drop != GW_DROP_NONE) {
		gw_count_drop(stats, drop);
		give_receipt(sink, frame->receipt, drop);
	}
	/* Before the slot returns: who finds it free must not find its frame still on the way. The
	 * audit reads neither of the two against the other. */
	gw_counter_add(&stats->frames_out, 1);
	gw_counter_add(&sink->gw->cameras->slot[frame->camera].through, 1);
	gw_frame_unref(frame);
}
