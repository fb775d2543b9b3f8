#include "gwd/model/draft.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

void draft_line(struct draft *draft, const char *check, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(draft->to, format, arguments);
	va_end(arguments);
	if (check) {
		fprintf(draft->to, " # CHECK: %s", check);
		draft->checks++;
	}
	fputc('\n', draft->to);
}

/* Bytes of the character that begins there; 0: it is none that can be printed (RFC 3629, 4). */
static size_t character(const uint8_t *at, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const size_t size = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	uint32_t value = at[0] & (0xffu >> (size + 1));

	if (size == 1)
		return at[0] >= ' ' && at[0] != 0x7f;
	if (at[0] < 0xc2 || at[0] > 0xf4 || size > left)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (at[i] & 0x3f);
	}
	/* Not what is too long, a surrogate, a control or no character. */
	if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ||
		value < 0xa0 || value == 0xfeff || (value & 0xfffe) == 0xfffe)
		return 0;
	return value == 0x2028 || value == 0x2029 ? 0 : size;
}

const char *draft_clean(char *room, size_t size, const struct onnx_text *text)
{
	const uint8_t *at = (const uint8_t *)text->at;
	size_t used = 0;

	for (size_t i = 0; i < text->size;) {
		const size_t bytes = character(at + i, text->size - i);

		if (used + (bytes ? bytes : 1) >= size)
			break;
		if (bytes)
			memcpy(room + used, at + i, bytes);
		else
			room[used] = '?';
		used += bytes ? bytes : 1;
		i += bytes ? bytes : 1;
	}
	room[used] = '\0';
	return room;
}

/* Whether it means itself without quotes, to any reader of YAML. */
static bool is_plain(const char *text)
{
	static const char *const others[] = {
		"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
	const size_t size = strlen(text);

	if (!isalpha((unsigned char)text[0]) && text[0] != '_')
		return false;
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_-./ ", *at))
			return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcasecmp(text, others[i]) == 0)
			return false;
	return text[size - 1] != ' ';
}

const char *draft_scalar(char room[DRAFT_ROOM], const struct onnx_text *text)
{
	char clean[DRAFT_ROOM / 2 - 2];
	size_t used = 0;

	draft_clean(clean, sizeof(clean), text);
	if (is_plain(clean))
		return strcpy(room, clean);
	room[used++] = '"';
	for (const char *at = clean; *at; at++) {
		if (*at == '"' || *at == '\\')
			room[used++] = '\\';
		room[used++] = *at;
	}
	room[used++] = '"';
	room[used] = '\0';
	return room;
}

const char *draft_shape(char *room, size_t size, const struct onnx_tensor *tensor)
{
	char symbol[64];
	size_t used = 0;

	if (!tensor->has_shape) {
		snprintf(room, size, "?");
		return room;
	}
	for (uint32_t i = 0; i < tensor->rank && i < ONNX_DIMS && used < size; i++) {
		const struct onnx_dim *dim = &tensor->dims[i];
		const char *before = i ? ", " : "[";

		if (dim->size > 0)
			used += (size_t)snprintf(
				room + used, size - used, "%s%lld", before, (long long)dim->size);
		else
			used += (size_t)snprintf(room + used, size - used, "%s%s", before,
				dim->symbol.size ? draft_clean(symbol, sizeof(symbol), &dim->symbol)
						 : "?");
	}
	if (used < size)
		snprintf(room + used, size - used, "%s%s", tensor->rank ? "" : "[",
			tensor->rank > ONNX_DIMS ? ", ...]" : "]");
	return room;
}

const char *draft_type(int32_t type)
{
	static const char *const names[] = {"no tensor", "float32", "uint8", "int8", "uint16",
		"int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32",
		"uint64"};

	return type >= 0 && (size_t)type < sizeof(names) / sizeof(names[0]) ? names[type]
									    : "another type";
}
