/* Many cameras through stages of several lanes each, while cameras come, change and go: no frame is
 * lost, doubled or overtaken, and everything is counted. */
#include "core/test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/camera.h"
#include "core/control.h"
#include "core/log.h"
#include "gwd/gateway.h"
#include "gwd/toy_lanes.h"

#define SECONDS 3
#define WRITERS 2

static struct {
	struct gw gw;
	_Atomic bool stop;
	/* Of all writers. */
	_Atomic uint32_t added, changed, removed, refused, left_balanced, settled;
} run;

static struct gw_camera_config *camera_config(uint32_t number, uint32_t quota)
{
	struct gw_camera_config *camera;
	struct gw_error error;
	char text[128];

	const int size = snprintf(text, sizeof(text),
		"{name: cam%u, source: 10.0.0.1, destination: 10.0.0.2, port: %u, quota: %u}",
		number, 5000 + number, quota);

	return gw_config_camera_parse(text, (size_t)size, "camera", &camera, &error) == 0 ? camera
											  : NULL;
}

static bool balanced(const struct gw *gw, uint32_t camera)
{
	uint64_t dropped = 0;

	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		dropped += gw_total_drops(gw, camera, drop);
	return gw_total_begun(gw, camera) ==
		GW_COUNT(&gw->stages[GW_STAGE_SINK], camera, delivered) + dropped;
}

/* What was removed and has left must have been counted to the last frame, while others run. */
static void check_who_left(const struct gw *gw)
{
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		if (atomic_load(&gw->cameras->slot[i].state) != GW_CAMERA_FREE)
			continue;
		if (!balanced(gw, i))
			toy_complain("a camera that was removed is not balanced");
		atomic_fetch_add(&run.left_balanced, 1);
	}
}

/* One change by chance. */
static int change(struct gw *gw, void *arg, struct gw_error *error)
{
	const uint32_t chance = *(const uint32_t *)arg;
	const uint32_t number = chance % TOY_CAMERAS, quota = 1 + chance / 64 % 6;
	char name[16];

	snprintf(name, sizeof(name), "cam%u", number);
	const bool live = gw_camera_find(gw, name) != GW_NO_CAMERA;

	check_who_left(gw);
	if (live && chance / 512 % 2 == 0) {
		const int status = gw_camera_remove(gw, name, error);

		if (status == 0)
			atomic_fetch_add(&run.removed, 1);
		return status;
	}
	struct gw_camera_config *config = camera_config(number, quota);
	const int status = config ? gw_camera_put(gw, config, error) : -EINVAL;

	gw_config_camera_free(config);
	if (status == 0)
		atomic_fetch_add(live ? &run.changed : &run.added, 1);
	return status;
}

/* Nothing begins until everything is through: then the equation holds for each camera. */
static int settle(struct gw *gw, void *arg, struct gw_error *error)
{
	const int64_t deadline = gw_now() + 10 * GW_NS_PER_S;

	atomic_store(&toys.pause, true);
	for (int empty = 0; empty < 20 && gw_now() < deadline; usleep(1000))
		empty = gw_pool_in_use(gw->pool, UINT32_MAX) == 0 ? empty + 1 : 0;
	if (gw_pool_in_use(gw->pool, UINT32_MAX) != 0)
		toy_complain("frames are stuck");
	for (uint32_t i = 0; i < gw_camera_high(gw); i++)
		if (!balanced(gw, i))
			toy_complain("a camera is not balanced at rest");
	atomic_fetch_add(&run.settled, 1);
	atomic_store(&toys.pause, false);
	return 0;
}

static void *writer(void *arg)
{
	uint32_t chance = 12345 + (uint32_t)(uintptr_t)arg;
	uint32_t turn = 0;

	/* Before it runs there is no thread that makes changes one after the other. */
	while (!atomic_load(&run.gw.ready))
		usleep(1000);
	while (!atomic_load(&run.stop)) {
		struct gw_error error;

		chance = chance * 1664525 + 1013904223;
		uint32_t high = chance >> 8;
		const int status = ++turn % 40 == 0
			? gw_control_call(&run.gw, "settling", settle, NULL, &error)
			: gw_control_call(&run.gw, "a change", change, &high, &error);

		if (status == -EBUSY)
			atomic_fetch_add(&run.refused, 1);
		else if (status != 0)
			toy_complain("a change was refused");
		usleep(status == -EBUSY ? 200 : 20);
	}
	return NULL;
}

/* Ends the gateway as a user does. */
static void *timer(void *arg)
{
	sleep(SECONDS);
	atomic_store(&run.stop, true);
	/* Changes that are under way come to their end. */
	for (int i = 0; i < WRITERS; i++)
		pthread_join(((pthread_t *)arg)[i], NULL);
	kill(getpid(), SIGTERM);
	return NULL;
}

static struct gw_config *config(void)
{
	static const char text[] = "cores: {rx: 2, decode: 3, accel: 2, sink: 2}\n"
				   "cameras: []\n"
				   "frames: {classes: [{width: 16, height: 16, count: 100}]}\n";
	struct gw_config *config;
	struct gw_error error;

	assert_int_equal(gw_config_parse(text, sizeof(text) - 1, &config, &error), 0);
	return config;
}

static void add_all(struct gw *gw)
{
	struct gw_error error;

	for (uint32_t i = 0; i < TOY_CAMERAS; i++) {
		struct gw_camera_config *camera = camera_config(i, 1 + i % 4);

		assert_non_null(camera);
		assert_int_equal(gw_camera_put(gw, camera, &error), 0);
		gw_config_camera_free(camera);
	}
}

static uint64_t dropped(const struct gw *gw, enum gw_drop drop)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < GW_SUBJECTS; i++)
		sum += gw_total_drops(gw, i, drop);
	return sum;
}

static void no_frame_is_lost_doubled_or_overtaken_while_cameras_come_and_go(void **state)
{
	pthread_t threads[WRITERS], end;
	struct gw *gw = &run.gw;
	struct gw_error error;

	toys_begin();
	assert_int_equal(gw_open(gw, config(), NULL, &error), 0);
	add_all(gw);
	/* The signal is blocked by now, in these threads too. */
	for (uintptr_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, writer, (void *)i), 0);
	assert_int_equal(pthread_create(&end, NULL, timer, threads), 0);
	assert_int_equal(gw_run(gw, &error), 0);
	pthread_join(end, NULL);

	for (uint32_t i = 0; i < gw_camera_high(gw); i++)
		assert_true(balanced(gw, i));
	assert_int_equal(gw_camera_high(gw), TOY_CAMERAS);
	assert_int_equal(gw_pool_in_use(gw->pool, UINT32_MAX), 0);
	assert_int_equal(dropped(gw, GW_DROP_SHUTDOWN), 0);
	/* All of it was tried. */
	assert_true(dropped(gw, GW_DROP_SHED) > 0);
	assert_true(dropped(gw, GW_DROP_OVER_QUOTA) > 0);
	assert_true(run.added > 0 && run.changed > 0 && run.removed > 0 && run.refused > 0);
	assert_true(run.left_balanced > 0 && run.settled > 0);
	assert_true(atomic_load(&toys.delivered) > 1000);
	assert_true(atomic_load(&toys.released) > TOY_CAMERAS);
	print_message("%lu frames delivered, %lu shed, %u cameras added, %u changed, %u removed, "
		      "%u settled\n",
		toys.delivered, dropped(gw, GW_DROP_SHED), run.added, run.changed, run.removed,
		run.settled);
	assert_true(gw_close(gw));
	if (toys.complaint)
		fail_msg("%s (%u complaints)", toys.complaint, toys.complaints);
	assert_int_equal(toys.released, toys.made);
	toys_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_frame_is_lost_doubled_or_overtaken_while_cameras_come_and_go),
	};

	gw_log_open(GW_LOG_STDERR, GW_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
