/* A log in a folder of its own, and what the tests of it do again and again. */
#pragma once

#include <limits.h>

#include "core/test.h"
#include "mgmt/audit_log/check.h"
#include "mgmt/audit_log/log.h"

struct fixture {
	char folder[64], path[PATH_MAX];
	struct audit_log *log;
	struct audit_check check;
	struct gw_health health;
	struct gw_error error;
};

/* cmocka's setup and teardown. */
int set_up(void **state);
int tear_down(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Appends an entry. Returns its status; f->error says why not. */
int append(struct fixture *f, const char *text);

void reopen(struct fixture *f);

/* Checks the files, and asks the log how it is. */
void look(struct fixture *f);
