#include <jansson.h>
#include <stdlib.h>

#include "core/commit.h"
#include "core/config/yaml_load.h"
#include "core/log.h"
#include "core/user.h"
#include "gwd/gateway.h"
#include "gwd/service_manager.h"

void gw_reload(struct gw *gw)
{
	char who[GW_USER];
	struct gw_commit_wish wish = {.who = gw_user(atomic_load(&gw->hangup_uid), who),
		.from = "SIGHUP",
		.restart = true,
		.stored = true};
	struct gw_commit_deed deed = {.told = false};
	struct gw_commit_outcome outcome = {.differences = NULL};
	struct gw_error error;
	char *text = NULL;
	service_manager_reloading();
	int status = gw->config_path ? gw_yaml_read(gw->config_path, &text, &wish.size, &error)
				     : gw_error_set(&error, -1, "there is no configuration file");

	wish.text = text;
	/* Nothing is changed that nobody could write down. */
	if (status == 0)
		status = gw_commit_deed_begin(gw, GW_DEED_COMMIT, &wish, &deed, &error);
	if (status == 0)
		status = gw_commit_make(gw, &wish, &outcome, &error);
	gw_commit_deed_end(gw, &deed, status, &outcome, &error);
	if (status == 0)
		json_decref(outcome.differences);
	else
		gw_error_log("config", "nothing was changed: %s", error.text);
	free(text);
	service_manager_reloaded();
}
