#include "dataplane/slot_need.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/test.h"

#define CAMERA(name, more) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: 50" name more "}\n"

static int check(const char *classes, const char *cameras, struct gw_error *error)
{
	struct gw_config *config;
	char text[1024];

	snprintf(text, sizeof(text), "frames: {classes: [%s]}\ncameras:\n%s", classes, cameras);
	assert_int_equal(gw_config_parse(text, strlen(text), &config, error), 0);
	const int status = slot_need_check(config, error);

	gw_config_free(config);
	return status;
}

static const char three_unknown[] = CAMERA("10", "") CAMERA("11", "") CAMERA("12", "");
static const char two_known[] =
	CAMERA("10", ", width: 640, height: 480") CAMERA("11", ", width: 1280, height: 720");

static void too_few_slots_are_refused_with_what_to_raise(void **state)
{
	struct gw_error error;

	assert_int_equal(
		check("{width: 640, height: 480, count: 6}", three_unknown, &error), -EINVAL);
	assert_string_equal(error.text,
		"dataplane: nothing may be lost, and 6 slots of 640x480 are too few for the "
		"cameras that use them: raise `frames.classes[0].count` to 7, or give the cameras "
		"`width` and `height`");
	assert_int_equal(check("{width: 640, height: 480, count: 7}", three_unknown, &error), 0);
}

static void a_camera_of_known_size_needs_slots_of_its_class_only(void **state)
{
	struct gw_error error;

	assert_int_equal(check("{width: 640, height: 480, count: 3}, "
			       "{width: 1920, height: 1088, count: 3}, "
			       "{width: 4096, height: 2304, count: 1}",
				 two_known, &error),
		0);
	assert_int_equal(check("{width: 640, height: 480, count: 3}, "
			       "{width: 1920, height: 1088, count: 2}",
				 two_known, &error),
		-EINVAL);
	assert_non_null(strstr(error.text, "2 slots of 1920x1088"));
	assert_non_null(strstr(error.text, "`frames.classes[1].count` to 3"));
	assert_null(strstr(error.text, "width"));
}

/* A slot holds so many pixels, whatever their shape. */
static void a_portrait_camera_needs_the_slots_that_its_pictures_take(void **state)
{
	struct gw_error error;

	assert_int_equal(check("{width: 1920, height: 1088, count: 1}",
				 CAMERA("10", ", width: 1080, height: 1920"), &error),
		-EINVAL);
	assert_non_null(strstr(error.text, "`frames.classes[0].count` to 3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_few_slots_are_refused_with_what_to_raise),
		cmocka_unit_test(a_camera_of_known_size_needs_slots_of_its_class_only),
		cmocka_unit_test(a_portrait_camera_needs_the_slots_that_its_pictures_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
