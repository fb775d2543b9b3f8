/* The audit log, read: its last lines, and whether all of it is there. */
#include <errno.h>
#include <jansson.h>

#include "mgmt/audit_log/check_json.h"
#include "mgmt/audit_log/log.h"
#include "mgmt/state.h"

static int need_log(const struct mgmt *mgmt, struct gw_error *error)
{
	if (mgmt->audit_log)
		return 0;
	return gw_error_set(
		error, -ENOTSUP, "there is no audit log: name a folder for it with `api.state`");
}

static int answer(
	const struct mgmt *mgmt, bool lines, struct gw_reply *reply, struct gw_error *error)
{
	int status = need_log(mgmt, error);

	if (status == 0)
		status = audit_check_json(
			audit_log_folder(mgmt->audit_log), lines, &reply->json, error);
	return status == 0 ? 200 : status;
}

int api_audit_log(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	return answer(owner, true, reply, error);
}

int api_audit_log_check(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	return answer(owner, false, reply, error);
}
