/* Pictures go through a model by the gateway's own decoding, scaling and inference. For `gwd model
 * check` and `add`. */
#pragma once

#include <stdbool.h>

#include "core/error.h"

struct run_options {
	const char *directory; /* of the model */
	const char *name; /* what it is called; NULL: as its path says */
	const char *output; /* where drawn pictures go; empty: nothing is drawn; NULL: nor told */
	const char *library, *backend, *device; /* as of `accel`; NULL: its default */
	const char *orientation, *range; /* as of a camera; NULL: its default */
	int rotate;
	char *const *paths; /* of the pictures */
	int count;
	bool json;
};

/* Tells what is found on standard output, and on standard error which pictures are no good and what
 * of them failed. Returns 0, or a negative errno with a line. The process runs a gateway for it:
 * its only thread. */
int run_pictures(const struct run_options *options, struct gw_error *error);
