#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/view.h"

#define CAMERAS_SHOWN 3

/* The cameras that were hit most, and what belongs to none. */
static void add_cameras(struct table *table, const json_t *line)
{
	const json_t *cameras = json_object_get(line, "cameras");
	int64_t none = reply_count(line, "total");
	char text[512];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)cameras, key, value)
		none -= json_integer_value(value);
	reply_counts(cameras, CAMERAS_SHOWN, text, sizeof(text));
	if (none > 0) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "%sno camera %" PRId64, used ? ", " : "",
			none);
	}
	table_cell(table, STYLE_PLAIN, "%s", text);
}

static bool print_drops(const struct cli *cli, const json_t *drops, bool all)
{
	struct table *table = table_create();
	bool any = false;
	json_t *line;
	size_t i;

	table_column(table, "REASON", TABLE_LEFT);
	table_column(table, "STAGE", TABLE_LEFT);
	table_column(table, "UNIT", TABLE_LEFT);
	table_column(table, "TOTAL", TABLE_RIGHT);
	table_column(table, "CAMERAS", TABLE_LEFT);
	table_column(table, "MEANING", TABLE_LEFT);
	json_array_foreach(drops, i, line) {
		int64_t total = reply_count(line, "total");

		if (total == 0 && !all)
			continue;
		any = true;
		table_cell(table, total > 0 ? STYLE_WARN : STYLE_DIM, "%s",
			reply_text(line, "reason"));
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "stage"));
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "unit"));
		table_cell(table, total > 0 ? STYLE_WARN : STYLE_DIM, "%" PRId64, total);
		add_cameras(table, line);
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "meaning"));
	}
	if (any)
		view_table(cli, table);
	else
		table_destroy(table);
	return any;
}

static void print_events(const struct cli *cli, const json_t *events, bool all)
{
	struct table *table = table_create();
	bool any = false;
	json_t *line;
	size_t i;

	table_column(table, "NOTICED", TABLE_LEFT);
	table_column(table, "TOTAL", TABLE_RIGHT);
	table_column(table, "CAMERAS", TABLE_LEFT);
	table_column(table, "MEANING", TABLE_LEFT);
	json_array_foreach(events, i, line) {
		int64_t total = reply_count(line, "total");

		if (total == 0 && !all)
			continue;
		any = true;
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "event"));
		table_cell(table, STYLE_PLAIN, "%" PRId64, total);
		add_cameras(table, line);
		table_cell(table, STYLE_PLAIN, "%s", reply_text(line, "meaning"));
	}
	if (any) {
		fputc('\n', cli->out);
		view_table(cli, table);
	} else {
		table_destroy(table);
	}
}

static void add_rtp(struct table *table, const json_t *stranger)
{
	const json_t *ssrc = json_object_get(stranger, "ssrc");

	if (json_is_integer(ssrc))
		table_cell(table, STYLE_PLAIN, "%" PRId64 "/0x%08" PRIx64,
			reply_count(stranger, "payload_type"), (uint64_t)json_integer_value(ssrc));
	else
		table_cell(table, STYLE_DIM, "-");
}

/* An address with a port, as it is written. */
static void add_address(
	struct table *table, const json_t *stranger, const char *address, const char *port)
{
	const char *text = reply_text(stranger, address);
	const bool is_ipv6 = strchr(text, ':') != NULL;

	table_cell(table, STYLE_PLAIN, "%s%s%s:%" PRId64, is_ipv6 ? "[" : "", text,
		is_ipv6 ? "]" : "", reply_count(stranger, port));
}

static void print_strangers(const struct cli *cli, const json_t *reply)
{
	const json_t *answer = json_object_get(reply, "strangers");
	const json_t *strangers = json_object_get(answer, "strangers");
	struct table *table;
	json_t *stranger;
	size_t i;

	if (json_array_size(strangers) == 0)
		return;
	fputc('\n', cli->out);
	table = table_create();
	table_column(table, "STRANGER", TABLE_LEFT);
	table_column(table, "TO", TABLE_LEFT);
	table_column(table, "CAMERA", TABLE_LEFT);
	table_column(table, "REASON", TABLE_LEFT);
	table_column(table, "PACKETS", TABLE_RIGHT);
	table_column(table, "SINCE", TABLE_RIGHT);
	table_column(table, "LAST", TABLE_RIGHT);
	table_column(table, "TYPE/SSRC", TABLE_LEFT);
	json_array_foreach(strangers, i, stranger) {
		const json_t *camera = json_object_get(stranger, "camera");

		add_address(table, stranger, "source", "source_port");
		add_address(table, stranger, "destination", "port");
		table_cell(table, STYLE_PLAIN, "%s",
			json_is_string(camera) ? json_string_value(camera) : "-");
		table_cell(table, STYLE_PLAIN, "%s", reply_text(stranger, "reason"));
		table_cell(table, STYLE_WARN, "%" PRId64, reply_count(stranger, "packets"));
		table_cell(table, STYLE_PLAIN, "%" PRId64 " s",
			reply_count(stranger, "first_seconds"));
		table_cell(
			table, STYLE_PLAIN, "%" PRId64 " s", reply_count(stranger, "last_seconds"));
		add_rtp(table, stranger);
	}
	view_table(cli, table);
	if (reply_count(answer, "others") > 0)
		fprintf(cli->out, "and %" PRId64 " that sent less\n",
			reply_count(answer, "others"));
}

int cli_drops(struct cli *cli)
{
	bool all = cli->option[0] != NULL;
	json_t *reply;
	int code = client_get(cli, "drops", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json) {
		reply_print(cli, reply);
	} else {
		if (!print_drops(cli, json_object_get(reply, "drops"), all))
			fputs("nothing was dropped\n", cli->out);
		print_events(cli, json_object_get(reply, "events"), all);
		print_strangers(cli, reply);
	}
	json_decref(reply);
	return CLI_WELL;
}
