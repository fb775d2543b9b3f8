/* How text looks on a terminal (ECMA-48 SGR). */
#pragma once

#include <stdbool.h>

enum style { STYLE_PLAIN, STYLE_TITLE, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_DIM };

/* What switches it on and off again; "" for plain text. */
const char *style_on(enum style style);
const char *style_off(enum style style);

/* Whether to colour: a terminal that can, and nobody who asked for none (https://no-color.org). */
bool style_wanted(int fd);

/* The terminal's columns; 0 when it is none. */
int style_width(int fd);
