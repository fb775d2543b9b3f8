#include "mgmt/audit_log/check.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 3 /* while a log is written and its oldest file goes */

struct reader {
	struct audit_check *check;
	void (*visit)(void *arg, const char *line, size_t size);
	void *arg;
	uint64_t next; /* the number that the next line must have */
	bool torn; /* a piece of a line stood at the end of a file */
};

__attribute__((format(printf, 2, 3))) static void add_fault(
	struct audit_check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (check->faults < AUDIT_FAULTS)
		vsnprintf(check->fault[check->faults], sizeof(check->fault[0]), format, args);
	va_end(args);
	check->faults++;
}

/* "line 7 is", "lines 7 to 9 are" missing. */
static void add_gap(struct audit_check *check, uint64_t from, uint64_t to, const char *where)
{
	if (from == to)
		add_fault(check, "line %" PRIu64 " is missing%s", from, where);
	else
		add_fault(check, "lines %" PRIu64 " to %" PRIu64 " are missing%s", from, to, where);
}

/* Reads what a line says of its place: 0, or -EBADMSG. */
static int place_of(const char *line, size_t size, uint64_t *number, char previous[AUDIT_DIGEST])
{
	json_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
	const json_int_t n = json_integer_value(json_object_get(json, "n"));
	const char *text = json_string_value(json_object_get(json, "previous"));
	const bool good = n > 0 && text && strlen(text) == AUDIT_DIGEST - 1;

	*number = (uint64_t)n;
	if (good)
		memcpy(previous, text, AUDIT_DIGEST);
	json_decref(json);
	return good ? 0 : -EBADMSG;
}

/* The line with its end. */
static void read_line(struct reader *reader, const char *line, size_t size)
{
	struct audit_check *check = reader->check;
	char previous[AUDIT_DIGEST], digest[AUDIT_DIGEST];
	uint64_t number;

	audit_digest(line, size, digest);
	if (place_of(line, size, &number, previous) != 0) {
		add_fault(check, "line %" PRIu64 " cannot be read: it was changed", reader->next);
		number = reader->next;
	} else if (number > reader->next) {
		add_gap(check, reader->next, number - 1, "");
	} else if (number < reader->next) {
		add_fault(check, "line %" PRIu64 " stands in the place of line %" PRIu64, number,
			reader->next);
	} else if (!check->digest[0]) {
		memcpy(check->head.previous, previous, AUDIT_DIGEST);
	} else if (strcmp(previous, check->digest) != 0) {
		add_fault(check,
			"line %" PRIu64 " does not fit what stands before it: one of them was "
			"changed",
			number);
	}
	if (number == check->head.last && strcmp(digest, check->head.digest) != 0)
		add_fault(check, "line %" PRIu64 " is not the one that the head knows", number);
	if (number > check->head.last)
		check->unsettled++;
	if (check->lines++ == 0)
		check->first = number;
	check->last = number;
	memcpy(check->digest, digest, sizeof(digest));
	reader->next = number + 1;
	if (reader->visit)
		reader->visit(reader->arg, line, size - 1);
}

static int read_file(struct reader *reader, struct gw_error *error)
{
	struct audit_check *check = reader->check;
	FILE *file = fopen(check->path, "re");
	size_t room = 0;
	char *line = NULL;
	ssize_t size;

	check->size = 0;
	if (!file)
		return gw_error_set(error, -errno, "%s: %s", check->path, strerror(errno));
	while ((size = getline(&line, &room, file)) > 0) {
		if (reader->torn)
			add_fault(check, "line %" PRIu64 " is a piece of one", reader->next);
		reader->torn = line[size - 1] != '\n';
		if (reader->torn)
			break;
		read_line(reader, line, (size_t)size);
		check->size += (uint64_t)size;
	}
	const int status = ferror(file) ? -EIO : 0;

	free(line);
	fclose(file);
	if (status != 0)
		return gw_error_set(error, status, "%s: it cannot be read", check->path);
	return 0;
}

/* What the head says of the end. */
static void look_at_end(struct reader *reader)
{
	struct audit_check *check = reader->check;

	check->unfinished = reader->torn;
	if (!check->head.previous[0])
		strcpy(check->head.previous, AUDIT_NOTHING);
	if (reader->next <= check->head.last)
		add_gap(check, reader->next, check->head.last, " at the end");
}

/* Without one, the log is what the files say. What stood before them nobody knows. */
static void guess_head(struct audit_check *check, uint64_t first)
{
	check->head = (struct audit_head){.first = first, .last = first - 1};
	strcpy(check->head.digest, AUDIT_NOTHING);
	if (first == 1)
		strcpy(check->head.previous, AUDIT_NOTHING);
	add_fault(check, "the head is missing, or was changed: nobody knows what the log was");
}

static int read_all(struct reader *reader, const char *folder, struct gw_error *error)
{
	struct audit_check *check = reader->check;
	uint64_t first[AUDIT_FILES_LISTED];
	struct gw_error why;
	const int headed = audit_head_read(folder, &check->head, &why);
	const int count = audit_files(folder, first);
	int status = 0;

	if (count < 0)
		return gw_error_set(error, count, "%s: %s", folder, strerror(-count));
	if (headed != 0 && headed != -ENOENT && headed != -EBADMSG)
		return gw_error_set(error, headed, "%s", why.text);
	if (headed == -ENOENT && count == 0)
		return gw_error_set(error, -ENOENT, "there is no audit log in %s", folder);
	check->has_head = headed == 0;
	if (headed != 0)
		guess_head(check, count > 0 ? first[0] : 1);
	reader->next = check->head.first;
	memcpy(check->digest, check->head.previous, AUDIT_DIGEST);
	for (int i = 0; i < count && status == 0; i++) {
		/* It was to go when the gateway was killed. */
		if (headed == 0 && first[i] < check->head.first && i + 1 < count &&
			first[i + 1] <= check->head.first)
			continue;
		status = audit_path(folder, first[i], check->path);
		if (status == 0)
			status = read_file(reader, error);
	}
	if (status == 0)
		look_at_end(reader);
	return status;
}

int audit_last_digest(const char *path, char digest[AUDIT_DIGEST])
{
	FILE *file = fopen(path, "re");
	size_t room = 0;
	char *line = NULL;
	ssize_t size;

	if (!file)
		return -errno;
	strcpy(digest, AUDIT_NOTHING);
	while ((size = getline(&line, &room, file)) > 0)
		audit_digest(line, (size_t)size, digest);
	const int status = ferror(file) ? -EIO : 0;

	free(line);
	fclose(file);
	return status;
}

/* While it was read, its oldest file may have gone. */
static bool is_moved(const char *folder, const struct audit_check *check)
{
	struct gw_error error;
	struct audit_head now;

	return audit_head_read(folder, &now, &error) == 0 && check->has_head &&
		now.first != check->head.first;
}

int audit_check(const char *folder, struct audit_check *check,
	void (*visit)(void *arg, const char *line, size_t size), void *arg, struct gw_error *error)
{
	int status = 0;

	for (int i = 0; i < ATTEMPTS; i++) {
		struct reader reader = {check, visit, arg, .next = 1};

		*check = (struct audit_check){0};
		status = read_all(&reader, folder, error);
		if ((status == 0 && check->faults == 0) || !is_moved(folder, check))
			break;
	}
	return status;
}
