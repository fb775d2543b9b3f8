/* GET audit: the equations, as the audit found them. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "mgmt/audit.h"
#include "mgmt/facts.h"
#include "mgmt/state.h"

/* 2 ms apart: half a second for what is in motion to settle, where threads wait for processors,
 * too.
 */
#define ATTEMPTS 250

static void add_equation(
	json_t *list, const char *name, const struct audit_subject *subject, enum gw_unit unit)
{
	struct tally_equation equation = tally_equation(&subject->tally[unit], unit);

	json_array_append_new(list,
		json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:b}", "name", name, "unit",
			gw_unit_name(unit), "received", (json_int_t)equation.received, "delivered",
			(json_int_t)equation.delivered, "in_flight", (json_int_t)equation.in_flight,
			"dropped", (json_int_t)equation.dropped, "spooled",
			(json_int_t)equation.spooled, "drops",
			facts_drops(&subject->tally[unit], unit, false), "balanced",
			subject->balanced[unit]));
}

static void add_equations(json_t *list, const char *name, const struct audit_subject *subject)
{
	for (int unit = 0; unit < API_UNITS; unit++)
		add_equation(list, name, subject, (enum gw_unit)unit);
}

/* Only packets and records can belong to no camera. */
static void add_unmatched(json_t *list, const struct audit_subject *subject)
{
	add_equation(list, "unmatched", subject, GW_PACKET);
	add_equation(list, "unmatched", subject, GW_RECORD);
}

static void add_to(struct audit_subject *sum, const struct audit_subject *one)
{
	for (int unit = 0; unit < API_UNITS; unit++) {
		tally_add(&sum->tally[unit], &one->tally[unit]);
		sum->balanced[unit] = sum->balanced[unit] && one->balanced[unit];
	}
}

int api_audit(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	const struct gw *gw = mgmt->gw;
	struct audit *audit = audit_run(gw, ATTEMPTS);
	struct audit_subject removed = {.balanced = {true, true, true, true}};
	json_t *list = json_array();

	if (!audit)
		return gw_error_set(error, -ENOMEM, "out of memory");
	add_equations(list, "total", &audit->total);
	gw_cameras_hold(gw);
	for (uint32_t i = 0; i < audit->count; i++) {
		const struct audit_subject *subject = &audit->subject[i];

		if (subject->id == GW_UNMATCHED)
			add_unmatched(list, subject);
		else if (tally_is_camera(gw, subject->id))
			add_equations(list, gw->cameras->slot[subject->id].name, subject);
		else
			add_to(&removed, subject);
	}
	gw_cameras_release(gw);
	/* There were cameras that are not there any more. */
	if (removed.tally[GW_FRAME].frames_begun + removed.tally[GW_PACKET].packets +
			removed.tally[GW_RECORD].records >
		0)
		add_equations(list, "removed", &removed);
	reply->json = json_pack("{s:b, s:o}", "balanced", audit->balanced, "equations", list);
	free(audit);
	return 200;
}
