/* What HTTPS shows for who it is. */
#include <errno.h>
#include <jansson.h>

#include "mgmt/https/keeper.h"
#include "mgmt/state.h"

int api_certificate(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;

	if (!mgmt->keeper)
		return gw_error_set(error, -ENOTSUP,
			"HTTPS is off: give `api.https` a `listen`, and restart gwd");
	reply->json = keeper_json(mgmt->keeper);
	return 200;
}
