/* Figures as text, in the format that Prometheus reads (text exposition format, version 0.0.4).
 *
 * A family is begun once, and all of its samples follow at once: so the format wants it. What runs
 * out of memory is told at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum exposition_type {
	EXPOSITION_COUNTER,
	EXPOSITION_GAUGE,
	EXPOSITION_HISTOGRAM,
	EXPOSITION_SUMMARY,
};

struct exposition_label {
	const char *name; /* NULL ends a list */
	const char *value; /* any text: it is escaped */
};

/* A list of labels: EXPOSITION_LABELS({"camera", name}, {"reason", reason}). */
#define EXPOSITION_LABELS(...) \
	((const struct exposition_label[]){__VA_ARGS__, {.name = NULL, .value = NULL}})

/* All zero at first. */
struct exposition {
	char *text;
	size_t size, room;
	bool failed; /* out of memory */
	const char *family; /* that was begun last; the caller's */
};

/* Begins a family. A name stays the caller's until the next one is begun; `help` is one or more
 * sentences. Families without a sample are well, too: their names can be found. */
void exposition_begin(struct exposition *exposition, const char *name, enum exposition_type type,
	const char *help);

/* One sample of the family; labels may be NULL. The same labels only once. */
void exposition_count(
	struct exposition *exposition, const struct exposition_label *labels, uint64_t value);
void exposition_number(
	struct exposition *exposition, const struct exposition_label *labels, double value);

/* One sample of a part of a histogram or a summary: "_bucket", "_sum" or "_count". */
void exposition_part(struct exposition *exposition, const char *part,
	const struct exposition_label *labels, double value);

/* Forgets everything. */
void exposition_free(struct exposition *exposition);
