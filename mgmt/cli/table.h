/* Text in columns: titles, cells, each column as wide as its widest cell. */
#pragma once

#include <stdio.h>

#include "mgmt/cli/style.h"

struct table;

enum table_align { TABLE_LEFT, TABLE_RIGHT };

/* Makes an empty table without columns. It aborts when memory runs out: there is nothing else a
 * table printer could do. */
struct table *table_create(void);
void table_destroy(struct table *table);

/* Adds a column, before the first cell. */
void table_column(struct table *table, const char *title, enum table_align align);

/* Adds the next cell; a row is full when all columns have one. */
__attribute__((format(printf, 3, 4))) void table_cell(
	struct table *table, enum style style, const char *format, ...);

/* Prints titles and rows, without spaces at the ends of lines. `width`: the terminal's; text in the
 * last column is broken between words to fit; 0: no limit. */
void table_print(const struct table *table, FILE *out, bool color, int width);

/* How many columns of a terminal the text takes (UTF-8, no wide characters). */
int table_text_width(const char *text);
