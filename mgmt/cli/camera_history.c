/* A camera's last hour as text: a column is a minute, now is on the right. */
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

#define COLUMNS 60
#define STEPS 8 /* of a column's height, from the lowest on */

enum together { MEAN, MOST, SUM }; /* what a column says of its points */

struct line {
	double column[COLUMNS];
	bool known[COLUMNS];
	double least, most, sum; /* of points; of nothing: 0 */
	bool any;
	double now; /* the newest point */
	bool now_known;
};

static void add_point(struct line *line, double value)
{
	line->least = line->any && line->least < value ? line->least : value;
	line->most = line->any && line->most > value ? line->most : value;
	line->sum += value;
	line->any = true;
}

/* Columns are filled from the right: the newest point is at the end of the last one. */
static void read_line(
	const json_t *list, size_t per_column, enum together together, struct line *line)
{
	uint32_t points[COLUMNS] = {0};
	const size_t count = json_array_size(list);
	json_t *value;
	size_t i;

	memset(line, 0, sizeof(*line));
	json_array_foreach(list, i, value) {
		const size_t back = (count - 1 - i) / per_column;

		if (!json_is_number(value) || back >= COLUMNS)
			continue;
		const size_t at = COLUMNS - 1 - back;
		const double number = json_number_value(value);

		add_point(line, number);
		line->now = number;
		line->now_known = i + 1 == count;
		if (together != MOST)
			line->column[at] += number;
		else if (number > line->column[at])
			line->column[at] = number;
		line->known[at] = true;
		points[at]++;
	}
	for (size_t at = 0; together == MEAN && at < COLUMNS; at++)
		if (points[at] > 0)
			line->column[at] /= points[at];
}

static void draw(const struct line *line, char *text, size_t size)
{
	static const char *const blocks[STEPS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[STEPS] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	const char *const *steps = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? blocks : letters;
	double most = 0;
	size_t used = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		most = line->column[i] > most ? line->column[i] : most;
	text[0] = '\0';
	for (size_t i = 0; i < COLUMNS && used < size; i++) {
		const double share = most > 0 ? line->column[i] / most : 0;
		const size_t step = (size_t)(share * (STEPS - 1) + 0.5);

		used += (size_t)snprintf(
			text + used, size - used, "%s", line->known[i] ? steps[step] : " ");
	}
}

static void print_line(const struct cli *cli, const char *label, enum style style,
	const struct line *line, const char *words)
{
	char text[COLUMNS * 4 + 1];

	draw(line, text, sizeof(text));
	view_line(cli, label, style, "%s  %s", text, line->any ? words : "nothing is known");
}

/* The newest point; of one that is not known, as of a camera that is silent, nothing older. */
static const char *text_of_now(const struct line *line, int decimals, char text[UNITS_TEXT])
{
	if (line->now_known)
		snprintf(text, UNITS_TEXT, "%.*f", decimals, line->now);
	else
		strcpy(text, "-");
	return text;
}

static void print_rate(const struct cli *cli, const json_t *reply, size_t per_column)
{
	struct line line;
	char words[96], now[UNITS_TEXT];

	read_line(json_object_get(reply, "fps"), per_column, MEAN, &line);
	snprintf(words, sizeof(words), "%s frames/s now, %.1f to %.1f", text_of_now(&line, 1, now),
		line.least, line.most);
	print_line(cli, "rate", STYLE_PLAIN, &line, words);
	read_line(json_object_get(reply, "mbps"), per_column, MEAN, &line);
	snprintf(words, sizeof(words), "%s Mbit/s now, %.2f to %.2f", text_of_now(&line, 2, now),
		line.least, line.most);
	print_line(cli, "", STYLE_PLAIN, &line, words);
}

static void print_loss(const struct cli *cli, const json_t *reply, size_t per_column)
{
	struct line line, lost;
	char words[96], now[UNITS_TEXT];

	read_line(json_object_get(reply, "lost_share"), per_column, MOST, &line);
	read_line(json_object_get(reply, "packets_lost"), per_column, SUM, &lost);
	line.now *= 100;
	snprintf(words, sizeof(words), "%s %% now, %.1f %% at most, %.0f packet%s",
		text_of_now(&line, 1, now), 100 * line.most, lost.sum,
		units_plural((int64_t)lost.sum));
	print_line(cli, "lost", line.most > 0 ? STYLE_WARN : STYLE_PLAIN, &line, words);
}

static void print_latency(const struct cli *cli, const json_t *reply, size_t per_column)
{
	static const char *const parts[][2] = {
		{"p50_us", "half of the frames within"},
		{"p90_us", "90 of 100 within"},
		{"p99_us", "99 of 100 within"},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char now[UNITS_TEXT] = "-", most[UNITS_TEXT], words[128];
		struct line line;

		read_line(json_object_get(reply, parts[i][0]), per_column, MOST, &line);
		if (line.now_known)
			units_us(now, (int64_t)line.now);
		snprintf(words, sizeof(words), "%s %s now, %s at most", parts[i][1], now,
			units_us(most, (int64_t)line.most));
		print_line(cli, i == 0 ? "latency" : "", STYLE_PLAIN, &line, words);
	}
}

static void print_drops(const struct cli *cli, const json_t *reply, size_t per_column)
{
	const json_t *drops = json_object_get(reply, "drops");
	struct line line;
	json_t *drop;
	char words[96];
	size_t i;

	json_array_foreach(drops, i, drop) {
		const char *unit = reply_text(drop, "unit");

		read_line(json_object_get(drop, "counts"), per_column, SUM, &line);
		snprintf(words, sizeof(words), "%.0f %s%s", line.sum, unit,
			units_plural((int64_t)line.sum));
		print_line(cli, i == 0 ? "dropped" : "", STYLE_WARN, &line,
			reply_text(drop, "reason"));
		view_line(cli, "", STYLE_DIM, "%s: %s", words, reply_text(drop, "meaning"));
	}
	read_line(json_object_get(reply, "other_drops"), per_column, SUM, &line);
	snprintf(words, sizeof(words), "%.0f for other reasons: `gwctl drops`", line.sum);
	if (line.sum > 0)
		print_line(cli, "", STYLE_WARN, &line, words);
	else if (json_array_size(drops) == 0)
		view_line(cli, "dropped", STYLE_PLAIN, "nothing");
}

static void print_history(const struct cli *cli, const json_t *reply)
{
	const int64_t every = reply_count(reply, "every_s");
	const size_t per_column = every > 0 && every < 60 ? (size_t)(60 / every) : 1;
	const json_t *times = json_object_get(reply, "time");
	const size_t count = json_array_size(times);

	view_line(cli, "camera", STYLE_TITLE, "%s", reply_text(reply, "camera"));
	if (count == 0) {
		fputs("nothing is known yet: a first figure is there after some ten seconds\n",
			cli->out);
		return;
	}
	view_line(cli, "from", STYLE_PLAIN, "%.19s to %.19s (UTC), a column is a minute",
		json_string_value(json_array_get(times, 0)),
		json_string_value(json_array_get(times, count - 1)));
	print_rate(cli, reply, per_column);
	print_loss(cli, reply, per_column);
	print_latency(cli, reply, per_column);
	print_drops(cli, reply, per_column);
}

int cli_camera_history(struct cli *cli)
{
	json_t *reply;
	int code = client_send(
		cli, "GET", CLIENT_PATH("cameras", cli->argument, "history"), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	setlocale(LC_CTYPE, "");
	if (cli->json)
		reply_print(cli, reply);
	else
		print_history(cli, reply);
	json_decref(reply);
	return CLI_WELL;
}
