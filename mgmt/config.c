#include <errno.h>
#include <jansson.h>

#include "core/config/json.h"
#include "core/gateway.h"
#include "mgmt/state.h"

int api_config(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;

	reply->json = gw_config_json(mgmt->gw->config);
	if (!reply->json)
		return gw_error_set(error, -ENOMEM, "out of memory");
	return 200;
}
