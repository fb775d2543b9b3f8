/* The text of a model.yaml while it is checked, for error lines that name the place. */
#pragma once

#include <stddef.h>

#include "core/config/yaml_load.h"
#include "core/error.h"

struct model_source {
	const char *path, *text;
	size_t size;
	struct gw_error *error;
};

/* Says what is wrong with `key`, as in "detect.stride"; -EINVAL. */
#define COMPLAIN(source, key, ...) \
	gw_yaml_complain( \
		(source)->text, (source)->size, (source)->path, key, (source)->error, __VA_ARGS__)
