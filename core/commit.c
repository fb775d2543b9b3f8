#include "core/commit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/apply.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/commit_text.h"
#include "core/config/history.h"
#include "core/log.h"
#include "core/running.h"

#define MAX_LINES 32 /* of one commit */

/* A commit that is being made. */
struct making {
	struct gw *gw;
	const struct gw_commit_wish *wish;
	struct gw_commit_outcome *outcome;
	char *text;
	size_t size;
	struct gw_config *wanted;
};

/* The text to be. */
static int take_text(struct making *making, struct gw_error *error)
{
	const struct gw_commit_wish *wish = making->wish;

	if (!wish->text)
		return commit_wanted_text(making->gw, &making->text, &making->size, error);
	making->text = strndup(wish->text, wish->size);
	making->size = wish->size;
	return making->text ? 0 : gw_error_set(error, -ENOMEM, "out of memory");
}

/* What it is. */
static int parse(struct making *making, struct gw_error *error)
{
	struct gw_config *wanted = NULL;
	const int status = gw_config_parse(making->text, making->size, &wanted, error);

	making->wanted = wanted;
	return status;
}

/* All that a start would look at, unless it is in effect anyway. What is missing is a mistake in
 * the wish. */
static int check(const struct making *making, struct gw_error *error)
{
	if (!making->wish->text)
		return 0;
	int status = gw_check_frames(making->wanted, error);

	if (status == 0)
		status = gw_devices_check(making->wanted->accel, error);
	if (status == 0)
		status = gw_check_models(making->wanted, false, error);
	if (status == 0)
		status = gw_check_ports(making->wanted, making->gw->config, error);
	return status == 0 || status == -ENOMEM ? status : -EINVAL;
}

/* What the file says against what is in effect. One that cannot be read may be somebody's work
 * that is half done: it is not written over. */
static int compare_with_stored(struct making *making, struct gw_error *error)
{
	struct gw_config *stored;
	struct gw_error reason;
	const int status = gw_config_load(making->gw->config_path, &stored, &reason);

	if (status == -ENOENT)
		return 0;
	if (status != 0)
		return gw_error_set(error, status == -ENOMEM ? status : -EBADMSG,
			"nothing was saved: repair the file, or move it away, and save again: %s",
			reason.text);
	making->outcome->differences = commit_differences(stored, making->wanted, NULL);
	gw_config_free(stored);
	return making->outcome->differences ? 0 : gw_error_set(error, -ENOMEM, "out of memory");
}

static int compare(struct making *making, struct gw_error *error)
{
	struct gw_commit_outcome *outcome = making->outcome;
	struct gw_config running;

	if (!making->wish->text)
		return compare_with_stored(making, error);
	int status = gw_running_config(making->gw, &running, error);

	if (status != 0)
		return status;
	outcome->differences = commit_differences(&running, making->wanted, &outcome->restart);
	gw_running_free(&running);
	return outcome->differences ? 0 : gw_error_set(error, -ENOMEM, "out of memory");
}

/* What came since the author's revision, as far as it is known. */
static json_t *since(const struct making *making)
{
	const uint32_t number = (uint32_t)strtoul(making->wish->revision, NULL, 10);
	struct gw_config running, *was = NULL;
	struct history_entry entry;
	struct gw_error error;
	json_t *list = NULL;
	size_t size;
	char *text;

	if (history_read(making->gw->config_path, number, &entry, &text, &size, &error) != 0)
		return NULL;
	if (gw_config_parse(text, size, &was, &error) == 0 &&
		gw_running_config(making->gw, &running, &error) == 0) {
		list = commit_differences(was, &running, NULL);
		gw_running_free(&running);
	}
	gw_config_free(was);
	free(text);
	return list;
}

/* Sets the outcome when it is not to be made. */
static int decide(struct making *making, struct gw_error *error)
{
	const struct gw_commit_wish *wish = making->wish;
	struct gw_commit_outcome *outcome = making->outcome;
	struct gw *gw = making->gw;
	char revision[GW_REVISION];

	if (wish->revision) {
		const int status = gw_commit_revision(gw, revision, error);

		if (status != 0)
			return status;
		if (strcmp(revision, wish->revision) != 0) {
			json_decref(outcome->differences);
			outcome->differences = since(making);
			outcome->result = GW_COMMIT_STALE;
			return 0;
		}
	}
	if (wish->check)
		outcome->result = GW_COMMIT_CHECKED;
	else if (gw->commits.deadline > 0 && !wish->back)
		return gw_error_set(error, -EBUSY,
			"commit %u waits for its confirmation: `gwctl config confirm` keeps it, "
			"`gwctl config rollback` takes it back",
			history_newest(gw->config_path));
	else if (outcome->restart && !wish->restart)
		outcome->result = GW_COMMIT_RESTART;
	else if (outcome->differences && json_array_size(outcome->differences) == 0 &&
		(wish->stored || !wish->text || commit_is_stored(gw, making->text, making->size)))
		outcome->result = GW_COMMIT_NOTHING;
	return 0;
}

static void tell_restart(const json_t *differences)
{
	uint32_t lines = 0;
	json_t *difference;
	size_t i;

	json_array_foreach(differences, i, difference) {
		const char *path = json_string_value(json_object_get(difference, "path"));
		const char *was = json_string_value(json_object_get(difference, "was"));
		const char *is = json_string_value(json_object_get(difference, "is"));

		if (!json_is_true(json_object_get(difference, "restart")) || ++lines > MAX_LINES)
			continue;
		if (was && is)
			gw_warn("config", "`%s` changed from %s to %s: restart gwd to apply it",
				path, was, is);
		else
			gw_warn("config", "`%s` was %s: restart gwd to apply it", path,
				is ? "added" : "removed");
	}
	if (lines > MAX_LINES)
		gw_warn("config", "%u more changes need a restart of gwd", lines - MAX_LINES);
}

/* The first commit needs something to go back to: what was in effect before it. */
static int begin_history(struct gw *gw, struct gw_error *error)
{
	const struct history_entry entry = {
		.who = "gwd", .from = "start", .comment = "as it was before the first commit"};
	struct history_commit commit;
	size_t size;
	char *text;

	if (history_newest(gw->config_path) > 0)
		return 0;
	int status = commit_running_text(gw, &text, &size, error);

	if (status != 0)
		return status;
	status = history_begin(&commit, gw->config_path, &entry, text, size, false, error);
	free(text);
	return status == 0 ? history_end(&commit, gw->config_path, error) : status;
}

/* Whether the newest commit is this very text: a second SIGHUP is no second commit. */
static bool is_newest(const struct making *making)
{
	const char *path = making->gw->config_path;
	struct history_entry entry;
	struct gw_error error;
	size_t size;
	char *text;

	if (history_read(path, history_newest(path), &entry, &text, &size, &error) != 0)
		return false;
	const bool same = size == making->size && memcmp(text, making->text, size) == 0;

	free(text);
	return same;
}

static void describe(const struct making *making, struct history_entry *entry)
{
	const struct gw_commit_wish *wish = making->wish;

	*entry = (struct history_entry){0};
	snprintf(entry->who, sizeof(entry->who), "%s", wish->who);
	snprintf(entry->from, sizeof(entry->from), "%s", wish->from);
	snprintf(entry->comment, sizeof(entry->comment), "%s", wish->comment ? wish->comment : "");
	if (wish->confirm_s == 0)
		return;
	entry->back = history_newest(making->gw->config_path);
	entry->deadline = gw_now() + wish->confirm_s * GW_NS_PER_S;
	history_boot(entry->boot);
	/* What needs a restart is tried by one. */
	entry->starts = making->outcome->restart ? 1 : 0;
}

/* As gw_apply(), with what is owed remembered. */
static int apply(struct gw *gw, const struct gw_config *wanted, struct gw_error *error)
{
	struct gw_config *owed;
	const int status = gw_apply(gw, wanted, &owed, error);

	if (status != 0 && status != -EUCLEAN)
		return status;
	gw_config_free(gw->commits.owed);
	gw->commits.owed = owed;
	gw->commits.next_try = gw_now() + GW_NS_PER_S;
	if (status == 0)
		return 0;
	const size_t used = strlen(error->text);

	snprintf(error->text + used, sizeof(error->text) - used,
		"; what was changed already is taken back as soon as its last frames are through");
	return -EBUSY;
}

/* Into effect, and onto the disk. */
static int carry_out(struct making *making, struct history_commit *commit, struct gw_error *error)
{
	struct gw *gw = making->gw;
	struct gw_config *before = NULL;
	struct gw_error reason;
	size_t size;
	char *text;
	int status = commit_running_text(gw, &text, &size, error);

	if (status != 0)
		return status;
	status = gw_config_parse(text, size, &before, error);
	free(text);
	if (status == 0)
		status = apply(gw, making->wanted, error);
	if (status == 0) {
		status = history_end(commit, gw->config_path, error);
		if (status != 0 && apply(gw, before, &reason) != 0)
			gw_error_log("config", "not taken back yet: %s", reason.text);
	}
	gw_config_free(before);
	return status;
}

static int make(struct making *making, struct gw_error *error)
{
	struct gw *gw = making->gw;
	struct history_commit commit;
	struct history_entry entry;
	int status = begin_history(gw, error);

	if (status != 0)
		return status;
	tell_restart(making->outcome->differences);
	if (making->wish->stored && is_newest(making)) {
		making->outcome->number = history_newest(gw->config_path);
		return apply(gw, making->wanted, error);
	}
	describe(making, &entry);
	status = history_begin(&commit, gw->config_path, &entry, making->text, making->size,
		!making->wish->stored, error);
	if (status != 0)
		return status;
	status = carry_out(making, &commit, error);
	if (status != 0) {
		history_drop(&commit);
		return status;
	}
	making->outcome->number = commit.entry.number;
	gw->commits.deadline = entry.deadline;
	gw->commits.failing = false;
	gw->commits.waits = making->outcome->restart || (gw->commits.waits && !making->wish->text);
	gw_info("config", "commit %u by %s, from %s%s%s%s", commit.entry.number, entry.who,
		entry.from, entry.comment[0] ? ": " : "", entry.comment,
		entry.deadline ? ": it waits for its confirmation" : "");
	return 0;
}

int gw_commit_make(struct gw *gw, const struct gw_commit_wish *wish,
	struct gw_commit_outcome *outcome, struct gw_error *error)
{
	struct making making = {.gw = gw, .wish = wish, .outcome = outcome};
	int status = commit_need_path(gw, error);

	*outcome = (struct gw_commit_outcome){.result = GW_COMMIT_MADE};
	if (status == 0)
		status = take_text(&making, error);
	if (status == 0)
		status = parse(&making, error);
	if (status == 0)
		status = check(&making, error);
	if (status == 0)
		status = compare(&making, error);
	if (status == 0)
		status = decide(&making, error);
	if (status == 0 && outcome->result == GW_COMMIT_MADE)
		status = make(&making, error);
	if (status != 0) {
		json_decref(outcome->differences);
		outcome->differences = NULL;
	}
	gw_config_free(making.wanted);
	free(making.text);
	return status;
}
