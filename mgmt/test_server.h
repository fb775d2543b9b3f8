/* For tests: the API over its socket, on a gateway made by hand, with a client that is not ours. */
#pragma once

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>

#include "mgmt/handmade.h"

struct server_fixture {
	struct handmade made;
	CURL *curl;
	char body[131072];
	size_t size;
	char allow[128];
	char type[64], tag[128], retry[16], policy[256], options[32];
};

/* A test with a fixture of its own, in a group that begins and ends with the client's library. */
#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, server_set_up, server_tear_down)

int server_begin(void **state);
int server_end(void **state);
int server_set_up(void **state);
int server_tear_down(void **state);

/* As the gateway does it. */
int server_open(struct gw *gw, struct gw_error *error);

/* False: somebody is still at work in it. Then it is not taken down. */
bool server_close(struct gw *gw);

/* Returns the HTTP status, 0 when the connection broke; the body is left in the fixture. */
long server_try(struct server_fixture *f, const char *method, const char *path, const char *body);

/* The same; the connection must not break. */
long server_ask_with(
	struct server_fixture *f, const char *method, const char *path, const char *body);
long server_ask(struct server_fixture *f, const char *method, const char *path);

/* A well answer, as JSON; the caller releases it. */
json_t *server_get(struct server_fixture *f, const char *path);

/* The answer was an error with that code. */
void server_assert_error(struct server_fixture *f, const char *code);
