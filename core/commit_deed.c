/* What changes the configuration without a request, for who writes changes down. */
#include <jansson.h>
#include <stdio.h>

#include "core/api.h"
#include "core/commit.h"
#include "core/gateway.h"

/* As the API's own, which lie above: slow, since lines about the configuration are to be on the
 * disk before it changes. */
static const struct gw_api_route routes[] = {
	[GW_DEED_COMMIT] = {GW_ROLE_ADMIN, "POST", "config/commit",
		"Change the configuration as a whole", .slow = true},
	[GW_DEED_ROLLBACK] = {GW_ROLE_ADMIN, "POST", "config/rollback",
		"Go back to an earlier commit", .slow = true},
};

int gw_commit_deed_begin(struct gw *gw, enum gw_commit_deed_kind kind,
	const struct gw_commit_wish *wish, struct gw_commit_deed *deed, struct gw_error *error)
{
	const struct gw_api_witness *witness = gw->witness;
	json_t *body = wish->comment ? json_pack("{s:s}", "comment", wish->comment) : NULL;
	const struct gw_request request = {
		.role = GW_ROLE_ADMIN, .who = wish->who, .from = wish->from, .body = body};
	struct gw_error none;
	int status = 0;

	deed->kind = kind;
	deed->told = witness != NULL;
	if (deed->before[0] == '\0' && gw->config_path &&
		gw_commit_revision(gw, deed->before, &none) != 0)
		deed->before[0] = '\0';
	if (witness)
		status = witness->asked(witness->owner, &routes[kind], routes[kind].path, &request,
			&deed->number, error);
	json_decref(body);
	if (status != 0)
		deed->told = false;
	return status;
}

void gw_commit_deed_end(struct gw *gw, const struct gw_commit_deed *deed, int status,
	const struct gw_commit_outcome *outcome, const struct gw_error *error)
{
	const struct gw_api_witness *witness = gw->witness;
	struct gw_reply reply = {.status = 200};
	char after[GW_REVISION];
	struct gw_error none;

	if (!deed->told || !witness)
		return;
	if (status != 0)
		gw_reply_fail(&reply, status, error);
	else if (gw_commit_revision(gw, after, &none) == 0)
		reply.change = json_pack("{s:s, s:s, s:O?}", "before", deed->before, "after", after,
			"differences", outcome->differences);
	witness->done(witness->owner, &routes[deed->kind], deed->number, &reply);
	gw_reply_release(&reply);
}
