#include "mgmt/audit_log/log_fixture.h"

#include <jansson.h>
#include <stdlib.h>

#include "mgmt/audit_log/test_folder.h"

int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_folder_make(f->folder);
	f->log = audit_log_open(f->folder);
	assert_non_null(f->log);
	*state = f;
	return 0;
}

int tear_down(void **state)
{
	struct fixture *f = *state;

	audit_log_close(f->log);
	test_folder_remove(f->folder);
	free(f);
	return 0;
}

int append(struct fixture *f, const char *text)
{
	json_t *entry = json_pack("{s:s}", "text", text);
	uint64_t number;
	const int status = audit_log_append(f->log, entry, &number, &f->error);

	json_decref(entry);
	return status;
}

void reopen(struct fixture *f)
{
	audit_log_close(f->log);
	f->log = audit_log_open(f->folder);
}

void look(struct fixture *f)
{
	assert_int_equal(audit_check(f->folder, &f->check, NULL, NULL, &f->error), 0);
	f->health = (struct gw_health){0};
	audit_log_health(f->log, &f->health);
}
