/* Cameras that are made as their names come, in a gateway that has no lanes that run: what is
 * published is so by the thread that makes the camera. */
#pragma once

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/test_gateway.h"
#include "kafka/keys.h"

/* A source of at most two cameras; `template` goes on with more keys of theirs. */
#define TEST_KEYS_TWO(template) \
	"cameras: []\n" \
	"frames: {classes: [{width: 64, height: 48, count: 8}]}\n" \
	"kafka:\n" \
	"  brokers: 127.0.0.1:9\n" \
	"  source: {topic: pictures, most: 2, template: {model: digits, quota: 5" template "}}\n"

#define TEST_KEYS_MANY \
	"cameras: []\n" \
	"frames: {classes: [{width: 64, height: 48, count: 8}]}\n" \
	"kafka: {brokers: 127.0.0.1:9, source: {topic: pictures, most: 500, " \
	"template: {model: digits}}}\n"

/* Of the gateway that is open. Cameras named `file`, `memory` and `disk` are refused for what is
 * wrong with that; one named `slow` says when it has begun, and waits. */
struct test_keys {
	struct keys *keys;
	_Atomic uint32_t published, refusals;
	struct gw_health health; /* as it was looked at last */
	sem_t begun, go_on;
};
extern struct test_keys test_keys;

void test_keys_open(struct gw *gw, const char *yaml);
void test_keys_close(struct gw *gw);

bool test_keys_want(const char *name);
const struct gw_camera *test_keys_find(const char *name);

/* Wants it until so many changes were published. */
void test_keys_make(const char *name, uint32_t changes);

/* Wants it again and again, until half a second is over. */
void test_keys_want_for_a_while(const char *name);

/* Wants it until the trouble is told, or over. */
void test_keys_wait_for_trouble(const char *name, uint32_t count);

/* One is told, with these words. */
void test_keys_expect_trouble(enum gw_severity severity, const char *words);
