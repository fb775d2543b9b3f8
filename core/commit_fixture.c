#include "core/commit_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config/history.h"
#include "core/log.h"

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

/* Cameras whose names begin with "odd" cannot be prepared. */
static int toy_prepare(struct gw_stage *stage, struct gw_camera *is, const struct gw_camera *was,
	struct gw_error *error)
{
	if (strncmp(is->config->name, "odd", 3) == 0)
		return gw_error_set(error, -EIO, "it is odd");
	return 0;
}

static const struct gw_stage_ops toy = {
	.name = "rx", .open = toy_open, .close = toy_close, .camera_prepare = toy_prepare};

void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/framegate-commit-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->file, sizeof(f->file), "%s/gateway.yaml", f->folder);
	write_file(f->file, BEFORE);
	if (test_gateway_open(&f->gw, BEFORE, NULL, GW_STAGE_RX, &toy, &f->error) != 0)
		fail_msg("%s", f->error.text);
	f->gw.config_path = f->file;
	gw_log_open(GW_LOG_STDERR, GW_LOG_INFO);
	test_log_begin(&f->log);
	*state = f;
	return 0;
}

int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	test_log_end(&f->log);
	test_gateway_close(&f->gw);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	const int status = system(command);

	json_decref(f->outcome.differences);
	free(f);
	return status;
}

int wish(struct fixture *f, const char *text, struct gw_commit_wish wish)
{
	wish.text = text;
	wish.size = text ? strlen(text) : 0;
	wish.who = "uid 7 (anna)";
	wish.from = "api";
	json_decref(f->outcome.differences);
	return gw_commit_make(&f->gw, &wish, &f->outcome, &f->error);
}

void must(struct fixture *f, const char *text, struct gw_commit_wish how)
{
	if (wish(f, text, how) != 0)
		fail_msg("%s", f->error.text);
	assert_int_equal(f->outcome.result, GW_COMMIT_MADE);
}

int rollback(struct fixture *f, uint32_t number)
{
	struct gw_commit_wish back = {.who = "uid 7 (anna)", .from = "api", .restart = true};

	json_decref(f->outcome.differences);
	return gw_commit_rollback(&f->gw, number, &back, &f->outcome, &f->error);
}

uint16_t port_of(struct fixture *f, const char *name)
{
	const uint32_t id = gw_camera_find(&f->gw, name);

	return id == GW_NO_CAMERA ? 0 : gw_camera_now(&f->gw, id)->config->port;
}

void assert_stored(const struct fixture *f, const char *text)
{
	char content[2048] = "";
	FILE *file = fopen(f->file, "r");

	assert_non_null(file);
	(void)!fread(content, 1, sizeof(content) - 1, file);
	fclose(file);
	assert_string_equal(content, text);
}

const char *comment_of(const struct fixture *f, uint32_t number)
{
	static struct history_entry entry;
	struct gw_error error;

	assert_int_equal(history_read(f->file, number, &entry, NULL, NULL, &error), 0);
	return entry.comment;
}
