#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/api.h"

void gw_reply_refuse(struct gw_reply *reply, int status, const char *code, const char *format, ...)
{
	struct gw_error line;
	va_list args;

	va_start(args, format);
	vsnprintf(line.text, sizeof(line.text), format, args);
	va_end(args);
	json_t *text = json_string(line.text);
	/* A message may carry bytes of the request that are not UTF-8. */
	if (!text)
		text = json_string("the request is not UTF-8");
	*reply = (struct gw_reply){.status = status,
		.json = json_pack("{s:{s:s, s:o}}", "error", "code", code, "message", text)};
}

void gw_reply_release(struct gw_reply *reply)
{
	json_decref(reply->json);
	json_decref(reply->change);
	if (reply->release)
		reply->release(reply->owner);
	*reply = (struct gw_reply){0};
}

const char *gw_role_name(enum gw_role role)
{
	static const char *const names[] = {
		[GW_ROLE_NONE] = "none",
		[GW_ROLE_VIEWER] = "viewer",
		[GW_ROLE_OPERATOR] = "operator",
		[GW_ROLE_ADMIN] = "admin",
	};

	return names[role];
}
