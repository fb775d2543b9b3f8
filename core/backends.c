#include "core/backends.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int gw_backends_find(const struct gw_backends *backends, const char *name, struct gw_error *error)
{
	char names[256] = "";

	for (uint32_t i = 0; i < backends->count; i++) {
		const size_t used = strlen(names);

		if (strcmp(name, backends->name(i)) == 0)
			return (int)i;
		snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "",
			backends->name(i));
	}
	return gw_error_set(error, -EINVAL, "%s: there is no back-end \"%s\"; there are: %s",
		backends->key, name, names);
}

int gw_backends_open(
	const struct gw_backends *backends, const char *name, void *arg, struct gw_error *error)
{
	int status;

	if (name) {
		const int index = gw_backends_find(backends, name, error);

		status = index < 0 ? index : backends->open(arg, (uint32_t)index, error);
		return status < 0 ? status : index;
	}
	status = gw_error_set(error, -ENODEV, "%s: %s", backends->key, backends->none);
	for (uint32_t i = 0; i < backends->count; i++) {
		if (strcmp(backends->name(i), "null") == 0)
			continue;
		status = backends->open(arg, i, error);
		if (status == 0)
			return (int)i;
	}
	return status;
}
