#include "mgmt/openapi.h"
#include "mgmt/state.h"

int api_openapi(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	/* RFC 9512. */
	reply->type = "application/yaml";
	reply->bytes = openapi_yaml;
	reply->size = openapi_yaml_size;
	return 200;
}
