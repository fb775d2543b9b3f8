#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

static int64_t age_of(const json_t *camera)
{
	const json_t *age = json_object_get(camera, "last_frame_age_ms");

	return json_is_integer(age) ? json_integer_value(age) : -1;
}

/* "640x480", or "?" before the first frame says it. */
static const char *size_of(const json_t *camera, char text[UNITS_TEXT])
{
	int64_t width = reply_count(camera, "width"), height = reply_count(camera, "height");

	if (width == 0)
		return "?";
	snprintf(text, UNITS_TEXT, "%" PRId64 "x%" PRId64, width, height);
	return text;
}

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

/* Its model, or the steps of its plan: "objects, kind". */
static const char *looks(const json_t *camera, char *text, size_t size)
{
	const json_t *plan = json_object_get(camera, "plan"), *name;
	size_t i, used = 0;

	if (!plan)
		return or_dash(reply_text(camera, "model"));
	text[0] = '\0';
	json_array_foreach(plan, i, name)
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
				i > 0 ? ", " : "", json_string_value(name));
	return text;
}

static void add_camera(struct table *table, const json_t *camera)
{
	const json_t *frames = json_object_get(camera, "frames");
	const char *state = reply_text(camera, "state");
	int64_t dropped = reply_count(frames, "dropped");
	char text[UNITS_TEXT], names[256];

	table_cell(table, STYLE_PLAIN, "%s", reply_text(camera, "name"));
	table_cell(table, view_camera_style(state), "%s", state);
	table_cell(table, STYLE_PLAIN, "%s", looks(camera, names, sizeof(names)));
	table_cell(table, STYLE_PLAIN, "%s", size_of(camera, text));
	table_cell(table, STYLE_PLAIN, "%.1f", reply_number(camera, "fps"));
	table_cell(table, STYLE_PLAIN, "%.2f", reply_number(camera, "mbps"));
	table_cell(table, view_lost_style(camera), "%s", view_lost(camera, text));
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(frames, "received"));
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(frames, "delivered"));
	table_cell(table, dropped > 0 ? STYLE_WARN : STYLE_PLAIN, "%" PRId64, dropped);
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(frames, "in_flight"));
	table_cell(table, STYLE_PLAIN, "%s", units_ago(text, age_of(camera)));
}

static void print_cameras(const struct cli *cli, const json_t *cameras)
{
	struct table *table = table_create();
	json_t *camera;
	size_t i;

	if (json_array_size(cameras) == 0) {
		table_destroy(table);
		fputs("no cameras: `gwctl camera add` adds one\n", cli->out);
		return;
	}
	table_column(table, "CAMERA", TABLE_LEFT);
	table_column(table, "STATE", TABLE_LEFT);
	table_column(table, "MODEL", TABLE_LEFT);
	table_column(table, "SIZE", TABLE_RIGHT);
	table_column(table, "FRAMES/S", TABLE_RIGHT);
	table_column(table, "MBIT/S", TABLE_RIGHT);
	table_column(table, "LOST", TABLE_RIGHT);
	table_column(table, "RECEIVED", TABLE_RIGHT);
	table_column(table, "DELIVERED", TABLE_RIGHT);
	table_column(table, "DROPPED", TABLE_RIGHT);
	table_column(table, "IN FLIGHT", TABLE_RIGHT);
	table_column(table, "LAST FRAME", TABLE_RIGHT);
	json_array_foreach(cameras, i, camera)
		add_camera(table, camera);
	view_table(cli, table);
}

int cli_camera_list(struct cli *cli)
{
	json_t *reply;
	int code = client_get(cli, "cameras", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		print_cameras(cli, json_object_get(reply, "cameras"));
	json_decref(reply);
	return CLI_WELL;
}

/* "rtcp, 12.3 ms ahead of the gateway, drifting by -4.1 ppm" */
static void print_clock(const struct cli *cli, const json_t *camera)
{
	static const char *const words[][2] = {{"arrival", "the gateway's, when packets arrive"},
		{"rtcp", "the camera's, by its RTCP reports"},
		{"source", "that of the capture or the record"},
		{"onvif", "that of the recording"}};
	const char *source = reply_text(camera, "clock_source"), *said = "-";
	const json_t *offset = json_object_get(camera, "clock_offset_ms");
	const json_t *drift = json_object_get(camera, "clock_drift_ppm");
	char more[96] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(source, words[i][0]) == 0)
			said = words[i][1];
	if (json_is_number(offset))
		used = (size_t)snprintf(
			more, sizeof(more), "; RTCP says %+.1f ms", json_number_value(offset));
	if (used > 0 && json_is_number(drift))
		snprintf(more + used, sizeof(more) - used, ", drifting by %+.1f ppm",
			json_number_value(drift));
	view_line(cli, "clock", STYLE_PLAIN, "%s%s", said, more);
}

/* "192.0.2.11 to 192.0.2.1, UDP port 5004, encrypted (SRTP)" */
static void print_stream(const struct cli *cli, const json_t *camera)
{
	const char *source = reply_text(camera, "source");
	const char *destination = reply_text(camera, "destination");
	const char *transport = reply_text(camera, "transport");
	const char *secure = reply_flag(camera, "encrypted") ? ", encrypted (SRTP)" : "";

	if (reply_text(camera, "url")[0] && !transport[0])
		view_line(cli, "stream", STYLE_WARN, "none yet: `gwctl status` says why");
	else if (!transport[0])
		view_line(cli, "stream", STYLE_PLAIN, "records of the topic %s", source);
	else if (strcmp(transport, "tcp") == 0)
		view_line(cli, "stream", STYLE_PLAIN,
			"%s to %s, within its RTSP connection (TCP)%s", source, destination,
			secure);
	else
		view_line(cli, "stream", STYLE_PLAIN, "%s to %s%s, UDP port %" PRId64 "%s", source,
			strcmp(transport, "multicast") == 0 ? "the group " : "", destination,
			reply_count(camera, "port"), secure);
}

static void print_camera(const struct cli *cli, const json_t *camera)
{
	const char *state = reply_text(camera, "state");
	int64_t bytes = reply_count(camera, "bytes"), quota = reply_count(camera, "quota");
	int64_t lost;
	char text[UNITS_TEXT], names[600];

	view_line(cli, "camera", STYLE_TITLE, "%s", reply_text(camera, "name"));
	view_line(cli, "state", view_camera_style(state), "%s, last frame: %s", state,
		units_ago(text, age_of(camera)));
	if (reply_text(camera, "url")[0])
		view_line(cli, "session", STYLE_PLAIN, "%s", reply_text(camera, "url"));
	print_stream(cli, camera);
	view_line(cli, json_object_get(camera, "plan") ? "plan" : "model", STYLE_PLAIN, "%s",
		looks(camera, names, sizeof(names)));
	view_line(cli, "size", STYLE_PLAIN, "%s", size_of(camera, text));
	view_line(cli, "rate", STYLE_PLAIN, "%.1f frames/s, %.2f Mbit/s, %.0f packets/s",
		reply_number(camera, "fps"), reply_number(camera, "mbps"),
		reply_number(camera, "packets_per_s"));
	view_line(cli, "dropping",
		reply_number(camera, "dropped_per_s") > 0 ? STYLE_WARN : STYLE_PLAIN,
		"%.1f frames/s", reply_number(camera, "dropped_per_s"));
	view_line(cli, "packets", STYLE_PLAIN, "%" PRId64 ", %" PRId64 " byte%s of payload",
		reply_count(camera, "packets"), bytes, units_plural(bytes));
	lost = reply_count(camera, "packets_lost");
	view_line(cli, "lost", lost > 0 ? STYLE_WARN : STYLE_PLAIN,
		"%" PRId64 " packet%s before the gateway had them, by their RTP numbers", lost,
		units_plural(lost));
	if (reply_text(camera, "transport")[0]) {
		view_line(cli, "network", STYLE_PLAIN, "%.2f %% lost, %.2f ms jitter",
			100 * reply_number(camera, "lost_share"),
			reply_number(camera, "jitter_ms"));
		view_line(cli, "rtcp", STYLE_PLAIN, "%" PRId64 " packets received",
			reply_count(camera, "rtcp_packets"));
	}
	print_clock(cli, camera);
	view_flow(cli, "frames", json_object_get(camera, "frames"));
	view_flow(cli, "samples", json_object_get(camera, "samples"));
	view_line(cli, "quota", STYLE_PLAIN,
		"%" PRId64 " frame%s in flight; while load is shed half as many more, and 2 that "
		"arrive",
		quota, units_plural(quota));
}

int cli_camera_show(struct cli *cli)
{
	json_t *reply;
	int code = client_send(cli, "GET", CLIENT_PATH("cameras", cli->argument), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		print_camera(cli, reply);
	json_decref(reply);
	return CLI_WELL;
}
