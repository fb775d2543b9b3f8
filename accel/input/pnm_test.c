#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/pnm.h"

struct fixture {
	FILE *input;
	struct gw_surface surface;
	struct gw_error error;
};

static struct fixture open_text(const char *text, size_t size)
{
	struct fixture f = {.input = fmemopen((char *)text, size, "rb")};

	assert_non_null(f.input);
	return f;
}

#define OPEN(text) open_text(text, sizeof(text) - 1)

static int next(struct fixture *f)
{
	return pnm_read(f->input, &f->surface, &f->error);
}

static void close_fixture(struct fixture *f)
{
	fclose(f->input);
	free(f->surface.room);
}

static void pictures_follow_each_other(void **state)
{
	struct fixture f = OPEN("P5\n2 1\n255\nabP6 1 2 255\nrgbRGBP5\n1\n1\n255\nz\n");

	assert_int_equal(next(&f), 1);
	assert_int_equal(f.surface.format, GW_FORMAT_GRAY);
	assert_int_equal(f.surface.width, 2);
	assert_int_equal(f.surface.height, 1);
	assert_memory_equal(f.surface.plane[0], "ab", 2);
	assert_int_equal(next(&f), 1);
	assert_int_equal(f.surface.format, GW_FORMAT_RGB);
	assert_int_equal(f.surface.pitch[0], 3);
	assert_memory_equal(f.surface.plane[0], "rgbRGB", 6);
	assert_int_equal(next(&f), 1);
	assert_memory_equal(f.surface.plane[0], "z", 1);
	assert_int_equal(next(&f), 0);
	close_fixture(&f);
}

static void comments_are_passed_over(void **state)
{
	struct fixture f = OPEN("P5\n# made by hand\n# twice\n1 1\n255\nz");

	assert_int_equal(next(&f), 1);
	assert_memory_equal(f.surface.plane[0], "z", 1);
	close_fixture(&f);
}

static void assert_refused(struct fixture f, const char *words)
{
	assert_int_equal(next(&f), -EINVAL);
	assert_non_null(strstr(f.error.text, words));
	close_fixture(&f);
}

static void what_is_no_such_picture_is_refused(void **state)
{
	assert_refused(OPEN("\xff\xd8\xff\xe0"), "not a binary PGM or PPM");
	assert_refused(OPEN("P2\n1 1\n255\n7"), "not a binary PGM or PPM");
	assert_refused(OPEN("P5\n0 1\n255\n"), "1 to 16384");
	assert_refused(OPEN("P5\n99999999999999999999 1\n255\n"), "1 to 16384");
	assert_refused(OPEN("P5\n1 1\n65535\nab"), "255");
	assert_refused(OPEN("P5\n2 2\n255\nabc"), "ends inside");
	assert_refused(OPEN("P5\n2"), "1 to 16384");
	assert_refused(OPEN("P"), "not a binary PGM or PPM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_follow_each_other),
		cmocka_unit_test(comments_are_passed_over),
		cmocka_unit_test(what_is_no_such_picture_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
