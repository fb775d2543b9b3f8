#include "core/config/history_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/fresh_file.h"
#include "core/config/history.h"

#define DIGITS 8

/* Beside the file itself, where a link leads to one. */
static int folder_of(const char *file, char folder[PATH_MAX])
{
	char real[PATH_MAX];

	if (!realpath(file, real) && snprintf(real, sizeof(real), "%s", file) >= PATH_MAX)
		return -ENAMETOOLONG;
	return snprintf(folder, PATH_MAX, "%s.history", real) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int history_record_path(const char *file, uint32_t number, char path[PATH_MAX])
{
	char folder[PATH_MAX];
	const int status = folder_of(file, folder);

	if (status != 0)
		return status;
	return snprintf(path, PATH_MAX, "%s/%0*u.yaml", folder, DIGITS, number) < PATH_MAX
		? 0
		: -ENAMETOOLONG;
}

/* Whoever may read the file may read what it was. */
static int give_as(const char *folder, const struct stat *facts)
{
	const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = 0;

	if (file < 0 || !fresh_file_give(file, facts) ||
		fchmod(file, 0700 | (facts->st_mode & 040 ? 050 : 0)) != 0)
		status = -errno;
	if (file >= 0)
		close(file);
	return status;
}

int history_make_folder(const char *file, char folder[PATH_MAX], struct gw_error *error)
{
	struct stat facts;
	int status = folder_of(file, folder);

	if (status == 0 && mkdir(folder, 0700) != 0)
		status = errno == EEXIST ? 0 : -errno;
	else if (status == 0 && stat(file, &facts) == 0)
		status = give_as(folder, &facts);
	if (status == 0)
		return 0;
	return gw_error_set(error, status,
		"%s.history: the commit cannot be recorded, and nothing was changed: %s: let gwd "
		"write to that folder",
		file, strerror(-status));
}

/* 7 for "00000007.yaml"; `rest` is what follows it. 0: it is no record. */
static uint32_t number_of(const char *name, const char **rest)
{
	char *end;
	const unsigned long number = strtoul(name, &end, 10);

	if (end - name < DIGITS || strncmp(end, ".yaml", 5) != 0 || number > UINT32_MAX)
		return 0;
	*rest = end + 5;
	return (uint32_t)number;
}

static int by_number(const void *left, const void *right)
{
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* All commits that there are, the oldest first, in `numbers` (free()). */
static uint32_t all_of(const char *file, uint32_t **numbers)
{
	char folder[PATH_MAX];
	uint32_t count = 0;
	DIR *list = folder_of(file, folder) == 0 ? opendir(folder) : NULL;

	*numbers = NULL;
	for (const struct dirent *entry; list && (entry = readdir(list));) {
		const char *rest;
		const uint32_t number = number_of(entry->d_name, &rest);
		uint32_t *more;

		if (number == 0 || *rest)
			continue;
		more = realloc(*numbers, (count + 1) * sizeof(*more));
		if (!more)
			break;
		*numbers = more;
		more[count++] = number;
	}
	if (list)
		closedir(list);
	if (count > 0)
		qsort(*numbers, count, sizeof(**numbers), by_number);
	return count;
}

uint32_t history_list(const char *file, uint32_t numbers[HISTORY_MOST])
{
	uint32_t *all;
	const uint32_t count = all_of(file, &all);
	const uint32_t shown = count > HISTORY_MOST ? HISTORY_MOST : count;

	if (shown > 0)
		memcpy(numbers, all + count - shown, shown * sizeof(*all));
	free(all);
	return shown;
}

void history_forget_oldest(const char *file)
{
	char path[PATH_MAX];
	uint32_t *all;
	const uint32_t count = all_of(file, &all);

	for (uint32_t i = 0; i + HISTORY_MOST < count; i++)
		if (history_record_path(file, all[i], path) == 0)
			unlink(path);
	free(all);
}

uint32_t history_newest(const char *file)
{
	uint32_t numbers[HISTORY_MOST];
	const uint32_t count = history_list(file, numbers);

	return count > 0 ? numbers[count - 1] : 0;
}

void history_visit_left(
	const char *file, void (*visit)(void *arg, const char *path, uint32_t number), void *arg)
{
	char folder[PATH_MAX], path[PATH_MAX];
	DIR *list = folder_of(file, folder) == 0 ? opendir(folder) : NULL;

	for (const struct dirent *entry; list && (entry = readdir(list));) {
		const char *rest = "";
		const uint32_t number = number_of(entry->d_name, &rest);

		if (number > 0 ? rest[0] != '.' : strncmp(entry->d_name, "stored.", 7) != 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < PATH_MAX)
			visit(arg, path, number);
	}
	if (list)
		closedir(list);
}
