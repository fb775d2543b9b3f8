/* Changes of the whole configuration: looked at, made, confirmed and taken back. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/commit.h"
#include "core/commit_text.h"
#include "core/config/history.h"
#include "core/control.h"
#include "core/gateway.h"
#include "mgmt/state.h"

/* A request on its way through the control thread. */
struct errand {
	struct gw_commit_wish wish;
	uint32_t to; /* of a rollback */
	struct gw_commit_outcome outcome;
	char before[GW_REVISION], revision[GW_REVISION]; /* and afterwards */
	char *text;
	size_t size;
};

static int refuse(struct gw_error *error, const char *line)
{
	return gw_error_set(error, -EINVAL, "%s", line);
}

/* What all of them may say, but for the member `none`. */
static int read_wish(const struct gw_request *request, const char *none, struct errand *errand,
	struct gw_error *error)
{
	struct gw_commit_wish *wish = &errand->wish;
	json_int_t confirm = 0, to = 0;
	json_error_t reason;
	int restart = 0;

	*errand = (struct errand){.wish = {.who = request->who, .from = "api"}};
	if (request->body &&
		json_unpack_ex((json_t *)request->body, &reason, JSON_STRICT,
			"{s?s%, s?s, s?s, s?I, s?b, s?I}", "text", &wish->text, &wish->size,
			"revision", &wish->revision, "comment", &wish->comment, "confirm_s",
			&confirm, "restart", &restart, "to", &to) != 0)
		return gw_error_set(error, -EINVAL, "the body: %s", reason.text);
	if (json_object_get(request->body, none))
		return gw_error_set(error, -EINVAL, "the body: `%s` means nothing here", none);
	if (confirm < 0 || confirm > GW_CONFIRM_MOST_S)
		return refuse(error, "`confirm_s` must be 1 to 86400 seconds");
	if (to < 0 || to > UINT32_MAX)
		return refuse(error, "`to` must be the number of a commit");
	if (wish->comment && strlen(wish->comment) >= HISTORY_COMMENT)
		return refuse(error, "`comment` may have 255 bytes");
	wish->confirm_s = (uint32_t)confirm;
	wish->restart = restart != 0;
	errand->to = (uint32_t)to;
	return 0;
}

static int make(struct gw *gw, void *arg, struct gw_error *error)
{
	struct errand *errand = arg;
	int status = gw_commit_revision(gw, errand->before, error);

	if (status == 0)
		status = gw_commit_make(gw, &errand->wish, &errand->outcome, error);
	return status == 0 ? gw_commit_revision(gw, errand->revision, error) : status;
}

static int roll_back(struct gw *gw, void *arg, struct gw_error *error)
{
	struct errand *errand = arg;
	int status = gw_commit_revision(gw, errand->before, error);

	if (status == 0)
		status = gw_commit_rollback(gw, errand->to, &errand->wish, &errand->outcome, error);
	return status == 0 ? gw_commit_revision(gw, errand->revision, error) : status;
}

static const char *message_of(const struct gw_commit_outcome *outcome)
{
	if (outcome->result == GW_COMMIT_STALE)
		return "somebody else changed the configuration since: look at the differences, "
		       "and begin with what is in effect now";
	return "part of it needs a restart of gwd: look at the differences, and agree to it with "
	       "`restart`";
}

/* Says what came of it, and releases that. */
static int tell(struct errand *errand, struct gw_reply *reply)
{
	struct gw_commit_outcome *outcome = &errand->outcome;
	const bool stale = outcome->result == GW_COMMIT_STALE;

	if (stale || outcome->result == GW_COMMIT_RESTART) {
		reply->json = json_pack("{s:{s:s, s:s}, s:s, s:o?}", "error", "code",
			stale ? "stale" : "restart_needed", "message", message_of(outcome),
			"revision", errand->revision, "differences", outcome->differences);
		return 409;
	}
	reply->change = json_pack("{s:s?, s:s, s:O?}", "before", errand->before, "after",
		errand->revision, "differences", outcome->differences);
	reply->json = json_pack("{s:b, s:o, s:s, s:b, s:o?}", "made",
		outcome->result == GW_COMMIT_MADE, "number",
		outcome->result == GW_COMMIT_MADE ? json_integer((json_int_t)outcome->number)
						  : json_null(),
		"revision", errand->revision, "restart", outcome->restart, "differences",
		outcome->differences);
	return 200;
}

static int go(const struct mgmt *mgmt, const char *what,
	int (*fn)(struct gw *, void *, struct gw_error *), struct errand *errand,
	struct gw_reply *reply, struct gw_error *error)
{
	const int status = gw_control_call(mgmt->gw, what, fn, errand, error);

	return status == 0 ? tell(errand, reply) : status;
}

static int need_text(const struct errand *errand, struct gw_error *error)
{
	if (errand->wish.text)
		return 0;
	return refuse(error, "`text` must be the whole configuration, as YAML");
}

/* What waits for a restart is tried by nobody until then: a file that the start would refuse must
 * not be stored. What changes at once is tried by that. */
static int look_at_start(
	const struct gw *gw, const struct gw_commit_wish *wish, struct gw_error *error)
{
	if (!gw->check_text || !wish->text || !(wish->restart || wish->check))
		return 0;
	return gw->check_text(wish->text, wish->size, error);
}

int api_config_check(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct errand errand;
	int status = read_wish(request, "to", &errand, error);

	errand.wish.check = true;
	if (status == 0)
		status = need_text(&errand, error);
	if (status == 0)
		status = look_at_start(mgmt->gw, &errand.wish, error);
	return status == 0 ? go(mgmt, "checking a configuration", make, &errand, reply, error)
			   : status;
}

int api_config_commit(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct errand errand;
	int status = read_wish(request, "to", &errand, error);

	if (status == 0)
		status = look_at_start(mgmt->gw, &errand.wish, error);
	return status == 0 ? go(mgmt, "making a commit", make, &errand, reply, error) : status;
}

int api_config_rollback(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct errand errand;
	const int status = read_wish(request, "text", &errand, error);

	return status == 0 ? go(owner, "going back to a commit", roll_back, &errand, reply, error)
			   : status;
}

static int confirm(struct gw *gw, void *arg, struct gw_error *error)
{
	struct errand *errand = arg;
	int status = gw_commit_revision(gw, errand->before, error);

	if (status == 0)
		status = gw_commit_confirm(gw, errand->wish.who, error);
	return status == 0 ? gw_commit_revision(gw, errand->revision, error) : status;
}

int api_config_confirm(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct errand errand = {.wish = {.who = request->who}};
	const int status =
		gw_control_call(mgmt->gw, "confirming a commit", confirm, &errand, error);

	if (status != 0)
		return status;
	reply->json = json_pack("{s:s}", "revision", errand.revision);
	reply->change = json_pack("{s:s, s:s}", "before", errand.before, "after", errand.revision);
	return 200;
}

static int take_text(struct gw *gw, void *arg, struct gw_error *error)
{
	struct errand *errand = arg;
	const int status = commit_running_text(gw, &errand->text, &errand->size, error);

	return status == 0 ? gw_commit_revision(gw, errand->revision, error) : status;
}

int api_config_text(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct errand errand = {0};
	const int status =
		gw_control_call(mgmt->gw, "reading the configuration", take_text, &errand, error);

	if (status == 0)
		reply->json = json_pack("{s:s, s:s%}", "revision", errand.revision, "text",
			errand.text, errand.size);
	free(errand.text);
	return status == 0 ? 200 : status;
}
