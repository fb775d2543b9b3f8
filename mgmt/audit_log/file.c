#include "mgmt/audit_log/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mgmt/audit_log/check.h"

#define MODE 0600
#define ROOM (64 * 1024) /* bytes that are kept for what comes */

static int open_file(struct audit_file *file, const char *path, int how)
{
	const int fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | how, MODE);

	if (fd < 0)
		return -errno;
	audit_file_close(file);
	*file = (struct audit_file){.fd = fd};
	return 0;
}

int audit_file_begin(struct audit_file *file, const char *folder, uint64_t first)
{
	char path[PATH_MAX];
	const int status = audit_path(folder, first, path);

	return status == 0 ? open_file(file, path, O_CREAT | O_EXCL) : status;
}

int audit_file_go_on(struct audit_file *file, const char *path, uint64_t size, bool unfinished)
{
	const int status = open_file(file, path, 0);

	if (status != 0)
		return status;
	file->size = size;
	file->spoiled = unfinished && ftruncate(file->fd, (off_t)size) != 0;
	return file->spoiled ? -errno : 0;
}

void audit_file_close(struct audit_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

bool audit_file_is_open(const struct audit_file *file)
{
	return file->fd >= 0 && !file->spoiled;
}

int audit_file_write(struct audit_file *file, const char *line)
{
	const size_t size = strlen(line);
	const ssize_t written = write(file->fd, line, size);

	if (written == (ssize_t)size) {
		file->size += size;
		return 0;
	}
	const int status = written < 0 ? -errno : -ENOSPC;

	/* It is not closed here: somebody may wait for its disk. */
	file->spoiled = written > 0 && ftruncate(file->fd, (off_t)file->size) != 0;
	return status;
}

int audit_file_empty(struct audit_file *file)
{
	if (ftruncate(file->fd, 0) != 0)
		return -errno;
	file->size = 0;
	return 0;
}

static int sync_folder(const char *path)
{
	const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return -errno;
	const int status = fsync(folder) == 0 ? 0 : -errno;

	close(folder);
	return status;
}

int audit_file_sync(const struct audit_file *file, const char *folder)
{
	const int status = file->listed ? 0 : sync_folder(folder);

	if (status != 0)
		return status;
	return fdatasync(file->fd) == 0 ? 0 : -errno;
}

int audit_file_keep_room(const struct audit_file *file)
{
	const int status = fallocate(file->fd, FALLOC_FL_KEEP_SIZE, (off_t)file->size, ROOM);

	return status == 0 || errno == EOPNOTSUPP ? 0 : -errno;
}

int audit_file_forget_oldest(const char *folder, struct audit_head *head)
{
	uint64_t first[AUDIT_FILES_LISTED];
	const int count = audit_files(folder, first);
	char path[PATH_MAX];
	int status = 0;

	for (int i = 0; i + AUDIT_FILES < count && status == 0; i++) {
		struct audit_head fresh = *head;

		fresh.first = first[i + 1];
		status = audit_path(folder, first[i], path);
		if (status == 0)
			status = audit_last_digest(path, fresh.previous);
		if (status == 0)
			status = audit_head_write(folder, &fresh);
		if (status == 0) {
			*head = fresh;
			unlink(path);
		}
	}
	return status;
}
