/* The web page: files that are part of the program, so that it works wherever the gateway does. */
#pragma once

#include <stdbool.h>

#include "core/api.h"

/* What a browser may do with anything that it gets here: nothing of others, and no code but the
 * page's own files. */
#define PAGE_POLICY \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " \
	"img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* Answers a request for a file of the page: `url` is the path as it came. It needs no role: there
 * is nothing in it that is not in every gateway. False: it is none of them. Any thread. */
bool page_answer(const char *method, const char *url, struct gw_reply *reply);
