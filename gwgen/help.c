#include "gwgen/help.h"

#include <jansson.h>
#include <string.h>

#include "gwgen/kinds.h"

#define WIDTH 80
#define COLUMN 24

static const char *const exits[] = {
	[GWGEN_WELL] = "all went as it was asked for",
	[GWGEN_NOT_WELL] = "not all went, or there is no figure to give",
	[GWGEN_USAGE] = "the command line makes no sense",
	[GWGEN_NO_DAEMON] = "no gateway answers on the socket",
};

/* Words up to the width, those of further lines below `column`. */
static void print_words(FILE *out, const char *text, int column)
{
	int at = column;

	while (*text) {
		const int length = (int)strcspn(text, " ");

		if (at > column && at + 1 + length > WIDTH) {
			fprintf(out, "\n%*s", column, "");
			at = column;
		}
		at += fprintf(out, "%s%.*s", at > column ? " " : "", length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_options(FILE *out, enum command command)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_facts *o = &option_facts[i];

		if (!(o->commands >> command & 1))
			continue;
		const int used = fprintf(
			out, "  %s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");

		fprintf(out, "%*s", used < COLUMN ? COLUMN - used : 1, "");
		print_words(out, o->summary, COLUMN);
	}
}

void help_overview(FILE *out)
{
	fputs("gwgen: sends RTP/JPEG as cameras do, and finds out what a gateway takes\n\n"
	      "usage: gwgen [command] [options]\n\ncommands:\n",
		out);
	for (int i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-20s  %s\n", command_facts[i].name, command_facts[i].summary);
	fputs("\nexit codes:\n", out);
	for (int i = 0; i <= GWGEN_NO_DAEMON; i++)
		fprintf(out, "  %-20d  %s\n", i, exits[i]);
	fputs("\ngwgen COMMAND --help explains a command and its options, with an example.\n", out);
}

void help_command(FILE *out, enum command command)
{
	const struct command_facts *facts = &command_facts[command];

	fprintf(out, "gwgen %s [options]: %s\n\n  ", facts->name, facts->summary);
	print_words(out, facts->details, 2);
	fputs("\noptions:\n", out);
	print_options(out, command);
	fprintf(out, "\nexample:\n  gwgen %s\n", facts->example);
}

/* Text as roff reads it: no accidental requests, escapes or typographic hyphens. */
static void roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++)
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
}

static void roff_command(FILE *out, enum command command)
{
	const struct command_facts *facts = &command_facts[command];

	fprintf(out, ".SS %s\n", facts->name);
	roff(out, facts->summary);
	fputs(".\n.PP\n", out);
	roff(out, facts->details);
	fputs("\n.PP\nExample:\n.B gwgen ", out);
	roff(out, facts->example);
	fputc('\n', out);
}

static void roff_option(FILE *out, const struct option_facts *o)
{
	const char *before = " (of ";

	fputs(".TP\n\\fB", out);
	roff(out, o->name);
	fputs("\\fR", out);
	if (o->value)
		fprintf(out, " \\fI%s\\fR", o->value);
	if (o->commands != (1u << COMMAND_COUNT) - 1) {
		for (int i = 0; i < COMMAND_COUNT; i++) {
			if (o->commands >> i & 1) {
				fprintf(out, "%s%s", before, command_facts[i].name);
				before = ", ";
			}
		}
		fputc(')', out);
	}
	fputc('\n', out);
	roff(out, o->summary);
	fputs(".\n", out);
}

void help_manual(FILE *out)
{
	fputs(".TH GWGEN 1 \"\" \"Framegate " GW_VERSION "\" \"Framegate\"\n"
	      ".SH NAME\ngwgen \\- send RTP/JPEG as cameras do, and find out what a gateway takes\n"
	      ".SH SYNOPSIS\n.B gwgen\n[\\fIcommand\\fR] [\\fIoptions\\fR]\n"
	      ".SH DESCRIPTION\nA packet generator and simulator of cameras on DPDK. It makes the "
	      "packets of many cameras from JPEG pictures, in the way of every sender that it "
	      "knows by name, sends them in time by a port or writes them into a capture, and "
	      "accounts for those that did not go.\n.SH COMMANDS\n",
		out);
	for (int i = 0; i < COMMAND_COUNT; i++)
		roff_command(out, (enum command)i);
	fputs(".SH OPTIONS\n", out);
	for (int i = 0; i < OPTION_COUNT; i++)
		roff_option(out, &option_facts[i]);
	fputs(".SH KINDS OF CAMERAS\n", out);
	for (const struct kind *kind = kinds; kind->name; kind++) {
		fputs(".TP\n.B ", out);
		roff(out, kind->name);
		fputc('\n', out);
		roff(out, kind->sentence);
		fputs(".\n", out);
	}
	fputs(".SH EXIT STATUS\n", out);
	for (int i = 0; i <= GWGEN_NO_DAEMON; i++)
		fprintf(out, ".TP\n.B %d\n%s.\n", i, exits[i]);
	fputs(".SH SEE ALSO\n.BR gwd (8),\n.BR gwctl (1)\n", out);
}

void help_kinds(FILE *out)
{
	for (const struct kind *kind = kinds; kind->name; kind++) {
		fprintf(out, "%-*s  ", COLUMN - 4, kind->name);
		print_words(out, kind->sentence, COLUMN - 2);
	}
}

void help_kinds_json(FILE *out)
{
	json_t *list = json_array();

	for (const struct kind *kind = kinds; kind->name; kind++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:b, s:b, s:s?}", "name", kind->name, "sentence",
				kind->sentence, "tell_size", kind->tell_size, "tell_type",
				kind->tell_type, "refused", kind->refused));
	json_t *object = json_pack("{s:o}", "kinds", list);

	json_dumpf(object, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(object);
}

/* Words of a case in the script, those that belong to `command`. */
static void print_names(FILE *out, enum command command)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (option_facts[i].commands >> command & 1)
			fprintf(out, " %s", option_facts[i].name);
}

static void print_values(FILE *out)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_facts *o = &option_facts[i];

		if (o->kind == OPTION_FILE) {
			fprintf(out,
				"\t%s) mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); "
				"return ;;\n",
				o->name);
		} else if (o->kind == OPTION_KIND) {
			fprintf(out, "\t%s) choices='", o->name);
			for (const struct kind *kind = kinds; kind->name; kind++)
				fprintf(out, "%s ", kind->name);
			fputs("' ;;\n", out);
		} else if (o->value) {
			fprintf(out, "\t%s) choices='", o->name);
			for (const char *at = o->words ? o->words : ""; *at; at++)
				fputc(*at == '|' ? ' ' : *at, out);
			fputs("' ;;\n", out);
		}
	}
}

void help_completion(FILE *out)
{
	fputs("# Completion of gwgen for bash; made by `gwgen completion bash`.\n"
	      "_gwgen() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} choices "
	      "command=send it\n"
	      "\tfor it in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\tcase $it in send|search|config|list|help|completion) command=$it; break ;; "
	      "esac\n"
	      "\tdone\n"
	      "\tcase $before in\n",
		out);
	print_values(out);
	fputs("\tcompletion) choices=bash ;;\n\t*)\n\t\tcase $command in\n", out);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		fprintf(out, "\t\t%s) choices='", command_facts[i].name);
		print_names(out, (enum command)i);
		fputs("' ;;\n", out);
	}
	fputs("\t\tesac\n"
	      "\t\t[[ $COMP_CWORD == 1 && $word != -* ]] && choices='",
		out);
	for (int i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "%s ", command_facts[i].name);
	fputs("'\n\t\t;;\n\tesac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$word\")\n"
	      "}\ncomplete -F _gwgen gwgen\n",
		out);
}
