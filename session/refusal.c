#include "session/refusal.h"

#include <errno.h>

#include "core/config/rtsp_url.h"

bool refusal_is_of_the_way(int status)
{
	static const int statuses[] = {400, 406, 415, 451, 456, 459, 460, 461, 462, 500, 501, 551};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i] == status)
			return true;
	return false;
}

int refusal_explain(
	const struct rtsp_answer *answer, const char *method, bool is_auto, struct gw_error *error)
{
	char moved[GW_URL];

	switch (answer->status) {
	case 301:
	case 302:
		gw_rtsp_url_show(answer->location, moved);
		return gw_error_set(error, -ENOENT, "it has moved to %.200s: correct url",
			moved[0] ? moved : "an address that it does not say");
	case 401:
	case 407:
		return gw_error_set(error, -EACCES,
			"it refuses user or password (401): correct user and password_file or "
			"password_env; some cameras lock a user out for minutes after wrong ones");
	case 403:
		return gw_error_set(error, -EACCES,
			"it forbids this (403): give its user the right to see the stream");
	case 404:
		return gw_error_set(
			error, -ENOENT, "it has no such stream (404): correct the path in url");
	case 453:
		return gw_error_set(error, -EBUSY,
			"it has no bandwidth left (453): end other viewers, or choose a smaller "
			"stream");
	case 454:
		return gw_error_set(error, -ESTALE, "it has forgotten the session (454)");
	case 461:
		return gw_error_set(error, -ENOTSUP, "it does not send in that way (461): %s",
			is_auto ? "allow UDP, multicast or TCP in the camera"
				: "allow it in the camera, or set transport to auto");
	case 503:
		return gw_error_set(
			error, -EBUSY, "it is too busy (503): end other viewers of the camera");
	default:
		return gw_error_set(error, -EPROTO,
			"it answers %s with %d: look into the camera's own log", method,
			answer->status);
	}
}
