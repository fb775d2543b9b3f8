/* What is too large becomes smaller, and stays the picture that it was. */
#include "sink/smaller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/test.h"
#include "jpeg/make.h"

struct fixture {
	struct smaller *smaller;
	uint8_t *jpeg, to[400000];
	size_t size, made;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->smaller = smaller_create();
	f->jpeg = jpeg_make(
		&(struct jpeg_recipe){.width = 1280, .height = 720, .quality = 95}, &f->size);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	smaller_destroy(f->smaller);
	free(f->jpeg);
	free(f);
	return 0;
}

static int make(struct fixture *f, size_t room)
{
	return smaller_make(f->smaller, f->jpeg, f->size, f->to, room, &f->made);
}

static int mean_of(const uint8_t *jpeg, size_t size, size_t pixels)
{
	uint8_t *grey = jpeg_reference(jpeg, size, true);
	uint64_t sum = 0;

	for (size_t i = 0; i < pixels; i++)
		sum += grey[i];
	free(grey);
	return (int)(sum / pixels);
}

/* Where the frame header has them (T.81, B.2.2). */
static size_t width_of(const uint8_t *jpeg, size_t size)
{
	const size_t at = jpeg_find(jpeg, size, 0xc0);

	return (size_t)jpeg[at + 7] << 8 | jpeg[at + 8];
}

static void it_fits_and_shows_the_same(void **state)
{
	struct fixture *f = *state;
	const int mean = mean_of(f->jpeg, f->size, (size_t)1280 * 720);

	for (size_t room = f->size * 3 / 4; room > f->size / 60; room = room * 2 / 3) {
		assert_int_equal(make(f, room), 0);
		assert_in_range(f->made, 500, room);
		const size_t width = width_of(f->to, f->made);

		assert_true(width == 1280 || width == 640 || width == 320 || width == 160);
		assert_in_range(
			mean_of(f->to, f->made, width * width * 9 / 16), mean - 3, mean + 3);
	}
	/* Its size stays as long as less quality does. */
	assert_int_equal(make(f, f->size * 3 / 4), 0);
	assert_int_equal(width_of(f->to, f->made), 1280);
}

static void what_never_fits_or_is_no_picture_is_told(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, 300), -ENOBUFS);
	assert_int_equal(make(f, 0), -ENOBUFS);
	memset(f->jpeg, 7, f->size);
	assert_int_equal(make(f, sizeof(f->to)), -EBADMSG);
	f->size = 0;
	assert_int_equal(make(f, sizeof(f->to)), -EBADMSG);
}

static void a_grey_one_stays_grey_and_exif_stays_with_it(void **state)
{
	static const uint8_t exif[] = "\xff\xe1\x00\x0f"
				      "Exif\0\0rotate!";
	struct fixture *f = *state;
	size_t size;
	uint8_t *grey = jpeg_make(
		&(struct jpeg_recipe){.width = 640, .height = 480, .components = 1, .quality = 95},
		&size);

	/* Behind SOI. */
	f->jpeg = realloc(f->jpeg, size + 17);
	memcpy(f->jpeg, grey, 2);
	memcpy(f->jpeg + 2, exif, 17);
	memcpy(f->jpeg + 19, grey + 2, size - 2);
	f->size = size + 17;
	free(grey);
	assert_int_equal(make(f, f->size / 2), 0);
	assert_non_null(memmem(f->to, f->made, "rotate!", 7));
	const size_t at = jpeg_find(f->to, f->made, 0xc0);

	assert_int_equal(f->to[at + 9], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_fits_and_shows_the_same),
		TEST(what_never_fits_or_is_no_picture_is_told),
		TEST(a_grey_one_stays_grey_and_exif_stays_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
