#include "session/control.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7F)
			return false;
	return true;
}

/* Cameras do not resolve as browsers do (RFC 3986): a relative URL is put behind the base with one
 * slash between them, whatever path the base has. So do GStreamer, FFmpeg and live555, and cameras
 * are built for them. */
static int append(const char *base, const char *control, char url[GW_URL])
{
	const size_t size = strlen(base);
	const bool slash = size > 0 && base[size - 1] == '/';

	return snprintf(url, GW_URL, "%s%s%s", base, slash ? "" : "/", control);
}

/* Behind the host of the base. */
static int replace_path(const char *base, const char *control, char url[GW_URL])
{
	const char *host = strstr(base, "://");
	const size_t size =
		host ? (size_t)(host - base) + 3 + strcspn(host + 3, "/?") : strlen(base);

	return snprintf(url, GW_URL, "%.*s%s", (int)size, base, control);
}

bool control_resolve(const char *base, const char *control, char url[GW_URL])
{
	int size;

	if (!is_visible(control))
		return false;
	if (control[0] == '\0' || strcmp(control, "*") == 0)
		size = snprintf(url, GW_URL, "%s", base);
	else if (strncasecmp(control, "rtsp://", 7) == 0 ||
		strncasecmp(control, "rtsps://", 8) == 0 ||
		strncasecmp(control, "rtspu://", 8) == 0)
		size = snprintf(url, GW_URL, "%s", control);
	else if (control[0] == '/')
		size = replace_path(base, control, url);
	else
		size = append(base, control, url);
	return size >= 0 && size < GW_URL;
}
