#include "accel/repository/model_labels.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/yaml_load.h"

/* Takes a copy of one line. */
static int add(struct model_description *d, const char *line, size_t size, const char *path,
	struct gw_error *error)
{
	const unsigned number = d->labels_count + 1;

	if (size > 0 && line[size - 1] == '\r')
		size--;
	if (size == 0)
		return gw_error_set(
			error, -EINVAL, "%s:%u: an empty line is no label", path, number);
	if (size > MODEL_LABEL || memchr(line, '\0', size))
		return gw_error_set(error, -EINVAL,
			"%s:%u: a label must be text of at most %d characters", path, number,
			MODEL_LABEL);
	if (d->labels_count == MODEL_LABELS)
		return gw_error_set(error, -E2BIG, "%s: more than %d labels", path, MODEL_LABELS);
	d->labels[d->labels_count] = strndup(line, size);
	if (!d->labels[d->labels_count])
		return gw_error_set(error, -ENOMEM, "%s: out of memory", path);
	d->labels_count++;
	return 0;
}

int model_labels_read(struct model_description *d, const char *path, struct gw_error *error)
{
	const char *slash = strrchr(path, '/');
	char beside[PATH_MAX], *text;
	size_t size;
	int status;

	snprintf(beside, sizeof(beside), "%.*s%s", slash ? (int)(slash - path + 1) : 0, path,
		d->labels_file);
	status = gw_yaml_read(beside, &text, &size, error);
	if (status != 0)
		return status;
	d->labels = calloc(MODEL_LABELS, sizeof(d->labels[0]));
	if (!d->labels) {
		free(text);
		return gw_error_set(error, -ENOMEM, "%s: out of memory", beside);
	}
	for (const char *at = text; status == 0 && at < text + size;) {
		const char *end = memchr(at, '\n', (size_t)(text + size - at));
		const size_t length = (size_t)((end ? end : text + size) - at);

		status = add(d, at, length, beside, error);
		at += length + 1;
	}
	free(text);
	if (status == 0 && d->labels_count == 0)
		status = gw_error_set(error, -EINVAL, "%s: it has no lines", beside);
	return status;
}
