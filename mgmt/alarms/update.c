#include "mgmt/alarms/update.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

#define FILE_MOST 4096
#define WORD_MOST 64

struct alarm_update {
	struct gw *gw;
	struct stat seen; /* the file as it was read last; of the thread that reads */
	bool known; /* there was one. The same */
	int fault; /* errno that was told; 0: it could be read. The same */
	pthread_mutex_t lock; /* of what follows */
	bool failed;
	char version[WORD_MOST], running[WORD_MOST], text[256];
};

struct alarm_update *alarm_update_open(struct gw *gw)
{
	struct alarm_update *update = calloc(1, sizeof(*update));

	if (!update)
		return NULL;
	update->gw = gw;
	pthread_mutex_init(&update->lock, NULL);
	return update;
}

void alarm_update_close(struct alarm_update *update)
{
	if (!update)
		return;
	pthread_mutex_destroy(&update->lock);
	free(update);
}

/* Whether that is another file, or other bytes, than those that were read. */
static bool is_new(const struct alarm_update *update, const struct stat *now)
{
	return !update->known || update->seen.st_ino != now->st_ino ||
		update->seen.st_size != now->st_size ||
		update->seen.st_mtim.tv_sec != now->st_mtim.tv_sec ||
		update->seen.st_mtim.tv_nsec != now->st_mtim.tv_nsec;
}

static const char *word(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

/* Of the states that there are, whether it is the one that is told; -EINVAL: it is none. */
static int is_failed(const char *state)
{
	static const char *const others[] = {"installed", "good", "rolled_back"};

	if (strcmp(state, "failed") == 0)
		return 1;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(state, others[i]) == 0)
			return 0;
	return -EINVAL;
}

static void take(struct alarm_update *update, const json_t *json, bool failed)
{
	pthread_mutex_lock(&update->lock);
	update->failed = failed;
	snprintf(update->version, sizeof(update->version), "%s", word(json, "version"));
	snprintf(update->running, sizeof(update->running), "%s", word(json, "running"));
	snprintf(update->text, sizeof(update->text), "%s", word(json, "text"));
	pthread_mutex_unlock(&update->lock);
}

/* What became of an update is not to be had, which changes nothing: an alarm does not go away by
 * it. The same is told once. 0: it is to be had. */
static void tell_fault(struct alarm_update *update, const char *path, int fault)
{
	if (fault != 0 && fault != update->fault)
		gw_warn("alarms",
			"%s cannot be read, %s: what became of an update stays as it was known: "
			"let gwd read that file, or name another one with `alarms.update`",
			path, fault == EINVAL ? "as it is no file" : strerror(fault));
	update->fault = fault;
}

/* One that says nothing leaves what is known as it was, too. Returns 0, or why it could not be
 * read. */
static int read_file(struct alarm_update *update, const char *path, int fd)
{
	char bytes[FILE_MOST];
	json_error_t reason = {.text = "it is longer than 4096 bytes"};
	const ssize_t size = read(fd, bytes, sizeof(bytes));

	if (size < 0)
		return errno;
	json_t *json =
		(size_t)size < sizeof(bytes) ? json_loadb(bytes, (size_t)size, 0, &reason) : NULL;
	const int failed = json ? is_failed(word(json, "state")) : -EINVAL;

	if (failed >= 0)
		take(update, json, failed == 1);
	else
		gw_warn("alarms",
			"%s does not say what became of an update, %s: see \"Updates\" in the "
			"documentation of the appliance, or name another file with "
			"`alarms.update`",
			path,
			json ? "as its `state` is none of installed, good, failed, rolled_back"
			     : reason.text);
	json_decref(json);
	return 0;
}

/* Returns 0, or why it cannot be told what is in there. */
static int look_at(struct alarm_update *update, const char *path, int fd)
{
	struct stat now;
	int status = 0;

	if (fstat(fd, &now) != 0)
		return errno;
	if (!S_ISREG(now.st_mode))
		return EINVAL;
	if (is_new(update, &now)) {
		status = read_file(update, path, fd);
		update->known = status == 0;
		update->seen = now;
	}
	return status;
}

void alarm_update_look(struct alarm_update *update)
{
	const char *path = update->gw->config->alarms->update;
	/* Somebody may have put a pipe there: nobody waits for one. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const int fault = fd < 0 ? errno : look_at(update, path, fd);

	if (fd >= 0)
		close(fd);
	/* That there is none says that there was no update; nothing else does. */
	if (fault == ENOENT || fault == ENOTDIR) {
		update->known = false;
		update->fault = 0;
		take(update, NULL, false);
	} else {
		tell_fault(update, path, fault);
	}
}

void alarm_update_say(struct alarm_update *update, struct gw_alarm_patience patience)
{
	pthread_mutex_lock(&update->lock);
	if (update->failed)
		gw_alarms_say(update->gw->alarms, GW_ALARM_UPDATE_FAILED, NULL, GW_DEGRADED,
			patience, "the update to %s failed%s%s%s%s", update->version,
			update->text[0] ? ": " : "", update->text,
			update->running[0] ? "; what runs is " : "", update->running);
	pthread_mutex_unlock(&update->lock);
}
