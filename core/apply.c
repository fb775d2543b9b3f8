#include "core/apply.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/apply_cameras.h"
#include "core/config/difference.h"
#include "core/config/rules.h"
#include "core/config/store.h"
#include "core/log.h"
#include "core/running.h"

static int apply_log_level(struct gw *gw, const struct gw_config *wanted, struct gw_error *error)
{
	/* Those who read the running configuration hold the cameras. */
	pthread_rwlock_wrlock(&gw->cameras->lock);
	gw->config->log->level = wanted->log->level;
	pthread_rwlock_unlock(&gw->cameras->lock);
	gw_log_set_level(wanted->log->level);
	gw_info("config", "applied: `log.level`");
	return 0;
}

static int apply_sampling(struct gw *gw, const struct gw_config *wanted, struct gw_error *error)
{
	const struct gw_frames_topic_config *to = wanted->kafka->frames;
	struct gw_frames_topic_config *frames = gw->config->kafka->frames;

	/* The API reads it, and a camera that is added. */
	pthread_rwlock_wrlock(&gw->cameras->lock);
	__atomic_store_n(frames->every, *to->every, __ATOMIC_RELAXED);
	frames->seconds = to->seconds;
	frames->confidence = to->confidence;
	frames->disagreement = to->disagreement;
	frames->rate = to->rate;
	pthread_rwlock_unlock(&gw->cameras->lock);
	for (uint32_t i = 0; i < gw_camera_high(gw); i++)
		gw_camera_set_sampling(gw, i);
	gw_info("config",
		"applied: `kafka.frames.every` (%u), `kafka.frames.disagreement` (%.3g), "
		"`seconds` (%u), `confidence` (%.3g), `rate` (%u)",
		*to->every, (double)to->disagreement, to->seconds, (double)to->confidence,
		to->rate);
	return 0;
}

static int apply_cameras(struct gw *gw, const struct gw_config *wanted, struct gw_error *error)
{
	return gw_apply_cameras(gw, wanted, "applied", error);
}

/* Who brings the running gateway to what is wanted, by rule; `gw->config` is part of that. Each is
 * called once, however much it has to do. Only that of the cameras, the first one, may fail. */
static int (*const appliers[GW_RULES])(
	struct gw *gw, const struct gw_config *wanted, struct gw_error *error) = {
	[GW_RULE_CAMERAS] = apply_cameras,
	[GW_RULE_LOG_LEVEL] = apply_log_level,
	[GW_RULE_SAMPLING] = apply_sampling,
};

static void note_rule(void *arg, const struct gw_config_change *change)
{
	bool *touched = arg;

	touched[gw_config_rule(change->path)] = true;
}

/* Which rules the difference to what is in effect asks for. */
static int compare(struct gw *gw, const struct gw_config *wanted, bool touched[GW_RULES],
	struct gw_error *error)
{
	struct gw_config running;
	int status = gw_running_config(gw, &running, error);

	if (status != 0)
		return status;
	status = gw_config_difference(&running, wanted, note_rule, touched);
	gw_running_free(&running);
	return status >= 0 ? 0 : gw_error_set(error, -ENOMEM, "out of memory");
}

/* What is in effect, as a configuration of its own. */
static int copy_running(struct gw *gw, struct gw_config **copy, struct gw_error *error)
{
	struct gw_config running;
	size_t size;
	char *text;
	int status = gw_running_config(gw, &running, error);

	if (status != 0)
		return status;
	status = gw_config_text(&running, &text, &size, error);
	gw_running_free(&running);
	if (status != 0)
		return status;
	status = gw_config_parse(text, size, copy, error);
	free(text);
	return status;
}

int gw_apply(struct gw *gw, const struct gw_config *wanted, struct gw_config **owed,
	struct gw_error *error)
{
	bool touched[GW_RULES] = {false};
	struct gw_config *before = NULL;
	struct gw_error reason;
	int status = compare(gw, wanted, touched, error);

	*owed = NULL;
	if (status == 0 && touched[GW_RULE_CAMERAS])
		status = copy_running(gw, &before, error);
	for (int rule = 0; rule < GW_RULES && status == 0; rule++)
		if (touched[rule] && appliers[rule])
			status = appliers[rule](gw, wanted, error);
	if (status != 0 && before && gw_apply_cameras(gw, before, "taken back", &reason) != 0) {
		gw_error_log("config", "not taken back yet: %s: it is tried again", reason.text);
		*owed = before;
		return -EUCLEAN;
	}
	gw_config_free(before);
	return status;
}
