#include "gwd/camera/report.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/rtsp_url.h"
#include "core/plural.h"
#include "gwd/camera/advice.h"

#define LIST 128

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

static const char *suite_name(enum gw_srtp_suite suite)
{
	return suite == GW_SRTP_AES_CM_128_HMAC_SHA1_32 ? "AES_CM_128_HMAC_SHA1_32"
							: "AES_CM_128_HMAC_SHA1_80";
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
	if (camera->tls_ca_file)
		fprintf(to, "    tls_ca_file: '%s'\n", camera->tls_ca_file);
	if (camera->tls_fingerprint)
		fprintf(to, "    tls_fingerprint: '%s'\n", camera->tls_fingerprint);
	if (camera->transport != GW_TRANSPORT_AUTO)
		fprintf(to, "    transport: %s\n", transports[camera->transport]);
	else if (probe->udp_was_silent)
		fputs("    transport: tcp        # nothing came by UDP\n", to);
	if (camera->srtp)
		fprintf(to, "    srtp: {suite: %s, key_file: '%s'}\n",
			suite_name(camera->srtp->suite), camera->srtp->key_file);
	if (probe->measure.pictures > 0 && probe->measure.width == 0 &&
		probe->dialogue.stream.width == 0)
		fputs("    # width:              # CHECK: nothing says the size\n    # height:\n",
			to);
	fputs("    # model: objects      # NAME of the model repository\n", to);
}

/* "from 10.0.0.2 to 10.0.0.1, within the connection (TCP), SRTP" */
static void print_way(FILE *to, const struct probe *probe)
{
	const struct dialogue *dialogue = &probe->dialogue;
	char from[INET6_ADDRSTRLEN], here[INET6_ADDRSTRLEN];

	fprintf(to, "sends           from %s to %s, ", address(&dialogue->learned.source, from),
		address(&dialogue->learned.destination, here));
	if (dialogue->way == TRANSPORT_TCP)
		fprintf(to, "within the RTSP connection (TCP%s)",
			dialogue->is_secured ? ", TLS" : "");
	else
		fprintf(to, "UDP port %u", dialogue->learned.port);
	if (dialogue->learned.srtp_key.is_set)
		fputs(", SRTP with the key of its description", to);
	else if (probe->camera->srtp)
		fputs(", SRTP with the key that is given", to);
	fputc('\n', to);
}

void probe_print(FILE *to, const struct probe *probe)
{
	const struct measure *measure = &probe->measure;
	const struct dialogue *dialogue = &probe->dialogue;
	const char *advice[PROBE_ADVICE];
	const uint32_t count = probe_advise(probe, advice);
	char a[LIST], url[GW_URL];

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
		print_way(to, probe);
	if (measure->packets > 0) {
		fprintf(to,
			"came            %lu picture%s in %u s (%.1f/s), %lu packet%s of at most "
			"%u bytes, %lu lost\n",
			measure->pictures, gw_plural(measure->pictures), probe->seconds,
			measure_rate(measure), measure->packets, gw_plural(measure->packets),
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
		fprintf(to, "files           whole JPEG files, in %lu of the pictures\n",
			measure->files);
	if (measure->extended > 0)
		fprintf(to, "extension       ONVIF's, in %lu packet%s\n", measure->extended,
			gw_plural(measure->extended));
	if (measure->elsewhere > 0)
		fprintf(to, "elsewhere       %lu packet%s on channels that nobody set up\n",
			measure->elsewhere, gw_plural(measure->elsewhere));
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		if (measure->refused[drop] > 0)
			fprintf(to, "refused         %lu packet%s: %s\n", measure->refused[drop],
				gw_plural(measure->refused[drop]), gw_drops[drop].meaning);
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
			 "s:b, s:o, s:I, s:I, s:I, s:I, s:o}",
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
		"extended", (json_int_t)measure->extended, "rtcp_packets",
		(json_int_t)measure->reports, "elsewhere", (json_int_t)measure->elsewhere,
		"refused", refused);
}

static json_t *all_json(const struct probe *probe, const char *yaml)
{
	const struct dialogue *dialogue = &probe->dialogue;
	const char *advice[PROBE_ADVICE];
	const uint32_t count = probe_advise(probe, advice);
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], url[GW_URL];
	json_t *lines = json_array();

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(lines, json_string(advice[i]));
	gw_rtsp_url_show(probe->camera->url, url);
	return json_pack(
		"{s:s, s:s, s:b, s:{s:i, s:i, s:i, s:f}, s:{s:s, s:s, s:s, s:i, s:b}, s:o, "
		"s:o, "
		"s:s}",
		"url", url, "server", dialogue->server, "plays", (int)probe->plays, "description",
		"payload_type", (int)dialogue->stream.payload_type, "width",
		(int)dialogue->stream.width, "height", (int)dialogue->stream.height, "fps",
		dialogue->stream.rate, "sends", "transport", transport_name(dialogue->way),
		"source", address(&dialogue->learned.source, source), "destination",
		address(&dialogue->learned.destination, destination), "port",
		(int)dialogue->learned.port, "encrypted", (int)probe_is_encrypted(probe), "stream",
		stream_json(&probe->measure), "advice", lines, "yaml", yaml);
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
