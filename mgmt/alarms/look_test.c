/* What is raised when cameras, disks and models are not well; the test is the sink's lane. */
#include "mgmt/alarms/look.h"

#include "core/test.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "core/alarm.h"
#include "core/clock.h"
#include "core/test_log.h"
#include "core/view.h"
#include "jpeg/make.h"
#include "mgmt/handmade.h"
#include "mgmt/rates.h"
#include "mgmt/watch.h"

#define SIDE 64

struct fixture {
	struct handmade made;
	struct rates *rates;
	struct watch *watch;
	struct alarm_look *look;
	int64_t now;
	uint64_t sequence;
	struct test_log log;
	struct gw_stage_ops ops; /* of a stage that is to say something else */
};

/* In the place of the C library's: disks that hang, or give an error. */
static _Atomic bool disks_hang;
static _Atomic int disks_fail;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the C library's */
int statvfs(const char *path, struct statvfs *found)
{
	while (disks_hang)
		usleep(1000);
	if (disks_fail) {
		errno = disks_fail;
		return -1;
	}
	const int folder = open(path, O_RDONLY | O_DIRECTORY);
	const int status = folder < 0 ? -1 : fstatvfs(folder, found);

	if (folder >= 0)
		close(folder);
	return status;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	handmade_open(&f->made);
	*f->made.gw.config->alarms->clock = false;
	f->made.gw.config->api->state = strdup(f->made.folder);
	f->rates = rates_create(&f->made.gw);
	f->watch = watch_create(&f->made.gw);
	f->look = alarm_look_open(&f->made.gw, f->rates, f->watch);
	f->now = gw_now();
	test_log_begin(&f->log);
	*state = f;
	return f->look ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	test_log_end(&f->log);
	alarm_look_close(f->look);
	watch_destroy(f->watch);
	rates_destroy(f->rates);
	handmade_close(&f->made);
	free(f);
	return 0;
}

static struct gw_camera_stats *rx(struct fixture *f, uint32_t camera)
{
	return handmade_stats(&f->made, GW_STAGE_RX, camera);
}

/* Whether that alarm is raised; `found` is set then. */
static bool is_raised(
	struct fixture *f, const char *kind, const char *subject, struct gw_alarm *found)
{
	static struct gw_alarm list[GW_ALARMS];
	const size_t count = gw_alarms_list(f->made.gw.alarms, list, GW_ALARMS);

	for (size_t i = 0; i < count; i++)
		if (strcmp(gw_alarm_kinds[list[i].kind].name, kind) == 0 &&
			strcmp(list[i].subject, subject) == 0) {
			*found = list[i];
			return true;
		}
	return false;
}

/* A picture of cam0, as the sink's lane has it; all of one level, or with `level` below 0 made of
 * noise that no other one has. */
static void pass_a_picture(struct fixture *f, int level)
{
	const struct jpeg_recipe recipe = {
		.width = SIDE, .height = SIDE, .seed = (uint32_t)f->sequence + 1};
	struct gw_frame *frame = aligned_alloc(64, sizeof(*frame));
	uint8_t *rgb = malloc(3 * SIDE * SIDE), *jpeg;
	size_t size;

	memset(rgb, level < 0 ? 0 : level, 3 * SIDE * SIDE);
	jpeg = level < 0 ? jpeg_make(&recipe, &size) : jpeg_make_from(&recipe, rgb, &size);
	memset(frame, 0, sizeof(*frame));
	frame->sequence = f->sequence++;
	frame->jpeg.data = jpeg;
	frame->jpeg.size = (uint32_t)size;
	gw_view_put(f->made.gw.views, frame, "cam0", "{}", 2, f->now);
	gw_counter_set(&rx(f, 0)->last_frame, (uint64_t)f->now);
	free(jpeg);
	free(rgb);
	free(frame);
}

/* Looks every second, with a picture of that level before each. */
static void look_on(struct fixture *f, int seconds, int level)
{
	for (int i = 0; i < seconds; i++) {
		f->now += GW_NS_PER_S;
		pass_a_picture(f, level);
		rates_note(f->rates, f->now);
		watch_look(f->watch, f->now);
		alarm_look_now(f->look, f->now);
	}
}

static void a_camera_that_sends_nothing_is_silent_until_it_does(void **state)
{
	struct fixture *f = *state;
	struct gw_alarm alarm;

	look_on(f, 20, -1);
	assert_false(is_raised(f, "camera_silent", "cam0", &alarm));
	assert_true(is_raised(f, "camera_silent", "cam/1", &alarm));
	assert_non_null(strstr(alarm.text, "since the gateway started"));
	assert_non_null(strstr(test_log_said(&f->log),
		"warning alarm: camera_silent: cam/1: camera cam/1 has sent no complete picture "
		"since the gateway started: look at its power"));
	for (int i = 0; i < 31; i++) {
		gw_counter_set(&rx(f, 1)->last_frame, (uint64_t)f->now);
		look_on(f, 1, -1);
	}
	assert_false(is_raised(f, "camera_silent", "cam/1", &alarm));
	assert_non_null(
		strstr(test_log_said(&f->log), "info    alarm: camera_silent: cam/1: over"));
}

static void a_picture_that_stays_the_same_is_frozen(void **state)
{
	struct fixture *f = *state;
	struct gw_alarm alarm;

	*f->made.gw.config->alarms->frozen = 20;
	look_on(f, 30, -1);
	assert_false(is_raised(f, "camera_frozen", "cam0", &alarm));
	look_on(f, 15, 120);
	assert_false(is_raised(f, "camera_frozen", "cam0", &alarm));
	look_on(f, 15, 120);
	assert_true(is_raised(f, "camera_frozen", "cam0", &alarm));
	look_on(f, 40, -1);
	assert_false(is_raised(f, "camera_frozen", "cam0", &alarm));
}

static void a_black_picture_is_told_and_a_dark_one_is_not(void **state)
{
	struct fixture *f = *state;
	struct gw_alarm alarm;

	look_on(f, 20, 20);
	assert_false(is_raised(f, "camera_black", "cam0", &alarm));
	look_on(f, 15, 3);
	assert_true(is_raised(f, "camera_black", "cam0", &alarm));
	assert_non_null(strstr(alarm.text, "its mean brightness is 3 of 255"));
	/* A little brighter is not well yet. */
	look_on(f, 40, 10);
	assert_true(is_raised(f, "camera_black", "cam0", &alarm));
	look_on(f, 40, 20);
	assert_false(is_raised(f, "camera_black", "cam0", &alarm));
}

static void nobody_copies_a_picture_where_nothing_is_looked_for(void **state)
{
	struct fixture *f = *state;

	*f->made.gw.config->alarms->frozen = *f->made.gw.config->alarms->black = 0;
	for (int i = 0; i < 10; i++) {
		look_on(f, 1, 3);
		assert_false(gw_view_is_wanted(f->made.gw.views, 0));
	}
}

/* Every second, 100 packets come and `lost` do not. */
static void lose(struct fixture *f, int seconds, uint64_t lost)
{
	for (int i = 0; i < seconds; i++) {
		gw_counter_add(&rx(f, 0)->packets, 100);
		gw_counter_add(&rx(f, 0)->events[GW_EVENT_SEQUENCE_GAP], lost);
		look_on(f, 1, -1);
	}
}

static void loss_is_told_above_a_share_and_over_below_half_of_it(void **state)
{
	struct fixture *f = *state;
	struct gw_alarm alarm;

	lose(f, 20, 4);
	assert_false(is_raised(f, "camera_loss", "cam0", &alarm));
	lose(f, 20, 10);
	assert_true(is_raised(f, "camera_loss", "cam0", &alarm));
	assert_non_null(strstr(alarm.text, "9.1 % of the packets of camera cam0"));
	lose(f, 50, 4);
	assert_true(is_raised(f, "camera_loss", "cam0", &alarm));
	lose(f, 50, 1);
	assert_false(is_raised(f, "camera_loss", "cam0", &alarm));
}

/* Looks on, and lets the disk's thread answer between, until its alarm is raised with that text. */
static void look_until_the_disk_says(struct fixture *f, const char *text)
{
	const int64_t deadline = gw_now() + 60 * GW_NS_PER_S;
	struct gw_alarm alarm;

	do {
		assert_true(gw_now() < deadline);
		look_on(f, 1, -1);
		usleep(5000);
	} while (!is_raised(f, "disk", f->made.folder, &alarm) || !strstr(alarm.text, text));
}

static void a_disk_that_is_nearly_full_is_told(void **state)
{
	struct fixture *f = *state;
	struct gw_alarm alarm;

	*f->made.gw.config->alarms->disk = 0;
	look_on(f, 10, -1);
	assert_false(is_raised(f, "disk", f->made.folder, &alarm));
	/* No disk has that much. */
	*f->made.gw.config->alarms->disk = 101;
	look_until_the_disk_says(f, "GiB) of the disk of /tmp/framegate-mgmt-");
}

static void a_disk_that_hangs_is_told_and_holds_nobody_up(void **state)
{
	struct fixture *f = *state;

	*f->made.gw.config->alarms->disk = 101;
	look_until_the_disk_says(f, "GiB) of the disk of");
	disks_hang = true;
	look_until_the_disk_says(f, "has not answered for ");
	disks_hang = false;
	look_until_the_disk_says(f, "GiB) of the disk of");
	disks_hang = true;
	look_on(f, 2, -1);
	const int64_t begin = gw_now();

	alarm_look_close(f->look);
	f->look = NULL;
	assert_true(gw_now() - begin < 5 * GW_NS_PER_S);
	/* Its thread goes on, and finds nobody. */
	disks_hang = false;
	usleep(50000);
}

static void a_disk_that_gives_an_error_is_not_well(void **state)
{
	struct fixture *f = *state;

	*f->made.gw.config->alarms->disk = 101;
	look_until_the_disk_says(f, "GiB) of the disk of");
	disks_fail = EIO;
	look_until_the_disk_says(f, "does not say what is free: Input/output error");
	disks_fail = 0;
	look_until_the_disk_says(f, "GiB) of the disk of");
}

static void the_clock_is_as_the_kernel_says(void **state)
{
	struct fixture *f = *state;
	struct timex clock = {0};
	struct gw_alarm alarm;
	const bool off = adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC);

	look_on(f, 10, -1);
	assert_false(is_raised(f, "clock", "", &alarm));
	*f->made.gw.config->alarms->clock = true;
	look_on(f, 10, -1);
	assert_int_equal(is_raised(f, "clock", "", &alarm), off);
}

static int failed_pictures;

static struct json_t *failing_models(struct gw_stage *stage)
{
	return json_pack("{s:[{s:s, s:i, s:i, s:i}]}", "models", "name", "digits", "version", 2,
		"frames", 1000, "failed", failed_pictures);
}

static void a_model_that_gives_pictures_back_is_failing(void **state)
{
	struct fixture *f = *state;
	struct gw_stage *accel = &f->made.gw.stages[GW_STAGE_ACCEL];
	struct gw_alarm alarm;

	failed_pictures = 7;
	f->ops = *accel->ops;
	f->ops.describe = failing_models;
	accel->ops = &f->ops;
	/* What was before the first look is not lately. */
	look_on(f, 30, -1);
	assert_false(is_raised(f, "model_failing", "digits:2", &alarm));
	for (int i = 0; i < 30; i++) {
		failed_pictures += 2;
		look_on(f, 1, -1);
	}
	assert_true(is_raised(f, "model_failing", "digits:2", &alarm));
	assert_non_null(strstr(alarm.text, "gave 20 pictures back undone"));
	look_on(f, 60, -1);
	assert_false(is_raised(f, "model_failing", "digits:2", &alarm));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_camera_that_sends_nothing_is_silent_until_it_does),
		TEST(a_picture_that_stays_the_same_is_frozen),
		TEST(a_black_picture_is_told_and_a_dark_one_is_not),
		TEST(nobody_copies_a_picture_where_nothing_is_looked_for),
		TEST(loss_is_told_above_a_share_and_over_below_half_of_it),
		TEST(a_disk_that_is_nearly_full_is_told),
		TEST(a_disk_that_hangs_is_told_and_holds_nobody_up),
		TEST(a_disk_that_gives_an_error_is_not_well),
		TEST(the_clock_is_as_the_kernel_says),
		TEST(a_model_that_gives_pictures_back_is_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
