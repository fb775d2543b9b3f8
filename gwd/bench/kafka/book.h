/* The file of a bench's finished cells: whole at any moment, so that who is interrupted goes on. */
#pragma once

#include <jansson.h>
#include <limits.h>

#include "gwd/bench/kafka/plan.h"

struct book {
	char path[PATH_MAX];
	json_t *root; /* {"version", "plan", "machine", "topics", "cells"} */
};

/* A new book, or with plan->resume the one that is there. 0, or a negative errno with a line:
 * -EEXIST when one is there that nobody wants to resume. book_close() must follow in any case. */
int book_open(struct book *book, const struct plan *plan, struct gw_error *error);
void book_close(struct book *book);

/* A finished cell, or NULL. */
const json_t *book_find(const struct book *book, const struct plan_cell *cell);

/* Adds a finished cell, which belongs to the book afterwards, and writes the file. */
int book_add(struct book *book, json_t *cell, struct gw_error *error);

/* Topics that the run has made and not removed yet: noted before the one, struck out after the
 * other. Both write the file. */
int book_note_topic(struct book *book, const char *topic, struct gw_error *error);
int book_strike_topic(struct book *book, const char *topic, struct gw_error *error);

/* The first of them, which whoever was killed has left; NULL: none. */
const char *book_topic(const struct book *book);
