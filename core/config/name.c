#include "core/config/name.h"

#include <string.h>

#include "core/config/config.h"

bool gw_name_is_good(const char *name, size_t size)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (size == 0 || name[0] == '.')
		return false;
	for (size_t i = 0; i < size; i++)
		if (!memchr(allowed, name[i], sizeof(allowed) - 1))
			return false;
	return true;
}

bool gw_name_is_reserved(const char *name, size_t size)
{
	static const char *const reserved[] = {GW_LINES_FILE, GW_MESSAGES_FILE, GW_STATS_FILE};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (size == strlen(reserved[i]) && memcmp(name, reserved[i], size) == 0)
			return true;
	return false;
}
