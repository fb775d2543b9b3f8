/* What becomes of commits without anybody's doing: at a start, and at a deadline. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/apply.h"
#include "core/clock.h"
#include "core/commit_text.h"
#include "core/config/history.h"
#include "core/config/yaml_load.h"
#include "core/log.h"

#define TRY_AGAIN_NS (10 * GW_NS_PER_S)

static int note_file(const char *path, struct gw_error *error)
{
	const struct history_entry entry = {
		.who = "somebody", .from = "start", .comment = "the file as it was found"};
	struct history_commit commit;
	size_t size;
	char *text;
	int status = gw_yaml_read(path, &text, &size, error);

	if (status != 0)
		return status;
	status = history_begin(&commit, path, &entry, text, size, false, error);
	free(text);
	return status == 0 ? history_end(&commit, path, error) : status;
}

void gw_commit_start(struct gw *gw)
{
	const char *path = gw->config_path;
	const uint32_t newest = path ? history_newest(path) : 0;
	struct history_entry entry;
	struct gw_error error;
	size_t size;
	char *text;

	if (newest == 0)
		return;
	int status = history_read(path, newest, &entry, &text, &size, &error);

	if (status == 0) {
		if (!commit_is_stored(gw, text, size))
			status = note_file(path, &error);
		else if (entry.back > 0)
			gw->commits.deadline = entry.deadline;
		free(text);
	}
	if (status != 0)
		gw_warn("config", "%s", error.text);
	if (gw->commits.deadline > 0)
		gw_warn("config", "commit %u waits for its confirmation: `gwctl config confirm`",
			newest);
}

/* That it cannot be written down is no reason to keep what nobody confirmed. */
static void tell_begin(
	struct gw *gw, const struct gw_commit_wish *wish, struct gw_commit_deed *deed)
{
	struct gw_error error;

	if (gw_commit_deed_begin(gw, GW_DEED_ROLLBACK, wish, deed, &error) != 0)
		gw_error_log(
			"config", "the audit log does not have what comes now: %s", error.text);
}

static void come_back(struct gw *gw, int64_t now)
{
	const struct gw_commit_wish wish = {.who = "gwd",
		.from = "deadline",
		.comment = "it was not confirmed in time",
		.restart = true};
	const int64_t deadline = gw->commits.deadline;
	/* What fails is tried again and again, and written down once; then when it is done. */
	const bool again = gw->commits.failing;
	struct gw_commit_wish told = wish;
	struct gw_commit_deed deed = {.told = false};
	struct gw_commit_outcome outcome;
	struct history_entry entry;
	struct gw_error error;

	/* It is the doing of who set the deadline. */
	if (history_read(gw->config_path, history_newest(gw->config_path), &entry, NULL, NULL,
		    &error) == 0)
		told.who = entry.who;
	(void)gw_commit_revision(gw, deed.before, &error);
	if (!again)
		tell_begin(gw, &told, &deed);
	const int status = gw_commit_rollback(gw, 0, &wish, &outcome, &error);

	if (again && status == 0)
		tell_begin(gw, &told, &deed);
	gw_commit_deed_end(gw, &deed, status, &outcome, &error);
	gw->commits.failing = status != 0;
	if (status == 0) {
		json_decref(outcome.differences);
		return;
	}
	gw->commits.deadline = deadline > now ? deadline : now + TRY_AGAIN_NS;
	gw_error_log("config",
		"a commit was not confirmed, and cannot be taken back: %s: "
		"it is tried again",
		error.text);
}

static void pay(struct gw *gw, int64_t now)
{
	struct gw_config *owed, *still;
	struct gw_error error;

	owed = gw->commits.owed;
	gw->commits.owed = NULL;
	const int status = gw_apply(gw, owed, &still, &error);

	gw_config_free(still);
	gw->commits.next_try = now + GW_NS_PER_S;
	if (status != 0)
		gw->commits.owed = owed;
	else
		gw_config_free(owed);
	if (status == 0)
		gw_info("config", "all is as it was before the commit that could not be made");
}

void gw_commit_upkeep(struct gw *gw, int64_t now)
{
	if (gw->commits.owed && now >= gw->commits.next_try)
		pay(gw, now);
	if (gw->commits.deadline > 0 && now >= gw->commits.deadline)
		come_back(gw, now);
}
