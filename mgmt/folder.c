#include "mgmt/folder.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/gateway.h"

#define MODE 0700

int folder_in(const struct gw *gw, const char *name, char path[PATH_MAX], struct gw_error *error)
{
	const char *state = gw->config->api->state;
	char folder[PATH_MAX];
	int size;

	if (!state && !gw->config_path)
		return -ENOENT;
	size = snprintf(folder, sizeof(folder), "%s%s", state ? state : gw->config_path,
		state ? "" : ".state");
	if (size >= PATH_MAX || snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return gw_error_set(error, -ENAMETOOLONG,
			"api: the path of %s is too long: choose a shorter `api.state`", name);
	(void)mkdir(folder, MODE);
	return 0;
}
