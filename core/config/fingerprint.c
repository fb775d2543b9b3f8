#include "core/config/fingerprint.h"

#include <stdio.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool gw_fingerprint_read(const char *text, uint8_t bytes[GW_FINGERPRINT])
{
	for (uint32_t i = 0; i < GW_FINGERPRINT; i++, text += 2) {
		text += i > 0 && *text == ':';
		const int high = digit(text[0]);
		const int low = high >= 0 ? digit(text[1]) : -1;

		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return *text == '\0';
}

void gw_fingerprint_show(const uint8_t bytes[GW_FINGERPRINT], char text[GW_FINGERPRINT_TEXT])
{
	for (uint32_t i = 0; i < GW_FINGERPRINT; i++)
		snprintf(text + 3 * i, GW_FINGERPRINT_TEXT - 3 * i, "%02X%s", bytes[i],
			i + 1 < GW_FINGERPRINT ? ":" : "");
}
