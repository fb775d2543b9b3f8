#include "gwgen/line_rate_report.h"

#include <errno.h>
#include <rte_version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static const char *const states[] = {
	[SEARCH_GOES_ON] = "unfinished",
	[SEARCH_FOUND] = "found",
	[SEARCH_AT_MOST] = "at_most",
	[SEARCH_NOTHING] = "nothing",
	[SEARCH_EXHAUSTED] = "not_steady",
};

json_t *line_rate_trial_json(const struct trial *t)
{
	return json_pack(
		"{s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:b, s:b}",
		"rate_pps", t->rate, "seconds", t->seconds, "offered_pps", t->offered, "slipped_s",
		t->slipped, "sent", (json_int_t)t->sent, "unsent", (json_int_t)t->unsent,
		"received", (json_int_t)t->received, "missed", (json_int_t)t->missed, "link_lost",
		(json_int_t)t->link_lost, "pictures", (json_int_t)t->pictures, "complete",
		(json_int_t)t->complete, "packet_loss", t->packet_loss, "frame_loss", t->frame_loss,
		"sender_limited", t->limited, "sender_disturbed", t->disturbed);
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

bool line_rate_trial_read(const json_t *object, bool frames, struct search_trial *trial)
{
	*trial = (struct search_trial){number(object, "rate_pps"), number(object, "seconds"),
		number(object, frames ? "frame_loss" : "packet_loss"),
		number(object, "offered_pps")};
	return !json_is_true(json_object_get(object, "sender_limited")) &&
		!json_is_true(json_object_get(object, "sender_disturbed"));
}

/* Where packets went in the trials above the result, in words. */
static const char *what_limits(const struct search_result *result, const json_t *trials)
{
	double missed = 0, on_link = 0, frames = 0;
	/* The search begins with the most. */
	const bool at_most = number(json_array_get(trials, 0), "rate_pps") <= result->low;
	bool sender = false;
	const json_t *trial;
	size_t i;

	json_array_foreach(trials, i, trial) {
		sender |= json_is_true(json_object_get(trial, "sender_limited"));
		missed += number(trial, "missed");
		on_link += number(trial, "link_lost");
		if (number(trial, "missed") == 0)
			frames += number(trial, "frame_loss");
	}
	if (result->state == SEARCH_AT_MOST)
		return sender     ? "the sender: it cannot send more by this port"
			: at_most ? "the highest rate that was allowed (the link's, or --most)"
				  : "the machine: others had the sender's processor";
	if (missed >= on_link && missed > 0)
		return "the receive ring: the gateway takes packets out of it more slowly";
	if (on_link > 0)
		return "the link: packets are lost before the gateway's port";
	return frames > 0 ? "the gateway behind its port: frames are given up"
			  : "the device: packets do not come back";
}

json_t *line_rate_result_json(const char *what, bool frames, const struct search_result *result,
	double bytes, double packets_per_picture, double link_bps, json_t *trials)
{
	const double bps = result->throughput * bytes * 8;
	json_t *object = json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:s, s:O}", "what",
		what, "criterion", frames ? "frames" : "packets", "state", states[result->state],
		"frame_bytes", bytes, "rate_pps", result->low, "upper_pps", result->high,
		"throughput_pps", result->throughput, "mbps", bps / 1e6, "limited_by",
		what_limits(result, trials), "trials", trials);

	if (packets_per_picture > 0)
		json_object_set_new(object, "pictures_per_s",
			json_real(result->throughput / packets_per_picture));
	if (link_bps > 0)
		json_object_set_new(object, "share_of_line_rate",
			json_real(result->throughput * (bytes + 20) * 8 / link_bps));
	return object;
}

json_t *line_rate_left_out_json(uint32_t size, uint32_t mtu)
{
	char what[64], why[128];

	snprintf(what, sizeof(what), "frames of %u bytes", size);
	snprintf(why, sizeof(why), "the MTU of the port is %u", mtu);
	return json_pack("{s:s, s:s, s:s, s:s, s:[]}", "what", what, "criterion", "packets",
		"state", "left_out", "limited_by", why, "trials");
}

json_t *line_rate_latency_json(
	double share, double rate, const struct gateway_latency *l, const struct trial *trial)
{
	return json_pack("{s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:f}", "share", share, "rate_pps",
		rate, "frames", (json_int_t)l->count, "p50_us", (json_int_t)l->p50_us, "p90_us",
		(json_int_t)l->p90_us, "p99_us", (json_int_t)l->p99_us, "max_us",
		(json_int_t)l->max_us, "frame_loss", trial->frame_loss);
}

static void read_processor(char *text, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(text, size, "unknown processor");
	while (file && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) == 0 && colon) {
			snprintf(text, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
			break;
		}
	}
	if (file)
		fclose(file);
}

static json_t *machine_json(void)
{
	struct utsname name;
	char processor[128];

	uname(&name);
	read_processor(processor, sizeof(processor));
	return json_pack("{s:s, s:I, s:s, s:s}", "processor", processor, "cores",
		(json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "kernel", name.release, "dpdk",
		rte_version());
}

static json_t *method_json(const struct search_goal *goal)
{
	return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:s, s:s}", "text",
		"In the manner of RFC 2544 and MLRsearch: short trials narrow the rate down, long "
		"ones confirm both bounds. The rate is the highest that is confirmed to be "
		"without "
		"loss; the throughput is what came through at it (conditional throughput).",
		"short_s", goal->short_s, "final_s", goal->final_s, "sum_s", goal->sum_s,
		"exceed_ratio", goal->exceed_ratio, "width", goal->width, "packets",
		"no packet is lost", "frames", "at least 99.9 % of the frames are complete");
}

json_t *line_rate_report_json(const struct options *options, const struct output *output,
	const struct gateway *gateway, const struct search_goal *goal, json_t *results,
	json_t *latency)
{
	char now[32];
	const time_t t = time(NULL);
	struct tm utc;

	gmtime_r(&t, &utc);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:o, s:o, s:O, s:O}",
		"what", "line rate", "version", "gwgen " GW_VERSION, "time", now, "port",
		options->value[OPTION_PORT], "driver", output->driver, "virtual",
		output->note[0] != '\0', "note", output->note, "under_test",
		gateway ? gateway_version(gateway) : "what sends the packets back",
		"ports_under_test", gateway ? gateway_ports(gateway) : "", "machine",
		machine_json(), "method", method_json(goal), "results", results, "latency",
		latency);
}

static int write_one(const json_t *report, const char *folder, const char *name,
	void (*print)(const json_t *, FILE *), struct gw_error *error)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "we");

	if (!file)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	print(report, file);
	const bool failed = ferror(file) != 0;

	if (fclose(file) != 0 || failed)
		return gw_error_set(error, -EIO, "%s: it could not be written", path);
	return 0;
}

static void dump(const json_t *report, FILE *file)
{
	json_dumpf(report, file, JSON_INDENT(2));
}

int line_rate_report_write(json_t *report, const char *folder, struct gw_error *error)
{
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return gw_error_set(error, -errno, "%s: %s", folder, strerror(errno));
	const int status = write_one(report, folder, "report.json", dump, error);

	return status == 0 ? write_one(report, folder, "report.html", line_rate_page_print, error)
			   : status;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

void line_rate_report_print(const json_t *report, FILE *out)
{
	const json_t *one;
	size_t i;

	if (json_is_true(json_object_get(report, "virtual")))
		fprintf(out, "%s\n", text_of(report, "note"));
	fprintf(out, "%-28s %-9s %-10s %12s %12s %10s  %s\n", "what", "criterion", "state", "Mpps",
		"upper Mpps", "Mbit/s", "what limits");
	json_array_foreach(json_object_get(report, "results"), i, one)
		fprintf(out, "%-28s %-9s %-10s %12.4f %12.4f %10.1f  %s\n", text_of(one, "what"),
			text_of(one, "criterion"), text_of(one, "state"),
			number(one, "throughput_pps") / 1e6, number(one, "upper_pps") / 1e6,
			number(one, "mbps"), text_of(one, "limited_by"));
	json_array_foreach(json_object_get(report, "latency"), i, one)
		fprintf(out,
			"latency at %2.0f %%: p50 %.0f us, p90 %.0f us, p99 %.0f us, max %.0f us "
			"(%.0f frames, from the first packet to the record)\n",
			number(one, "share") * 100, number(one, "p50_us"), number(one, "p90_us"),
			number(one, "p99_us"), number(one, "max_us"), number(one, "frames"));
}
