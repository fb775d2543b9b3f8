#include "gwd/model/draft_names.h"

#include <ctype.h>
#include <string.h>

static void skip(struct onnx_text *text, size_t size)
{
	text->at += size;
	text->size -= size;
}

static void skip_blanks(struct onnx_text *text)
{
	while (text->size > 0 && isspace((unsigned char)text->at[0]))
		skip(text, 1);
}

static bool take(struct onnx_text *text, char wanted)
{
	skip_blanks(text);
	if (text->size == 0 || text->at[0] != wanted)
		return false;
	skip(text, 1);
	return true;
}

/* A number that a label follows. False: there is none. */
static bool take_number(struct onnx_text *text, uint32_t *number)
{
	bool any = false;

	skip_blanks(text);
	for (*number = 0;
		text->size > 0 && isdigit((unsigned char)text->at[0]) && *number < MODEL_LABELS;
		any = true) {
		*number = *number * 10 + (uint32_t)(text->at[0] - '0');
		skip(text, 1);
	}
	return any;
}

/* In quotes of either kind. Escapes other than of quotes and backslashes stay as they are. */
static bool take_string(struct onnx_text *text, char label[MODEL_LABEL + 1])
{
	size_t used = 0;

	skip_blanks(text);
	const char quote = text->size > 0 ? text->at[0] : '\0';

	if (quote != '\'' && quote != '"')
		return false;
	for (skip(text, 1); text->size > 0 && text->at[0] != quote; skip(text, 1)) {
		if (text->at[0] == '\\' && text->size > 1 && strchr("'\"\\", text->at[1]))
			skip(text, 1);
		if (used == MODEL_LABEL)
			return false;
		label[used++] = text->at[0];
	}
	label[used] = '\0';
	return used > 0 && take(text, quote);
}

/* What is before a label: its number in a dictionary, nothing in a list. */
static bool take_key(struct onnx_text *text, uint32_t *number)
{
	return !take_number(text, number) || take(text, ':');
}

bool draft_names_next(struct onnx_text *text, char label[MODEL_LABEL + 1])
{
	uint32_t number;

	if (!take(text, '{') && !take(text, '['))
		take(text, ',');
	return take_key(text, &number) && take_string(text, label);
}

uint32_t draft_names_count(const struct onnx_text *text)
{
	struct onnx_text rest = *text;
	char label[MODEL_LABEL + 1];
	uint32_t count = 0, number;
	const bool numbered = take(&rest, '{');

	if (!numbered && !take(&rest, '['))
		return 0;
	do {
		number = count;
		if ((numbered && !(take_number(&rest, &number) && take(&rest, ':'))) ||
			!take_string(&rest, label) || number != count || count == MODEL_LABELS)
			return 0;
		count++;
	} while (take(&rest, ','));
	return take(&rest, numbered ? '}' : ']') ? count : 0;
}
