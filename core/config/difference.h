/* What differs between two configurations, key by key. Any thread. */
#pragma once

#include "core/config/config.h"

enum gw_config_change_kind {
	GW_CONFIG_ADDED, /* was not given */
	GW_CONFIG_REMOVED, /* is not given any more */
	GW_CONFIG_CHANGED,
};

/* Strings are valid while the visitor runs. Secrets are "***" in all of them. */
struct gw_config_change {
	/* "kafka.frames.every"; an entry of a list is named by its `name`: "cameras[door].quota",
	 * by its place where it has none: "frames.classes[0].count". */
	const char *path;
	enum gw_config_change_kind kind;
	const char *was, *is; /* text, JSON for what is more than one value; NULL: not given */
};

/* Visits every difference, in the order of the file's keys. Entries of a list that have names are
 * the same whatever their order. What was added or removed as a whole is visited as a whole.
 * Returns how many there are, or -ENOMEM when nothing could be compared. */
int gw_config_difference(const struct gw_config *was, const struct gw_config *is,
	void (*visit)(void *arg, const struct gw_config_change *change), void *arg);
