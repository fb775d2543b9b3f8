#include "session/sdp_value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_RATE 1000

bool sdp_begins(const char *text, const char *word, const char **rest)
{
	const size_t size = strlen(word);

	if (strncasecmp(text, word, size) != 0)
		return false;
	*rest = text + size + strspn(text + size, " ");
	return true;
}

bool sdp_read_size(const char *text, char between, uint16_t *width, uint16_t *height)
{
	char *end;
	const unsigned long a = strtoul(text, &end, 10);

	if (end == text || *end != between || text[0] == '-')
		return false;
	const char *second = end + 1;
	const unsigned long b = strtoul(second, &end, 10);

	if (end == second || second[0] == '-' || a == 0 || b == 0 || a > UINT16_MAX ||
		b > UINT16_MAX)
		return false;
	*width = (uint16_t)a;
	*height = (uint16_t)b;
	return true;
}

bool sdp_read_clip(const char *text, uint16_t *width, uint16_t *height)
{
	unsigned int top, left, bottom, right;

	if (sscanf(text, "%5u,%5u,%5u,%5u", &top, &left, &bottom, &right) != 4 || bottom <= top ||
		right <= left || bottom - top > UINT16_MAX || right - left > UINT16_MAX)
		return false;
	*width = (uint16_t)(right - left);
	*height = (uint16_t)(bottom - top);
	return true;
}

double sdp_read_rate(const char *text)
{
	char *end;
	double rate = strtod(text, &end);

	/* Some write a fraction. */
	if (end != text && *end == '/') {
		const double below = strtod(end + 1, NULL);

		rate = below > 0 ? rate / below : 0;
	}
	return end != text && rate > 0 && rate <= MAX_RATE ? rate : 0;
}

void sdp_read_group(const char *text, struct gw_address *group)
{
	struct gw_address address = {0};
	char word[64];

	if (sscanf(text, "IN IP4 %63[0-9.]", word) == 1 &&
		inet_pton(AF_INET, word, address.bytes) == 1)
		address.family = (address.bytes[0] & 0xf0) == 0xe0 ? AF_INET : 0;
	else if (sscanf(text, "IN IP6 %63[0-9a-fA-F:.]", word) == 1 &&
		inet_pton(AF_INET6, word, address.bytes) == 1)
		address.family = address.bytes[0] == 0xff ? AF_INET6 : 0;
	if (address.family != 0)
		*group = address;
}
