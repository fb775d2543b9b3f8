#include "session/rtsp_failure.h"

#include <errno.h>
#include <string.h>

#include "session/sdp.h"

/* Something came that libcurl does not take. */
static int explain_answer(const struct rtsp_failure *failure, struct gw_error *error)
{
	const char *method = rtsp_method_name(failure->method);
	const char *came = failure->came;

	if (came[0] == '\0')
		return gw_error_set(error, -EPROTO,
			"its answer to %s cannot be used (%s): is this the port of its RTSP "
			"service?",
			method, curl_easy_strerror(failure->code));
	if (strncmp(came, "HTTP/", 5) == 0)
		return gw_error_set(error, -EPROTO,
			"it answers %s with \"%s\": this is a web server: give the port of its "
			"RTSP service (often 554) in url",
			method, came);
	if (strncmp(came, "RTSP/", 5) != 0)
		return gw_error_set(error, -EPROTO,
			"it answers %s with \"%s\", which is no RTSP: is this the port of its RTSP "
			"service (often 554)?",
			method, came);
	if (failure->code == CURLE_RTSP_CSEQ_ERROR)
		return gw_error_set(error, -EPROTO,
			"its answer \"%s\" to %s has no CSeq, or not that of the request: update "
			"the camera's software",
			came, method);
	if (failure->code == CURLE_RTSP_SESSION_ERROR)
		return gw_error_set(error, -EPROTO,
			"its answer \"%s\" to %s names another Session than before: restart the "
			"camera, or update its software",
			came, method);
	return gw_error_set(error, -EPROTO,
		"its answer \"%s\" to %s cannot be read (%s): update the camera's software", came,
		method, curl_easy_strerror(failure->code));
}

static int explain_end(const struct rtsp_failure *failure, struct gw_error *error)
{
	const char *method = rtsp_method_name(failure->method);

	if (failure->came[0] != '\0' && strncmp(failure->came, "RTSP/", 5) != 0)
		return explain_answer(failure, error);
	if (failure->came[0] != '\0')
		return gw_error_set(error, -ECONNRESET,
			"it closed the connection within its answer \"%s\" to %s: restart the "
			"camera if that stays so",
			failure->came, method);
	return gw_error_set(error, -ECONNRESET,
		"it closed the connection in place of an answer to %s: is this the port of its "
		"RTSP service?",
		method);
}

static int explain_time_out(const struct rtsp_failure *failure, struct gw_error *error)
{
	const char *method = rtsp_method_name(failure->method);

	if (failure->came[0] != '\0')
		return gw_error_set(error, -ETIMEDOUT,
			"its answer \"%s\" to %s does not come to an end within %u s: restart the "
			"camera if that stays so",
			failure->came, method, failure->most_ms / 1000);
	return gw_error_set(error, -ETIMEDOUT,
		"it does not answer %s within %u s: restart the camera if that stays so", method,
		failure->most_ms / 1000);
}

int rtsp_failure_explain(const struct rtsp_failure *failure, struct gw_error *error)
{
	const char *method = rtsp_method_name(failure->method);

	switch (failure->code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return gw_error_set(error, -EHOSTUNREACH,
			"nobody knows an address of that host: correct its name, or look at this "
			"machine's name servers");
	case CURLE_COULDNT_CONNECT:
		return gw_error_set(error, -ECONNREFUSED,
			"it cannot be reached: %s: is it on, and are host and port right?",
			failure->number ? strerror(failure->number) : "no answer");
	case CURLE_OPERATION_TIMEDOUT:
		return explain_time_out(failure, error);
	case CURLE_WRITE_ERROR:
		if (failure->too_large)
			return gw_error_set(error, -EMSGSIZE,
				"its answer to %s is larger than %d bytes: is this a camera?",
				method, SDP_SIZE);
		return gw_error_set(error, -ENOMEM, "out of memory");
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return explain_end(failure, error);
	default:
		return explain_answer(failure, error);
	}
}
