#include "gwd/model/enhanced.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/yaml_load.h"

static int write_file(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	if (!file)
		return -errno;
	const bool whole = fwrite(bytes, 1, size, file) == size;

	return fclose(file) == 0 && whole ? 0 : -EIO;
}

int enhanced_take(const char *from, const char *to, struct gw_error *error)
{
	char *jpeg;
	size_t size;
	int status = gw_yaml_read(from, &jpeg, &size, error);

	if (status != 0)
		return status;
	status = write_file(to, jpeg, size);
	if (status != 0)
		gw_error_set(error, status, "%s: %s", to, strerror(-status));
	free(jpeg);
	return status;
}
