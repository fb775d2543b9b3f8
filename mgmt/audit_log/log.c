#include "mgmt/audit_log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "mgmt/audit_log/check.h"

#define FOLDER_MODE 0700
#define FILE_MODE 0600
#define ROOM (64 * 1024) /* bytes that are kept for what comes */

struct audit_log {
	char folder[PATH_MAX];

	/* Taken before `lock`: one thread at a time waits for the disk. */
	pthread_mutex_t disk;

	pthread_mutex_t lock; /* guards all below; nobody waits for a disk with it */
	int file; /* -1: it could not be opened yet */
	uint64_t size; /* of the file's whole lines */
	struct audit_head head; /* of what was appended */
	bool settled; /* all of it is on the disk */
	char fault[256]; /* why it cannot be written; empty: it can */
	char broken[256]; /* what was missing when it was opened; empty: nothing was */
};

const char *audit_log_folder(const struct audit_log *log)
{
	return log->folder;
}

/* Remembers why not, and returns `status`. */
static int fail(struct audit_log *log, int status, struct gw_error *error)
{
	snprintf(log->fault, sizeof(log->fault), "%s", strerror(-status));
	return gw_error_set(error, status, "the audit log in %s cannot be written: %s", log->folder,
		strerror(-status));
}

static int open_file(struct audit_log *log, const char *path, int how)
{
	const int file = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | how, FILE_MODE);

	if (file < 0)
		return -errno;
	if (log->file >= 0)
		close(log->file);
	log->file = file;
	return 0;
}

/* The name of a new file is on the disk when its folder is. */
static void sync_folder(const struct audit_log *log)
{
	const int folder = open(log->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return;
	(void)fsync(folder);
	close(folder);
}

/* The file for the line that comes next. */
static int begin_file(struct audit_log *log)
{
	char path[PATH_MAX];
	int status = audit_path(log->folder, log->head.last + 1, path);

	if (status == 0)
		status = open_file(log, path, O_CREAT | O_EXCL);
	if (status != 0)
		return status;
	log->size = 0;
	sync_folder(log);
	return 0;
}

/* Goes on with the file that is there. What stands behind its whole lines was never answered for.
 */
static int go_on_with(struct audit_log *log, const struct audit_check *check)
{
	int status = open_file(log, check->path, 0);

	if (status != 0)
		return status;
	log->size = check->size;
	if (check->unfinished && ftruncate(log->file, (off_t)check->size) != 0)
		status = -errno;
	return status;
}

/* RFC 3339, UTC, with milliseconds. */
static void time_text(char text[32])
{
	const int64_t now = gw_now_utc();
	const time_t seconds = now / GW_NS_PER_S;
	struct tm parts;

	gmtime_r(&seconds, &parts);
	const size_t size = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &parts);

	snprintf(text + size, 32 - size, ".%03dZ", (int)(now / GW_NS_PER_MS % 1000));
}

/* The line with its end; free(). NULL: out of memory. */
static char *line_of(const struct audit_log *log, const json_t *entry)
{
	char time[32], *line = NULL;

	time_text(time);
	json_t *json = json_pack("{s:I, s:s}", "n", (json_int_t)log->head.last + 1, "time", time);
	char *text = NULL;

	if (json && json_object_update(json, (json_t *)entry) == 0 &&
		json_object_set_new(json, "previous", json_string(log->head.digest)) == 0)
		text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(json);
	if (!text || asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}

/* All of the line, or nothing. */
static int write_line(struct audit_log *log, const char *line)
{
	const size_t size = strlen(line);
	const ssize_t written = write(log->file, line, size);

	if (written == (ssize_t)size) {
		log->size += size;
		return 0;
	}
	const int status = written < 0 ? -errno : -ENOSPC;

	if (written > 0 && ftruncate(log->file, (off_t)log->size) != 0) {
		/* What stands there now must not be written behind. */
		close(log->file);
		log->file = -1;
	}
	return status;
}

static int append(struct audit_log *log, const json_t *entry, uint64_t *number)
{
	char *line = log->file >= 0 ? line_of(log, entry) : NULL;
	int status = line ? write_line(log, line) : log->file < 0 ? -EIO : -ENOMEM;

	if (status == 0) {
		*number = ++log->head.last;
		audit_digest(line, strlen(line), log->head.digest);
		log->settled = false;
	}
	free(line);
	return status;
}

static int note_broken(struct audit_log *log, const struct audit_check *check)
{
	uint64_t number;

	snprintf(log->broken, sizeof(log->broken), "%s", check->fault[0]);
	gw_error_log("api", "the audit log in %s is not whole: %s: see gwctl audit-log verify",
		log->folder, check->fault[0]);
	json_t *entry = json_pack("{s:s, s:s, s:I}", "event", "fault", "text", check->fault[0],
		"faults", (json_int_t)check->faults);
	const int status = append(log, entry, &number);

	json_decref(entry);
	return status;
}

/* Finds the end of what is there, and opens it. What the head knows and the files do not is never
 * numbered again. */
static int open_log(struct audit_log *log)
{
	struct audit_check check;
	struct gw_error why;

	if (mkdir(log->folder, FOLDER_MODE) != 0 && errno != EEXIST)
		return -errno;
	int status = audit_check(log->folder, &check, NULL, NULL, &why);

	if (status == -ENOENT) {
		log->head = (struct audit_head){.first = 1};
		strcpy(log->head.previous, AUDIT_NOTHING);
		strcpy(log->head.digest, AUDIT_NOTHING);
		status = audit_head_write(log->folder, &log->head);
		return status == 0 ? begin_file(log) : status;
	}
	if (status != 0)
		return status;
	log->head = check.head;
	const bool cut = check.last < check.head.last;

	if (check.last > check.head.last) {
		log->head.last = check.last;
		memcpy(log->head.digest, check.digest, sizeof(check.digest));
	}
	log->settled = false;
	status = check.path[0] && !cut ? go_on_with(log, &check) : begin_file(log);
	/* The file is there with nothing in it: the gateway was killed when it had made it. */
	if (status == -EEXIST)
		status = go_on_with(log, &check);
	if (status == 0 && check.faults > 0 && !log->broken[0])
		status = note_broken(log, &check);
	return status;
}

/* The same, for others to see when it is done. */
static int open_for_all(struct audit_log *log)
{
	struct audit_log fresh = {.file = -1};

	strcpy(fresh.folder, log->folder);
	strcpy(fresh.broken, log->broken);
	const int status = open_log(&fresh);

	pthread_mutex_lock(&log->lock);
	if (status == 0) {
		log->file = fresh.file;
		log->size = fresh.size;
		log->head = fresh.head;
		log->settled = fresh.settled;
	} else if (fresh.file >= 0) {
		close(fresh.file);
	}
	strcpy(log->broken, fresh.broken);
	pthread_mutex_unlock(&log->lock);
	return status;
}

struct audit_log *audit_log_open(const char *folder)
{
	struct audit_log *log = calloc(1, sizeof(*log));
	struct gw_error error;

	if (!log)
		return NULL;
	log->file = -1;
	snprintf(log->folder, sizeof(log->folder), "%s", folder);
	pthread_mutex_init(&log->disk, NULL);
	pthread_mutex_init(&log->lock, NULL);
	if (audit_log_settle(log, &error) != 0)
		gw_error_log("api", "%s", error.text);
	return log;
}

void audit_log_close(struct audit_log *log)
{
	if (!log)
		return;
	if (log->file >= 0) {
		(void)audit_log_settle(log, NULL);
		close(log->file);
	}
	pthread_mutex_destroy(&log->lock);
	pthread_mutex_destroy(&log->disk);
	free(log);
}

int audit_log_append(
	struct audit_log *log, const json_t *entry, uint64_t *number, struct gw_error *error)
{
	pthread_mutex_lock(&log->lock);
	int status;

	if (log->file < 0 && log->fault[0])
		status = gw_error_set(error, -EIO, "the audit log in %s cannot be written: %s",
			log->folder, log->fault);
	else if ((status = append(log, entry, number)) != 0)
		fail(log, status, error);
	pthread_mutex_unlock(&log->lock);
	return status;
}

/* The oldest files go when there are more than AUDIT_FILES: the head says so before. */
static int forget_oldest(const struct audit_log *log, struct audit_head *head)
{
	uint64_t first[AUDIT_FILES_LISTED];
	const int count = audit_files(log->folder, first);
	char path[PATH_MAX];
	int status = 0;

	for (int i = 0; i + AUDIT_FILES < count && status == 0; i++) {
		struct audit_head fresh = *head;

		fresh.first = first[i + 1];
		status = audit_path(log->folder, first[i], path);
		if (status == 0)
			status = audit_last_digest(path, fresh.previous);
		if (status == 0)
			status = audit_head_write(log->folder, &fresh);
		if (status == 0) {
			*head = fresh;
			unlink(path);
		}
	}
	return status;
}

/* What was appended until the lock was let go is brought to the disk; the file stays open, as only
 * who has `disk` opens another. */
static int bring_to_disk(
	const struct audit_log *log, int file, uint64_t size, bool settled, struct audit_head *head)
{
	int status = 0;

	if (!settled && fdatasync(file) != 0)
		return -errno;
	if (!settled)
		status = audit_head_write(log->folder, head);
	if (status == 0 && fallocate(file, FALLOC_FL_KEEP_SIZE, (off_t)size, ROOM) != 0 &&
		errno != EOPNOTSUPP)
		status = -errno;
	return status == 0 ? forget_oldest(log, head) : status;
}

int audit_log_settle(struct audit_log *log, struct gw_error *error)
{
	pthread_mutex_lock(&log->disk);
	pthread_mutex_lock(&log->lock);
	const bool is_open = log->file >= 0;

	pthread_mutex_unlock(&log->lock);
	int status = is_open ? 0 : open_for_all(log);

	pthread_mutex_lock(&log->lock);
	/* Who could not take back half a line closed it meanwhile. */
	if (status == 0 && log->file < 0)
		status = -EIO;
	struct audit_head head = log->head;
	const int file = log->file;
	const uint64_t size = log->size;
	const bool settled = log->settled;

	pthread_mutex_unlock(&log->lock);
	if (status == 0)
		status = bring_to_disk(log, file, size, settled, &head);
	pthread_mutex_lock(&log->lock);
	const bool all = log->head.last == head.last;

	if (status == 0) {
		log->settled = all;
		log->head.first = head.first;
		memcpy(log->head.previous, head.previous, sizeof(head.previous));
	}
	if (status == 0 && all && log->size >= AUDIT_FILE_BYTES)
		status = begin_file(log);
	if (status == 0)
		log->fault[0] = '\0';
	else
		fail(log, status, error);
	pthread_mutex_unlock(&log->lock);
	pthread_mutex_unlock(&log->disk);
	return status;
}

void audit_log_health(struct audit_log *log, struct gw_health *health)
{
	pthread_mutex_lock(&log->lock);
	if (log->fault[0])
		gw_health_add(health, GW_DEGRADED, "api.audit_log", NULL,
			"the audit log in %s cannot be written: %s: changes are refused until it "
			"can be: make room there, or let gwd write to it",
			log->folder, log->fault);
	if (log->broken[0])
		gw_health_add(health, GW_DEGRADED, "api.audit_log.broken", NULL,
			"something of the audit log in %s was changed or taken away: %s: look at "
			"it with gwctl audit-log verify, then keep that folder elsewhere and "
			"restart gwd",
			log->folder, log->broken);
	pthread_mutex_unlock(&log->lock);
}
