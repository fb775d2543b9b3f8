#include "mgmt/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM (64u * 1024u)

static bool make_room(struct exposition *exposition, size_t size)
{
	size_t room = exposition->room ? exposition->room : FIRST_ROOM;

	if (exposition->failed)
		return false;
	while (room - exposition->size < size)
		room *= 2;
	if (room == exposition->room)
		return true;
	char *text = realloc(exposition->text, room);

	if (!text) {
		exposition->failed = true;
		return false;
	}
	exposition->text = text;
	exposition->room = room;
	return true;
}

static void add(struct exposition *exposition, const char *text, size_t size)
{
	if (!make_room(exposition, size))
		return;
	memcpy(exposition->text + exposition->size, text, size);
	exposition->size += size;
}

static void add_word(struct exposition *exposition, const char *word)
{
	add(exposition, word, strlen(word));
}

/* A backslash and a line feed are escaped everywhere, a quotation mark where it would end a value.
 */
static void add_escaped(struct exposition *exposition, const char *text, bool quoted)
{
	const char *special = quoted ? "\\\n\"" : "\\\n";

	while (*text) {
		const size_t plain = strcspn(text, special);

		add(exposition, text, plain);
		text += plain;
		if (!*text)
			return;
		const char escape[2] = {'\\', *text == '\n' ? 'n' : *text};

		add(exposition, escape, sizeof(escape));
		text++;
	}
}

void exposition_begin(struct exposition *exposition, const char *name, enum exposition_type type,
	const char *help)
{
	static const char *const types[] = {
		[EXPOSITION_COUNTER] = " counter\n",
		[EXPOSITION_GAUGE] = " gauge\n",
		[EXPOSITION_HISTOGRAM] = " histogram\n",
		[EXPOSITION_SUMMARY] = " summary\n",
	};

	exposition->family = name;
	add_word(exposition, "# HELP ");
	add_word(exposition, name);
	add_word(exposition, " ");
	add_escaped(exposition, help, false);
	add_word(exposition, "\n# TYPE ");
	add_word(exposition, name);
	add_word(exposition, types[type]);
}

static void add_sample(struct exposition *exposition, const char *part,
	const struct exposition_label *labels, const char *value)
{
	const char *before = "{";

	add_word(exposition, exposition->family);
	add_word(exposition, part);
	for (; labels && labels->name; labels++) {
		add_word(exposition, before);
		add_word(exposition, labels->name);
		add_word(exposition, "=\"");
		add_escaped(exposition, labels->value, true);
		add_word(exposition, "\"");
		before = ",";
	}
	add_word(exposition, *before == ',' ? "} " : " ");
	add_word(exposition, value);
	add_word(exposition, "\n");
}

void exposition_count(
	struct exposition *exposition, const struct exposition_label *labels, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add_sample(exposition, "", labels, text);
}

void exposition_part(struct exposition *exposition, const char *part,
	const struct exposition_label *labels, double value)
{
	char text[32];

	if (isnan(value))
		strcpy(text, "NaN");
	else if (isinf(value))
		strcpy(text, value > 0 ? "+Inf" : "-Inf");
	else
		snprintf(text, sizeof(text), "%.15g", value);
	add_sample(exposition, part, labels, text);
}

void exposition_number(
	struct exposition *exposition, const struct exposition_label *labels, double value)
{
	exposition_part(exposition, "", labels, value);
}

void exposition_free(struct exposition *exposition)
{
	free(exposition->text);
	*exposition = (struct exposition){0};
}
