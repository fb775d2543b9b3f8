#include "gwd/bench/kafka/book.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config/fresh_file.h"

#define VERSION 1

static int save(struct book *book, struct gw_error *error)
{
	char *text = json_dumps(book->root, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	struct fresh_file fresh;
	int status;

	if (!text)
		return gw_error_set(error, -ENOMEM, "out of memory");
	status = fresh_file_write(&fresh, book->path, NULL, FRESH_FILE_OURS,
		(const char *const[]){text, "\n"}, (const size_t[]){strlen(text), 1}, error);
	if (status == 0)
		status = fresh_file_place(&fresh, error);
	free(text);
	return status;
}

/* What of the machine its figures depend on. */
static json_t *machine_json(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256], model[128] = "unknown";

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	if (file)
		fclose(file);
	return json_pack("{s:s, s:I}", "processor", model, "processors",
		(json_int_t)sysconf(_SC_NPROCESSORS_ONLN));
}

static int load(struct book *book, const struct plan *plan, struct gw_error *error)
{
	json_error_t why;

	book->root = json_load_file(book->path, 0, &why);
	if (!book->root)
		return gw_error_set(error, -EINVAL,
			"%s is none of ours (line %d: %s): take another folder by --output",
			book->path, why.line, why.text);
	if (json_integer_value(json_object_get(book->root, "version")) != VERSION)
		return gw_error_set(error, -EINVAL,
			"%s is of another version of this program: take another folder by --output",
			book->path);
	return plan_agrees(plan, json_object_get(book->root, "plan"), error);
}

int book_open(struct book *book, const struct plan *plan, struct gw_error *error)
{
	book->root = NULL;
	snprintf(book->path, sizeof(book->path), "%s/kafka.json", plan->out);
	const bool there = access(book->path, F_OK) == 0;

	if (there && plan->resume)
		return load(book, plan, error);
	if (there)
		return gw_error_set(error, -EEXIST,
			"%s is there: --resume goes on with it, --output takes another folder",
			book->path);
	book->root = json_pack("{s:i, s:o, s:o, s:[], s:[]}", "version", VERSION, "plan",
		plan_json(plan), "machine", machine_json(), "topics", "cells");
	return book->root ? save(book, error) : gw_error_set(error, -ENOMEM, "out of memory");
}

void book_close(struct book *book)
{
	json_decref(book->root);
	book->root = NULL;
}

const json_t *book_find(const struct book *book, const struct plan_cell *cell)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(book->root, "cells"), i, one) {
		const char *scenario = json_string_value(json_object_get(one, "scenario"));

		if (scenario && strcmp(scenario, plan_scenarios[cell->scenario]) == 0 &&
			json_integer_value(json_object_get(one, "partitions")) ==
				(json_int_t)cell->partitions &&
			json_integer_value(json_object_get(one, "consumers")) ==
				(json_int_t)cell->consumers)
			return one;
	}
	return NULL;
}

int book_add(struct book *book, json_t *cell, struct gw_error *error)
{
	if (json_array_append_new(json_object_get(book->root, "cells"), cell) != 0)
		return gw_error_set(error, -ENOMEM, "out of memory");
	return save(book, error);
}

int book_note_topic(struct book *book, const char *topic, struct gw_error *error)
{
	if (json_array_append_new(json_object_get(book->root, "topics"), json_string(topic)) != 0)
		return gw_error_set(error, -ENOMEM, "out of memory");
	return save(book, error);
}

int book_strike_topic(struct book *book, const char *topic, struct gw_error *error)
{
	json_t *topics = json_object_get(book->root, "topics"), *one;
	size_t i;

	json_array_foreach(topics, i, one) {
		if (strcmp(json_string_value(one), topic) == 0) {
			json_array_remove(topics, i);
			break;
		}
	}
	return save(book, error);
}

const char *book_topic(const struct book *book)
{
	return json_string_value(json_array_get(json_object_get(book->root, "topics"), 0));
}
