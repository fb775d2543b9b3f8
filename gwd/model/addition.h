/* A model that is added to a repository: where it comes from and what it is called there. For `gwd
 * model add`. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

/* The command line. */
struct add_options {
	const char *source, *repository, *name, *library, *backend;
	char *const *pictures; /* that it is tried on */
	int picture_count;
	bool json;
};

/* What is added, and where it is while it is not there yet. */
struct addition {
	char from[PATH_MAX]; /* the folder that the files lie in */
	char onnx[PATH_MAX];
	char name[64];
	uint32_t version;
	char home[PATH_MAX]; /* <repository>/<name> */
	char beside[PATH_MAX]; /* in it, under a name that no version has; empty: not made */
	bool made_home;
	bool first; /* version */
};

/* Finds the files, and the name and version by their path or by what was said. 0 or a negative
 * errno with a line. */
int addition_find(struct addition *add, const struct add_options *options, struct gw_error *error);
