#include "mgmt/cli/top_list.h"

#include <stdlib.h>
#include <string.h>

#include "mgmt/cli/reply.h"

static int by_name(const void *a, const void *b)
{
	const struct top_row *one = a, *other = b;

	return strverscmp(reply_text(one->camera, "name"), reply_text(other->camera, "name"));
}

/* The larger one first; who is alike, by name. */
static int by_figure(double one, double other, const void *a, const void *b)
{
	if (one != other)
		return one > other ? -1 : 1;
	return by_name(a, b);
}

static double number_of(const void *row, const char *key)
{
	return reply_number(((const struct top_row *)row)->camera, key);
}

/* How bad it is: "silent", "stalled", "live". */
static double badness(const void *row)
{
	const char *state = reply_text(((const struct top_row *)row)->camera, "state");

	return strcmp(state, "live") == 0 ? 0 : strcmp(state, "stalled") == 0 ? 1 : 2;
}

static double latency_of(const void *row)
{
	const json_t *latency = ((const struct top_row *)row)->latency;

	return reply_count(latency, "count") > 0 ? (double)reply_count(latency, "p99_us") : -1;
}

static int by_state(const void *a, const void *b)
{
	return by_figure(badness(a), badness(b), a, b);
}

static int by_rate(const void *a, const void *b)
{
	return by_figure(-number_of(a, "fps"), -number_of(b, "fps"), a, b);
}

static int by_loss(const void *a, const void *b)
{
	return by_figure(number_of(a, "lost_share"), number_of(b, "lost_share"), a, b);
}

static int by_dropped(const void *a, const void *b)
{
	return by_figure(number_of(a, "dropped_per_s"), number_of(b, "dropped_per_s"), a, b);
}

static int by_latency(const void *a, const void *b)
{
	return by_figure(latency_of(a), latency_of(b), a, b);
}

const struct top_order top_orders[] = {
	{"name", by_name},
	{"state", by_state},
	{"rate", by_rate},
	{"loss", by_loss},
	{"dropped", by_dropped},
	{"latency", by_latency},
	{NULL, NULL},
};

int top_order_find(const char *name)
{
	for (int i = 0; top_orders[i].name; i++)
		if (strcmp(top_orders[i].name, name) == 0)
			return i;
	return -1;
}

static void turn_to_page(struct top_list *list, struct top_page *page)
{
	const size_t rows = list->rows > 0 ? list->rows : page->found;

	page->pages = page->found > 0 ? (page->found + rows - 1) / rows : 1;
	if (list->page >= page->pages)
		list->page = page->pages - 1;
	page->begin = list->page * rows;
	page->end = page->begin + rows < page->found ? page->begin + rows : page->found;
}

void top_list_pick(
	struct top_list *list, const json_t *cameras, const json_t *latency, struct top_page *page)
{
	json_t *lines = json_object(), *item;
	size_t i;

	*page = (struct top_page){
		.rows = calloc(json_array_size(cameras) + 1, sizeof(struct top_row))};
	json_array_foreach(latency, i, item)
		json_object_set(lines, reply_text(item, "camera"), item);
	json_array_foreach(cameras, i, item) {
		const char *name = reply_text(item, "name");

		if (page->rows && (!list->filter[0] || strcasestr(name, list->filter)))
			page->rows[page->found++] =
				(struct top_row){item, json_object_get(lines, name)};
	}
	json_decref(lines);
	if (page->found > 0)
		qsort(page->rows, page->found, sizeof(struct top_row),
			top_orders[list->order].compare);
	turn_to_page(list, page);
}
