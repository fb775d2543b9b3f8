#include <jansson.h>

#include "mgmt/state.h"

int api_services(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	json_t *list = json_array();

	for (uint32_t i = 0; i < mgmt->gw->service_count; i++) {
		const struct gw_service *service = &mgmt->gw->services[i];

		if (!service->state)
			continue;
		json_t *said = service->ops->describe ? service->ops->describe(service->state)
						      : json_object();
		json_array_append_new(list,
			json_pack("{s:s, s:o}", "service", service->ops->name, "facts", said));
	}
	reply->json = json_pack("{s:o}", "services", list);
	return 200;
}
