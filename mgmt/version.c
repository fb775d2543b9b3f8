#include <jansson.h>

#include "mgmt/state.h"

int api_version(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	reply->json =
		json_pack("{s:s, s:s, s:s}", "program", "gwd", "version", GW_VERSION, "api", "v1");
	return 200;
}
