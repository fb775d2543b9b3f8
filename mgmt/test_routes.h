/* For tests: what the API's routes answer on a gateway made by hand, without a socket. */
#pragma once

#include "core/test.h"

#include "core/api.h"
#include "mgmt/handmade.h"
#include "mgmt/state.h"

struct fixture {
	struct handmade made;
	struct mgmt mgmt;
	char said[8192]; /* the answer */
};

/* cmocka's setup and teardown. */
int set_up(void **state);
int tear_down(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Returns the HTTP status. `body` is JSON with ' for ", or NULL. */
int ask_as(struct fixture *f, enum gw_role role, const char *method, const char *path,
	const char *body);

/* The same, as an admin. */
int ask(struct fixture *f, const char *method, const char *path, const char *body);

/* That these words are in the last answer. */
void assert_said(const struct fixture *f, const char *words);
