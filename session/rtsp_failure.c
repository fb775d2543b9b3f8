#include "session/rtsp_failure.h"

#include <errno.h>
#include <string.h>

#include "session/sdp.h"

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
		return gw_error_set(error, -ETIMEDOUT,
			"it does not answer %s within %u s: restart the camera if that stays so",
			method, failure->most_ms / 1000);
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
		return gw_error_set(error, -ECONNRESET,
			"it closed the connection in place of an answer to %s: is this the port of "
			"its RTSP service?",
			method);
	default:
		return gw_error_set(error, -EPROTO,
			"its answer to %s cannot be used (%s): is this the port of its RTSP "
			"service?",
			method, curl_easy_strerror(failure->code));
	}
}
