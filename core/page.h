/* A page that stands alone: one file in HTML, without anything from a network. Any thread. */
#pragma once

#include <stdio.h>

/* All before the first paragraph. `style` is CSS of ours; title and heading are written as text. */
void gw_page_begin(FILE *out, const char *title, const char *style, const char *heading);

/* Text within an element: what a user wrote may be part of it. NULL is none. */
void gw_page_text(FILE *out, const char *text);

void gw_page_end(FILE *out);
