/* GET livez and readyz: what a supervisor asks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/watch.h"
#include "mgmt/state.h"
#include "mgmt/watch.h"

/* One line of text. */
static int answer(struct gw_reply *reply, int status, const char *line)
{
	char *text = malloc(strlen(line) + 2);

	if (!text)
		return -ENOMEM;
	reply->size = (size_t)(stpcpy(stpcpy(text, line), "\n") - text);
	reply->type = "text/plain; charset=utf-8";
	reply->bytes = reply->owner = text;
	reply->release = free;
	return status;
}

int api_livez(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct gw_health health = {0};

	gw_watch_health(mgmt->gw, &health);
	return health.count > 0 ? answer(reply, 503, health.trouble[0].text)
				: answer(reply, 200, "alive: every thread turns");
}

int api_readyz(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct gw_health health;

	if (!atomic_load_explicit(&mgmt->gw->ready, memory_order_acquire))
		return answer(reply, 503, "the gateway starts or ends");
	watch_read(mgmt->watch, &health);
	for (uint32_t i = 0; i < health.count; i++)
		if (health.trouble[i].severity == GW_FAILED)
			return answer(reply, 503, health.trouble[i].text);
	return answer(reply, 200, "ready: pictures come in and results go out");
}
