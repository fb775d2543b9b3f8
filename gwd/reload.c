#include <pthread.h>

#include "core/config/difference.h"
#include "core/config/rules.h"
#include "core/log.h"
#include "core/running.h"
#include "gwd/gateway.h"
#include "gwd/reload_cameras.h"

#define MAX_LINES 32 /* of one reload */

static void apply_log_level(struct gw *gw, const struct gw_config *wanted)
{
	/* Those who read the running configuration hold the cameras. */
	pthread_rwlock_wrlock(&gw->cameras->lock);
	gw->config->log->level = wanted->log->level;
	pthread_rwlock_unlock(&gw->cameras->lock);
	gw_log_set_level(wanted->log->level);
	gw_info("reload", "applied: `log.level`");
}

static void apply_sampling(struct gw *gw, const struct gw_config *wanted)
{
	const uint32_t every = *wanted->kafka->frames->every;
	const float disagreement = wanted->kafka->frames->disagreement;

	/* The API reads it, and a camera that is added. */
	pthread_rwlock_wrlock(&gw->cameras->lock);
	__atomic_store_n(gw->config->kafka->frames->every, every, __ATOMIC_RELAXED);
	gw->config->kafka->frames->disagreement = disagreement;
	pthread_rwlock_unlock(&gw->cameras->lock);
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		atomic_store(&gw->cameras->slot[i].sample_every, every);
		atomic_store(&gw->cameras->slot[i].sample_disagreement, disagreement);
	}
	gw_info("reload", "applied: `kafka.frames.every` (%u), `kafka.frames.disagreement` (%.3g)",
		every, (double)disagreement);
}

/* Who brings the running gateway to what is wanted, by rule. `gw->config` is part of that. Each is
 * called once, however much it has to do, and says in the log what came of it. */
static void (*const appliers[GW_RULES])(struct gw *gw, const struct gw_config *wanted) = {
	[GW_RULE_LOG_LEVEL] = apply_log_level,
	[GW_RULE_SAMPLING] = apply_sampling,
	[GW_RULE_CAMERAS] = gw_reload_cameras,
};

static void note_rule(void *arg, const struct gw_config_change *change)
{
	bool *touched = arg;

	touched[gw_config_rule(change->path)] = true;
}

static void tell_restart(void *arg, const struct gw_config_change *change)
{
	uint32_t *lines = arg;

	if (gw_config_rule(change->path) != GW_RULE_RESTART || ++*lines > MAX_LINES)
		return;
	if (change->kind == GW_CONFIG_CHANGED)
		gw_warn("reload", "`%s` changed from %s to %s: restart gwd to apply it",
			change->path, change->was, change->is);
	else
		gw_warn("reload", "`%s` was %s: restart gwd to apply it", change->path,
			change->kind == GW_CONFIG_ADDED ? "added" : "removed");
}

/* The running gateway against what is wanted. */
static int compare(struct gw *gw, const struct gw_config *wanted,
	void (*visit)(void *arg, const struct gw_config_change *change), void *arg)
{
	struct gw_config running;
	struct gw_error error;
	int count = gw_running_config(gw, &running, &error);

	if (count == 0) {
		count = gw_config_difference(&running, wanted, visit, arg);
		gw_running_free(&running);
	}
	if (count < 0)
		gw_error_log("reload", "nothing was changed: out of memory");
	return count;
}

void gw_reload(struct gw *gw)
{
	bool touched[GW_RULES] = {false};
	struct gw_config *wanted;
	struct gw_error error;
	uint32_t lines = 0;

	if (!gw->config_path || gw_config_load(gw->config_path, &wanted, &error) != 0) {
		gw_error_log("reload", "nothing was changed: %s",
			gw->config_path ? error.text : "there is no configuration file");
		return;
	}
	if (compare(gw, wanted, note_rule, touched) >= 0) {
		for (int rule = 0; rule < GW_RULES; rule++)
			if (touched[rule] && appliers[rule])
				appliers[rule](gw, wanted);
		compare(gw, wanted, tell_restart, &lines);
	}
	if (lines > MAX_LINES)
		gw_warn("reload", "%u more changes need a restart of gwd", lines - MAX_LINES);
	gw_config_free(wanted);
}
