#include "core/utf8.h"

#include <string.h>

size_t gw_utf8_size(const void *text, size_t room)
{
	const unsigned char *s = text;
	unsigned char low = 0x80, high = 0xbf;
	size_t size;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		size = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		size = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		size = 4;
	else
		return 0;
	if (size > room)
		return 0;
	/* Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte. */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

int gw_utf8_fit(const char *text, int most)
{
	const size_t all = strlen(text);
	size_t used = 0;

	while (used < all) {
		const size_t whole = gw_utf8_size(text + used, all - used);
		const size_t size = whole > 0 ? whole : 1;

		if (used + size > (size_t)most)
			break;
		used += size;
	}
	return (int)used;
}

void gw_utf8_copy(char *out, size_t size, const char *text)
{
	const size_t fit = (size_t)gw_utf8_fit(text, (int)size - 1);
	size_t used = 0;

	while (used < fit) {
		const size_t whole = gw_utf8_size(text + used, fit - used);

		if (whole > 0)
			memcpy(out + used, text + used, whole);
		else
			out[used] = '?';
		used += whole > 0 ? whole : 1;
	}
	out[used] = '\0';
}
