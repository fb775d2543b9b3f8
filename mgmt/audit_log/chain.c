#include "mgmt/audit_log/chain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/private_file.h"

#define HEAD "head.json"
#define HEAD_BYTES 256

void audit_digest(const void *bytes, size_t size, char digest[AUDIT_DIGEST])
{
	unsigned char raw[(AUDIT_DIGEST - 1) / 2] = {0};

	gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, size, raw);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(digest + 2 * i, 3, "%02x", raw[i]);
}

static int head_text(const struct audit_head *head, char text[HEAD_BYTES])
{
	return snprintf(text, HEAD_BYTES,
		"{\"first\": %" PRIu64 ", \"previous\": \"%s\", \"last\": %" PRIu64
		", \"digest\": \"%s\"}\n",
		head->first, head->previous, head->last, head->digest);
}

static int head_path(const char *folder, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/" HEAD, folder) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int audit_head_read(const char *folder, struct audit_head *head, struct gw_error *error)
{
	char path[PATH_MAX], text[HEAD_BYTES], again[HEAD_BYTES];
	int status = head_path(folder, path);
	const int file =
		status == 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;

	if (status == 0 && file < 0)
		status = -errno;
	if (status != 0)
		return gw_error_set(error, status, "%s: %s", path, strerror(-status));
	const ssize_t size = read(file, text, sizeof(text) - 1);

	close(file);
	text[size > 0 ? size : 0] = '\0';
	*head = (struct audit_head){0};
	/* Nothing but what is written there is taken: another byte was put there by another. */
	if (sscanf(text,
		    "{\"first\": %" SCNu64 ", \"previous\": \"%64[0-9a-f]\", \"last\": %" SCNu64
		    ", \"digest\": \"%64[0-9a-f]\"}",
		    &head->first, head->previous, &head->last, head->digest) == 4 &&
		head_text(head, again) == size && memcmp(again, text, (size_t)size) == 0)
		return 0;
	return gw_error_set(error, -EBADMSG, "%s: it is no head of an audit log any more", path);
}

int audit_head_write(const char *folder, const struct audit_head *head)
{
	char path[PATH_MAX], text[HEAD_BYTES];
	const int size = head_text(head, text);

	if (head_path(folder, path) != 0)
		return -ENAMETOOLONG;
	return private_file_write(path, &(struct iovec){text, (size_t)size}, 1);
}

/* 0: it is another file's name. */
static uint64_t first_of(const char *name)
{
	uint64_t first = 0;
	int size = 0;
	char again[64];

	if (sscanf(name, "audit-%" SCNu64 ".jsonl%n", &first, &size) != 1 || name[size] ||
		size == 0)
		return 0;
	snprintf(again, sizeof(again), "audit-%012" PRIu64 ".jsonl", first);
	return strcmp(again, name) == 0 ? first : 0;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int audit_files(const char *folder, uint64_t first[AUDIT_FILES_LISTED])
{
	DIR *files = opendir(folder);
	int count = 0;

	if (!files)
		return errno == ENOENT ? 0 : -errno;
	for (struct dirent *entry; (entry = readdir(files));) {
		const uint64_t number = first_of(entry->d_name);

		if (number == 0)
			continue;
		if (count == AUDIT_FILES_LISTED) {
			closedir(files);
			return -E2BIG;
		}
		first[count++] = number;
	}
	closedir(files);
	qsort(first, (size_t)count, sizeof(first[0]), by_number);
	return count;
}

int audit_path(const char *folder, uint64_t first, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/audit-%012" PRIu64 ".jsonl", folder, first) < PATH_MAX
		? 0
		: -ENAMETOOLONG;
}
