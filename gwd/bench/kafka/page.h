/* The page of a bench: figures, and what limits each cell, in one file that needs no network. */
#pragma once

#include <jansson.h>

#include "core/error.h"

/* Writes the page of a book's content (book.h) in place of an older one. 0 or a negative errno with
 * a line. */
int page_write(const char *path, const json_t *book, struct gw_error *error);
