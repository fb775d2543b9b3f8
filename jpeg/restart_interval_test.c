#include "jpeg/restart_interval.h"

#include <stdlib.h>
#include <string.h>

#include "core/test.h"
#include "dataplane/test_camera.h"

/* A picture's scan, and what is known of it. */
struct scene {
	struct test_jpeg jpeg;
	uint8_t *data;
	struct jpeg_scan scan;
	struct restart_picture picture;
};

static void make(struct scene *s, uint16_t width, uint16_t height, int quality, uint16_t interval)
{
	*s = (struct scene){.picture = {.width = width, .height = height, .subsampling = 1}};
	test_jpeg_make(&s->jpeg, width, height, quality, 1, 2, interval, 1);
	s->data = malloc(s->jpeg.scan_size);
	memcpy(s->data, s->jpeg.scan, s->jpeg.scan_size);
	jpeg_scan_look(&s->scan, s->data, s->jpeg.scan_size);
}

static void free_scene(struct scene *s)
{
	free(s->data);
	test_jpeg_free(&s->jpeg);
}

static uint32_t find(struct scene *s)
{
	return restart_interval_find(s->data, &s->scan, &s->picture);
}

static void the_first_interval_is_counted(void **state)
{
	static const uint16_t intervals[] = {1, 2, 7, 40, 41, 599, 600, 1000, 1199};

	for (uint32_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		struct scene s;

		make(&s, 640, 480, 50, intervals[i]);
		assert_int_equal(find(&s), intervals[i]);
		free_scene(&s);
	}
}

static void an_interval_of_too_many_bytes_is_not_looked_at(void **state)
{
	struct scene s;

	make(&s, 1920, 1088, 100, 120 * 60);
	assert_true(s.scan.first_restart > RESTART_INTERVAL_LIMIT);
	assert_int_equal(find(&s), 0);
	free_scene(&s);

	/* One row is short enough however sharp the picture is. */
	make(&s, 1920, 1088, 100, 120);
	assert_true(s.scan.first_restart > 1000);
	assert_int_equal(find(&s), 120);
	free_scene(&s);
}

static void markers_that_fit_no_interval_are_refused(void **state)
{
	struct scene s;

	make(&s, 640, 480, 50, 40);
	s.picture.height = 464;
	assert_int_equal(find(&s), 0);
	s.picture.height = 480;
	s.scan.out_of_order = true;
	assert_int_equal(find(&s), 0);
	s.scan.out_of_order = false;
	s.scan.restarts = 1200;
	assert_int_equal(find(&s), 0);
	free_scene(&s);
}

/* The last interval is shorter, so several intervals make the same number of markers. */
static void the_number_of_markers_does_not_tell_the_interval(void **state)
{
	for (uint16_t interval = 241; interval < 300; interval += 7) {
		struct scene s;

		make(&s, 640, 480, 50, interval);
		assert_int_equal(s.scan.restarts, 4);
		assert_int_equal(find(&s), interval);
		free_scene(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_interval_is_counted),
		cmocka_unit_test(an_interval_of_too_many_bytes_is_not_looked_at),
		cmocka_unit_test(markers_that_fit_no_interval_are_refused),
		cmocka_unit_test(the_number_of_markers_does_not_tell_the_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
