/* How a back-end is chosen, everywhere: the one that the configuration names, or else the first
 * that opens, but never one that makes its answers up unless it is named. */
#pragma once

#include <stdint.h>

#include "core/error.h"

/* The table of one room, in the order of preference. */
struct gw_backends {
	const char *key; /* where the configuration names one: "decode.backend" */
	uint32_t count;
	const char *(*name)(uint32_t index);

	/* Opens one. 0, or a negative errno with an error line and nothing left behind. */
	int (*open)(void *arg, uint32_t index, struct gw_error *error);

	const char *none; /* what to do when there is none but "null" */
};

/* The index of the one that is called so; -EINVAL and an error that lists the known ones. */
int gw_backends_find(const struct gw_backends *backends, const char *name, struct gw_error *error);

/* Opens the one that is called `name`; when that is NULL the first that opens, but never "null".
 * Returns its index, or a negative errno and the error of the last one that was tried. */
int gw_backends_open(
	const struct gw_backends *backends, const char *name, void *arg, struct gw_error *error);
