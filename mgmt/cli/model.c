#include <inttypes.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/run_gwd.h"
#include "mgmt/cli/units.h"
#include "mgmt/cli/view.h"

static void add_model(struct table *table, const json_t *model)
{
	bool ran = reply_count(model, "batches") > 0;
	char cameras[256], text[UNITS_TEXT];

	table_cell(table, STYLE_PLAIN, "%s", reply_text(model, "name"));
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(model, "version"));
	table_cell(table, STYLE_PLAIN, "%s", reply_text(model, "task"));
	table_cell(table, STYLE_PLAIN, "%s", reply_text(model, "backend"));
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(model, "frames"));
	table_cell(table, STYLE_PLAIN, "%" PRId64, reply_count(model, "batches"));
	table_cell(table, STYLE_PLAIN, "%.1f", reply_number(model, "mean_batch"));
	table_cell(table, STYLE_PLAIN, "%s",
		ran ? units_us(text, reply_count(model, "run_p50_us")) : "-");
	table_cell(table, STYLE_PLAIN, "%s",
		ran ? units_us(text, reply_count(model, "run_p99_us")) : "-");
	table_cell(table, STYLE_PLAIN, "%s",
		reply_join(json_object_get(model, "cameras"), cameras, sizeof(cameras)));
}

static void print_models(const struct cli *cli, const json_t *models)
{
	struct table *table = table_create();
	json_t *model;
	size_t i;

	if (json_array_size(models) == 0) {
		table_destroy(table);
		fputs("no models: no camera names one in the configuration\n", cli->out);
		return;
	}
	table_column(table, "MODEL", TABLE_LEFT);
	table_column(table, "VERSION", TABLE_RIGHT);
	table_column(table, "TASK", TABLE_LEFT);
	table_column(table, "BACK-END", TABLE_LEFT);
	table_column(table, "FRAMES", TABLE_RIGHT);
	table_column(table, "BATCHES", TABLE_RIGHT);
	table_column(table, "FRAMES/BATCH", TABLE_RIGHT);
	table_column(table, "RUN P50", TABLE_RIGHT);
	table_column(table, "RUN P99", TABLE_RIGHT);
	table_column(table, "CAMERAS", TABLE_LEFT);
	json_array_foreach(models, i, model)
		add_model(table, model);
	view_table(cli, table);
}

int cli_model_list(struct cli *cli)
{
	json_t *reply;
	int code = client_get(cli, "models", &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		print_models(cli, json_object_get(reply, "models"));
	json_decref(reply);
	return CLI_WELL;
}

static void print_model(const struct cli *cli, const json_t *model)
{
	char cameras[512], p50[UNITS_TEXT], p99[UNITS_TEXT];
	int64_t frames = reply_count(model, "frames");

	view_line(cli, "model", STYLE_TITLE, "%s, version %" PRId64, reply_text(model, "name"),
		reply_count(model, "version"));
	view_line(cli, "task", STYLE_PLAIN, "%s", reply_text(model, "task"));
	view_line(cli, "back-end", STYLE_PLAIN, "%s", reply_text(model, "backend"));
	view_line(cli, "digest", STYLE_PLAIN, "%s", reply_text(model, "digest"));
	view_line(cli, "cameras", STYLE_PLAIN, "%s",
		reply_join(json_object_get(model, "cameras"), cameras, sizeof(cameras)));
	view_line(cli, "batches", STYLE_PLAIN, "%" PRId64 " with %" PRId64 " frame%s, %.1f each",
		reply_count(model, "batches"), frames, units_plural(frames),
		reply_number(model, "mean_batch"));
	view_line(cli, "run time", STYLE_PLAIN, "p50 %s, p99 %s",
		units_us(p50, reply_count(model, "run_p50_us")),
		units_us(p99, reply_count(model, "run_p99_us")));
}

/* The API lists models; one of them is looked for here. */
int cli_model_show(struct cli *cli)
{
	const json_t *found = NULL;
	json_t *reply, *model;
	size_t i;
	int code = client_get(cli, "models", &reply);

	if (code != CLI_WELL)
		return code;
	json_array_foreach(json_object_get(reply, "models"), i, model)
		if (strcmp(reply_text(model, "name"), cli->argument) == 0)
			found = model;
	if (!found)
		fprintf(stderr, "gwctl: there is no model '%s': gwctl model list\n", cli->argument);
	else if (cli->json)
		reply_print(cli, found);
	else
		print_model(cli, found);
	json_decref(reply);
	return found ? CLI_WELL : CLI_NOT_WELL;
}

int cli_model_inspect(struct cli *cli)
{
	char *const words[] = {"gwctl", "model", "inspect", "--", (char *)cli->argument, NULL};
	char *const json_words[] = {
		"gwctl", "model", "inspect", "--json", "--", (char *)cli->argument, NULL};

	return run_gwd(cli, cli->json ? json_words : words);
}

int cli_model_check(struct cli *cli)
{
	static const char *const names[] = {
		"--output", "--orientation", "--rotate", "--range", "--library"};
	char *words[CLI_MORE + 16] = {"gwctl", "model", "check"};
	int count = 3;

	if (cli->json)
		words[count++] = "--json";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cli->option[i]) {
			words[count++] = (char *)names[i];
			words[count++] = (char *)cli->option[i];
		}
	words[count++] = "--";
	words[count++] = (char *)cli->argument;
	for (int i = 0; i < cli->more_count; i++)
		words[count++] = (char *)cli->more[i];
	return run_gwd(cli, words);
}
