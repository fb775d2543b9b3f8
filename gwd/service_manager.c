#include "gwd/service_manager.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "core/api.h"
#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"

#define TELL_NS (5 * GW_NS_PER_S)
/* For how long a part of what is read, 64 MiB at most, may take a poor disk. */
#define LONGEST_S 300

void service_manager_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, gw_now() / 1000);
}

void service_manager_reloaded(void)
{
	sd_notify(0, "READY=1");
}

void service_manager_reading(const struct gw *gw, const char *what, uint64_t done, uint64_t all)
{
	static int64_t next; /* main thread */
	const int64_t now = gw_now();
	const unsigned percent = all > 0 ? (unsigned)(100.0 * (double)done / (double)all) : 100;

	/* What is over soon is not told. */
	if (now < gw->start + TELL_NS || now < next)
		return;
	next = now + TELL_NS;
	gw_info("gwd", "starting: %s are read: %u %% of %.1f GiB", what, percent,
		(double)all / (1 << 30));
	sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%d000000\nSTATUS=starting: %s are read: %u %%",
		LONGEST_S, what, percent);
}

/* The first trouble of that severity; NULL: there is none. */
static const char *trouble_of(const json_t *status, const char *severity)
{
	const char *id, *found;
	json_t *trouble;
	size_t i;

	json_array_foreach(json_object_get(status, "troubles"), i, trouble)
		if (json_unpack(trouble, "{s:s, s:s}", "severity", &found, "id", &id) == 0 &&
			strcmp(found, severity) == 0)
			return id;
	return NULL;
}

static void tell(const json_t *status)
{
	const json_t *kafka = json_object_get(status, "kafka");
	const char *state = json_string_value(json_object_get(kafka, "state"));
	const char *trouble = trouble_of(status, "failed");

	if (!trouble)
		trouble = trouble_of(status, "degraded");
	if (!state || strcmp(state, "up") != 0)
		trouble = "results are not delivered";
	sd_notifyf(0,
		"STATUS=%s%s; %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		" cameras live, %.1f frames/s",
		trouble ? "not well: " : "ready", trouble ? trouble : "",
		json_integer_value(json_object_get(status, "cameras_live")),
		json_integer_value(json_object_get(status, "cameras")),
		json_number_value(json_object_get(status, "fps")));
}

void service_manager_upkeep(struct gw *gw, int64_t now)
{
	static int64_t next; /* control thread */
	const struct gw_request request = {.role = GW_ROLE_VIEWER, .who = "gwd"};
	struct gw_reply reply = {0};

	if (now < next || !getenv("NOTIFY_SOCKET"))
		return;
	next = now + TELL_NS;
	gw_api_call(gw, "GET", "status", &request, &reply);
	if (reply.status == 200)
		tell(reply.json);
	gw_reply_release(&reply);
}
