#include "gwgen/line_rate.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/plural.h"
#include "gwgen/crew.h"
#include "gwgen/gateway.h"
#include "gwgen/line_rate_plan.h"
#include "gwgen/line_rate_report.h"
#include "gwgen/output.h"
#include "gwgen/search.h"
#include "gwgen/trial.h"

#define SOCKET "/run/framegate/api.sock"
#define LEAST_RATE 5 /* pictures a second of each camera, or packets */
#define USUAL_MOST_MPPS 1
#define FRAME_LOSS 0.001 /* complete frames >= 99.9 % */
#define WIRE_OVERHEAD 20 /* preamble and gap of an Ethernet frame, bytes */
#define TRIES 2 /* of a trial in which the sender cannot keep up */
#define DISTURBED_TRIES 8 /* ... or was disturbed */
#define LATENCY_STEP 8192 /* between addresses of cameras of one trial and the next */
#define PREFIX "gwgen"

static const double latency_shares[] = {0.1, 0.5, 0.9};

struct line_rate {
	const struct options *options;
	struct trial_bench bench;
	struct crew mix;
	struct line_rate_plan plan;
	bool progress;
	json_t *results, *latency;
	double mix_pps; /* the highest rate of the cameras that was found */
};

static int fail(int status, const struct gw_error *error)
{
	fprintf(stderr, "gwgen: %s\n", error->text);
	return status == -EINVAL ? GWGEN_USAGE : GWGEN_NOT_WELL;
}

/* What the link carries of frames of that size. */
static double most_of(const struct line_rate *it, double frame_bytes)
{
	const double bps = (double)it->bench.output->link_bps;

	if (it->plan.most_pps > 0)
		return it->plan.most_pps;
	return bps > 0 ? bps / 8 / (frame_bytes + WIRE_OVERHEAD) : USUAL_MOST_MPPS * 1e6;
}

static void tell(const struct line_rate *it, const char *what, const struct trial *trial)
{
	if (!it->progress)
		return;
	fprintf(stderr, "gwgen: %s: %.4f Mpps for %.3g s: %.4f %% of packets lost", what,
		trial->rate / 1e6, trial->seconds, trial->packet_loss * 100);
	if (trial->pictures > 0 && it->bench.gateway)
		fprintf(stderr, ", %.4f %% of frames", trial->frame_loss * 100);
	fprintf(stderr, "%s\n",
		trial->limited             ? " (the sender cannot keep up)"
			: trial->disturbed ? " (the sender was disturbed)"
					   : "");
}

/* Trials until one in which the sender kept up, or it is sure that it cannot. */
static int try_rate(struct line_rate *it, struct crew *crew, const char *what, double rate,
	double seconds, struct trial *trial, json_t *trials, struct gw_error *error)
{
	double best = 0;
	int limited = 0;

	for (int i = 0; i < DISTURBED_TRIES && limited < TRIES; i++) {
		const int status = trial_run(&it->bench, crew, rate, seconds, trial, error);

		if (status != 0)
			return status;
		tell(it, what, trial);
		json_array_append_new(trials, line_rate_trial_json(trial));
		if (!trial->limited && !trial->disturbed)
			return 0;
		limited += trial->limited;
		best = fmax(best, trial->offered);
	}
	trial->limited = true;
	trial->offered = best;
	return 0;
}

/* One goal. `before` are trials of an earlier goal over the same packets: they count here too. */
static int search_goal(struct line_rate *it, struct crew *crew, const char *what, bool frames,
	double most, json_t *trials, struct search *search, struct gw_error *error)
{
	struct search_goal goal = it->plan.goal;
	double rate, seconds;

	goal.loss_ratio = frames ? FRAME_LOSS : 0;
	/* Below some pictures a second a device may take a camera for gone. */
	search_begin(search, &goal,
		fmin(most, LEAST_RATE * crew->count * crew_packets_per_picture(crew)), most);
	for (size_t i = 0; i < json_array_size(trials); i++) {
		struct search_trial known;

		if (line_rate_trial_read(json_array_get(trials, i), frames, &known))
			search_take(search, &known);
	}
	while (search_next(search, &rate, &seconds)) {
		struct trial trial;
		const int status = try_rate(it, crew, what, rate, seconds, &trial, trials, error);

		if (status != 0)
			return status;
		if (trial.limited)
			search_limit(search, fmin(rate * 0.95, trial.offered));
		else
			search_take(search,
				&(struct search_trial){rate, seconds,
					frames ? trial.frame_loss : trial.packet_loss,
					trial.offered});
	}
	return 0;
}

static int search_size(
	struct line_rate *it, struct crew *crew, uint32_t size, struct gw_error *error)
{
	const bool is_mix = size == LINE_RATE_MIX;
	const double packets = crew_packets_per_picture(crew);
	const double bytes = is_mix ? crew_bytes_per_picture(crew) / packets + 4 : size;
	json_t *trials = json_array();
	char what[64];
	int status = 0;

	if (is_mix)
		snprintf(what, sizeof(what), "pictures of %u camera%s", crew->count,
			gw_plural(crew->count));
	else
		snprintf(what, sizeof(what), "frames of %u bytes", size);
	for (int frames = 0; frames < 2 && status == 0; frames++) {
		static struct search search;
		struct search_result result;

		if (frames ? !it->plan.frames || !is_mix || !it->bench.gateway
			   : !it->plan.packets && is_mix)
			continue;
		status = search_goal(
			it, crew, what, frames, most_of(it, bytes), trials, &search, error);
		search_look(&search, &result);
		if (status != 0)
			continue;
		if (is_mix && result.low > 0)
			it->mix_pps = result.low;
		json_array_append_new(it->results,
			line_rate_result_json(what, frames, &result, bytes, is_mix ? packets : 0,
				(double)it->bench.output->link_bps, trials));
	}
	json_decref(trials);
	return status;
}

static int search_plain(struct line_rate *it, uint32_t size, struct gw_error *error)
{
	struct crew crew;
	int status;

	if (size - 18 > it->bench.output->mtu) {
		json_array_append_new(
			it->results, line_rate_left_out_json(size, it->bench.output->mtu));
		return 0;
	}
	status = crew_open_plain(&crew, size, it->options, error);
	if (status != 0)
		return status;
	status = search_size(it, &crew, size, error);
	crew_close(&crew);
	return status;
}

/* Cameras of their own for every trial of latency: the gateway keeps a histogram for each. */
static int measure_latency(
	struct line_rate *it, double share, uint32_t number, struct gw_error *error)
{
	const double rate = it->mix_pps * share;
	struct network network = it->mix.network;
	struct gateway_latency latency;
	struct trial trial;
	json_t *unused = json_array();
	char prefix[32];

	snprintf(prefix, sizeof(prefix), PREFIX "-at-%.0f", share * 100);
	crew_move(&it->mix, LATENCY_STEP * (number + 1));
	int status = gateway_add(it->bench.gateway, &it->mix, prefix, error);

	if (status == 0) {
		status = try_rate(
			it, &it->mix, prefix, rate, it->plan.goal.final_s, &trial, unused, error);
		if (status == 0)
			status = gateway_latency(it->bench.gateway, prefix, &latency, error);
		gateway_remove(it->bench.gateway, it->mix.count, prefix);
	}
	if (status == 0)
		json_array_append_new(
			it->latency, line_rate_latency_json(share, rate, &latency, &trial));
	json_decref(unused);
	it->mix.network = network;
	return status;
}

static int search_mix(struct line_rate *it, struct gw_error *error)
{
	int status =
		it->bench.gateway ? gateway_add(it->bench.gateway, &it->mix, PREFIX, error) : 0;

	if (status != 0)
		return status;
	status = search_size(it, &it->mix, LINE_RATE_MIX, error);
	if (it->bench.gateway)
		gateway_remove(it->bench.gateway, it->mix.count, PREFIX);
	for (uint32_t i = 0; i < 3 && status == 0 && it->bench.gateway && it->mix_pps > 0; i++)
		status = measure_latency(it, latency_shares[i], i, error);
	return status;
}

static int write_report(struct line_rate *it, struct gw_error *error)
{
	const char *folder = it->options->value[OPTION_REPORT];
	json_t *report = line_rate_report_json(it->options, it->bench.output, it->bench.gateway,
		&it->plan.goal, it->results, it->latency);
	const int status = line_rate_report_write(report, folder ? folder : "line-rate", error);

	if (status == 0 && options_has(it->options, OPTION_JSON)) {
		json_dumpf(report, stdout, JSON_INDENT(2));
		puts("");
	} else if (status == 0) {
		line_rate_report_print(report, stdout);
		printf("%s/report.html and report.json have every trial\n",
			folder ? folder : "line-rate");
	}
	json_decref(report);
	return status;
}

static int search_all(struct line_rate *it, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; i < it->plan.size_count && status == 0; i++)
		status = it->plan.sizes[i] == LINE_RATE_MIX
			? search_mix(it, error)
			: search_plain(it, it->plan.sizes[i], error);
	return status == 0 ? write_report(it, error) : status;
}

static int open_gateway(struct line_rate *it, struct gw_error *error)
{
	const char *socket = it->options->value[OPTION_SOCKET];

	if (options_has(it->options, OPTION_RETURN))
		return 0;
	it->bench.gateway = gateway_open(socket ? socket : SOCKET, error);
	return it->bench.gateway ? 0 : -ENOENT;
}

int line_rate_run(const struct options *options, const atomic_bool *stop)
{
	struct line_rate it = {.options = options, .bench = {.stop = stop}};
	struct gw_error error = {""};
	int status = line_rate_plan_read(&it.plan, options, &error);

	it.progress = !options_has(options, OPTION_QUIET);
	if (status == 0 && !options_has(options, OPTION_PORT))
		status = gw_error_set(
			&error, -EINVAL, "it wants --port DEVICE: gwgen search --help");
	if (status == 0)
		status = crew_open(&it.mix, options, &error);
	if (status != 0)
		return fail(status, &error);
	it.bench.seed = it.mix.seed;
	if (open_gateway(&it, &error) != 0) {
		crew_close(&it.mix);
		fail(-ENOENT, &error);
		return GWGEN_NO_DAEMON;
	}
	it.results = json_array();
	it.latency = json_array();
	it.bench.output = output_open_port(options->value[OPTION_PORT], &error);
	status = it.bench.output ? search_all(&it, &error) : -EIO;
	if (it.bench.output)
		it.bench.output->ops->close(it.bench.output);
	gateway_close(it.bench.gateway);
	crew_close(&it.mix);
	json_decref(it.results);
	json_decref(it.latency);
	return status == 0 ? GWGEN_WELL : fail(status, &error);
}
