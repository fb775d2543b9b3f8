#include "gwd/check_apart.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "gwd/apart.h"

#define ANSWER 4096

/* A place in the text is one of no file. */
static int tell_line(const char *line, struct gw_error *error)
{
	const size_t path = strlen(APART_FILE);

	if (strncmp(line, APART_FILE, path) == 0)
		return gw_error_set(error, -EINVAL, "configuration%s", line + path);
	return gw_error_set(error, -EINVAL, "%s", line);
}

static int judge(const char *answer, ssize_t size, struct gw_error *error)
{
	json_t *verdict = size > 0 ? json_loadb(answer, (size_t)size, 0, NULL) : NULL;
	const char *line = NULL;
	int valid = 0, status = 0;

	if (size == -ETIMEDOUT)
		return gw_error_set(error, -ETIMEDOUT,
			"the configuration was looked at for %d s without an end", CHECK_APART_S);
	if (json_unpack(verdict, "{s:b, s?s}", "valid", &valid, "error", &line) != 0 && !verdict)
		status = gw_error_set(error, -EIO,
			"nobody could look at the configuration: `gwd check` gave no answer");
	else if (!valid)
		status = tell_line(line ? line : "a start would refuse it", error);
	json_decref(verdict);
	return status;
}

int check_apart(const char *text, size_t size, struct gw_error *error)
{
	char *const words[] = {"gwd", "check", "--config", APART_FILE, "--json", NULL};
	const struct apart apart = {
		.words = words, .data = text, .size = size, .seconds = CHECK_APART_S};
	char answer[ANSWER];
	const ssize_t come = apart_run(&apart, answer, ANSWER);

	if (come < 0 && come != -ETIMEDOUT)
		return gw_error_set(error, (int)come, "nobody could look at the configuration: %s",
			strerror((int)-come));
	return judge(answer, come, error);
}
