#include "core/config/fresh_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_MODE 0640 /* passwords may stand in it */
#define OPEN_MODE 0644

bool fresh_file_give(int file, const struct stat *to)
{
	struct stat facts;

	return fstat(file, &facts) == 0 &&
		((facts.st_uid == to->st_uid && facts.st_gid == to->st_gid) ||
			fchown(file, to->st_uid, to->st_gid) == 0);
}

/* Writes the bytes to the disk, with the mode and owner that the file is to have. */
static int write_whole(
	int file, const struct stat *facts, const char *const texts[2], const size_t sizes[2])
{
	FILE *stream = fdopen(file, "w");

	if (!stream) {
		const int status = -errno;

		close(file);
		return status;
	}
	bool good = fresh_file_give(file, facts) && fchmod(file, facts->st_mode & 07777) == 0;
	for (int i = 0; i < 2; i++)
		good = good && fwrite(texts[i], 1, sizes[i], stream) == sizes[i];
	good = good && fflush(stream) == 0 && fsync(file) == 0;
	const int status = good ? 0 : -errno;

	if (fclose(stream) != 0 && good)
		return -errno;
	return status;
}

int fresh_file_sync(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s",
		slash ? (slash == path ? 1 : (int)(slash - path)) : 1, slash ? path : ".");
	const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (file < 0)
		return -errno;
	const int status = fsync(file) == 0 ? 0 : -errno;

	close(file);
	return status;
}

/* What the new file is to look like: the old one, or what it is like, or one of ours. */
static int facts_of(const char *path, const char *like, struct stat *facts)
{
	const bool is_ours = like && !like[0];

	if (stat(path, facts) == 0) {
		if (!S_ISREG(facts->st_mode))
			return -EINVAL;
		if (!is_ours)
			return 0;
	} else if (errno != ENOENT) {
		return -errno;
	}
	if (like && !is_ours && stat(like, facts) == 0 && S_ISREG(facts->st_mode))
		return 0;
	*facts = (struct stat){.st_mode = is_ours ? OPEN_MODE : NEW_MODE,
		.st_uid = geteuid(),
		.st_gid = getegid()};
	return 0;
}

static int make(struct fresh_file *fresh, const char *target, const char *folder, const char *like,
	const char *const texts[2], const size_t sizes[2])
{
	struct stat facts;
	int status = facts_of(target, like, &facts);

	if (status != 0)
		return status;
	/* Of a link, what it points at is replaced. */
	if (!realpath(target, fresh->target) &&
		snprintf(fresh->target, PATH_MAX, "%s", target) >= PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(fresh->path, sizeof(fresh->path), "%s%s.XXXXXX", folder ? folder : fresh->target,
		folder ? "/stored" : "");
	const int file = mkostemp(fresh->path, O_CLOEXEC);

	if (file < 0) {
		status = -errno;
		fresh->path[0] = '\0';
		return status;
	}
	return write_whole(file, &facts, texts, sizes);
}

static int complain(
	const struct fresh_file *fresh, const char *target, int status, struct gw_error *error)
{
	if (status == -EINVAL)
		return gw_error_set(error, status,
			"%s: it is not a regular file: the configuration was not saved", target);
	/* So says rename() of what something is mounted on. */
	if (status == -EBUSY)
		return gw_error_set(error, -ENOTSUP,
			"%s: the configuration was not saved: this one file is mounted here, which "
			"cannot be replaced: mount the folder that it is in instead",
			target);
	return gw_error_set(error, status, "%s: the configuration was not saved: %s", target,
		strerror(-status));
}

int fresh_file_write(struct fresh_file *fresh, const char *target, const char *folder,
	const char *like, const char *const texts[2], const size_t sizes[2], struct gw_error *error)
{
	fresh->path[0] = fresh->target[0] = '\0';
	const int status = make(fresh, target, folder, like, texts, sizes);

	if (status == 0)
		return 0;
	fresh_file_drop(fresh);
	return complain(fresh, target, status, error);
}

int fresh_file_place(struct fresh_file *fresh, struct gw_error *error)
{
	if (rename(fresh->path, fresh->target) != 0) {
		const int status = complain(fresh, fresh->target, -errno, error);

		fresh_file_drop(fresh);
		return status;
	}
	fresh->path[0] = '\0';
	/* It has its name; what a power cut may still take is whole as well. */
	(void)fresh_file_sync(fresh->target);
	return 0;
}

void fresh_file_drop(struct fresh_file *fresh)
{
	if (fresh->path[0])
		unlink(fresh->path);
	fresh->path[0] = '\0';
}
