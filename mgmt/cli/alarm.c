#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/view.h"

/* In the order of their table. */
enum alarm_option { ALL, CAMERA };

static enum style style_of(const char *severity)
{
	switch (severity[0]) {
	case 'f':
		return STYLE_BAD;
	case 'd':
		return STYLE_WARN;
	default:
		return STYLE_PLAIN;
	}
}

/* What it is about; or how many further ones, or nothing but the gateway. */
static void subject_cell(struct table *table, const json_t *alarm)
{
	const char *subject = reply_text(alarm, "subject");
	const int64_t count = reply_count(alarm, "count");

	if (subject[0])
		table_cell(table, STYLE_PLAIN, "%s", subject);
	else if (count > 1)
		table_cell(table, STYLE_PLAIN, "%" PRId64 " more", count);
	else
		table_cell(table, STYLE_PLAIN, "-");
}

static struct table *begin(bool history)
{
	struct table *table = table_create();

	table_column(table, history ? "WHEN (UTC)" : "SINCE (UTC)", TABLE_LEFT);
	if (history)
		table_column(table, "STATE", TABLE_LEFT);
	table_column(table, "SEVERITY", TABLE_LEFT);
	table_column(table, "ALARM", TABLE_LEFT);
	table_column(table, "OF", TABLE_LEFT);
	table_column(table, "TIMES", TABLE_RIGHT);
	table_column(table, "WHAT", TABLE_LEFT);
	return table;
}

static void add_row(struct table *table, const json_t *alarm, bool history)
{
	const char *severity = reply_text(alarm, "severity"), *state = reply_text(alarm, "state");

	table_cell(table, STYLE_PLAIN, "%.19s", reply_text(alarm, history ? "time" : "since"));
	if (history)
		table_cell(table, state[0] == 'c' ? STYLE_GOOD : STYLE_WARN, "%s", state);
	table_cell(table, style_of(severity), "%s", severity);
	table_cell(table, STYLE_PLAIN, "%s", reply_text(alarm, "kind"));
	subject_cell(table, alarm);
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(alarm, "times"));
	table_cell(table, STYLE_PLAIN, "%s: %s", reply_text(alarm, "text"),
		reply_text(alarm, "advice"));
}

static void print_list(struct cli *cli, const json_t *list, bool history)
{
	struct table *table = begin(history);
	json_t *alarm;
	size_t i;

	json_array_foreach(list, i, alarm)
		add_row(table, alarm, history);
	view_table(cli, table);
}

/* Leaves what is about that camera. */
static void keep_camera(json_t *list, const char *camera)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *alarm = json_array_get(list, i);

		if (strncmp(reply_text(alarm, "kind"), "camera_", strlen("camera_")) != 0 ||
			strcmp(reply_text(alarm, "subject"), camera) != 0)
			json_array_remove(list, i);
	}
}

int cli_alarm_list(struct cli *cli)
{
	const bool all = cli->option[ALL];
	json_t *reply;
	const int code = client_get(cli, all ? "alarms/history" : "alarms", &reply);

	if (code != CLI_WELL)
		return code;
	json_t *list = json_object_get(reply, all ? "events" : "alarms");

	if (cli->option[CAMERA])
		keep_camera(list, cli->option[CAMERA]);
	const bool any = json_array_size(list) > 0;

	if (cli->json)
		reply_print(cli, reply);
	else if (!any)
		fprintf(cli->out,
			all ? "there was no alarm since the gateway started\n"
			    : "there is no alarm\n");
	else
		print_list(cli, list, all);
	json_decref(reply);
	return any && !all ? CLI_NOT_WELL : CLI_WELL;
}
