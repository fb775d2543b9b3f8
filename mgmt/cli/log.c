/* log: the gateway's latest lines, and those that follow. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/view.h"

#define LINES 50 /* where none is said */
#define LINES_MOST 200
#define PAUSE_NS 300000000

enum { FOLLOW, HOW_MANY };

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	interrupted = 1;
}

static enum style style_of(const char *level)
{
	if (strcmp(level, "error") == 0)
		return STYLE_BAD;
	if (strcmp(level, "warning") == 0)
		return STYLE_WARN;
	return strcmp(level, "debug") == 0 ? STYLE_DIM : STYLE_PLAIN;
}

/* With --json a line is one object on a line of its own: it is a stream. */
static void print_line(const struct cli *cli, const json_t *line)
{
	const char *level = reply_text(line, "level"), *subject = reply_text(line, "subject");

	if (cli->json) {
		json_dumpf(line, cli->out, JSON_COMPACT);
		fputc('\n', cli->out);
		return;
	}
	const enum style style = cli->color ? style_of(level) : STYLE_PLAIN;

	fprintf(cli->out, "%s %s%-7s%s %s%s%s\n", reply_text(line, "time"), style_on(style), level,
		style_off(style), subject, subject[0] ? ": " : "", reply_text(line, "text"));
}

/* The last `most` of an answer; returns the number to ask for next. */
static int64_t print_lines(const struct cli *cli, const json_t *reply, size_t most)
{
	const json_t *lines = json_object_get(reply, "lines");
	const size_t count = json_array_size(lines);

	for (size_t i = count > most ? count - most : 0; i < count; i++)
		print_line(cli, json_array_get(lines, i));
	fflush(cli->out);
	return reply_count(reply, "last");
}

/* Which run of the gateway numbers its lines, and which was the last one. */
struct place {
	char boot_id[40];
	int64_t last;
};

/* What came since. Returns whether there may be more at once. *over: nothing will come. */
static bool go_on(struct cli *cli, struct place *place, bool *over)
{
	char path[40];
	json_t *reply;

	snprintf(path, sizeof(path), "log/%" PRId64, place->last);
	if (client_await(cli, path, &reply, over) != CLI_WELL)
		return false;
	const char *boot_id = reply_text(reply, "boot_id");
	const bool is_new = strcmp(boot_id, place->boot_id) != 0;
	const bool more = json_array_size(json_object_get(reply, "lines")) == LINES_MOST;

	if (is_new)
		*place = (struct place){0};
	else
		place->last = print_lines(cli, reply, LINES_MOST);
	snprintf(place->boot_id, sizeof(place->boot_id), "%s", boot_id);
	json_decref(reply);
	return is_new || more;
}

/* A gateway that is away for a while (a restart) is waited for; its lines begin at 1 then. */
static int follow(struct cli *cli, struct place *place)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const struct sigaction action = {.sa_handler = interrupt};

	bool over = false;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!interrupted && !ferror(cli->out) && !over)
		if (!go_on(cli, place, &over) && !over)
			nanosleep(&pause, NULL);
	return over ? CLI_NOT_WELL : CLI_WELL;
}

int cli_log(struct cli *cli)
{
	const char *wanted = cli->option[HOW_MANY];
	char *end = NULL;
	const long most = wanted ? strtol(wanted, &end, 10) : LINES;
	json_t *reply;

	if (wanted && (*end || end == wanted || most < 0 || most > LINES_MOST)) {
		fprintf(stderr, "gwctl: --lines takes a number from 0 to %d, not '%s'\n",
			LINES_MOST, wanted);
		return CLI_USAGE;
	}
	const int code = client_get(cli, "log", &reply);

	if (code != CLI_WELL)
		return code;
	struct place place = {.last = print_lines(cli, reply, (size_t)most)};

	snprintf(place.boot_id, sizeof(place.boot_id), "%s", reply_text(reply, "boot_id"));
	json_decref(reply);
	return cli->option[FOLLOW] ? follow(cli, &place) : CLI_WELL;
}
