#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/screen.h"
#include "mgmt/cli/top_list.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

enum { TOP_ONCE, TOP_INTERVAL, TOP_SORT, TOP_FILTER_TEXT, TOP_ROWS, TOP_PAGE };

#define TOP_ROWS_MOST 4096
#define LINES_AROUND 12 /* on the screen, beside those of cameras */

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

/* The line of all stages together, or NULL. */
static const json_t *total_of(const json_t *all)
{
	json_t *line;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(all, "latency"), "last_minute"), i, line)
		if (strcmp(reply_text(line, "stage"), "total") == 0)
			return line;
	return NULL;
}

static void print_head(const struct cli *cli, const json_t *all)
{
	const json_t *status = json_object_get(all, "status");
	const json_t *total = total_of(all);
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
	view_line(cli, "latency", STYLE_PLAIN,
		"p50 %s, p99 %s, from first packet to record, in the last minute",
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

static void add_camera(struct table *table, const struct top_row *row)
{
	const json_t *camera = row->camera;
	const char *name = reply_text(camera, "name"), *state = reply_text(camera, "state");
	const char *model = reply_text(camera, "model");
	double dropped = reply_number(camera, "dropped_per_s");
	bool timed = reply_count(row->latency, "count") > 0;
	char text[UNITS_TEXT];

	table_cell(table, STYLE_PLAIN, "%s", name);
	table_cell(table, view_camera_style(state), "%s", state);
	table_cell(table, STYLE_PLAIN, "%s", model[0] ? model : "-");
	table_cell(table, STYLE_PLAIN, "%.1f", reply_number(camera, "fps"));
	table_cell(table, STYLE_PLAIN, "%.2f", reply_number(camera, "mbps"));
	table_cell(table, view_lost_style(camera), "%s", view_lost(camera, text));
	table_cell(table, STYLE_PLAIN, "%" PRId64,
		reply_count(json_object_get(camera, "frames"), "in_flight"));
	table_cell(table, dropped > 0 ? STYLE_WARN : STYLE_PLAIN, "%.1f", dropped);
	table_cell(table, STYLE_PLAIN, "%s",
		timed ? units_us(text, reply_count(row->latency, "p50_us")) : "-");
	table_cell(table, STYLE_PLAIN, "%s",
		timed ? units_us(text, reply_count(row->latency, "p99_us")) : "-");
}

static void print_cameras(const struct cli *cli, const json_t *all, struct top_list *list)
{
	const json_t *cameras = json_object_get(json_object_get(all, "cameras"), "cameras");
	struct table *table = table_create();
	struct top_page page;

	top_list_pick(
		list, cameras, json_object_get(json_object_get(all, "latency"), "cameras"), &page);
	table_column(table, "CAMERA", TABLE_LEFT);
	table_column(table, "STATE", TABLE_LEFT);
	table_column(table, "MODEL", TABLE_LEFT);
	table_column(table, "FRAMES/S", TABLE_RIGHT);
	table_column(table, "MBIT/S", TABLE_RIGHT);
	table_column(table, "LOST", TABLE_RIGHT);
	table_column(table, "IN FLIGHT", TABLE_RIGHT);
	table_column(table, "DROPPED/S", TABLE_RIGHT);
	table_column(table, "P50", TABLE_RIGHT);
	table_column(table, "P99", TABLE_RIGHT);
	for (size_t i = page.begin; i < page.end; i++)
		add_camera(table, &page.rows[i]);
	view_table(cli, table);
	if (page.pages > 1 || list->filter[0])
		view_line(cli, "", STYLE_DIM,
			"page %zu of %zu: cameras %zu to %zu of %zu, by %s%s%s", list->page + 1,
			page.pages, page.found > 0 ? page.begin + 1 : 0, page.end, page.found,
			top_orders[list->order].name, list->filter[0] ? ", with " : "",
			list->filter);
	free(page.rows);
}

static void print_all(const struct cli *cli, const json_t *all, struct top_list *list)
{
	print_head(cli, all);
	print_stages(cli, all);
	fputc('\n', cli->out);
	print_cameras(cli, all, list);
}

static int print_once(struct cli *cli, struct top_list *list)
{
	json_t *all;
	int code = look(cli, false, &all);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, all);
	else
		print_all(cli, all, list);
	json_decref(all);
	return CLI_WELL;
}

/* One picture of the live view. A gateway that is away for a while (a restart) is waited for. */
static void refresh(struct cli *cli, struct top_list *list, bool types)
{
	struct cli page = *cli;
	char *text = NULL;
	size_t size;
	json_t *all;

	page.out = open_memstream(&text, &size);
	if (!page.out)
		return;
	/* What is typed stands at the top: whatever does not fit is below. */
	if (types)
		view_line(&page, "name", STYLE_TITLE, "%s_   (Enter ends it)", list->filter);
	look(cli, true, &all);
	if (all)
		print_all(&page, all, list);
	else
		view_line(
			&page, "gateway", STYLE_BAD, "no answer on %s, trying again", cli->socket);
	view_line(&page, "", STYLE_DIM, "q ends, s sorts, space and b turn pages, / finds");
	fclose(page.out);
	screen_draw(text);
	free(text);
	json_decref(all);
}

/* A letter of the name that is looked for. */
static void type_letter(struct screen *screen, struct top_list *list, char key)
{
	const size_t used = strlen(list->filter);

	if (key == '\n' || key == '\r' || key == '\033')
		screen->types = false;
	else if ((key == '\b' || key == 127) && used > 0)
		list->filter[used - 1] = '\0';
	else if (key > ' ' && key < 127 && used + 1 < TOP_FILTER)
		list->filter[used] = key;
}

static void press(struct screen *screen, struct top_list *list)
{
	const char key = screen->key;

	if (screen->types) {
		type_letter(screen, list, key);
	} else if (key == 's') {
		if (!top_orders[++list->order].name)
			list->order = 0;
		list->page = 0;
	} else if (key == ' ') {
		list->page++; /* behind the last one is the last one */
	} else if (key == 'b' && list->page > 0) {
		list->page--;
	} else if (key == '/') {
		memset(list->filter, 0, sizeof(list->filter));
		screen->types = true;
	}
}

/* As many cameras as fit, where nobody said how many. */
static void fit(const struct cli *cli, struct top_list *list)
{
	const int room = screen_rows() - LINES_AROUND;

	if (!cli->option[TOP_ROWS])
		list->rows = room > 1 ? (size_t)room : 1;
}

static int watch(struct cli *cli, struct top_list *list, double seconds)
{
	struct screen screen = {0};
	json_t *first;
	/* Somebody who mistyped the socket gets an error, not an empty page. */
	int code = look(cli, false, &first);

	if (code != CLI_WELL)
		return code;
	json_decref(first);
	if (screen_open(&screen) != 0)
		return print_once(cli, list);
	do {
		press(&screen, list);
		fit(cli, list);
		refresh(cli, list, screen.types);
	} while (screen_wait(&screen, (int)(seconds * 1000)));
	screen_close(&screen);
	return CLI_WELL;
}

/* A whole number of an option, 1 to TOP_ROWS_MOST; `otherwise` where it is not given. False: it is
 * none, which is said. */
static bool read_number(const struct cli *cli, int option, size_t otherwise, size_t *number)
{
	const char *text = cli->option[option];
	char *end = NULL;
	const long value = text ? strtol(text, &end, 10) : (long)otherwise;

	*number = (size_t)value;
	if (!text || (*end == '\0' && end != text && value >= 1 && value <= TOP_ROWS_MOST))
		return true;
	fprintf(stderr, "gwctl: %s takes a number from 1 to %d, not '%s'\n",
		cli->command->options[option].name, TOP_ROWS_MOST, text);
	return false;
}

static bool read_list(const struct cli *cli, struct top_list *list)
{
	const char *sort = cli->option[TOP_SORT], *filter = cli->option[TOP_FILTER_TEXT];
	const int order = sort ? top_order_find(sort) : 0;
	size_t page;

	if (order < 0) {
		fprintf(stderr,
			"gwctl: --sort takes name, state, rate, loss, dropped or latency, not "
			"'%s'\n",
			sort);
		return false;
	}
	if (!read_number(cli, TOP_ROWS, 0, &list->rows) || !read_number(cli, TOP_PAGE, 1, &page))
		return false;
	list->order = (size_t)order;
	list->page = page - 1;
	snprintf(list->filter, sizeof(list->filter), "%s", filter ? filter : "");
	return true;
}

int cli_top(struct cli *cli)
{
	const char *interval = cli->option[TOP_INTERVAL];
	struct top_list list = {0};
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
	if (!read_list(cli, &list))
		return CLI_USAGE;
	if (cli->option[TOP_ONCE] || cli->json || !isatty(STDOUT_FILENO))
		return print_once(cli, &list);
	return watch(cli, &list, seconds);
}
