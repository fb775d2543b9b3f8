#include "core/config/rules.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *path;
	enum gw_config_rule rule;
} rules[] = {
	{"gateway", GW_RULE_RESTART},
	{"cores", GW_RULE_RESTART},
	{"log", GW_RULE_RESTART},
	{"log.level", GW_RULE_LOG_LEVEL},
	{"interfaces", GW_RULE_RESTART},
	{"cameras", GW_RULE_CAMERAS},
	{"frames", GW_RULE_RESTART},
	{"decode", GW_RULE_RESTART},
	{"accel", GW_RULE_RESTART},
	{"kafka", GW_RULE_RESTART},
	{"kafka.frames.every", GW_RULE_SAMPLING},
	{"kafka.frames.seconds", GW_RULE_SAMPLING},
	{"kafka.frames.confidence", GW_RULE_SAMPLING},
	{"kafka.frames.disagreement", GW_RULE_SAMPLING},
	{"kafka.frames.rate", GW_RULE_SAMPLING},
	{"api", GW_RULE_RESTART},
	{"alarms", GW_RULE_RESTART},
};

enum gw_config_rule gw_config_rule(const char *path)
{
	enum gw_config_rule rule = GW_RULE_RESTART;
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const size_t size = strlen(rules[i].path);

		if (size > longest && strncmp(path, rules[i].path, size) == 0 &&
			strchr(".[", path[size])) { /* finds the end of the text as well */
			rule = rules[i].rule;
			longest = size;
		}
	}
	return rule;
}
