/* How a changed configuration is applied, from one table. */
#pragma once

/* core/apply.c knows who applies each of them, in this order. */
enum gw_config_rule {
	GW_RULE_RESTART, /* takes part in building the gateway: another start applies it */
	GW_RULE_CAMERAS, /* one by one, against those that there are: core/camera.h */
	GW_RULE_LOG_LEVEL,
	GW_RULE_SAMPLING,
	GW_RULES,
};

/* The rule of what stands at `path` ("kafka.frames.every", "cameras[door].quota"): that of the
 * longest path in the table that leads there, GW_RULE_RESTART when none does. */
enum gw_config_rule gw_config_rule(const char *path);
