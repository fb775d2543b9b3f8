/* Which cameras `top` shows, and in which order. Pure. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#define TOP_FILTER 64

struct top_row {
	const json_t *camera; /* of the list of cameras */
	const json_t *latency; /* its line; NULL: there is none */
};

struct top_order {
	const char *name; /* NULL ends the table */
	int (*compare)(const void *a, const void *b); /* two struct top_row, for qsort(3) */
};

/* By name, or the worst first. */
extern const struct top_order top_orders[];

struct top_list {
	size_t order; /* of top_orders */
	char filter[TOP_FILTER]; /* part of a name; empty: all */
	size_t page, rows; /* from 0 on; rows 0: all on one page */
};

/* What is on the page of that list. */
struct top_page {
	struct top_row *rows; /* all that were found, in their order; the caller frees it */
	size_t found, begin, end; /* the page is [begin, end) of them */
	size_t pages;
};

/* The order of that name; -1: there is none. */
int top_order_find(const char *name);

/* Finds and sorts; a page that there is not becomes the last one. `cameras` and `latency` are the
 * arrays of the API and must outlive the page. */
void top_list_pick(
	struct top_list *list, const json_t *cameras, const json_t *latency, struct top_page *page);
