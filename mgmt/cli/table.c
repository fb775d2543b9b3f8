#include "mgmt/cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2
#define NARROWEST 20 /* the last column is not broken into less than this */

struct cell {
	char *text;
	enum style style;
};

struct column {
	const char *title;
	enum table_align align;
	int width;
};

struct table {
	struct column *columns;
	int column_count;
	struct cell *cells;
	int cell_count, cell_room;
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct table *table_create(void)
{
	return must(calloc(1, sizeof(struct table)));
}

void table_destroy(struct table *table)
{
	for (int i = 0; i < table->cell_count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table->columns);
	free(table);
}

void table_column(struct table *table, const char *title, enum table_align align)
{
	size_t count = (size_t)table->column_count + 1;

	table->columns = must(realloc(table->columns, count * sizeof(struct column)));
	table->columns[table->column_count++] =
		(struct column){title, align, table_text_width(title)};
}

void table_cell(struct table *table, enum style style, const char *format, ...)
{
	struct column *column = &table->columns[table->cell_count % table->column_count];
	struct cell cell = {.style = style};
	va_list args;

	va_start(args, format);
	if (vasprintf(&cell.text, format, args) < 0)
		abort();
	va_end(args);
	if (table->cell_count == table->cell_room) {
		table->cell_room = table->cell_room ? 2 * table->cell_room : 64;
		table->cells =
			must(realloc(table->cells, (size_t)table->cell_room * sizeof(struct cell)));
	}
	table->cells[table->cell_count++] = cell;
	if (table_text_width(cell.text) > column->width)
		column->width = table_text_width(cell.text);
}

int table_text_width(const char *text)
{
	int width = 0;

	/* Every byte but the continuation bytes of UTF-8 begins a character. */
	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void pad(FILE *out, int count)
{
	fprintf(out, "%*s", count > 0 ? count : 0, "");
}

/* How many bytes of `text` go on a line of `room` columns: all, or up to the last space that fits.
 */
static size_t line_length(const char *text, int room)
{
	size_t last = 0, at = 0;

	for (int width = 0; text[at]; at++) {
		if ((text[at] & 0xc0) != 0x80 && width++ == room)
			return last ? last : at;
		if (text[at] == ' ')
			last = at;
	}
	return at;
}

/* The last column: broken into lines that begin below its first character. */
static void print_broken(
	FILE *out, const char *text, int indent, int width, const char *on, const char *off)
{
	int room = width > 0 ? width - indent : 0;

	if (room < NARROWEST)
		room = table_text_width(text);
	for (;;) {
		size_t length = line_length(text, room);

		fprintf(out, "%s%.*s%s\n", on, (int)length, text, off);
		text += length;
		text += strspn(text, " ");
		if (*text == '\0')
			return;
		pad(out, indent);
	}
}

static void print_row(
	const struct table *table, const struct cell *row, FILE *out, bool color, int width)
{
	int indent = 0, owed = 0;

	for (int i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		int spare = column->width - table_text_width(row[i].text);
		const char *on = color ? style_on(row[i].style) : "";
		const char *off = color ? style_off(row[i].style) : "";

		if (row[i].text[0] != '\0' || i == 0) {
			pad(out, owed + (column->align == TABLE_RIGHT ? spare : 0));
			owed = 0;
			if (i == table->column_count - 1) {
				if (column->align == TABLE_RIGHT)
					fprintf(out, "%s%s%s\n", on, row[i].text, off);
				else
					print_broken(out, row[i].text, indent, width, on, off);
				return;
			}
			fprintf(out, "%s%s%s", on, row[i].text, off);
			if (column->align == TABLE_LEFT)
				owed = spare;
		} else {
			owed += column->width;
		}
		owed += GAP;
		indent += column->width + GAP;
	}
	fputc('\n', out);
}

void table_print(const struct table *table, FILE *out, bool color, int width)
{
	struct cell *titles = must(calloc((size_t)table->column_count, sizeof(struct cell)));

	for (int i = 0; i < table->column_count; i++)
		titles[i] = (struct cell){(char *)table->columns[i].title, STYLE_TITLE};
	print_row(table, titles, out, color, width);
	free(titles);
	for (int i = 0; i + table->column_count <= table->cell_count; i += table->column_count)
		print_row(table, &table->cells[i], out, color, width);
}
