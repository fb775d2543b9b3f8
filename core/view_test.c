#include "core/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/frame.h"
#include "core/view.h"

#define CAMERA 7
#define MS(n) ((n)*GW_NS_PER_MS)
#define SECONDS(n) ((n)*GW_NS_PER_S)

struct shown {
	struct gw_views *views;
	struct gw_frame *frame; /* of CAMERA */
	uint8_t picture[512 << 10];
};

static int set_up(void **state)
{
	struct shown *s = calloc(1, sizeof(*s));

	s->views = gw_views_create(1 << 20);
	s->frame = aligned_alloc(64, sizeof(*s->frame));
	memset(s->frame, 0, sizeof(*s->frame));
	s->frame->camera = CAMERA;
	s->frame->jpeg.data = s->picture;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct shown *s = *state;

	gw_views_destroy(s->views);
	free(s->frame);
	free(s);
	return 0;
}

#define SHOWN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* What the sink's lane does with a well frame. Returns whether it was kept. */
static bool pass(struct shown *s, const char *camera, uint64_t number, uint32_t size, int64_t now)
{
	char record[32];

	s->frame->sequence = number;
	s->frame->jpeg.size = size;
	memset(s->picture, (int)number, size);
	snprintf(record, sizeof(record), "{\"n\":%lu}", number);
	if (!gw_view_is_wanted(s->views, s->frame->camera))
		return false;
	gw_view_put(s->views, s->frame, camera, record, strlen(record), now);
	return true;
}

static int look(struct shown *s, int64_t now, const struct gw_view **view)
{
	return gw_views_look(s->views, CAMERA, "cam7", now, view);
}

/* The view is of that frame, as a whole. */
static void assert_whole(const struct gw_view *view, uint64_t number)
{
	char record[32];

	snprintf(record, sizeof(record), "{\"n\":%lu}", number);
	assert_int_equal(view->sequence, number);
	assert_int_equal(view->record_size, strlen(record));
	assert_memory_equal(view->record, record, strlen(record));
	for (size_t i = 0; i < view->jpeg_size; i++)
		if ((uint8_t)view->jpeg[i] != (uint8_t)number)
			fail_msg("byte %zu of the picture is another frame's", i);
}

static void assert_seen(struct shown *s, int64_t now, uint64_t number)
{
	const struct gw_view *view;

	assert_int_equal(look(s, now, &view), 0);
	assert_whole(view, number);
	gw_view_unref(view);
}

static void while_nobody_looks_nothing_is_kept(void **state)
{
	assert_false(pass(*state, "cam7", 1, 1000, 1));
}

static void the_first_look_has_the_next_frame_kept(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;

	assert_int_equal(look(s, MS(1), &view), -EAGAIN);
	assert_int_equal(look(s, MS(2), &view), -EAGAIN);
	assert_true(pass(s, "cam7", 5, 1000, MS(3)));
	assert_false(pass(s, "cam7", 6, 1000, MS(4)));
	assert_seen(s, MS(5), 5);
	assert_int_equal(s->views->place[CAMERA].kept->room, s->views->bytes);
}

static void what_is_kept_can_be_had_without_a_look(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;

	assert_null(gw_views_kept(s->views, CAMERA, "cam7"));
	look(s, MS(1), &view);
	assert_true(pass(s, "cam7", 5, 1000, MS(2)));
	/* Nobody has collected it yet. */
	assert_null(gw_views_kept(s->views, CAMERA, "cam7"));
	assert_seen(s, MS(3), 5);
	for (int i = 0; i < 3; i++) {
		view = gw_views_kept(s->views, CAMERA, "cam7");
		assert_non_null(view);
		assert_whole(view, 5);
		gw_view_unref(view);
	}
	/* It has had no other one kept, and another camera in its slot has none of it. */
	assert_false(pass(s, "cam7", 6, 1000, MS(200)));
	assert_null(gw_views_kept(s->views, CAMERA, "cam8"));
}

static void however_many_look_a_camera_is_copied_a_few_times_a_second(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;
	uint32_t copies = 0;

	look(s, MS(1), &view);
	for (uint64_t ms = 2; ms < 1002; ms++) {
		if (look(s, MS(ms), &view) == 0)
			gw_view_unref(view);
		copies += pass(s, "cam7", ms, 1000, MS(ms));
	}
	assert_in_range(copies, 5, 8);
}

static void a_view_is_one_piece_of_two_parts(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;
	const char head[] = "--framegate-d5c4f0b1a7e94c62\r\n"
			    "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n";
	const char between[] = "\r\n--framegate-d5c4f0b1a7e94c62\r\n"
			       "Content-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n";
	const char tail[] = "\r\n--framegate-d5c4f0b1a7e94c62--\r\n";

	look(s, MS(1), &view);
	pass(s, "cam7", 5, 100000, MS(2));
	assert_int_equal(look(s, MS(3), &view), 0);
	assert_memory_equal(view->bytes, head, sizeof(head) - 1);
	assert_ptr_equal(view->record, view->bytes + sizeof(head) - 1);
	assert_memory_equal(view->record + 7, between, sizeof(between) - 1);
	assert_ptr_equal(view->jpeg, view->record + 7 + sizeof(between) - 1);
	assert_memory_equal(view->jpeg + 100000, tail, sizeof(tail) - 1);
	assert_int_equal(view->need, view->jpeg + 100000 + sizeof(tail) - 1 - view->bytes);
	gw_view_unref(view);
}

static void a_larger_picture_gets_more_memory_the_next_time(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;

	look(s, MS(1), &view);
	assert_true(pass(s, "cam7", 1, 400 << 10, MS(2)));
	assert_int_equal(look(s, MS(3), &view), -EAGAIN);
	assert_true(pass(s, "cam7", 2, 400 << 10, MS(4)));
	assert_seen(s, MS(5), 2);
}

static void a_slot_that_another_camera_has_now_shows_nothing_of_the_one_before(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;

	look(s, MS(1), &view);
	pass(s, "cam7", 1, 1000, MS(2));
	assert_seen(s, MS(3), 1);
	assert_int_equal(gw_views_look(s->views, CAMERA, "new", MS(4), &view), -EAGAIN);
	/* Of the one before, still on its way. */
	assert_true(pass(s, "cam7", 2, 1000, MS(5)));
	assert_int_equal(gw_views_look(s->views, CAMERA, "new", MS(6), &view), -EAGAIN);
	assert_true(pass(s, "new", 1, 1000, MS(7)));
	assert_int_equal(gw_views_look(s->views, CAMERA, "new", MS(8), &view), 0);
	assert_string_equal(view->camera, "new");
	gw_view_unref(view);
}

static void what_nobody_asks_about_any_more_costs_nothing(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;

	look(s, MS(1), &view);
	pass(s, "cam7", 1, 1000, MS(2));
	assert_seen(s, MS(1000), 1);
	gw_views_upkeep(s->views, SECONDS(5));
	assert_true(gw_view_is_wanted(s->views, CAMERA));
	gw_views_upkeep(s->views, SECONDS(7));
	assert_false(gw_view_is_wanted(s->views, CAMERA));
	assert_int_equal(s->views->bytes, 0);
	assert_int_equal(look(s, SECONDS(8), &view), -EAGAIN);
}

static void a_view_that_is_being_sent_outlives_the_camera(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;

	look(s, MS(1), &view);
	pass(s, "cam7", 1, 1000, MS(2));
	assert_int_equal(look(s, MS(3), &view), 0);
	gw_views_upkeep(s->views, SECONDS(60));
	assert_whole(view, 1);
	assert_true(s->views->bytes > 0);
	gw_view_unref(view);
	assert_int_equal(s->views->bytes, 0);
}

static void what_all_take_is_bounded(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;
	char name[16];
	uint32_t found = 0;

	/* 1 MiB; 128 KiB for each before their pictures are known. */
	for (uint32_t i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "cam%u", i);
		const int status = gw_views_look(s->views, i, name, MS(1), &view);

		found += status == -EAGAIN;
		assert_int_equal(status, i < 8 ? -EAGAIN : -ENOBUFS);
		assert_in_range(s->views->bytes, 1, 1 << 20);
	}
	assert_int_equal(found, 8);
	/* Others may when these are forgotten. */
	gw_views_upkeep(s->views, SECONDS(60));
	assert_int_equal(gw_views_look(s->views, 19, "cam19", SECONDS(60), &view), -EAGAIN);
}

static void pictures_take_what_they_are_and_no_more(void **state)
{
	struct shown *s = *state;
	const struct gw_view *view;
	char name[16];

	/* One at a time, so that each is kept before the next is asked for. */
	for (uint32_t i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "cam%u", i);
		assert_int_equal(gw_views_look(s->views, i, name, MS(1), &view), -EAGAIN);
		s->frame->camera = i;
		assert_true(pass(s, name, i, 4000, MS(2)));
		assert_int_equal(gw_views_look(s->views, i, name, MS(3), &view), 0);
		gw_view_unref(view);
	}
	assert_in_range(s->views->bytes, 100 * 4000, 100 * 4500);
}

/* Threads that look at one camera while its lane passes frames, and upkeep that takes it away from
 * both of them all the time. */
struct race {
	struct shown *s;
	_Atomic bool end;
	_Atomic uint64_t seen;
};

static void *pass_frames(void *arg)
{
	struct race *race = arg;

	for (uint64_t n = 0; !race->end; n++)
		pass(race->s, n % 50 < 40 ? "cam7" : "cam8", n, n % 7 ? 3000 : 200 << 10, gw_now());
	return NULL;
}

static void *look_at_it(void *arg)
{
	struct race *race = arg;
	const struct gw_view *view;
	int64_t now = SECONDS(1);

	while (!race->end) {
		/* Time passes fast, so that each look wants another frame. */
		now += MS(200);
		if (look(race->s, now, &view) != 0)
			continue;
		assert_whole(view, view->sequence);
		assert_string_equal(view->camera, "cam7");
		gw_view_unref(view);
		race->seen++;
	}
	return NULL;
}

static void *take_it_away(void *arg)
{
	struct race *race = arg;

	while (!race->end)
		gw_views_upkeep(race->s->views, INT64_MAX / 2);
	return NULL;
}

static void lane_lookers_and_upkeep_never_meet_in_a_picture(void **state)
{
	static void *(*const what[])(void *) = {pass_frames, look_at_it, look_at_it, take_it_away};
	struct race race = {.s = *state};
	pthread_t threads[4];
	const int64_t begin = gw_now();

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, what[i], &race), 0);
	/* The four leave nobody a processor as it is. */
	while (race.seen < 300 && gw_now() - begin < SECONDS(60))
		usleep(10000);
	race.end = true;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_true(race.seen >= 300);
	gw_views_upkeep(race.s->views, INT64_MAX / 2);
	assert_int_equal(race.s->views->bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHOWN_TEST(while_nobody_looks_nothing_is_kept),
		SHOWN_TEST(the_first_look_has_the_next_frame_kept),
		SHOWN_TEST(what_is_kept_can_be_had_without_a_look),
		SHOWN_TEST(however_many_look_a_camera_is_copied_a_few_times_a_second),
		SHOWN_TEST(a_view_is_one_piece_of_two_parts),
		SHOWN_TEST(a_larger_picture_gets_more_memory_the_next_time),
		SHOWN_TEST(a_slot_that_another_camera_has_now_shows_nothing_of_the_one_before),
		SHOWN_TEST(what_nobody_asks_about_any_more_costs_nothing),
		SHOWN_TEST(a_view_that_is_being_sent_outlives_the_camera),
		SHOWN_TEST(what_all_take_is_bounded),
		SHOWN_TEST(pictures_take_what_they_are_and_no_more),
		SHOWN_TEST(lane_lookers_and_upkeep_never_meet_in_a_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
