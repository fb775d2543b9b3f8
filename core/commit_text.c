#include "core/commit_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/difference.h"
#include "core/config/history.h"
#include "core/config/json.h"
#include "core/config/rules.h"
#include "core/config/store.h"
#include "core/config/yaml_load.h"
#include "core/running.h"

struct listing {
	json_t *list;
	bool *restart;
};

static void add_difference(void *arg, const struct gw_config_change *change)
{
	const struct listing *listing = arg;
	const bool restart = listing->restart && gw_config_rule(change->path) == GW_RULE_RESTART;

	if (restart)
		*listing->restart = true;
	json_array_append_new(listing->list,
		json_pack("{s:s, s:s?, s:s?, s:b}", "path", change->path, "was", change->was, "is",
			change->is, "restart", restart));
}

json_t *commit_differences(const struct gw_config *was, const struct gw_config *is, bool *restart)
{
	struct listing listing = {json_array(), restart};

	if (restart)
		*restart = false;
	if (gw_config_difference(was, is, add_difference, &listing) >= 0)
		return listing.list;
	json_decref(listing.list);
	return NULL;
}

static void ignore(void *arg, const struct gw_config_change *change)
{
}

int commit_running_text(const struct gw *gw, char **text, size_t *size, struct gw_error *error)
{
	struct gw_config running, *stored = NULL;
	struct gw_error reason;
	int status = gw_running_config(gw, &running, error);

	*text = NULL;
	if (status != 0)
		return status;
	if (gw->config_path && gw_yaml_read(gw->config_path, text, size, &reason) == 0 &&
		(gw_config_parse(*text, *size, &stored, &reason) != 0 ||
			gw_config_difference(stored, &running, ignore, NULL) != 0)) {
		free(*text);
		*text = NULL;
	}
	gw_config_free(stored);
	if (!*text)
		status = gw_config_file_text(&running, text, size, error);
	gw_running_free(&running);
	return status;
}

int commit_wanted_text(const struct gw *gw, char **text, size_t *size, struct gw_error *error)
{
	struct gw_config running, *stored = NULL, mixed;
	struct gw_error reason;
	int status = gw_running_config(gw, &running, error);

	if (status != 0)
		return status;
	mixed = running;
	/* The file has more than is in effect: only what has a rule comes from there. */
	if (gw->commits.waits && gw_config_load(gw->config_path, &stored, &reason) == 0) {
		mixed = *stored;
		mixed.cameras = running.cameras;
		mixed.cameras_count = running.cameras_count;
		mixed.log->level = running.log->level;
		*mixed.kafka->frames->every = *running.kafka->frames->every;
		mixed.kafka->frames->disagreement = running.kafka->frames->disagreement;
	}
	status = gw_config_file_text(&mixed, text, size, error);
	gw_config_free(stored);
	gw_running_free(&running);
	return status;
}

bool commit_is_stored(const struct gw *gw, const char *text, size_t size)
{
	struct gw_error error;
	size_t stored_size;
	char *stored;

	if (gw_yaml_read(gw->config_path, &stored, &stored_size, &error) != 0)
		return false;
	const bool same = stored_size == size && memcmp(stored, text, size) == 0;

	free(stored);
	return same;
}

int commit_need_path(const struct gw *gw, struct gw_error *error)
{
	if (gw->config_path)
		return 0;
	return gw_error_set(error, -ENOTSUP,
		"the gateway was started without a configuration file: start it with --config "
		"FILE, or keep what `gwctl config show` prints");
}

int gw_commit_revision(const struct gw *gw, char revision[GW_REVISION], struct gw_error *error)
{
	struct gw_config running;
	uint32_t hash = 2166136261u; /* FNV-1a: chance is to be told apart, nobody's malice */
	int status = gw_running_config(gw, &running, error);

	if (status != 0)
		return status;
	json_t *json = gw_config_json(&running);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	gw_running_free(&running);
	json_decref(json);
	if (!text)
		return gw_error_set(error, -ENOMEM, "out of memory");
	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	free(text);
	snprintf(revision, GW_REVISION, "%u-%08x",
		gw->config_path ? history_newest(gw->config_path) : 0, hash);
	return 0;
}
