#include "mgmt/audit_log/log.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/lock.h"
#include "core/log.h"
#include "mgmt/audit_log/check.h"
#include "mgmt/audit_log/file.h"
#include "mgmt/audit_log/line.h"

#define FOLDER_MODE 0700
/* A disk that has been waited for so long is waited for by nobody else. */
#define HANGS_NS (5 * GW_NS_PER_S)
/* Whoever asks for health does so for everything. */
#define LOOK_NS (GW_NS_PER_S / 10)
/* While the log cannot be written nothing more is begun: what is owed was under way by then. */
#define OWED_MOST 64
/* Who has the lock hangs. */
#define LATE 1

struct audit_log {
	char folder[PATH_MAX];

	/* Taken before `lock`: one thread at a time waits for the disk. */
	pthread_mutex_t disk;
	/* gw_now() since when somebody waits for a sync, or to write a line; 0: nobody does. Who
	 * has `disk` writes the one, who has `lock` the other; any thread reads. */
	_Atomic int64_t syncs_since, writes_since;

	/* Guards all below. Nobody syncs with it; but even a line for the kernel, or a new file,
	 * may take as long as a disk hangs. */
	pthread_mutex_t lock;
	struct audit_file file; /* who has `disk` alone opens and closes it */
	struct audit_head head; /* of what was appended */
	bool settled; /* all of it is on the disk */
	uint64_t sure; /* the last line that is */
	/* Lines that a sync failed on: perhaps they are on the disk, and no later one tells. */
	uint64_t doubt_from, doubt_to; /* 0: there are none */
	bool doubt; /* until a sync succeeds: nothing is appended meanwhile */
	bool told; /* which ones they are is the only line of this file */
	struct audit_head untold; /* before it */
	char fault[256]; /* why it cannot be written; empty: it can */
	char broken[256]; /* what was missing when it was opened; empty: nothing was */

	/* Guards what follows, and nobody waits with it. Taken after `lock`. */
	pthread_mutex_t owed_lock;
	struct json_t
		*owed[OWED_MOST]; /* from the oldest on; who has `disk` alone takes them out */
	uint32_t owed_count;
	uint64_t given_up; /* that found no place there */
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

static int no_answer(const struct audit_log *log, struct gw_error *error)
{
	return gw_error_set(error, -EIO,
		"the audit log in %s cannot be written: its disk gives no answer", log->folder);
}

/* How long the disk has been waited for, in ns; 0: it has not been, for long. */
static int64_t hangs(const struct audit_log *log)
{
	const int64_t now = gw_now();
	const int64_t syncs = atomic_load_explicit(&log->syncs_since, memory_order_relaxed);
	const int64_t writes = atomic_load_explicit(&log->writes_since, memory_order_relaxed);
	const int64_t since = syncs && (!writes || syncs < writes) ? syncs : writes;

	return since && now - since > HANGS_NS ? now - since : 0;
}

/* Takes the line. Returns 0 or a negative errno. */
static int append(struct audit_log *log, char *line)
{
	atomic_store_explicit(&log->writes_since, gw_now(), memory_order_relaxed);
	const int status = line ? audit_file_write(&log->file, line) : -ENOMEM;

	atomic_store_explicit(&log->writes_since, 0, memory_order_relaxed);

	if (status == 0) {
		log->head.last++;
		audit_digest(line, strlen(line), log->head.digest);
		log->settled = false;
	}
	free(line);
	return status;
}

static int note_broken(struct audit_log *log, const struct audit_check *check)
{
	snprintf(log->broken, sizeof(log->broken), "%s", check->fault[0]);
	gw_error_log("api", "the audit log in %s is not whole: %s: see gwctl audit-log verify",
		log->folder, check->fault[0]);
	return append(log, audit_line_of_fault(&log->head, check->fault[0], check->faults));
}

static void take_out_owed(struct audit_log *log)
{
	pthread_mutex_lock(&log->owed_lock);
	json_t *first = log->owed[0];

	memmove(log->owed, log->owed + 1, --log->owed_count * sizeof(log->owed[0]));
	pthread_mutex_unlock(&log->owed_lock);
	json_decref(first);
}

/* One line for all that found no place. */
static int note_given_up(struct audit_log *log, uint64_t count)
{
	char text[160];

	snprintf(text, sizeof(text),
		"what came of %" PRIu64 " requests was not written: too many waited for the disk",
		count);
	gw_error_log("api", "the audit log in %s: %s", log->folder, text);
	const int status = append(log, audit_line_of_fault(&log->head, text, 1));

	if (status == 0) {
		pthread_mutex_lock(&log->owed_lock);
		log->given_up -= count;
		pthread_mutex_unlock(&log->owed_lock);
	}
	return status;
}

/* Appends what could not be before. Locked, and with `disk`. Returns 0 or a negative errno: then
 * the rest is still owed. */
static int pay_owed(struct audit_log *log)
{
	for (;;) {
		pthread_mutex_lock(&log->owed_lock);
		json_t *first = log->owed_count > 0 ? log->owed[0] : NULL;
		const uint64_t given_up = log->given_up;

		pthread_mutex_unlock(&log->owed_lock);
		if (!first)
			return given_up > 0 ? note_given_up(log, given_up) : 0;
		const int status = append(log, audit_line(&log->head, first));

		if (status != 0)
			return status;
		take_out_owed(log);
	}
}

static int go_on_with(struct audit_log *log, const struct audit_check *check)
{
	return audit_file_go_on(&log->file, check->path, check->size, check->unfinished);
}

static int begin_file(struct audit_log *log)
{
	return audit_file_begin(&log->file, log->folder, log->head.last + 1);
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
	log->sure = log->head.last;
	status = check.path[0] && !cut ? go_on_with(log, &check) : begin_file(log);
	/* The file is there with nothing in it: the gateway was killed when it had made it. */
	if (status == -EEXIST)
		status = go_on_with(log, &check);
	if (status == 0 && check.faults > 0 && !log->broken[0])
		status = note_broken(log, &check);
	return status;
}

/* Locks. Who answers for one line (`number`) does not stay behind a write that hangs: false. */
static bool lock_for(struct audit_log *log, uint64_t number)
{
	if (number > 0)
		return gw_lock_within(&log->lock, HANGS_NS);
	pthread_mutex_lock(&log->lock);
	return true;
}

/* The same, for others to see when it is done. */
static int open_for_all(struct audit_log *log, uint64_t number)
{
	struct audit_log fresh = {.file = {.fd = -1}};

	strcpy(fresh.folder, log->folder);
	strcpy(fresh.broken, log->broken);
	const int status = open_log(&fresh);

	if (!lock_for(log, number)) {
		audit_file_close(&fresh.file);
		return LATE;
	}
	if (status == 0) {
		audit_file_close(&log->file);
		log->file = fresh.file;
		log->head = fresh.head;
		log->settled = fresh.settled;
		log->sure = fresh.sure;
	} else {
		audit_file_close(&fresh.file);
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
	log->file.fd = -1;
	snprintf(log->folder, sizeof(log->folder), "%s", folder);
	pthread_mutex_init(&log->disk, NULL);
	pthread_mutex_init(&log->lock, NULL);
	pthread_mutex_init(&log->owed_lock, NULL);
	if (audit_log_settle(log, 0, &error) != 0)
		gw_error_log("api", "%s", error.text);
	return log;
}

/* Nobody else writes it down any more. */
static void tell_owed(struct audit_log *log)
{
	while (log->owed_count > 0) {
		char *text = json_dumps(log->owed[0], JSON_COMPACT | JSON_ENSURE_ASCII);

		gw_error_log("api", "the audit log in %s never got this line: %s", log->folder,
			text ? text : "out of memory");
		free(text);
		take_out_owed(log);
	}
	if (log->given_up > 0)
		gw_error_log("api",
			"the audit log in %s never got %lu more lines of what came of requests",
			log->folder, log->given_up);
}

void audit_log_close(struct audit_log *log)
{
	if (!log)
		return;
	if (log->file.fd >= 0)
		(void)audit_log_settle(log, 0, NULL);
	audit_file_close(&log->file);
	tell_owed(log);
	pthread_mutex_destroy(&log->owed_lock);
	pthread_mutex_destroy(&log->lock);
	pthread_mutex_destroy(&log->disk);
	free(log);
}

int audit_log_append(
	struct audit_log *log, const struct json_t *entry, uint64_t *number, struct gw_error *error)
{
	/* One request that waits for such a disk is enough. */
	if (hangs(log) > 0 || !gw_lock_within(&log->lock, HANGS_NS))
		return no_answer(log, error);
	int status;

	if (!audit_file_is_open(&log->file) || log->doubt)
		status = gw_error_set(error, -EIO, "the audit log in %s cannot be written: %s",
			log->folder, log->fault[0] ? log->fault : strerror(EIO));
	else if ((status = append(log, audit_line(&log->head, entry))) != 0)
		fail(log, status, error);
	else
		*number = log->head.last;
	pthread_mutex_unlock(&log->lock);
	return status;
}

void audit_log_owe(struct audit_log *log, struct json_t *entry)
{
	pthread_mutex_lock(&log->owed_lock);
	if (log->owed_count < OWED_MOST)
		log->owed[log->owed_count++] = json_incref(entry);
	else
		log->given_up++;
	pthread_mutex_unlock(&log->owed_lock);
}

/* What was appended until the lock was let go is brought to the disk. `log` is as it was then. */
static int bring_to_disk(const struct audit_log *log, struct audit_head *head)
{
	int status = audit_file_keep_room(&log->file);

	if (status == 0 && !log->settled)
		status = audit_head_write(log->folder, head);
	return status == 0 ? audit_file_forget_oldest(log->folder, head) : status;
}

/* The next sync knows nothing of what this one was to bring to the disk. */
static void doubt(struct audit_log *log, uint64_t last)
{
	if (log->doubt || last <= log->sure)
		return;
	log->doubt = true;
	log->doubt_from = log->sure + 1;
	log->doubt_to = last;
}

/* What is written from now on is in a file of which syncs are true; and it says of which lines they
 * were not. As long as the disk takes not even that, it is written again. */
static int leave_doubt(struct audit_log *log)
{
	char text[160];
	int status;

	if (log->told) {
		status = audit_file_empty(&log->file);
		log->head = log->untold;
	} else {
		log->untold = log->head;
		status = begin_file(log);
	}
	if (status != 0)
		return status;
	snprintf(text, sizeof(text),
		"the disk failed at lines %" PRIu64 " to %" PRIu64
		": they may be missing after a power cut",
		log->doubt_from, log->doubt_to);
	if (!log->told)
		gw_error_log("api", "the audit log in %s: %s", log->folder, text);
	log->told = true;
	return append(log, audit_line_of_fault(&log->head, text, 1));
}

/* Opens it if need be, and for no `number` appends what is owed. Locks. Returns 0 or a negative
 * errno, and what is to be brought to the disk; or LATE. */
static int prepare(struct audit_log *log, uint64_t number, struct audit_log *now)
{
	if (!lock_for(log, number))
		return LATE;
	const bool is_open = audit_file_is_open(&log->file);

	pthread_mutex_unlock(&log->lock);
	int status = is_open ? 0 : open_for_all(log, number);

	/* Not before: to read all that is there may take its time. */
	atomic_store_explicit(&log->syncs_since, gw_now(), memory_order_relaxed);
	if (status == LATE || !lock_for(log, number))
		return LATE;
	if (status == 0 && log->doubt)
		status = leave_doubt(log);
	/* Who could not take back half a line spoiled it meanwhile. */
	if (status == 0 && !audit_file_is_open(&log->file))
		status = -EIO;
	/* In doubt, all of this file may be written again. */
	if (status == 0 && number == 0 && !log->doubt)
		status = pay_owed(log);
	memcpy(now->folder, log->folder, sizeof(now->folder));
	now->file = log->file;
	now->head = log->head;
	now->settled = log->settled;
	pthread_mutex_unlock(&log->lock);
	return status;
}

/* Takes in what came of it. Locked. */
static int take_in(struct audit_log *log, const struct audit_head *head)
{
	const bool all = log->head.last == head->last;

	log->settled = all;
	log->doubt = log->told = false;
	log->sure = head->last;
	log->file.listed = true;
	log->head.first = head->first;
	memcpy(log->head.previous, head->previous, sizeof(head->previous));
	return all && log->file.size >= AUDIT_FILE_BYTES ? begin_file(log) : 0;
}

/* Brings `now` to the disk, and takes in what came of it. With `disk`. Returns 0, a negative errno
 * with a line, or LATE. */
static int settle(
	struct audit_log *log, uint64_t number, struct audit_log *now, struct gw_error *error)
{
	int status = prepare(log, number, now);

	if (status == LATE)
		return LATE;
	const int synced =
		status == 0 && !now->settled ? audit_file_sync(&now->file, now->folder) : 0;

	if (status == 0)
		status = synced == 0 ? bring_to_disk(now, &now->head) : synced;
	/* That a sync failed is lost on nobody, however long it takes. */
	if (!lock_for(log, synced == 0 ? number : 0))
		return LATE;
	if (synced != 0)
		doubt(log, now->head.last);
	else if (status == 0)
		status = take_in(log, &now->head);
	if (status == 0)
		log->fault[0] = '\0';
	else
		fail(log, status, error);
	if (status == 0 && number > 0 && number >= log->doubt_from && number <= log->doubt_to)
		status = gw_error_set(error, -EIO,
			"the audit log in %s: the disk failed at that line", log->folder);
	pthread_mutex_unlock(&log->lock);
	return status;
}

int audit_log_settle(struct audit_log *log, uint64_t number, struct gw_error *error)
{
	struct audit_log now;

	/* Who does so once a second waits for as long as it takes; a request has others behind it.
	 */
	if (number == 0)
		pthread_mutex_lock(&log->disk);
	else if (hangs(log) > 0 || !gw_lock_within(&log->disk, HANGS_NS))
		return no_answer(log, error);
	const int status = settle(log, number, &now, error);

	atomic_store_explicit(&log->syncs_since, 0, memory_order_relaxed);
	pthread_mutex_unlock(&log->disk);
	return status == LATE ? no_answer(log, error) : status;
}

void audit_log_health(struct audit_log *log, struct gw_health *health)
{
	const int64_t waited = hangs(log);

	if (waited > 0)
		gw_health_add(health, GW_DEGRADED, "api.audit_log", NULL,
			"the audit log in %s cannot be written: its disk has given no answer for "
			"%ld s: changes are refused until it does: look at that disk",
			log->folder, (long)(waited / GW_NS_PER_S));
	/* What is to be told is told at the next look. */
	if (!gw_lock_within(&log->lock, LOOK_NS))
		return;
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
