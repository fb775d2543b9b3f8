#include "gwd/try_apart.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "gwd/apart.h"

#define ANSWER (2u * 1024u * 1024u) /* a record is smaller */

/* The line that is an object; NULL: there is none. */
static json_t *find_object(const char *answer)
{
	for (const char *line = answer; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		json_t *json = *line == '{'
			? json_loads(line, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, NULL)
			: NULL;

		if (json)
			return json;
	}
	return NULL;
}

/* "gwd: /proc/self/fd/3: it is no JPEG": who says it, and where it lay there, is nobody's matter.
 */
static int tell_line(char *answer, struct gw_error *error)
{
	char *line = strstr(answer, APART_FILE ": ");

	line = line ? line + sizeof(APART_FILE ": ") - 1 : answer;
	line[strcspn(line, "\n")] = '\0';
	return gw_error_set(
		error, -EINVAL, "the picture: %s", *line ? line : "nothing could be made of it");
}

static int judge(char *answer, ssize_t come, json_t **findings, struct gw_error *error)
{
	if (come == -ETIMEDOUT)
		return gw_error_set(error, -ETIMEDOUT,
			"the picture was looked at for %d s without an end: try a smaller one, or "
			"when less is going on",
			TRY_APART_S);
	if (come < 0)
		return gw_error_set(error, come == -ECANCELED ? -ESHUTDOWN : (int)come,
			"nobody could look at the picture: %s", strerror((int)-come));
	answer[come] = '\0';
	*findings = find_object(answer);
	if (!*findings)
		return tell_line(answer, error);
	json_object_del(*findings, "picture");
	return 0;
}

int try_apart(const struct gw_try *what, json_t **findings, struct gw_error *error)
{
	const struct {
		const char *name, *value;
	} options[] = {
		{"--library", what->library},
		{"--backend", what->backend},
		{"--device", what->device},
	};
	char *words[16] = {"gwd", "model", "check", "--json", "--no-drawing"};
	char *answer = malloc(ANSWER + 1);
	int count = 5;

	if (!answer)
		return gw_error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].value) {
			words[count++] = (char *)options[i].name;
			words[count++] = (char *)options[i].value;
		}
	words[count++] = "--";
	words[count++] = (char *)what->model;
	words[count++] = APART_FILE;
	const struct apart apart = {
		.words = words,
		.data = what->jpeg,
		.size = what->size,
		.seconds = TRY_APART_S,
		.complains = true,
		.yields = true,
		.ending = what->ending,
	};
	const int status = judge(answer, apart_run(&apart, answer, ANSWER), findings, error);

	free(answer);
	return status;
}
