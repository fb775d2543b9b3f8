/* The page of a report: tables and plots in one file, without anything from a network. */
#include "gwgen/line_rate_report.h"

#include <math.h>
#include <string.h>

#include "core/page.h"

#define WIDTH 640.0
#define HEIGHT 220.0
#define LEFT 60.0
#define BOTTOM 30.0
#define LEAST_LOSS 1e-7 /* of the axis; no loss stands below it */

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void put_cell(FILE *out, const json_t *object, const char *key)
{
	fputs("<td>", out);
	gw_page_text(out, json_string_value(json_object_get(object, key)));
	fputs("</td>", out);
}

static void put_fact(FILE *out, const char *name, const json_t *object, const char *key)
{
	fprintf(out, "<tr><th>%s</th>", name);
	put_cell(out, object, key);
	fputs("</tr>\n", out);
}

static void put_facts(FILE *out, const json_t *report)
{
	const json_t *machine = json_object_get(report, "machine");
	const json_t *method = json_object_get(report, "method");

	fputs("<table>\n", out);
	put_fact(out, "under test", report, "under_test");
	put_fact(out, "its ports", report, "ports_under_test");
	put_fact(out, "sent by", report, "port");
	put_fact(out, "driver", report, "driver");
	put_fact(out, "sender", report, "version");
	put_fact(out, "DPDK", machine, "dpdk");
	put_fact(out, "processor", machine, "processor");
	put_fact(out, "kernel", machine, "kernel");
	put_fact(out, "time", report, "time");
	fputs("</table>\n<p>", out);
	gw_page_text(out, json_string_value(json_object_get(method, "text")));
	fprintf(out,
		" Short trials: %g s; long ones: %g s, %g s in all at each rate; of that time %g "
		"%% "
		"may be bad; bounds are %g %% apart at most. Criterion packets: no packet is lost; "
		"frames: at least 99.9 %% of the frames are complete.</p>\n",
		number(method, "short_s"), number(method, "final_s"), number(method, "sum_s"),
		number(method, "exceed_ratio") * 100, number(method, "width") * 100);
}

static void put_results(FILE *out, const json_t *results)
{
	const json_t *one;
	size_t i;

	fputs("<h2>Rates</h2>\n<table><tr><th>what</th><th>criterion</th><th>state</th>"
	      "<th>Mpps</th><th>lowest bad</th><th>Mbit/s</th><th>pictures/s</th><th>of line rate"
	      "</th><th>what limits</th></tr>\n",
		out);
	json_array_foreach(results, i, one) {
		fputs("<tr>", out);
		put_cell(out, one, "what");
		put_cell(out, one, "criterion");
		put_cell(out, one, "state");
		fprintf(out, "<td>%.4f</td><td>%.4f</td><td>%.1f</td>",
			number(one, "throughput_pps") / 1e6, number(one, "upper_pps") / 1e6,
			number(one, "mbps"));
		if (json_object_get(one, "pictures_per_s"))
			fprintf(out, "<td>%.1f</td>", number(one, "pictures_per_s"));
		else
			fputs("<td></td>", out);
		if (json_object_get(one, "share_of_line_rate"))
			fprintf(out, "<td>%.1f %%</td>", number(one, "share_of_line_rate") * 100);
		else
			fputs("<td></td>", out);
		put_cell(out, one, "limited_by");
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void begin_plot(FILE *out, const char *title)
{
	fprintf(out,
		"<h3>%s</h3>\n<svg viewBox=\"0 0 %g %g\" width=\"%g\" role=\"img\">\n"
		"<path d=\"M%g 10V%gH%g\" class=\"axis\"/>\n",
		title, WIDTH, HEIGHT, WIDTH, LEFT, HEIGHT - BOTTOM, WIDTH - 10);
}

static double across(double share)
{
	return LEFT + share * (WIDTH - LEFT - 20);
}

static double up(double share)
{
	return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - 20);
}

static double most_in(const json_t *list, const char *key)
{
	const json_t *one;
	double most = 0;
	size_t i;

	json_array_foreach(list, i, one)
		most = number(one, key) > most ? number(one, key) : most;
	return most > 0 ? most : 1;
}

/* Bars of the rates that were found. */
static void put_bars(FILE *out, const json_t *results)
{
	const double most = most_in(results, "throughput_pps");
	const size_t count = json_array_size(results);
	const json_t *one;
	size_t i;

	begin_plot(out, "Throughput, Mpps");
	json_array_foreach(results, i, one) {
		const double rate = number(one, "throughput_pps");
		const double left = across((double)i / (double)count);
		const double wide = (WIDTH - LEFT - 20) / (double)count * 0.7;

		fprintf(out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>"
			"<text x=\"%.1f\" y=\"%.1f\">%.3f</text>"
			"<text x=\"%.1f\" y=\"%g\">%s%s</text>\n",
			left + 4, up(rate / most), wide, up(0) - up(rate / most), left + 4,
			up(rate / most) - 4, rate / 1e6, left + 4, HEIGHT - 10,
			json_object_get(one, "pictures_per_s") ? "mix, " : "",
			json_string_value(json_object_get(one, "criterion")));
		if (!json_object_get(one, "pictures_per_s"))
			fprintf(out, "<text x=\"%.1f\" y=\"%g\">%.0f B</text>\n", left + 4, HEIGHT,
				number(one, "frame_bytes"));
	}
	fputs("</svg>\n", out);
}

static double loss_height(double loss)
{
	if (loss <= 0)
		return up(0);
	const double share = log10(loss / LEAST_LOSS) / log10(1 / LEAST_LOSS);

	return up(share < 0.05 ? 0.05 : share);
}

/* The sender did not keep the rate. */
static bool is_void(const json_t *trial)
{
	return json_is_true(json_object_get(trial, "sender_limited")) ||
		json_is_true(json_object_get(trial, "sender_disturbed"));
}

/* Every trial: its rate, what it lost, long ones filled. */
static void put_trials(FILE *out, const json_t *result, double final_s)
{
	const json_t *trials = json_object_get(result, "trials"), *one;
	const bool frames =
		strcmp(json_string_value(json_object_get(result, "criterion")), "frames") == 0;
	const double most = most_in(trials, "rate_pps");
	char title[160];
	size_t i;

	if (json_array_size(trials) == 0)
		return;
	snprintf(title, sizeof(title), "Trials: %s, share of %s lost",
		json_string_value(json_object_get(result, "what")), frames ? "frames" : "packets");
	begin_plot(out, title);
	for (int power = 0; power >= -6; power -= 2)
		fprintf(out, "<text x=\"4\" y=\"%.1f\">1e%d</text>",
			loss_height(pow(10, power)) + 4, power);
	fprintf(out, "<text x=\"4\" y=\"%.1f\">none</text>\n", up(0) + 4);
	for (int k = 0; k <= 4; k++)
		fprintf(out, "<text x=\"%.1f\" y=\"%g\">%.3f</text>", across(k / 4.0) - 10,
			HEIGHT - 10, most * k / 4 / 1e6);
	json_array_foreach(trials, i, one)
		fprintf(out,
			"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%g\" class=\"%s\"><title>%.4f Mpps, "
			"%g s</title></circle>\n",
			across(number(one, "rate_pps") / most),
			loss_height(number(one, frames ? "frame_loss" : "packet_loss")),
			number(one, "seconds") >= final_s ? 5.0 : 3.0,
			is_void(one)                                ? "void"
				: number(one, "seconds") >= final_s ? "long"
								    : "short",
			number(one, "rate_pps") / 1e6, number(one, "seconds"));
	fprintf(out, "<path d=\"M%.1f 10V%g\" class=\"found\"/></svg>\n",
		across(number(result, "rate_pps") / most), HEIGHT - BOTTOM);
}

static void put_latency(FILE *out, const json_t *latency)
{
	static const char *const keys[] = {"p50_us", "p90_us", "p99_us", "max_us"};
	const double most = most_in(latency, "max_us");
	const json_t *one;
	size_t i;

	if (json_array_size(latency) == 0)
		return;
	fputs("<h2>Latency</h2>\n<p>From the first packet of a frame to its record, with the time "
	      "that "
	      "its packets take to arrive; percentiles are the highest of any camera.</p>\n"
	      "<table><tr><th>of the rate</th><th>Mpps</th><th>frames</th><th>p50, us</th><th>p90, "
	      "us</th>"
	      "<th>p99, us</th><th>max, us</th></tr>\n",
		out);
	json_array_foreach(latency, i, one) {
		fprintf(out, "<tr><td>%.0f %%</td><td>%.4f</td><td>%.0f</td>",
			number(one, "share") * 100, number(one, "rate_pps") / 1e6,
			number(one, "frames"));
		for (int k = 0; k < 4; k++)
			fprintf(out, "<td>%.0f</td>", number(one, keys[k]));
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
	begin_plot(out, "Percentiles at 10, 50 and 90 % of the rate, us");
	for (int k = 0; k < 4; k++) {
		fprintf(out, "<polyline class=\"line%d\" points=\"", k);
		json_array_foreach(latency, i, one)
			fprintf(out, "%.1f,%.1f ", across(number(one, "share")),
				up(number(one, keys[k]) / most));
		fprintf(out, "\"/><text x=\"%g\" y=\"%d\" class=\"name%d\">%.3s</text>\n",
			LEFT + 10, 24 + 14 * k, k, keys[k]);
	}
	fprintf(out, "<text x=\"4\" y=\"%.1f\">%.0f</text></svg>\n", up(1) + 4, most);
}

static const char style[] =
	"body{font:15px sans-serif;max-width:60em;margin:2em auto;color:#222}"
	"table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:3px 8px;"
	"text-align:left}"
	".virtual{background:#fe9;padding:8px}.axis{stroke:#555;fill:none}rect{fill:#47a}"
	"text{font-size:11px;fill:#222}.long{fill:#47a}.short{fill:none;stroke:#47a}"
	".void{fill:none;stroke:#aaa}.found{stroke:#c33;stroke-dasharray:4}"
	"polyline{fill:none;stroke-width:2}.line0{stroke:#47a}.line1{stroke:#4a7}.line2{stroke:"
	"#c83}"
	".line3{stroke:#c33}text.name0{fill:#47a}text.name1{fill:#4a7}text.name2{fill:#c83}"
	"text.name3{fill:#c33}";

void line_rate_page_print(const json_t *report, FILE *out)
{
	const json_t *results = json_object_get(report, "results"), *one;
	const double final_s = number(json_object_get(report, "method"), "final_s");
	size_t i;

	gw_page_begin(out, "Line rate", style, "Line rate");
	if (json_is_true(json_object_get(report, "virtual"))) {
		fputs("<p class=\"virtual\">", out);
		gw_page_text(out, json_string_value(json_object_get(report, "note")));
		fputs("</p>\n", out);
	}
	put_facts(out, report);
	put_results(out, results);
	put_bars(out, results);
	put_latency(out, json_object_get(report, "latency"));
	fputs("<h2>Trials</h2>\n<p>Large dots are the long trials; empty ones the short; grey "
	      "ones, "
	      "in "
	      "which the sender did not keep up, do not count. The dashed line is the "
	      "result.</p>\n",
		out);
	json_array_foreach(results, i, one)
		put_trials(out, one, final_s);
	gw_page_end(out);
}
