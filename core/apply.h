/* A configuration brought into effect on the running gateway, by the rules of core/config/rules.h:
 * all of it or nothing. */
#pragma once

#include "core/gateway.h"

/* Applies what differs from what is in effect and has a rule; what has none is left for the next
 * start. Control thread. Returns 0, or a negative errno with a line, and then all is as it was;
 * -EUCLEAN when even that could not be had at once: *owed is then the configuration to apply again
 * later (gw_config_free()). */
int gw_apply(struct gw *gw, const struct gw_config *wanted, struct gw_config **owed,
	struct gw_error *error);
