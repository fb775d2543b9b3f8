#include "session/told.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/config/rtsp_url.h"
#include "session/session.h"

void session_health(const struct session *session, int64_t now, struct gw_health *health)
{
	char next[48] = "";

	if (!session || !session->error.text[0] || session->unwanted)
		return;
	const int64_t left = session->due - now;

	if (session->state == SESSION_WAITING)
		snprintf(next, sizeof(next), "; next try in %d s",
			left > 0 ? (int)(left / GW_NS_PER_S) + 1 : 0);
	gw_health_add(health, GW_DEGRADED, "camera.%s.session", session->camera->name,
		"camera %s: %s%s (failed: %u)", session->camera->name, session->error.text, next,
		session->tries);
}

json_t *session_describe(const struct session *session)
{
	char url[GW_URL];

	gw_rtsp_url_show(session->camera->url, url);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}", "camera",
		session->camera->name, "state", session_state_name(session->state), "url", url,
		"server", session->dialogue.server, "transport",
		transport_name(session->dialogue.way), "opened", (json_int_t)session->opened,
		"failed", (json_int_t)session->tries, "signs_missed", (json_int_t)session->missed,
		"answers_ignored", (json_int_t)(session->ignored + session->relay.ignored),
		"bytes_skipped", (json_int_t)(session->skipped + session->relay.skipped), "trouble",
		session->error.text);
}
