#include "mgmt/cli/units.h"

#include <inttypes.h>
#include <stdio.h>

const char *units_us(char text[UNITS_TEXT], int64_t us)
{
	if (us < 1000)
		snprintf(text, UNITS_TEXT, "%" PRId64 " us", us);
	else if (us < 100 * 1000)
		snprintf(text, UNITS_TEXT, "%.1f ms", (double)us / 1e3);
	else if (us < 1000 * 1000)
		snprintf(text, UNITS_TEXT, "%.0f ms", (double)us / 1e3);
	else
		snprintf(text, UNITS_TEXT, "%.2f s", (double)us / 1e6);
	return text;
}

const char *units_duration(char text[UNITS_TEXT], double seconds)
{
	int64_t s = (int64_t)seconds;
	int used = 0;

	if (s >= 86400)
		used = snprintf(text, UNITS_TEXT, "%" PRId64 "d ", s / 86400);
	snprintf(text + used, UNITS_TEXT - (size_t)used, "%02d:%02d:%02d", (int)(s / 3600 % 24),
		(int)(s / 60 % 60), (int)(s % 60));
	return text;
}

const char *units_ago(char text[UNITS_TEXT], int64_t ms)
{
	if (ms < 0)
		snprintf(text, UNITS_TEXT, "never");
	else if (ms < 1000)
		snprintf(text, UNITS_TEXT, "%" PRId64 " ms ago", ms);
	else if (ms < 120 * 1000)
		snprintf(text, UNITS_TEXT, "%.1f s ago", (double)ms / 1e3);
	else if (ms < 120 * 60 * 1000)
		snprintf(text, UNITS_TEXT, "%" PRId64 " min ago", ms / 60000);
	else
		snprintf(text, UNITS_TEXT, "%" PRId64 " h ago", ms / 3600000);
	return text;
}

const char *units_share(char text[UNITS_TEXT], double share)
{
	if (share > 0 && share < 0.01)
		snprintf(text, UNITS_TEXT, "<1 %%");
	else
		snprintf(text, UNITS_TEXT, "%.0f %%", share * 100);
	return text;
}

const char *units_plural(int64_t count)
{
	return count == 1 ? "" : "s";
}
