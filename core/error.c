#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int gw_error_set(struct gw_error *error, int status, const char *format, ...)
{
	if (error) {
		va_list args;

		va_start(args, format);
		vsnprintf(error->text, sizeof(error->text), format, args);
		va_end(args);
	}
	return status;
}

void gw_error_prefix(struct gw_error *error, const char *format, ...)
{
	if (!error)
		return;
	struct gw_error line;
	va_list args;

	va_start(args, format);
	vsnprintf(line.text, sizeof(line.text), format, args);
	va_end(args);
	size_t used = strlen(line.text);
	snprintf(line.text + used, sizeof(line.text) - used, "%s", error->text);
	*error = line;
}
