#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/screen.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

enum { TOP_ONCE, TOP_INTERVAL };

/* One look at the gateway. */
static const char *const parts[] = {"status", "cameras", "stages", "latency"};

/* Asks for all parts; returns an exit code and one object with a member for each. */
static int look(struct cli *cli, bool quiet, json_t **all)
{
	int code = CLI_WELL;

	*all = json_object();
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && code == CLI_WELL; i++) {
		json_t *reply;

		code = quiet ? client_peek(cli, parts[i], &reply)
			     : client_get(cli, parts[i], &reply);
		if (code == CLI_WELL)
			json_object_set_new(*all, parts[i], reply);
	}
	if (code != CLI_WELL) {
		json_decref(*all);
		*all = NULL;
	}
	return code;
}

/* The latency line with this name, or NULL. */
static const json_t *latency_of(
	const json_t *all, const char *list, const char *key, const char *name)
{
	json_t *line;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(all, "latency"), list), i, line)
		if (strcmp(reply_text(line, key), name) == 0)
			return line;
	return NULL;
}

static void print_head(const struct cli *cli, const json_t *all)
{
	const json_t *status = json_object_get(all, "status");
	const json_t *total = latency_of(all, "stages", "stage", "total");
	bool ready = reply_flag(status, "ready");
	char uptime[UNITS_TEXT], p50[UNITS_TEXT], p99[UNITS_TEXT];

	view_line(cli, "gateway", ready ? STYLE_TITLE : STYLE_BAD, "%s, %s, %s, up %s",
		reply_text(status, "name"), ready ? "ready" : "not ready",
		reply_text(status, "mode"),
		units_duration(uptime, reply_number(status, "uptime_s")));
	view_line(cli, "cameras", STYLE_PLAIN,
		"%" PRId64 " of %" PRId64 " live, %.1f frames/s, %.2f Mbit/s",
		reply_count(status, "cameras_live"), reply_count(status, "cameras"),
		reply_number(status, "fps"), reply_number(status, "mbps"));
	view_flow(cli, "frames", json_object_get(status, "frames"));
	view_line(cli, "latency", STYLE_PLAIN, "p50 %s, p99 %s, from first packet to record",
		units_us(p50, reply_count(total, "p50_us")),
		units_us(p99, reply_count(total, "p99_us")));
	view_kafka(cli, json_object_get(status, "kafka"));
}

static void print_stages(const struct cli *cli, const json_t *all)
{
	const json_t *stages = json_object_get(json_object_get(all, "stages"), "stages");
	char text[256] = "", busy[UNITS_TEXT];
	size_t used = 0, i;
	json_t *stage;

	json_array_foreach(stages, i, stage) {
		if (used >= sizeof(text))
			break;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s",
			used ? ", " : "", reply_text(stage, "stage"),
			units_share(busy, reply_number(stage, "busy")));
	}
	view_line(cli, "busy", STYLE_PLAIN, "%s", text);
}

static void add_camera(struct table *table, const json_t *all, const json_t *camera)
{
	const char *name = reply_text(camera, "name"), *state = reply_text(camera, "state");
	const char *model = reply_text(camera, "model");
	const json_t *latency = latency_of(all, "cameras", "camera", name);
	double dropped = reply_number(camera, "dropped_per_s");
	bool timed = reply_count(latency, "count") > 0;
	char text[UNITS_TEXT];

	table_cell(table, STYLE_PLAIN, "%s", name);
	table_cell(table, view_camera_style(state), "%s", state);
	table_cell(table, STYLE_PLAIN, "%s", model[0] ? model : "-");
	table_cell(table, STYLE_PLAIN, "%.1f", reply_number(camera, "fps"));
	table_cell(table, STYLE_PLAIN, "%.2f", reply_number(camera, "mbps"));
	table_cell(table, STYLE_PLAIN, "%" PRId64,
		reply_count(json_object_get(camera, "frames"), "in_flight"));
	table_cell(table, dropped > 0 ? STYLE_WARN : STYLE_PLAIN, "%.1f", dropped);
	table_cell(table, STYLE_PLAIN, "%s",
		timed ? units_us(text, reply_count(latency, "p50_us")) : "-");
	table_cell(table, STYLE_PLAIN, "%s",
		timed ? units_us(text, reply_count(latency, "p99_us")) : "-");
}

static void print_cameras(const struct cli *cli, const json_t *all)
{
	struct table *table = table_create();
	json_t *camera;
	size_t i;

	table_column(table, "CAMERA", TABLE_LEFT);
	table_column(table, "STATE", TABLE_LEFT);
	table_column(table, "MODEL", TABLE_LEFT);
	table_column(table, "FRAMES/S", TABLE_RIGHT);
	table_column(table, "MBIT/S", TABLE_RIGHT);
	table_column(table, "IN FLIGHT", TABLE_RIGHT);
	table_column(table, "DROPPED/S", TABLE_RIGHT);
	table_column(table, "P50", TABLE_RIGHT);
	table_column(table, "P99", TABLE_RIGHT);
	json_array_foreach(json_object_get(json_object_get(all, "cameras"), "cameras"), i, camera)
		add_camera(table, all, camera);
	view_table(cli, table);
}

static void print_all(const struct cli *cli, const json_t *all)
{
	print_head(cli, all);
	print_stages(cli, all);
	fputc('\n', cli->out);
	print_cameras(cli, all);
}

static int print_once(struct cli *cli)
{
	json_t *all;
	int code = look(cli, false, &all);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, all);
	else
		print_all(cli, all);
	json_decref(all);
	return CLI_WELL;
}

/* One picture of the live view. A gateway that is away for a while (a restart) is waited for. */
static void refresh(struct cli *cli)
{
	struct cli page = *cli;
	char *text = NULL;
	size_t size;
	json_t *all;

	page.out = open_memstream(&text, &size);
	if (!page.out)
		return;
	look(cli, true, &all);
	if (all)
		print_all(&page, all);
	else
		view_line(
			&page, "gateway", STYLE_BAD, "no answer on %s, trying again", cli->socket);
	view_line(&page, "", STYLE_DIM, "q ends");
	fclose(page.out);
	screen_draw(text);
	free(text);
	json_decref(all);
}

static int watch(struct cli *cli, double seconds)
{
	struct screen screen;
	json_t *first;
	/* Somebody who mistyped the socket gets an error, not an empty page. */
	int code = look(cli, false, &first);

	if (code != CLI_WELL)
		return code;
	json_decref(first);
	if (screen_open(&screen) != 0)
		return print_once(cli);
	do
		refresh(cli);
	while (screen_wait(&screen, (int)(seconds * 1000)));
	screen_close(&screen);
	return CLI_WELL;
}

int cli_top(struct cli *cli)
{
	const char *interval = cli->option[TOP_INTERVAL];
	double seconds = 1;
	char *end;

	if (interval) {
		seconds = strtod(interval, &end);
		if (*end || end == interval || !(seconds >= 0.1 && seconds <= 3600)) {
			fprintf(stderr,
				"gwctl: --interval takes seconds from 0.1 to 3600, not '%s'\n",
				interval);
			return CLI_USAGE;
		}
	}
	if (cli->option[TOP_ONCE] || cli->json || !isatty(STDOUT_FILENO))
		return print_once(cli);
	return watch(cli, seconds);
}
