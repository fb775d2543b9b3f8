#include "gwd/camera/report.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/rtsp_url.h"

#define LIST 128
#define ADVICE 8

/* The numbers that are set, as "80, 255". */
static const char *numbers(const bool *set, uint32_t count, char text[LIST])
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < count && used < LIST - 8; i++)
		if (set[i])
			used += (size_t)snprintf(
				text + used, LIST - used, "%s%u", used > 0 ? ", " : "", i);
	return text[0] ? text : "none";
}

static json_t *numbers_json(const bool *set, uint32_t count)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < count; i++)
		if (set[i])
			json_array_append_new(list, json_integer(i));
	return list;
}

static const char *address(const struct gw_address *it, char text[INET6_ADDRSTRLEN])
{
	if (it->family == 0 || !inet_ntop(it->family, it->bytes, text, INET6_ADDRSTRLEN))
		strcpy(text, "?");
	return text;
}

static const char *tables(const struct measure *measure)
{
	if (measure->with_tables == 0 && measure->without_tables == 0)
		return "those that Q stands for";
	if (measure->without_tables == 0)
		return measure->wide_tables ? "in every picture, 16 bits" : "in every picture";
	return measure->with_tables > 0 ? "in some pictures" : "promised, and in none";
}

static const char *intervals(const struct measure *measure, char text[LIST])
{
	size_t used = 0;

	for (uint32_t i = 0; i < measure->interval_count; i++)
		used += (size_t)snprintf(text + used, LIST - used, "%s%u", used > 0 ? ", " : "",
			measure->interval[i]);
	return used > 0 ? text : "none announced";
}

/* What stands out, with what to do. Returns how many lines. */
static uint32_t advise(const struct probe *probe, const char *lines[ADVICE])
{
	const struct measure *measure = &probe->measure;
	const struct sdp_stream *stream = &probe->dialogue.stream;
	const bool said = stream->width > 0;
	uint32_t count = 0;

	if (probe->trouble.text[0])
		lines[count++] = probe->trouble.text;
	else if (measure->packets == 0)
		lines[count++] = "it plays, but no packet came: let UDP through (firewalls), and "
				 "ask from the machine and the network of the gateway";
	else if (measure->pictures == 0)
		lines[count++] = "packets came, but no picture began: is this stream JPEG?";
	if (measure->pictures > 0 && measure->width == 0 && !said)
		lines[count++] = "neither its packets nor its description say the size: give "
				 "width and height";
	if (measure->pictures > 0 && measure->width > 0 && said &&
		(((stream->width + 7) ^ measure->width) & 0x7F8) != 0 &&
		((stream->width ^ measure->width) & 0x7F8) != 0)
		lines[count++] = "its description says another size than its packets, which are "
				 "believed: look at the stream's settings";
	if (measure->size_varies)
		lines[count++] = "the size changes from picture to picture";
	if (measure->lost > 0)
		lines[count++] = "packets were lost on the way: look at the network, or choose a "
				 "smaller stream";
	if (measure->ssrc_count > 1)
		lines[count++] = "several RTP sources send to this port";
	if (measure->with_tables == 0 && measure->without_tables > 0)
		lines[count++] = "its quantisation tables never came, and no picture can be made "
				 "without: restart the camera";
	return count;
}

void probe_yaml(FILE *to, const struct probe *probe)
{
	const struct gw_camera_config *camera = probe->camera;
	static const char *const transports[] = {"auto", "udp", "multicast", "tcp"};

	fprintf(to, "cameras:\n  - name: camera          # choose a name\n    url: %s\n",
		camera->url);
	if (camera->user)
		fprintf(to, "    user: '%s'\n", camera->user);
	if (camera->password_file)
		fprintf(to, "    password_file: '%s'\n", camera->password_file);
	if (camera->password_env)
		fprintf(to, "    password_env: '%s'\n", camera->password_env);
	if (camera->transport != GW_TRANSPORT_AUTO)
		fprintf(to, "    transport: %s\n", transports[camera->transport]);
	if (probe->measure.pictures > 0 && probe->measure.width == 0 &&
		probe->dialogue.stream.width == 0)
		fputs("    # width:              # CHECK: nothing says the size\n    # height:\n",
			to);
	fputs("    # model: objects      # NAME of the model repository\n", to);
}

void probe_print(FILE *to, const struct probe *probe)
{
	const struct measure *measure = &probe->measure;
	const struct dialogue *dialogue = &probe->dialogue;
	const char *advice[ADVICE];
	const uint32_t count = advise(probe, advice);
	char a[LIST], b[INET6_ADDRSTRLEN], c[INET6_ADDRSTRLEN], url[GW_URL];

	gw_rtsp_url_show(probe->camera->url, url);
	fprintf(to, "camera          %s%s%s\n", url, dialogue->server[0] ? ", " : "",
		dialogue->server);
	fprintf(to, "description     payload type %u", dialogue->stream.payload_type);
	if (dialogue->stream.width > 0)
		fprintf(to, ", %ux%u", dialogue->stream.width, dialogue->stream.height);
	if (dialogue->stream.rate > 0)
		fprintf(to, ", %g pictures/s", dialogue->stream.rate);
	fputc('\n', to);
	if (probe->plays)
		fprintf(to, "sends           from %s to %s, UDP port %u\n",
			address(&dialogue->learned.source, b),
			address(&dialogue->learned.destination, c), dialogue->learned.port);
	if (measure->packets > 0) {
		fprintf(to,
			"came            %lu pictures in %u s (%.1f/s), %lu packets of at most "
			"%u bytes, %lu lost\n",
			measure->pictures, probe->seconds, measure_rate(measure), measure->packets,
			measure->largest, measure->lost);
		fprintf(to, "payload type    %s\n", numbers(measure->payload_types, 128, a));
	}
	if (measure->pictures > 0) {
		if (measure->width > 0)
			fprintf(to, "size            %ux%u, as RTP/JPEG says it (multiples of 8)\n",
				measure->width, measure->height);
		else
			fputs("size            not said by its packets\n", to);
		fprintf(to, "type            %s\n", numbers(measure->types, 256, a));
		fprintf(to, "Q               %s\n", numbers(measure->qs, 256, a));
		fprintf(to, "tables          %s\n", tables(measure));
		fprintf(to, "restart         %s\n", intervals(measure, a));
	}
	if (measure->files > 0)
		fprintf(to, "files           %lu pictures are whole JPEG files\n", measure->files);
	if (measure->extended > 0)
		fprintf(to, "extension       ONVIF's, in %lu packets\n", measure->extended);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		if (measure->refused[drop] > 0)
			fprintf(to, "refused         %lu packets: %s\n", measure->refused[drop],
				gw_drops[drop].meaning);
	for (uint32_t i = 0; i < count; i++)
		fprintf(to, "look at         %s\n", advice[i]);
}

static json_t *stream_json(const struct measure *measure)
{
	json_t *intervals_list = json_array(), *refused = json_object();

	for (uint32_t i = 0; i < measure->interval_count; i++)
		json_array_append_new(intervals_list, json_integer(measure->interval[i]));
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		if (measure->refused[drop] > 0)
			json_object_set_new(refused, gw_drops[drop].name,
				json_integer((json_int_t)measure->refused[drop]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:i, s:i, s:b, s:o, s:o, s:o, s:I, s:I, "
			 "s:b, s:o, s:I, s:I, s:o}",
		"packets", (json_int_t)measure->packets, "bytes", (json_int_t)measure->bytes,
		"lost", (json_int_t)measure->lost, "largest_packet", (json_int_t)measure->largest,
		"pictures", (json_int_t)measure->pictures, "fps", measure_rate(measure), "width",
		(int)measure->width, "height", (int)measure->height, "size_varies",
		(int)measure->size_varies, "payload_types",
		numbers_json(measure->payload_types, 128), "types",
		numbers_json(measure->types, 256), "q", numbers_json(measure->qs, 256),
		"with_tables", (json_int_t)measure->with_tables, "without_tables",
		(json_int_t)measure->without_tables, "wide_tables", (int)measure->wide_tables,
		"restart_intervals", intervals_list, "files", (json_int_t)measure->files,
		"extended", (json_int_t)measure->extended, "refused", refused);
}

static json_t *all_json(const struct probe *probe, const char *yaml)
{
	const struct dialogue *dialogue = &probe->dialogue;
	const char *advice[ADVICE];
	const uint32_t count = advise(probe, advice);
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], url[GW_URL];
	json_t *lines = json_array();

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(lines, json_string(advice[i]));
	gw_rtsp_url_show(probe->camera->url, url);
	return json_pack("{s:s, s:s, s:b, s:{s:i, s:i, s:i, s:f}, s:{s:s, s:s, s:i}, s:o, s:o, "
			 "s:s}",
		"url", url, "server", dialogue->server, "plays", (int)probe->plays, "description",
		"payload_type", (int)dialogue->stream.payload_type, "width",
		(int)dialogue->stream.width, "height", (int)dialogue->stream.height, "fps",
		dialogue->stream.rate, "sends", "source",
		address(&dialogue->learned.source, source), "destination",
		address(&dialogue->learned.destination, destination), "port",
		(int)dialogue->learned.port, "stream", stream_json(&probe->measure), "advice",
		lines, "yaml", yaml);
}

bool probe_json(FILE *to, const struct probe *probe)
{
	char *yaml = NULL;
	size_t size;
	FILE *text = open_memstream(&yaml, &size);

	if (!text)
		return false;
	probe_yaml(text, probe);
	if (fclose(text) != 0) {
		free(yaml);
		return false;
	}
	json_t *json = all_json(probe, yaml);
	const bool good =
		json && json_dumpf(json, to, JSON_INDENT(2)) == 0 && fputc('\n', to) != EOF;

	json_decref(json);
	free(yaml);
	return good;
}
