#include "mgmt/cli/help.h"

#include <ctype.h>
#include <string.h>

#include "mgmt/cli/arguments.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/table.h"

#define WIDTH 80
#define INDENT 2

static const char *const exit_meanings[] = {
	[CLI_WELL] = "all is well",
	[CLI_NOT_WELL] = "the answer is bad news, or there is none to that question",
	[CLI_USAGE] = "the command line makes no sense",
	[CLI_NO_DAEMON] = "no gateway answers on the socket",
};

#define FEW 3 /* options that are spelled out */

/* "camera show NAME [--all]" */
static const char *usage_of(const struct cli_command *command, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%s%s%s%s%s", command->noun,
		command->verb ? " " : "", command->verb ? command->verb : "",
		command->argument ? " " : "", command->argument ? command->argument : "");

	if (command->options[FEW].name) {
		snprintf(text + used, size - used, " [options]");
		return text;
	}
	for (const struct cli_option *o = command->options; o->name && used < size; o++)
		used += (size_t)snprintf(text + used, size - used, " [%s%s%s]", o->name,
			o->value ? " " : "", o->value ? o->value : "");
	return text;
}

static void print_paragraph(FILE *out, const char *text)
{
	int column = INDENT;

	fprintf(out, "%*s", INDENT, "");
	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column > INDENT && column + 1 + length > WIDTH) {
			fprintf(out, "\n%*s", INDENT, "");
			column = INDENT;
		}
		column += fprintf(out, "%s%.*s", column > INDENT ? " " : "", length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static int width_of(const struct cli_option *option)
{
	return (int)(strlen(option->name) + (option->value ? 1 + strlen(option->value) : 0));
}

static void print_options(FILE *out, const struct cli_option *options)
{
	int width = 20;

	for (const struct cli_option *o = options; o->name; o++)
		if (width_of(o) > width)
			width = width_of(o);
	for (const struct cli_option *o = options; o->name; o++)
		fprintf(out, "  %s%s%-*s  %s\n", o->name, o->value ? " " : "",
			width - (int)strlen(o->name) - (o->value ? 1 : 0), o->value ? o->value : "",
			o->summary);
}

void help_overview(FILE *out)
{
	char usage[128];

	fputs("gwctl: talks to the stream gateway on this machine\n\nusage: gwctl [options] "
	      "command\n\n"
	      "commands:\n",
		out);
	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c)) {
		snprintf(usage, sizeof(usage), "%s%s%s%s%s", c->noun, c->verb ? " " : "",
			c->verb ? c->verb : "", c->argument ? " " : "",
			c->argument ? c->argument : "");
		fprintf(out, "  %-20s  %s\n", usage, c->summary);
	}
	fputs("\noptions:\n", out);
	print_options(out, cli_global_options);
	fputs("\nexit codes:\n", out);
	for (int i = 0; i <= CLI_NO_DAEMON; i++)
		fprintf(out, "  %-20d  %s\n", i, exit_meanings[i]);
	fputs("\ngwctl COMMAND --help explains a command, with an example.\n", out);
}

void help_command(FILE *out, const struct cli_command *command)
{
	char usage[256];

	fprintf(out, "gwctl %s: %s\n\n", usage_of(command, usage, sizeof(usage)), command->summary);
	print_paragraph(out, command->details);
	if (command->options[0].name) {
		fputs("\noptions:\n", out);
		print_options(out, command->options);
	}
	fputs("\noptions of all commands:\n", out);
	print_options(out, cli_global_options);
	fprintf(out, "\nexample:\n  gwctl %s\n", command->example);
}

void help_noun(FILE *out, const char *noun)
{
	char usage[256];

	fprintf(out, "gwctl %s: one of\n\n", noun);
	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c))
		if (strcmp(c->noun, noun) == 0)
			fprintf(out, "  gwctl %-20s  %s\n", usage_of(c, usage, sizeof(usage)),
				c->summary);
	fprintf(out, "\ngwctl %s VERB --help explains one of them.\n", noun);
}

/* Text as roff reads it: no accidental requests, escapes or typographic hyphens. */
static void roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
	}
}

static void roff_options(FILE *out, const struct cli_option *options)
{
	for (const struct cli_option *o = options; o->name; o++) {
		fputs(".TP\n\\fB", out);
		roff(out, o->name);
		fputs("\\fR", out);
		if (o->value)
			fprintf(out, " \\fI%s\\fR", o->value);
		fputc('\n', out);
		roff(out, o->summary);
		fputs(".\n", out);
	}
}

static void roff_command(FILE *out, const struct cli_command *c)
{
	fprintf(out, ".SS \"%s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
	if (c->argument)
		fprintf(out, " \\fI%s\\fP", c->argument);
	fputs("\"\n", out);
	fputc(toupper((unsigned char)c->summary[0]), out);
	roff(out, c->summary + 1);
	fputs(".\n.PP\n", out);
	roff(out, c->details);
	fputc('\n', out);
	roff_options(out, c->options);
	fputs(".PP\nExample:\n.B gwctl ", out);
	roff(out, c->example);
	fputc('\n', out);
}

void help_manual(FILE *out)
{
	fputs(".TH GWCTL 1 \"\" \"Framegate " GW_VERSION "\" \"Framegate\"\n"
	      ".SH NAME\ngwctl \\- talk to the stream gateway on this machine\n"
	      ".SH SYNOPSIS\n.B gwctl\n[\\fIoptions\\fR] \\fIcommand\\fR\n"
	      ".SH DESCRIPTION\nAsks the running gateway over its UNIX socket and prints tables, "
	      "or "
	      "with\n.B \\-\\-json\nwhat the API says.\n.SH OPTIONS\n",
		out);
	roff_options(out, cli_global_options);
	fputs(".SH COMMANDS\n", out);
	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c))
		roff_command(out, c);
	fputs(".SH EXIT STATUS\n", out);
	for (int i = 0; i <= CLI_NO_DAEMON; i++)
		fprintf(out, ".TP\n.B %d\n%s\n", i, exit_meanings[i]);
	fputs(".SH ENVIRONMENT\n.TP\n.B FRAMEGATE_SOCKET\nThe socket, when\n.B \\-\\-socket\nis "
	      "not "
	      "given.\n.TP\n.B NO_COLOR\nWhen set and not empty, nothing is coloured.\n"
	      ".SH FILES\n.TP\n.I " CLI_SOCKET
	      "\nWhere the gateway answers unless it is configured "
	      "otherwise.\n.SH SEE ALSO\n.BR gwd (8)\n",
		out);
}

int cli_help(struct cli *cli)
{
	bool verbs;

	if (cli->option[0]) {
		help_manual(cli->out);
		return CLI_WELL;
	}
	if (!cli->argument) {
		help_overview(cli->out);
		return CLI_WELL;
	}
	const struct cli_command *command = arguments_command(cli->argument, cli->verb);
	if (command) {
		help_command(cli->out, command);
	} else if (arguments_noun(cli->argument, &verbs) && !cli->verb) {
		help_noun(cli->out, cli->argument);
	} else {
		fprintf(stderr, "gwctl: there is no command '%s%s%s': gwctl help lists all\n",
			cli->argument, cli->verb ? " " : "", cli->verb ? cli->verb : "");
		return CLI_USAGE;
	}
	return CLI_WELL;
}
