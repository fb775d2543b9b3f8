#include "sink/pictures.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/result.h"
#include "sink/writer.h"

#define DIGITS 8
#define ENHANCED ".enhanced-"
#define DIGITS_MOST 18 /* numbers that can be counted on from */

void picture_name(char name[PICTURE_NAME], uint64_t number, uint16_t finding)
{
	struct writer writer;
	uint64_t limit = 10000000; /* of DIGITS */

	writer_begin(&writer, name, PICTURE_NAME - 1);
	for (; limit > 1 && number < limit; limit /= 10)
		writer_raw(&writer, "0");
	writer_unsigned(&writer, number);
	if (finding != GW_NO_FINDING) {
		writer_raw(&writer, ENHANCED);
		writer_unsigned(&writer, finding);
	}
	writer_raw(&writer, ".jpg");
	name[writer.size] = '\0';
}

/* Of ".enhanced-3", 0 when nothing of the kind is there. */
static size_t enhanced_size(const char *name)
{
	const size_t size = strlen(ENHANCED);

	return strncmp(name, ENHANCED, size) == 0 ? size + strspn(name + size, "0123456789") : 0;
}

static bool is_picture(const char *name)
{
	const size_t digits = strspn(name, "0123456789");

	return (digits == DIGITS || (digits > DIGITS && digits <= DIGITS_MOST && name[0] != '0')) &&
		strcmp(name + digits + enhanced_size(name + digits), ".jpg") == 0;
}

/* Calls `visit` with every picture's name until it returns other than 0. */
static int each_picture(
	int directory, int (*visit)(int directory, const char *name, void *arg), void *arg)
{
	int fd = openat(directory, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int status = list ? 0 : -errno;

	while (list && status == 0 && (entry = readdir(list)))
		if (is_picture(entry->d_name))
			status = visit(directory, entry->d_name, arg);
	if (list)
		closedir(list);
	else if (fd >= 0)
		close(fd);
	return status;
}

static int remove_one(int directory, const char *name, void *arg)
{
	return unlinkat(directory, name, 0) == 0 ? 0 : -errno;
}

int pictures_remove(int directory)
{
	return each_picture(directory, remove_one, NULL);
}

static int pass_by(int directory, const char *name, void *arg)
{
	const uint64_t number = strtoull(name, NULL, 10);
	uint64_t *next = arg;

	if (number >= *next)
		*next = number + 1;
	return 0;
}

int pictures_next(int directory, uint64_t *next)
{
	*next = 0;
	return each_picture(directory, pass_by, next);
}
