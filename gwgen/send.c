#include "gwgen/send.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/plural.h"
#include "gwgen/crew.h"
#include "gwgen/output.h"
#include "gwgen/sender.h"

#define CAPTURE_BEGIN (1700000000 * GW_NS_PER_S) /* the same command makes the same file */
#define USUAL_SECONDS 10
#define SOON_NS 20000000

static int fail(int status, const struct gw_error *error)
{
	fprintf(stderr, "gwgen: %s\n", error->text);
	return status == -EINVAL ? GWGEN_USAGE : GWGEN_NOT_WELL;
}

static int read_faults(
	struct traffic_faults *faults, const struct options *options, struct gw_error *error)
{
	double jitter;
	int status = options_number(options, OPTION_LOSS, 0, 100, 0, &faults->loss, error);

	if (status == 0)
		status = options_number(
			options, OPTION_DUPLICATE, 0, 100, 0, &faults->duplicate, error);
	if (status == 0)
		status =
			options_number(options, OPTION_REORDER, 0, 100, 0, &faults->reorder, error);
	if (status == 0)
		status = options_number(
			options, OPTION_INTRUDERS, 0, 1e7, 0, &faults->intruders, error);
	if (status == 0)
		status = options_number(options, OPTION_JITTER, 0, 10000, 0, &jitter, error);
	if (status != 0)
		return status;
	faults->loss /= 100;
	faults->duplicate /= 100;
	faults->reorder /= 100;
	faults->jitter_ns = (int64_t)(jitter * 1e6);
	return 0;
}

static int read_plan(struct traffic_plan *plan, const struct options *options, int64_t begin_ns,
	struct gw_error *error)
{
	const bool bounded = options_has(options, OPTION_FRAMES);
	double seconds, frames, seed;
	int status = read_faults(&plan->faults, options, error);

	if (status == 0)
		status = options_number(options, OPTION_SECONDS, 0.001, 1e6,
			bounded ? 0 : USUAL_SECONDS, &seconds, error);
	if (status == 0)
		status = options_number(options, OPTION_FRAMES, 1, 1e9, 0, &frames, error);
	if (status == 0)
		status = options_number(options, OPTION_SEED, 0, 4e9, 1, &seed, error);
	if (status != 0)
		return status;
	plan->same_port = options_has(options, OPTION_RTCP_SAME_PORT);
	plan->reports = plan->same_port || options_has(options, OPTION_RTCP);
	plan->pictures = (uint64_t)frames;
	plan->end_ns = seconds > 0 ? begin_ns + (int64_t)(seconds * 1e9) : 0;
	plan->seed = (uint64_t)seed;
	return 0;
}

static struct output *open_output(const struct options *options, struct gw_error *error)
{
	if (options_has(options, OPTION_OUTPUT) == options_has(options, OPTION_PORT)) {
		gw_error_set(error, -EINVAL,
			"it wants either --port DEVICE or --output FILE: gwgen send --help");
		return NULL;
	}
	return options_has(options, OPTION_PORT)
		? output_open_port(options->value[OPTION_PORT], error)
		: output_open_file(options->value[OPTION_OUTPUT], CAPTURE_BEGIN, error);
}

static void show_progress(void *arg, const struct sender *sender, int64_t now)
{
	const uint64_t pictures = traffic_counts(sender->traffic)->pictures;
	struct output_counts counts;

	sender->output->ops->look(sender->output, &counts);
	fprintf(stderr, "\rgwgen: %.1f s, %lu packet%s, %lu picture%s ",
		(double)(now - sender->counts.begin_ns) / 1e9, counts.sent, gw_plural(counts.sent),
		pictures, gw_plural(pictures));
}

struct outcome {
	struct traffic_counts traffic;
	struct output_counts output;
	struct sender_counts sender;
	uint64_t missing; /* packets that were to go and did not */
	double seconds;
};

static void print_json(
	const struct outcome *o, const struct crew *crew, const struct output *output)
{
	json_t *object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"cameras", (json_int_t)crew->count, "packets", (json_int_t)o->traffic.packets,
		"bytes", (json_int_t)o->traffic.bytes, "pictures", (json_int_t)o->traffic.pictures,
		"unsent", (json_int_t)o->traffic.unsent, "damaged", (json_int_t)o->traffic.damaged,
		"lost", (json_int_t)o->traffic.lost, "duplicates",
		(json_int_t)o->traffic.duplicates, "reordered", (json_int_t)o->traffic.reordered,
		"intruders", (json_int_t)o->traffic.intruders, "strays",
		(json_int_t)o->traffic.strays, "reports", (json_int_t)o->traffic.reports);

	json_object_update_new(object,
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:s, s:s}", "sent",
			(json_int_t)o->output.sent, "not_taken", (json_int_t)o->sender.not_taken,
			"too_late", (json_int_t)o->sender.too_late, "refusals",
			(json_int_t)o->output.refusals, "driver_lost",
			(json_int_t)o->output.driver_lost, "link_lost",
			(json_int_t)o->output.link_lost, "returned", (json_int_t)o->output.echoed,
			"latest_us", (json_int_t)(o->sender.latest_ns / 1000), "seconds",
			o->seconds, "driver", output->driver, "note", output->note));
	json_dumpf(object, stdout, JSON_INDENT(2));
	puts("");
	json_decref(object);
}

static void print_text(
	const struct outcome *o, const struct crew *crew, const struct output *output)
{
	const struct traffic_counts *t = &o->traffic;

	printf("%u camera%s, %.1f s by %s: %lu picture%s, %lu packet%s, %.1f Mbit/s\n", crew->count,
		gw_plural(crew->count), o->seconds, output->driver, t->pictures,
		gw_plural(t->pictures), o->output.sent, gw_plural(o->output.sent),
		o->seconds > 0 ? (double)o->output.bytes * 8 / o->seconds / 1e6 : 0);
	if (t->lost + t->duplicates + t->reordered + t->intruders + t->strays + t->reports)
		printf("on purpose: %lu lost (%lu picture%s), %lu twice, %lu reordered, %lu "
		       "forged, %lu stray%s; %lu sender report%s\n",
			t->lost, t->damaged, gw_plural(t->damaged), t->duplicates, t->reordered,
			t->intruders, t->strays, gw_plural(t->strays), t->reports,
			gw_plural(t->reports));
	if (o->missing)
		printf("not sent: %lu that the driver did not take in time, %lu too late, %lu lost "
		       "by the driver, %lu by the link\n",
			o->sender.not_taken, o->sender.too_late, o->output.driver_lost,
			o->output.link_lost);
	if (output->note[0])
		printf("%s\n", output->note);
}

static int report(
	const struct options *options, const struct crew *crew, const struct sender *sender)
{
	struct outcome o = {.traffic = *traffic_counts(sender->traffic), .sender = sender->counts};

	sender->output->ops->look(sender->output, &o.output);
	o.seconds = (double)(sender->counts.end_ns - sender->counts.begin_ns) / 1e9;
	o.missing =
		o.sender.not_taken + o.sender.too_late + o.output.driver_lost + o.output.link_lost;
	if (options_has(options, OPTION_JSON))
		print_json(&o, crew, sender->output);
	else
		print_text(&o, crew, sender->output);
	return o.missing ? GWGEN_NOT_WELL : GWGEN_WELL;
}

static void tell_recoding(const struct crew *crew)
{
	for (uint32_t i = 0; i < crew->film_count; i++)
		if (crew->films[i].lossy)
			fprintf(stderr,
				"gwgen: camera '%s': %u of %u pictures were compressed anew: it "
				"sends none like them\n",
				crew->films[i].kind->name, crew->films[i].lossy,
				crew->films[i].picture_count);
}

/* Everything is ready but the clock. */
static int send_all(const struct options *options, struct crew *crew, struct output *output,
	const atomic_bool *stop, struct gw_error *error)
{
	const int64_t begin_ns = output->in_time ? gw_now() + SOON_NS : 0;
	struct traffic_plan plan = {
		.utc_ns = output->in_time ? gw_now_utc() - gw_now() : CAPTURE_BEGIN};
	struct sender sender = {.output = output, .stop = stop};
	int status = read_plan(&plan, options, begin_ns, error);

	if (status != 0)
		return fail(status, error);
	crew_begin(crew, begin_ns);
	sender.traffic = traffic_open(crew->cameras, crew->streams, &plan, error);
	if (!sender.traffic)
		return fail(-ENOMEM, error);
	const bool progress = isatty(STDERR_FILENO) && !options_has(options, OPTION_QUIET);

	if (progress)
		sender.progress = show_progress;
	status = sender_run(&sender);
	if (progress)
		fputs("\r\033[K", stderr);
	if (status != 0)
		status = fail(status,
			(gw_error_set(error, status, "writing: %s", strerror(-status)), error));
	else
		status = report(options, crew, &sender);
	traffic_close(sender.traffic);
	return status;
}

int send_run(const struct options *options, const atomic_bool *stop)
{
	struct gw_error error = {""};
	struct crew crew;
	int status = crew_open(&crew, options, &error);

	if (status != 0)
		return fail(status, &error);
	if (!options_has(options, OPTION_QUIET))
		tell_recoding(&crew);
	if (options_has(options, OPTION_SAVE))
		status = crew_save(&crew, options->value[OPTION_SAVE], &error);
	struct output *output = status == 0 ? open_output(options, &error) : NULL;

	if (!output) {
		crew_close(&crew);
		return fail(options_has(options, OPTION_OUTPUT) == options_has(options, OPTION_PORT)
				? -EINVAL
				: -EIO,
			&error);
	}
	status = send_all(options, &crew, output, stop, &error);
	output->ops->close(output);
	crew_close(&crew);
	return status;
}
