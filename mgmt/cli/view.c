#include "mgmt/cli/view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void view_table(const struct cli *cli, struct table *table)
{
	int width = cli->out == stdout ? style_width(STDOUT_FILENO) : 0;

	table_print(table, cli->out, cli->color, width);
	table_destroy(table);
}

static void print_styled(const struct cli *cli, enum style style, const char *text, int width)
{
	fprintf(cli->out, "%s%-*s%s", cli->color ? style_on(style) : "", width, text,
		cli->color ? style_off(style) : "");
}

void view_line(const struct cli *cli, const char *label, enum style style, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	print_styled(cli, STYLE_DIM, label, 11);
	print_styled(cli, style, text ? text : "", 0);
	fputc('\n', cli->out);
	free(text);
}

void view_flow(const struct cli *cli, const char *label, const json_t *flow)
{
	view_line(cli, label, STYLE_PLAIN,
		"%" PRId64 " received = %" PRId64 " delivered + %" PRId64 " dropped + %" PRId64
		" in flight + %" PRId64 " spooled",
		reply_count(flow, "received"), reply_count(flow, "delivered"),
		reply_count(flow, "dropped"), reply_count(flow, "in_flight"),
		reply_count(flow, "spooled"));
}

enum style view_camera_style(const char *state)
{
	if (strcmp(state, "live") == 0)
		return STYLE_GOOD;
	return strcmp(state, "stalled") == 0 ? STYLE_BAD : STYLE_WARN;
}

const char *view_lost(const json_t *camera, char text[UNITS_TEXT])
{
	if (reply_text(camera, "transport")[0])
		snprintf(text, UNITS_TEXT, "%.1f %%", 100 * reply_number(camera, "lost_share"));
	else
		strcpy(text, "-");
	return text;
}

enum style view_lost_style(const json_t *camera)
{
	return reply_number(camera, "lost_share") > 0 ? STYLE_WARN : STYLE_PLAIN;
}

static enum style kafka_style(const char *state)
{
	if (strcmp(state, "up") == 0)
		return STYLE_GOOD;
	return strcmp(state, "down") == 0 ? STYLE_BAD : STYLE_PLAIN;
}

void view_kafka(const struct cli *cli, const json_t *kafka)
{
	const char *backend = reply_text(kafka, "backend");
	const char *state = reply_text(kafka, "state");
	const char *brokers = reply_text(kafka, "brokers");

	view_line(cli, "kafka", kafka_style(state), "%s%s%s%s%s", state[0] ? state : "unknown",
		backend[0] ? ", back-end " : "", backend, brokers[0] ? ", brokers " : "", brokers);
}
