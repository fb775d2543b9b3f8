#include <jansson.h>

#include "mgmt/handlers.h"

int api_version(const struct api *api, const char *name, json_t **reply, struct gw_error *error)
{
	*reply = json_pack("{s:s, s:s, s:s}", "program", "gwd", "version", GW_VERSION, "api", "v1");
	return 200;
}
