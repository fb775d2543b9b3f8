#include "core/config/rtsp_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char plain[] = "rtsp://", secured[] = "rtsps://";

/* Spaces and control characters would end the line of a request, or begin another one. */
static bool is_visible(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7F)
			return false;
	return true;
}

static bool good_host(const char *host, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	return size > 0 && size < sizeof(((struct gw_rtsp_url *)0)->host) &&
		strspn(host, letters) >= size;
}

/* What stands behind the host: nothing, or ":PORT". */
static bool read_port(const char *text, size_t size, uint16_t otherwise, uint16_t *port)
{
	unsigned long number = 0;

	*port = otherwise;
	if (size == 0)
		return true;
	if (text[0] != ':' || size < 2 || size > 6)
		return false;
	for (size_t i = 1; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (unsigned long)(text[i] - '0');
	}
	*port = (uint16_t)number;
	return number > 0 && number <= UINT16_MAX;
}

bool gw_rtsp_url_is_secured(const char *text)
{
	return strncasecmp(text, secured, sizeof(secured) - 1) == 0;
}

int gw_rtsp_url_parse(const char *text, struct gw_rtsp_url *url, struct gw_error *error)
{
	const bool is_secured = gw_rtsp_url_is_secured(text);
	const size_t begin = is_secured ? sizeof(secured) - 1 : sizeof(plain) - 1;

	*url = (struct gw_rtsp_url){0};
	if (!is_secured && strncasecmp(text, plain, begin) != 0)
		return gw_error_set(error, -EINVAL, "must begin with rtsp:// or rtsps://");
	if (!is_visible(text))
		return gw_error_set(error, -EINVAL,
			"holds a space or another character that no URL holds: write it as %%20");
	const char *authority = text + begin;
	const size_t size = strcspn(authority, "/?#");
	const bool bracket = authority[0] == '[';
	const char *host = authority + bracket;

	if (memchr(authority, '@', size))
		return gw_error_set(error, -EINVAL,
			"holds a user or a password: give `user`, and `password_file` or "
			"`password_env`");
	if (strchr(text, '#'))
		return gw_error_set(error, -EINVAL, "holds a '#': write it as %%23");
	const size_t length = strcspn(host, bracket ? "]" : ":/?");
	const size_t end = length + 2 * bracket;

	if (end > size ||
		(bracket ? strspn(host, "0123456789abcdefABCDEF:.") != length || length < 2
			 : !good_host(host, length)) ||
		length >= sizeof(url->host))
		return gw_error_set(error, -EINVAL, "names no host: write rtsp://HOST[:PORT]/PATH");
	if (!read_port(authority + end, size - end, is_secured ? GW_RTSPS_PORT : GW_RTSP_PORT,
		    &url->port))
		return gw_error_set(error, -EINVAL, "has no port from 1 to 65535 behind its host");
	memcpy(url->host, host, length);
	return 0;
}

void gw_rtsp_url_show(const char *text, char shown[GW_URL])
{
	snprintf(shown, GW_URL, "%.*s", (int)strcspn(text, "?"), text);
}
