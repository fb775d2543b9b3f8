/* GET audit: the equations, as the audit found them. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "mgmt/audit.h"
#include "mgmt/facts.h"
#include "mgmt/state.h"

/* 2 ms apart: a tenth of a second for what is in motion to settle. */
#define ATTEMPTS 50

static void add_equation(
	json_t *list, const char *name, const struct audit_subject *subject, enum gw_unit unit)
{
	struct tally_equation equation = tally_equation(&subject->tally[unit], unit);

	json_array_append_new(list,
		json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:b}", "name", name, "unit",
			gw_unit_name(unit), "received", (json_int_t)equation.received, "delivered",
			(json_int_t)equation.delivered, "in_flight", (json_int_t)equation.in_flight,
			"dropped", (json_int_t)equation.dropped, "drops",
			facts_drops(&subject->tally[unit], unit, false), "balanced",
			subject->balanced[unit]));
}

int api_audit(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const struct gw *gw = mgmt->gw;
	struct audit *audit = audit_run(gw, ATTEMPTS);
	json_t *list = json_array();

	if (!audit)
		return gw_error_set(error, -ENOMEM, "out of memory");
	for (int unit = 0; unit < API_UNITS; unit++)
		add_equation(list, "total", &audit->total, (enum gw_unit)unit);
	for (uint32_t i = 0; i < gw->camera_count; i++)
		for (int unit = 0; unit < API_UNITS; unit++)
			add_equation(list, gw->cameras[i].config->name, &audit->subject[i],
				(enum gw_unit)unit);
	add_equation(list, "unmatched", &audit->subject[gw->camera_count], GW_PACKET);
	reply->json = json_pack("{s:b, s:o}", "balanced", audit->balanced, "equations", list);
	free(audit);
	return 200;
}
