#include "core/config/history.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/history_folder.h"
#include "core/config/yaml_load.h"

static const char mark[] = "# framegate commit ";

static void copy(char *to, size_t size, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(to, size, "%s", text ? text : "");
}

static int read_line(const char *text, size_t size, struct history_entry *entry)
{
	json_t *line = json_loadb(text, size, 0, NULL);
	const json_t *waits = json_object_get(line, "unconfirmed");

	entry->time = json_integer_value(json_object_get(line, "time"));
	copy(entry->who, sizeof(entry->who), line, "who");
	copy(entry->from, sizeof(entry->from), line, "from");
	copy(entry->comment, sizeof(entry->comment), line, "comment");
	entry->back = (uint32_t)json_integer_value(json_object_get(waits, "back"));
	entry->deadline = json_integer_value(json_object_get(waits, "deadline"));
	copy(entry->boot, sizeof(entry->boot), waits, "boot");
	entry->starts = (uint32_t)json_integer_value(json_object_get(waits, "starts"));
	const int status = line ? 0 : -EBADMSG;

	json_decref(line);
	return status;
}

/* The line that stands before the text; free(). NULL: out of memory. */
static char *line_of(const struct history_entry *entry)
{
	json_t *json = json_pack("{s:I, s:s, s:s, s:s}", "time", (json_int_t)entry->time, "who",
		entry->who, "from", entry->from, "comment", entry->comment);

	if (json && entry->back > 0)
		json_object_set_new(json, "unconfirmed",
			json_pack("{s:I, s:I, s:s, s:I}", "back", (json_int_t)entry->back,
				"deadline", (json_int_t)entry->deadline, "boot", entry->boot,
				"starts", (json_int_t)entry->starts));
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL, *line;

	if (!text || asprintf(&line, "%s%s\n", mark, text) < 0)
		line = NULL;
	free(text);
	json_decref(json);
	return line;
}

/* Reads the record at `path`: what its first line says, and the text behind it. */
static int read_record(const char *path, struct history_entry *entry, char **text, size_t *size,
	struct gw_error *error)
{
	const size_t begin = sizeof(mark) - 1;
	char *whole;
	size_t all;
	int status = gw_yaml_read(path, &whole, &all, error);

	if (status != 0)
		return status;
	char *end = strchr(whole, '\n');

	if (!end || strncmp(whole, mark, begin) != 0 ||
		read_line(whole + begin, (size_t)(end - whole) - begin, entry) != 0) {
		free(whole);
		gw_error_set(error, -EBADMSG,
			"%s: this is no commit of Framegate: remove it, or bring it back", path);
		return -EBADMSG;
	}
	if (!text) {
		free(whole);
		return 0;
	}
	*size = all - (size_t)(end + 1 - whole);
	memmove(whole, end + 1, *size + 1);
	*text = whole;
	return 0;
}

int history_read(const char *file, uint32_t number, struct history_entry *entry, char **text,
	size_t *size, struct gw_error *error)
{
	char path[PATH_MAX];
	int status = history_record_path(file, number, path);

	*entry = (struct history_entry){.number = number};
	if (status == 0)
		status = read_record(path, entry, text, size, error);
	if (status == -ENOENT)
		gw_error_set(error, -ENOENT,
			"there is no commit %u: `gwctl config history` lists those that are kept",
			number);
	return status;
}

/* Writes the record of `entry` under a name of no meaning yet. */
static int write_record(struct fresh_file *record, const char *file,
	const struct history_entry *entry, const char *text, size_t size, struct gw_error *error)
{
	char path[PATH_MAX], *line = line_of(entry);
	int status = line ? history_record_path(file, entry->number, path) : -ENOMEM;

	if (status != 0) {
		free(line);
		return gw_error_set(error, status, "%s: no commit: %s", file, strerror(-status));
	}
	status = fresh_file_write(record, path, NULL, file, (const char *const[]){line, text},
		(const size_t[]){strlen(line), size}, error);
	free(line);
	return status;
}

int history_begin(struct history_commit *commit, const char *file,
	const struct history_entry *entry, const char *text, size_t size, bool stores,
	struct gw_error *error)
{
	char folder[PATH_MAX];
	int status = history_make_folder(file, folder, error);

	*commit = (struct history_commit){.entry = *entry, .stores = stores};
	if (status != 0)
		return status;
	commit->entry.number = history_newest(file) + 1;
	commit->entry.time = gw_now_utc() / GW_NS_PER_MS;
	status = write_record(&commit->record, file, &commit->entry, text, size, error);
	if (status == 0 && stores)
		status = fresh_file_write(&commit->stored, file, folder, NULL,
			(const char *const[]){text, ""}, (const size_t[]){size, 0}, error);
	if (status != 0)
		history_drop(commit);
	return status;
}

void history_drop(struct history_commit *commit)
{
	fresh_file_drop(&commit->stored);
	fresh_file_drop(&commit->record);
}

int history_end(struct history_commit *commit, const char *file, struct gw_error *error)
{
	int status = commit->stores ? fresh_file_place(&commit->stored, error) : 0;

	if (status != 0) {
		history_drop(commit);
		return status;
	}
	/* Once the file is stored there is no way back: a record that cannot have its name now has
	 * it at the next start. */
	status = fresh_file_place(&commit->record, error);
	if (status == 0)
		history_forget_oldest(file);
	return commit->stores ? 0 : status;
}

int history_settle(const char *file, const struct history_entry *entry, struct gw_error *error)
{
	struct history_entry was;
	struct fresh_file record;
	size_t size;
	char *text;
	int status = history_read(file, entry->number, &was, &text, &size, error);

	if (status != 0)
		return status;
	status = write_record(&record, file, entry, text, size, error);
	free(text);
	return status == 0 ? fresh_file_place(&record, error) : status;
}

/* Has the stored file this text? */
static bool is_stored(const char *file, const char *text, size_t size)
{
	struct gw_error error;
	size_t stored_size;
	char *stored;

	if (gw_yaml_read(file, &stored, &stored_size, &error) != 0)
		return false;
	const bool same = stored_size == size && memcmp(stored, text, size) == 0;

	free(stored);
	return same;
}

/* A record without its name: it gets it when its file was stored, else it goes. */
static void end_record(void *arg, const char *path, uint32_t number)
{
	const char *file = arg;
	struct history_entry entry;
	struct gw_error error;
	char target[PATH_MAX], *text = NULL;
	size_t size = 0;

	if (number == 0 || number != history_newest(file) + 1 ||
		read_record(path, &entry, &text, &size, &error) != 0) {
		unlink(path);
		return;
	}
	if (!is_stored(file, text, size) || history_record_path(file, number, target) != 0 ||
		rename(path, target) != 0)
		unlink(path);
	free(text);
}

void history_boot(char boot[37])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");

	if (!file || fscanf(file, "%36s", boot) != 1)
		boot[0] = '\0';
	if (file)
		fclose(file);
}

static bool may_outlive(const struct history_entry *entry)
{
	char boot[37];

	history_boot(boot);
	return entry->starts > 0 && boot[0] && strcmp(boot, entry->boot) == 0 &&
		gw_now() < entry->deadline;
}

static int take_back(const char *file, const struct history_entry *entry, struct gw_error *said,
	struct gw_error *error)
{
	struct history_entry back, fresh = {.who = "gwd", .from = "start"};
	struct history_commit commit;
	size_t size;
	char *text;
	int status = history_read(file, entry->back, &back, &text, &size, error);

	if (status != 0)
		return status;
	snprintf(fresh.comment, sizeof(fresh.comment),
		"commit %u was not confirmed: back to commit %u", entry->number, entry->back);
	status = history_begin(&commit, file, &fresh, text, size, true, error);
	free(text);
	if (status == 0)
		status = history_end(&commit, file, error);
	if (status == 0)
		gw_error_set(said, 0, "%s: %s", file, fresh.comment);
	return status;
}

int history_mend(const char *file, struct gw_error *said, struct gw_error *error)
{
	struct history_entry entry;
	size_t size = 0;
	char *text = NULL;

	said->text[0] = '\0';
	history_visit_left(file, end_record, (void *)file);
	history_forget_oldest(file);
	const uint32_t newest = history_newest(file);

	if (newest == 0)
		return 0;
	int status = history_read(file, newest, &entry, &text, &size, error);

	if (status != 0)
		return status;
	/* Somebody who wrote the file since has decided. */
	if (entry.back > 0 && is_stored(file, text, size)) {
		if (may_outlive(&entry)) {
			entry.starts--;
			status = history_settle(file, &entry, error);
		} else {
			status = take_back(file, &entry, said, error);
		}
	}
	free(text);
	return status;
}
