#include "mgmt/page.h"

#include <stdio.h>
#include <string.h>

#include "mgmt/page_files.h"

static const struct {
	const char *url, *type;
	const unsigned char *bytes;
	const size_t *size;
} files[] = {
#define X(url, type, name) {url, type, page_##name, &page_##name##_size},
	PAGE_FILES(X)
#undef X
};

bool page_answer(const char *method, const char *url, struct gw_reply *reply)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(url, files[i].url) != 0)
			continue;
		*reply = (struct gw_reply){0};
		if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
			gw_reply_refuse(reply, 405, "method_not_allowed",
				"%s is not possible here, but GET is", method);
			snprintf(reply->allow, sizeof(reply->allow), "GET, HEAD");
			return true;
		}
		reply->status = 200;
		reply->type = files[i].type;
		reply->bytes = files[i].bytes;
		reply->size = *files[i].size;
		return true;
	}
	return false;
}
