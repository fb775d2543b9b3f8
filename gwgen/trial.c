#include "gwgen/trial.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "gwgen/sender.h"

#define SOON_NS 5000000
#define ECHO_TRIES 50
#define ECHO_US 10000
#define ABLE 0.97
/* Others may speak on a link too (LLDP, router solicitations). */
#define FOREIGN 16
#define FOREIGN_SHARE 1e-5

static int send_for(
	struct trial_bench *bench, struct crew *crew, struct trial *trial, struct gw_error *error)
{
	const int64_t begin_ns = gw_now() + SOON_NS;
	const struct traffic_plan plan = {
		.end_ns = begin_ns + (int64_t)(trial->seconds * 1e9), .seed = ++bench->seed};
	struct sender sender = {.output = bench->output, .slips = true, .stop = bench->stop};

	crew->rate = trial->rate / crew->count / crew_packets_per_picture(crew);
	/* Other cameras every time, to the device: none of what it knew of the last ones holds. */
	crew->seed = bench->seed * 65536;
	crew_begin(crew, begin_ns);
	sender.traffic = traffic_open(crew->cameras, crew->streams, &plan, error);
	if (!sender.traffic)
		return -ENOMEM;
	const int status = sender_run(&sender);

	if (crew->films[0].picture_count > 0)
		trial->pictures = traffic_counts(sender.traffic)->pictures;
	trial->processor_s = (double)sender.counts.processor_ns / 1e9;
	trial->slipped = (double)sender.counts.slipped_ns / 1e9;
	trial->unsent = sender.counts.not_taken + sender.counts.too_late;
	if (sender.counts.end_ns > begin_ns)
		trial->offered = (double)traffic_counts(sender.traffic)->packets * 1e9 /
			(double)(sender.counts.end_ns - begin_ns);
	traffic_close(sender.traffic);
	if (status == 0 && bench->stop && atomic_load(bench->stop))
		return gw_error_set(error, -ECANCELED, "stopped");
	return status;
}

/* What is on its way back arrives. */
static void await_echo(struct output *output, struct output_counts *counts)
{
	uint64_t before = UINT64_MAX;

	output->ops->look(output, counts);
	for (int i = 0; i < ECHO_TRIES && counts->echoed != before; i++) {
		before = counts->echoed;
		usleep(ECHO_US);
		for (int k = 0; k < 256; k++)
			output->ops->flush(output);
		output->ops->look(output, counts);
	}
}

/* A driver's counts may lag behind ours, and an interface may be made anew. */
static uint64_t grown(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0;
}

/* Every packet that left is one that arrived, or one that somebody counted as lost. */
static int add_up(const struct trial *trial, bool gateway, struct gw_error *error)
{
	const uint64_t there = trial->received + trial->missed;

	if (trial->link_lost > trial->sent)
		return gw_error_set(error, -EPROTO,
			"the port's interface dropped %lu packets (tx_dropped) where %lu were "
			"sent: others send by it, too, and there is no figure to give: let nobody "
			"else use it",
			trial->link_lost, trial->sent);
	const uint64_t left = trial->sent - trial->link_lost;
	const uint64_t foreign = FOREIGN + (uint64_t)((double)left * FOREIGN_SHARE);

	if (there > left + foreign || (gateway && there < left))
		return gw_error_set(error, -EPROTO,
			"%lu packets left, and the other side counted %lu that arrived and %lu "
			"that it missed: the counters do not add up, there is no figure to give",
			left, trial->received, trial->missed);
	return 0;
}

static void note_counts(struct trial *trial, const struct gateway_counts *before,
	const struct gateway_counts *after)
{
	trial->received = after->packets - before->packets;
	trial->missed = after->missed - before->missed + after->errors - before->errors;
	trial->complete = after->complete - before->complete;
}

static void judge_sender(struct trial *trial)
{
	const bool late = trial->slipped > fmax(TRIAL_SLIP * trial->seconds, TRIAL_SLIP_S) ||
		(double)trial->unsent > TRIAL_SLIP * (double)trial->sent;
	/* In the time that it had it kept the rate. */
	const bool able = (double)trial->sent > ABLE * trial->rate * trial->processor_s;

	trial->disturbed = late && able;
	trial->limited = late && !able;
}

int trial_run(struct trial_bench *bench, struct crew *crew, double rate, double seconds,
	struct trial *trial, struct gw_error *error)
{
	struct gateway_counts before = {0}, after = {0};
	struct output_counts out_before, out_after;
	int status = 0;

	*trial = (struct trial){.rate = rate, .seconds = seconds};
	if (bench->gateway)
		status = gateway_look(bench->gateway, &before, error);
	bench->output->ops->look(bench->output, &out_before);
	if (status == 0)
		status = send_for(bench, crew, trial, error);
	if (status != 0)
		return status;
	if (bench->gateway)
		status = gateway_settle(bench->gateway, &after, error);
	await_echo(bench->output, &out_after);
	if (status != 0)
		return status;
	note_counts(trial, &before, &after);
	if (!bench->gateway) {
		trial->received = out_after.echoed - out_before.echoed;
		trial->complete = trial->pictures;
	}
	const uint64_t driver_lost = grown(out_before.driver_lost, out_after.driver_lost);

	trial->sent = out_after.sent - out_before.sent - driver_lost;
	trial->unsent += driver_lost;
	trial->link_lost = grown(out_before.link_lost, out_after.link_lost);
	status = add_up(trial, bench->gateway != NULL, error);
	if (status != 0 || trial->sent == 0)
		return status;
	if (trial->received < trial->sent)
		trial->packet_loss = 1 - (double)trial->received / (double)trial->sent;
	if (trial->complete < trial->pictures)
		trial->frame_loss = 1 - (double)trial->complete / (double)trial->pictures;
	judge_sender(trial);
	return 0;
}
