/* A gateway with one camera and its stored configuration, and what tests wish of it. */
#pragma once

#include "core/test.h"

#include "core/commit.h"
#include "core/test_gateway.h"
#include "core/test_log.h"

#define REST "kafka: {frames: {every: 10}}\n"
#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}\n"
#define BEFORE REST "cameras:\n" CAMERA("a", "1")

struct fixture {
	char folder[64], file[96];
	struct gw gw;
	struct test_log log;
	struct gw_commit_outcome outcome;
	struct gw_error error;
};

#define WISH(...) ((struct gw_commit_wish){__VA_ARGS__})

/* The gateway runs with BEFORE, its stage takes every camera whose name does not begin with "odd",
 * and there is no history yet. cmocka's setup and teardown. */
int begin(void **state);
int end(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

void write_file(const char *path, const char *text);

/* Wishes for this configuration in the name of "uid 7 (anna)", or for the running one without a
 * text; the outcome and the error are in the fixture. */
int wish(struct fixture *f, const char *text, struct gw_commit_wish wish);

/* The same, and it is made. */
void must(struct fixture *f, const char *text, struct gw_commit_wish how);

int rollback(struct fixture *f, uint32_t number);

/* 0: there is no such camera. */
uint16_t port_of(struct fixture *f, const char *name);

void assert_stored(const struct fixture *f, const char *text);

/* One buffer. */
const char *comment_of(const struct fixture *f, uint32_t number);
