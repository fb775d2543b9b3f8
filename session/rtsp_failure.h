/* Why no answer came, in words that say what to do. Pure; any thread. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "session/rtsp.h"

struct rtsp_failure {
	CURLcode code;
	int number; /* the errno of connect(2); 0: none */
	enum rtsp_method method;
	uint32_t most_ms; /* that it was waited for */
	bool too_large; /* its body was */
	const char *came; /* the first line of it, cleaned; empty: nothing */
};

/* Returns a negative errno with a line. */
int rtsp_failure_explain(const struct rtsp_failure *failure, struct gw_error *error);
