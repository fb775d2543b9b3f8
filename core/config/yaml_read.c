#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/yaml_load.h"

#define MAX_FILE (16u << 20)

/* A FIFO would hang whoever opens it, a device whoever reads it to its end. */
static int open_regular(const char *path, FILE **file, struct gw_error *error)
{
	const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat facts;

	*file = NULL;
	if (descriptor < 0)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) {
		close(descriptor);
		return gw_error_set(error, -EINVAL,
			"%s: it is not a regular file: give the path of a YAML file", path);
	}
	*file = fdopen(descriptor, "rb");
	if (*file)
		return 0;
	close(descriptor);
	return gw_error_set(error, -ENOMEM, "%s: out of memory", path);
}

int gw_yaml_read(const char *path, char **text, size_t *size, struct gw_error *error)
{
	FILE *file;
	int status = open_regular(path, &file, error);

	*text = NULL;
	if (status != 0)
		return status;
	*text = malloc(MAX_FILE + 1);
	if (!*text) {
		status = gw_error_set(error, -ENOMEM, "%s: out of memory", path);
	} else {
		*size = fread(*text, 1, MAX_FILE, file);
		if (ferror(file))
			status = gw_error_set(error, -EIO, "%s: cannot be read", path);
		else if (*size == MAX_FILE)
			status = gw_error_set(error, -EFBIG, "%s: larger than 16 MiB", path);
		else
			(*text)[*size] = '\0';
	}
	fclose(file);
	if (status != 0) {
		free(*text);
		*text = NULL;
	}
	return status;
}
