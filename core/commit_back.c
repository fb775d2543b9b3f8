/* What becomes of a commit that was made: it is kept, or taken back. */
#include "core/commit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/commit_text.h"
#include "core/config/history.h"
#include "core/log.h"

static int nothing_waits(struct gw_error *error)
{
	return gw_error_set(error, -ENOENT, "no commit waits for a confirmation");
}

int gw_commit_confirm(struct gw *gw, const char *who, struct gw_error *error)
{
	const uint32_t newest = gw->config_path ? history_newest(gw->config_path) : 0;
	struct history_entry entry;

	if (gw->commits.deadline == 0 || newest == 0)
		return nothing_waits(error);
	int status = history_read(gw->config_path, newest, &entry, NULL, NULL, error);

	if (status == 0) {
		entry.back = 0;
		status = history_settle(gw->config_path, &entry, error);
	}
	if (status != 0)
		return status;
	gw->commits.deadline = 0;
	gw->commits.failing = false;
	gw_info("config", "commit %u was confirmed by %s", newest, who);
	return 0;
}

int gw_commit_rollback(struct gw *gw, uint32_t number, const struct gw_commit_wish *wish,
	struct gw_commit_outcome *outcome, struct gw_error *error)
{
	struct gw_commit_wish again = *wish;
	struct history_entry entry;
	char comment[HISTORY_COMMENT], *text;
	int status = commit_need_path(gw, error);
	size_t size;

	*outcome = (struct gw_commit_outcome){0};
	if (status != 0)
		return status;
	const uint32_t newest = history_newest(gw->config_path);

	if (number == 0 && gw->commits.deadline > 0 &&
		history_read(gw->config_path, newest, &entry, NULL, NULL, error) == 0)
		number = entry.back;
	if (number == 0 && newest > 1)
		number = newest - 1;
	if (number == 0)
		return gw_error_set(
			error, -ENOENT, "there is nothing to go back to: no commit was made yet");
	status = history_read(gw->config_path, number, &entry, &text, &size, error);
	if (status != 0)
		return status;
	snprintf(comment, sizeof(comment), "back to commit %u", number);
	again.text = text;
	again.size = size;
	again.back = true;
	if (!again.comment || !again.comment[0])
		again.comment = comment;
	status = gw_commit_make(gw, &again, outcome, error);
	free(text);
	return status;
}
