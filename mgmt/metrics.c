#include "mgmt/metrics.h"

#include <errno.h>
#include <stdlib.h>

int api_metrics(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct exposition out = {0};

	metrics_process(mgmt, &out);
	metrics_alarms(mgmt, &out);
	const bool complete = metrics_cameras(mgmt, &out);

	metrics_stages(mgmt, &out);
	metrics_latency(mgmt, &out);
	metrics_facts(mgmt, &out);
	if (!complete || out.failed) {
		exposition_free(&out);
		return gw_error_set(error, -ENOMEM, "out of memory");
	}
	reply->type = EXPOSITION_TYPE;
	reply->bytes = out.text;
	reply->size = out.size;
	reply->release = free;
	reply->owner = out.text;
	return 200;
}
