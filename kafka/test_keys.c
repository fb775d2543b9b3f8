#include "kafka/test_keys.h"

#include "core/test.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

struct test_keys test_keys;

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

static void toy_publish(
	struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was)
{
	keys_publish(test_keys.keys, is, was);
	test_keys.published++;
}

/* A name says how it cannot be made, or that it takes long. */
static int toy_prepare(struct gw_stage *stage, struct gw_camera *is, const struct gw_camera *was,
	struct gw_error *error)
{
	static const struct {
		const char *name;
		int status;
	} bad[] = {{"file", -ENOTDIR}, {"memory", -ENOMEM}, {"disk", -ENOSPC}};

	if (strcmp(is->config->name, "slow") == 0) {
		sem_post(&test_keys.begun);
		sem_wait(&test_keys.go_on);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (strcmp(is->config->name, bad[i].name) != 0)
			continue;
		test_keys.refusals++;
		return gw_error_set(error, bad[i].status, "%s", strerror(-bad[i].status));
	}
	return 0;
}

static const struct gw_stage_ops toy_source = {.name = "source",
	.open = toy_open,
	.close = toy_close,
	.camera_prepare = toy_prepare,
	.camera_publish = toy_publish};

void test_keys_open(struct gw *gw, const char *yaml)
{
	struct gw_error error;

	test_keys.published = test_keys.refusals = 0;
	if (test_gateway_open(gw, yaml, NULL, GW_STAGE_SOURCE, &toy_source, &error) != 0)
		fail_msg("%s", error.text);
	test_keys.keys = keys_open(gw, &error);
	assert_non_null(test_keys.keys);
	atomic_store(&gw->ready, true);
}

void test_keys_close(struct gw *gw)
{
	keys_close(test_keys.keys);
	test_gateway_close(gw);
}

bool test_keys_want(const char *name)
{
	return keys_want(test_keys.keys, name, strlen(name), gw_now());
}

const struct gw_camera *test_keys_find(const char *name)
{
	return keys_find(test_keys.keys, name, strlen(name));
}

void test_keys_make(const char *name, uint32_t changes)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	for (int i = 0; i < 5000 && test_keys.published < changes; i++) {
		assert_true(test_keys_want(name));
		nanosleep(&pause, NULL);
	}
	assert_int_equal(test_keys.published, changes);
}

void test_keys_want_for_a_while(const char *name)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	const int64_t end = gw_now() + GW_NS_PER_S / 2;

	while (gw_now() < end) {
		assert_true(test_keys_want(name));
		nanosleep(&pause, NULL);
	}
}

void test_keys_wait_for_trouble(const char *name, uint32_t count)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	for (int i = 0; i < 5000; i++) {
		if (name)
			assert_true(test_keys_want(name));
		memset(&test_keys.health, 0, sizeof(test_keys.health));
		keys_health(test_keys.keys, &test_keys.health);
		if (test_keys.health.count == count)
			break;
		nanosleep(&pause, NULL);
	}
	assert_int_equal(test_keys.health.count, count);
}

void test_keys_expect_trouble(enum gw_severity severity, const char *words)
{
	memset(&test_keys.health, 0, sizeof(test_keys.health));
	keys_health(test_keys.keys, &test_keys.health);
	assert_int_equal(test_keys.health.count, 1);
	assert_int_equal(test_keys.health.trouble[0].severity, severity);
	assert_non_null(strstr(test_keys.health.trouble[0].text, words));
}
