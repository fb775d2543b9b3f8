#include "sink/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "sink/output_end.h"
#include "sink/whole.h"

#define ASIDE_MOST 1000 /* files that were renamed */

/* `path` and the directories above it; it is as it was afterwards. */
static int make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int status = mkdir(path, 0755);
		*slash = '/';
		if (status != 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -errno;
}

/* Puts the open file in the place of the one that had the number before, for all who know it. Takes
 * `fresh` over. Returns 0 or a negative errno. */
static int put_in_place(int fresh, int *number)
{
	int status = 0;

	if (*number < 0) {
		*number = fresh;
		return 0;
	}
	if (dup3(fresh, *number, O_CLOEXEC) < 0)
		status = -errno;
	close(fresh);
	return status;
}

static int open_directory(struct output *output)
{
	const int status = make_directories(output->walked);

	if (status != 0)
		return status;
	const int fd = open(output->path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : put_in_place(fd, &output->directory);
}

static ssize_t mend_end(
	const struct output *output, const struct output_marks *marks, int fd, off_t size)
{
	return output->format == GW_RECORD_PROTOBUF
		? output_end_message(fd, output_marks_before(marks, size), size)
		: output_end_line(fd, size);
}

/* What nothing can be written behind gets another name: it is kept, and the gateway goes on. */
static int set_aside(const struct output *output, bool damaged)
{
	char name[64];

	for (uint32_t i = 1; i < ASIDE_MOST; i++) {
		snprintf(name, sizeof(name), "%s.%s-%u", output->file, damaged ? "damaged" : "old",
			i);
		if (faccessat(output->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (renameat(output->directory, output->file, output->directory, name) == 0) {
			gw_warn("kafka",
				"%s %s: it is %s in the same directory, and a new one begins",
				output->lines_path,
				damaged ? "holds what is no message of this gateway, as a power "
					  "cut may leave it"
					: "is too large to look for its end, which may be torn",
				name);
			return 0;
		}
		return -errno;
	}
	return -EEXIST;
}

/* A pipe there would stop whoever opens it, and then the sink. */
static int open_lines(struct output *output, bool afresh)
{
	const int mode = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_APPEND;
	struct output_marks marks;
	struct stat info;
	const int fd = openat(output->directory, output->file, mode | (afresh ? O_TRUNC : 0), 0644);

	if (fd < 0)
		/* What a socket says. */
		return errno == ENXIO ? -EINVAL : -errno;
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	output_marks_read(&marks, fd);
	const ssize_t torn = mend_end(output, &marks, fd, info.st_size);

	if (torn == -EBADMSG || torn == -EFBIG) {
		close(fd);
		const int status = set_aside(output, torn == -EBADMSG);

		/* A new one is neither. */
		return status == 0 ? open_lines(output, afresh) : status;
	}

	if (torn > 0)
		gw_warn("kafka", "%s: its last record was torn, %zd bytes were taken off",
			output->lines_path, torn);
	if (torn < 0) {
		close(fd);
		return (int)torn;
	}
	const int status = put_in_place(fd, &output->lines);

	if (status != 0)
		return status;
	output->torn = false;
	output->marks = marks;
	output->device = info.st_dev;
	output->inode = info.st_ino;
	return 0;
}

int output_open(struct output *output, const struct output_place *place, struct gw_error *error)
{
	const char *path = place->path, *name = place->name;

	*output = (struct output){
		.name = name, .format = place->format, .directory = -1, .lines = -1};
	output->file = place->format == GW_RECORD_PROTOBUF ? GW_MESSAGES_FILE : GW_LINES_FILE;
	output->path = strdup(path);
	output->walked = strdup(path);
	if (!output->path || !output->walked ||
		asprintf(&output->lines_path, "%s/%s", path, output->file) < 0) {
		output->lines_path = NULL;
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	}
	int status = open_directory(output);

	if (status != 0)
		return gw_error_set(error, status, "%s %s: %s: choose one that gwd may write", name,
			path, strerror(-status));
	status = open_lines(output, place->afresh);
	if (status == -EINVAL)
		return gw_error_set(error, status,
			"%s %s: it is not a regular file: move it away, or choose another "
			"directory",
			name, output->lines_path);
	if (status != 0)
		return gw_error_set(
			error, status, "%s %s: %s", name, output->lines_path, strerror(-status));
	return 0;
}

void output_close(struct output *output)
{
	if (output->directory >= 0)
		close(output->directory);
	if (output->lines >= 0)
		close(output->lines);
	free((void *)output->path);
	free(output->walked);
	free(output->lines_path);
}

int output_look(struct output *output, bool *again)
{
	struct stat found;

	if (stat(output->lines_path, &found) == 0 && found.st_dev == output->device &&
		found.st_ino == output->inode)
		return 0;
	int status = open_directory(output);

	if (status == 0)
		status = open_lines(output, false);
	if (status == 0)
		*again = true;
	return status;
}

/* After a failure that left a part of a record. */
static int mend(struct output *output)
{
	struct stat info;

	if (!output->torn)
		return 0;
	if (fstat(output->lines, &info) != 0)
		return -errno;
	if (info.st_size > output->whole && ftruncate(output->lines, output->whole) != 0) {
		/* A line can be ended instead. */
		const int failed = -errno;
		const ssize_t status = output->format == GW_RECORD_PROTOBUF
			? failed
			: output_end_line(output->lines, info.st_size);

		if (status < 0)
			return (int)status;
	}
	output->torn = false;
	return 0;
}

int output_add(struct output *output, const char *data, size_t size)
{
	struct stat before, after;
	int status = mend(output);

	if (status != 0)
		return status;
	if (fstat(output->lines, &before) != 0)
		return -errno;
	status = write_whole(output->lines, data, size);

	/* What got in of it is taken back. Somebody may have cut the file meanwhile: it must not
	 * become longer by that. */
	if (status != 0 && fstat(output->lines, &after) == 0 && after.st_size > before.st_size) {
		output->torn = ftruncate(output->lines, before.st_size) != 0;
		output->whole = before.st_size;
	}
	if (status == 0 && output->format == GW_RECORD_PROTOBUF)
		output_marks_note(&output->marks, output->lines, before.st_size + (off_t)size);
	return status;
}

int output_folder(const struct output *output, const char *camera)
{
	if (mkdirat(output->directory, camera, 0755) != 0 && errno != EEXIST)
		return -errno;
	const int fd = openat(output->directory, camera, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int output_look_at_folder(const struct output *output, const char *camera, int folder)
{
	struct stat found, ours;

	if (fstatat(output->directory, camera, &found, 0) == 0 && fstat(folder, &ours) == 0 &&
		found.st_dev == ours.st_dev && found.st_ino == ours.st_ino)
		return 0;
	const int fresh = output_folder(output, camera);

	return fresh < 0 ? fresh : put_in_place(fresh, &folder);
}
