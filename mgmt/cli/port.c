/* port capture: the answer is a file. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"
#include "mgmt/cli/units.h"

#define SECONDS 10
#define STATISTICS 5 /* a block of draft-ietf-opsawg-pcapng, 4.6 */
#define PACKET 6

struct capture {
	int64_t packets, missing;
};

static uint32_t u32_at(const char *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof(value));
	return value;
}

/* Counts what the file holds, and reads what it says is missing in it. */
static void look_at(const char *data, size_t size, struct capture *capture)
{
	for (size_t at = 0; size - at >= 12;) {
		const uint32_t length = u32_at(data + at + 4);

		if (length < 12 || length > size - at)
			return;
		capture->packets += u32_at(data + at) == PACKET;
		if (u32_at(data + at) == STATISTICS && length >= 52)
			memcpy(&capture->missing, data + at + 36, sizeof(capture->missing));
		at += length;
	}
}

static int read_seconds(const char *text, json_int_t *seconds)
{
	char *end;

	*seconds = text ? strtoll(text, &end, 10) : SECONDS;
	if (!text || (*end == '\0' && end != text))
		return CLI_WELL;
	fprintf(stderr, "gwctl: --seconds needs a whole number, not '%s'\n", text);
	return CLI_USAGE;
}

static void tell(const struct cli *cli, const struct capture *capture, size_t size)
{
	if (cli->json) {
		json_t *json = json_pack("{s:s, s:I, s:I, s:I}", "file", cli->argument, "packets",
			(json_int_t)capture->packets, "missing", (json_int_t)capture->missing,
			"bytes", (json_int_t)size);

		reply_print(cli, json);
		json_decref(json);
		return;
	}
	fprintf(cli->out, "%s: %" PRId64 " packet%s, %zu bytes\n", cli->argument, capture->packets,
		units_plural(capture->packets), size);
	if (capture->missing > 0)
		fprintf(cli->out,
			"%" PRId64 " more came and are not in it: capture for fewer seconds\n",
			capture->missing);
	if (capture->packets == 0)
		fputs("nothing came from the camera: `gwctl drops` shows what comes and is none "
		      "of it\n",
			cli->out);
}

int cli_port_capture(struct cli *cli)
{
	const char *camera = cli->option[0], *data;
	struct capture capture = {0};
	json_int_t seconds;
	size_t size;
	int code = read_seconds(cli->option[1], &seconds);

	if (code == CLI_WELL && !camera) {
		fputs("gwctl: whose packets? --camera NAME\n", stderr);
		code = CLI_USAGE;
	}
	if (code != CLI_WELL)
		return code;
	/* Before the seconds are spent. */
	FILE *file = fopen(cli->argument, "wb");

	if (!file) {
		fprintf(stderr, "gwctl: %s cannot be written: %s\n", cli->argument,
			strerror(errno));
		return CLI_NOT_WELL;
	}
	json_t *body = json_pack("{s:I}", "seconds", seconds);

	code = client_fetch(
		cli, "POST", CLIENT_PATH("cameras", camera, "capture"), body, &data, &size);
	json_decref(body);
	bool good = code != CLI_WELL || fwrite(data, 1, size, file) == size;

	good = fclose(file) == 0 && good;
	if (code != CLI_WELL || !good)
		remove(cli->argument);
	if (!good) {
		fprintf(stderr, "gwctl: %s cannot be written: %s\n", cli->argument,
			strerror(errno));
		return CLI_NOT_WELL;
	}
	if (code != CLI_WELL)
		return code;
	look_at(data, size, &capture);
	tell(cli, &capture, size);
	return CLI_WELL;
}
