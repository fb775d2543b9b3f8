/* camera add, set and remove: words become a body, the answer becomes a line. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/cli/client.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/reply.h"

#define REGION 4

static int wrong_value(const char *option, const char *wanted, const char *value)
{
	fprintf(stderr, "gwctl: %s needs %s, not '%s'\n", option, wanted, value);
	return CLI_USAGE;
}

/* Decimal, or hexadecimal after 0x, as SSRCs are often written. Returns what follows it, NULL when
 * there is none. */
static const char *read_number(const char *text, json_int_t *number)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return NULL;
	errno = 0;
	const unsigned long long value = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);

	if (errno != 0 || value > UINT32_MAX)
		return NULL;
	*number = (json_int_t)value;
	return end;
}

static int put_number(json_t *body, const char *key, const char *option, const char *value)
{
	json_int_t number;
	const char *end = read_number(value, &number);

	if (!end || *end)
		return wrong_value(option, "a whole number", value);
	json_object_set_new(body, key, json_integer(number));
	return CLI_WELL;
}

static int put_region(json_t *body, const char *option, const char *value)
{
	json_int_t number[REGION];
	const char *at = value;

	for (int i = 0; i < REGION; i++) {
		at = read_number(at, &number[i]);
		if (!at || *at++ != (i < REGION - 1 ? ',' : '\0'))
			return wrong_value(option, "X,Y,WIDTH,HEIGHT", value);
	}
	json_object_set_new(body, "region",
		json_pack("{s:I, s:I, s:I, s:I}", "x", number[0], "y", number[1], "width",
			number[2], "height", number[3]));
	return CLI_WELL;
}

static int put_srtp(json_t *body, const char *option, const char *value)
{
	const size_t suite = strcspn(value, ",");
	json_t *srtp = value[suite] && value[suite + 1]
		? json_pack("{s:s%, s:s}", "suite", value, suite, "key_file", value + suite + 1)
		: NULL;

	if (!srtp)
		return wrong_value(option, "SUITE,FILE", value);
	json_object_set_new(body, "srtp", srtp);
	return CLI_WELL;
}

static int put_flag(json_t *body, const char *key, const char *option, const char *value)
{
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return wrong_value(option, "true or false", value);
	json_object_set_new(body, key, json_boolean(strcmp(value, "true") == 0));
	return CLI_WELL;
}

/* As the body of a request has it; what it must be the gateway says. */
static int put_plan(json_t *body, const char *option, const char *value)
{
	json_t *plan = json_loads(value, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_array(plan)) {
		json_decref(plan);
		return wrong_value(option,
			"a list of steps in JSON, as in "
			"'[{\"model\":\"text\"},{\"model\":\"text_lines\",\"from\":\"text\"}]'",
			value);
	}
	json_object_set_new(body, "plan", plan);
	return CLI_WELL;
}

/* One option into the member of its name; one without a value takes it back to its default. */
static int put_option(json_t *body, const char *option, const char *value)
{
	static const char *const texts[] = {"source", "destination", "url", "user", "password_file",
		"password_env", "tls_ca_file", "tls_fingerprint", "transport", "model",
		"orientation", "range"};
	char key[32];

	snprintf(key, sizeof(key), "%s", option + strlen("--"));
	for (char *c = key; *c; c++)
		if (*c == '-')
			*c = '_';
	if (value[0] == '\0') {
		json_object_set_new(body, key, json_null());
		return CLI_WELL;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(key, texts[i]) != 0)
			continue;
		if (json_object_set_new(body, key, json_string(value)) == 0)
			return CLI_WELL;
		return wrong_value(option, "a text in UTF-8", value);
	}
	if (strcmp(key, "region") == 0)
		return put_region(body, option, value);
	if (strcmp(key, "plan") == 0)
		return put_plan(body, option, value);
	if (strcmp(key, "srtp") == 0)
		return put_srtp(body, option, value);
	if (strcmp(key, "conceal") == 0 || strcmp(key, "rtcp") == 0)
		return put_flag(body, key, option, value);
	return put_number(body, key, option, value);
}

static int read_options(const struct cli *cli, json_t *body)
{
	int code = CLI_WELL;

	for (int i = 0; i < CLI_OPTIONS && code == CLI_WELL; i++)
		if (cli->option[i])
			code = put_option(body, cli->command->options[i].name, cli->option[i]);
	return code;
}

static int send_body(struct cli *cli, const char *method, const char *const *path, json_t *body,
	const char *done)
{
	json_t *reply = NULL;
	int code = read_options(cli, body);

	if (code == CLI_WELL)
		code = client_send_slow(cli, method, path, body, &reply);
	if (code == CLI_WELL && cli->json)
		reply_print(cli, reply);
	else if (code == CLI_WELL)
		fprintf(cli->out, "camera %s %s\n", cli->argument, done);
	json_decref(reply);
	json_decref(body);
	return code;
}

int cli_camera_add(struct cli *cli)
{
	json_t *body = json_pack("{s:s}", "name", cli->argument);

	if (!body) {
		fprintf(stderr, "gwctl: '%s' is not UTF-8\n", cli->argument);
		return CLI_USAGE;
	}
	return send_body(cli, "POST", CLIENT_PATH("cameras"), body, "was added");
}

int cli_camera_set(struct cli *cli)
{
	for (int i = 0; i < CLI_OPTIONS; i++)
		if (cli->option[i])
			return send_body(cli, "PATCH", CLIENT_PATH("cameras", cli->argument),
				json_object(), "is set");
	fputs("gwctl: nothing to change: name what, as in: gwctl camera set NAME --quota 4\n",
		stderr);
	return CLI_USAGE;
}

int cli_camera_remove(struct cli *cli)
{
	json_t *reply;
	int code = client_send_slow(
		cli, "DELETE", CLIENT_PATH("cameras", cli->argument), NULL, &reply);

	if (code != CLI_WELL)
		return code;
	if (cli->json)
		reply_print(cli, reply);
	else
		fprintf(cli->out,
			"camera %s was removed; what is complete of its frames still arrives\n",
			cli->argument);
	json_decref(reply);
	return CLI_WELL;
}
