/* What is told of frames and packets that do not get through. */
#include "mgmt/losses.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/test.h"
#include "mgmt/handmade.h"
#include "mgmt/rates.h"

struct fixture {
	struct handmade made;
	struct rates *rates;
	struct losses *losses;
	struct gw_health health;
	int64_t now;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	handmade_open(&f->made);
	f->rates = rates_create(&f->made.gw);
	f->losses = losses_create(&f->made.gw, f->rates);
	f->now = gw_now();
	losses_note(f->losses, f->now);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	losses_destroy(f->losses);
	rates_destroy(f->rates);
	handmade_close(&f->made);
	free(f);
	return 0;
}

static struct gw_camera_stats *rx(struct fixture *f, uint32_t camera)
{
	return handmade_stats(&f->made, GW_STAGE_RX, camera);
}

/* Five seconds later. The trouble of that id, or NULL. */
static const struct gw_trouble *later(struct fixture *f, const char *id)
{
	f->now += 5 * GW_NS_PER_S;
	losses_note(f->losses, f->now);
	f->health.count = 0;
	losses_health(f->losses, &f->health, f->now);
	for (uint32_t i = 0; i < f->health.count; i++)
		if (strcmp(f->health.trouble[i].id, id) == 0)
			return &f->health.trouble[i];
	return NULL;
}

static void frames_that_are_given_up_are_told_while_they_are(void **state)
{
	struct fixture *f = *state;

	gw_counter_set(&rx(f, 0)->frames_in, 100);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_OVER_QUOTA], 4);
	assert_null(later(f, "frames.shed"));
	gw_counter_set(&rx(f, 0)->frames_in, 200);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_OVER_QUOTA], 14);
	gw_counter_set(&handmade_stats(&f->made, GW_STAGE_SINK, 1)->drops[GW_DROP_SHED], 7);
	const struct gw_trouble *trouble = later(f, "frames.shed");

	assert_non_null(trouble);
	assert_int_equal(trouble->severity, GW_DEGRADED);
	assert_non_null(strstr(trouble->text, "17 of 100 frames"));
	assert_null(later(f, "frames.shed"));
}

static void a_camera_of_another_codec_is_told_by_name(void **state)
{
	struct fixture *f = *state;

	gw_counter_set(&rx(f, 0)->packets, 100);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_NOT_JPEG], 90);
	const struct gw_trouble *trouble = later(f, "camera.cam0.not_jpeg");

	assert_non_null(trouble);
	assert_non_null(strstr(trouble->text, "MJPEG"));
	gw_counter_set(&rx(f, 0)->packets, 200);
	assert_null(later(f, "camera.cam0.not_jpeg"));
}

static void pictures_that_nobody_can_decode_are_told(void **state)
{
	struct fixture *f = *state;

	gw_counter_set(&rx(f, 0)->frames_in, 100);
	gw_counter_set(
		&handmade_stats(&f->made, GW_STAGE_SINK, 0)->drops[GW_DROP_DECODE_FAILED], 99);
	assert_non_null(later(f, "camera.cam0.undecodable"));
	assert_null(later(f, "camera.cam0.undecodable"));
}

static void a_camera_of_which_nothing_gets_through_is_told_and_is_not_silent(void **state)
{
	struct fixture *f = *state;

	f->made.gw.start = f->now;
	gw_counter_set(&rx(f, 0)->packets, 5);
	assert_null(later(f, "cameras.silent"));
	gw_counter_set(&rx(f, 0)->packets, 900);
	gw_counter_set(&rx(f, 0)->frames_in, 30);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_DIMS_MISMATCH], 30);
	const struct gw_trouble *trouble = later(f, "camera.cam0.refused");

	assert_non_null(trouble);
	assert_int_equal(trouble->severity, GW_DEGRADED);
	assert_non_null(strstr(trouble->text, "30 were refused"));
	gw_counter_set(&rx(f, 0)->packets, 1800);
	gw_counter_set(&rx(f, 0)->frames_in, 60);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_DIMS_MISMATCH], 60);
	trouble = later(f, "cameras.silent");
	assert_non_null(trouble);
	assert_non_null(strstr(trouble->text, "1 of 2 cameras sends no pictures: cam/1"));
	/* One is still arriving. */
	gw_counter_set(&rx(f, 0)->frames_in, 91);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_DIMS_MISMATCH], 90);
	assert_non_null(later(f, "camera.cam0.refused"));
	/* It gets through. */
	gw_counter_set(&rx(f, 0)->frames_in, 96);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_DIMS_MISMATCH], 95);
	gw_counter_set(&rx(f, 0)->frames_out, 1);
	assert_null(later(f, "camera.cam0.refused"));
}

static void every_cause_that_leaves_no_picture_is_told(void **state)
{
	struct fixture *f = *state;
	uint64_t sent = 0;
	int causes = 0;

	for (int drop = 1; drop < GW_DROP_COUNT; drop++) {
		if (gw_drops[drop].fault == GW_FAULT_NONE)
			continue;
		sent += 100;
		gw_counter_set(&rx(f, 0)->frames_in, sent);
		gw_counter_set(&rx(f, 0)->drops[drop], 100);
		if (!later(f,
			    gw_drops[drop].fault == GW_FAULT_REFUSED ? "camera.cam0.refused"
								     : "camera.cam0.undecodable"))
			fail_msg("%s is no trouble", gw_drops[drop].name);
		causes++;
	}
	assert_true(causes > 2);
	assert_int_equal(gw_drops[GW_DROP_BAD_EXTENSION].fault, GW_FAULT_REFUSED);
}

/* A frame that is refused is refused for what is wrong with it, or for want of time or room; the
 * camera that is changed meanwhile is no fault either, nor is what a stranger sends. */
static void a_frame_that_is_refused_has_a_fault_unless_there_is_no_room_for_it(void **state)
{
	static const enum gw_drop room[] = {
		GW_DROP_OTHER_SESSION, GW_DROP_CAMERA_CHANGED, GW_DROP_OVER_QUOTA, GW_DROP_NO_SLOT};

	for (int drop = 1; drop < GW_DROP_COUNT; drop++) {
		bool expected =
			gw_drops[drop].place == GW_PLACE_RX && gw_drops[drop].unit == GW_FRAME;

		for (size_t i = 0; i < sizeof(room) / sizeof(room[0]); i++)
			expected = expected && drop != (int)room[i];
		if (expected != (gw_drops[drop].fault == GW_FAULT_REFUSED))
			fail_msg("%s says the wrong thing of its camera", gw_drops[drop].name);
	}
}

/* Brokers that are away confirm nothing, and of 150 pictures five lost a packet. */
static void pictures_that_are_well_and_go_nowhere_are_no_fault_of_the_camera(void **state)
{
	struct fixture *f = *state;

	gw_counter_set(&rx(f, 0)->packets, 900);
	gw_counter_set(&rx(f, 0)->frames_in, 150);
	gw_counter_set(&rx(f, 0)->frames_out, 145);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_INCOMPLETE], 5);
	assert_null(later(f, "camera.cam0.refused"));
	/* Then there is no room for more. */
	gw_counter_set(&rx(f, 0)->frames_in, 300);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_INCOMPLETE], 10);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_NO_SLOT], 145);
	assert_null(later(f, "camera.cam0.refused"));
	gw_counter_set(&rx(f, 0)->frames_in, 450);
	gw_counter_set(&rx(f, 0)->drops[GW_DROP_NO_SLOT], 295);
	assert_null(later(f, "camera.cam0.refused"));
}

static void what_the_network_lost_is_a_notice(void **state)
{
	struct fixture *f = *state;

	gw_counter_set(&rx(f, 0)->packets, 1000);
	gw_counter_set(&rx(f, 0)->events[GW_EVENT_SEQUENCE_GAP], 4704);
	const struct gw_trouble *trouble = later(f, "camera.cam0.network");

	assert_non_null(trouble);
	assert_int_equal(trouble->severity, GW_NOTICE);
	assert_non_null(strstr(trouble->text, "4704 of 5704"));
}

static void silent_cameras_are_named_after_a_while(void **state)
{
	struct fixture *f = *state;

	f->made.gw.start = f->now;
	assert_null(later(f, "cameras.silent"));
	const struct gw_trouble *trouble = later(f, "cameras.silent");

	assert_non_null(trouble);
	assert_int_equal(trouble->severity, GW_NOTICE);
	assert_non_null(strstr(trouble->text, "2 of 2 cameras send no pictures: cam0, cam/1"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(frames_that_are_given_up_are_told_while_they_are),
		TEST(a_camera_of_another_codec_is_told_by_name),
		TEST(pictures_that_nobody_can_decode_are_told),
		TEST(a_camera_of_which_nothing_gets_through_is_told_and_is_not_silent),
		TEST(every_cause_that_leaves_no_picture_is_told),
		TEST(a_frame_that_is_refused_has_a_fault_unless_there_is_no_room_for_it),
		TEST(pictures_that_are_well_and_go_nowhere_are_no_fault_of_the_camera),
		TEST(what_the_network_lost_is_a_notice),
		TEST(silent_cameras_are_named_after_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
