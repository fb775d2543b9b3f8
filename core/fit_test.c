#include "core/fit.h"
#include "core/test.h"

static void assert_size(struct gw_fit_size size, uint32_t width, uint32_t height)
{
	assert_int_equal(size.width, width);
	assert_int_equal(size.height, height);
}

static struct gw_fit_size of(uint32_t width, uint32_t height)
{
	return (struct gw_fit_size){width, height};
}

static void a_stretched_picture_takes_the_size_of_the_input(void **state)
{
	assert_size(gw_fit_resize(GW_FIT_STRETCH, 0, of(64, 32), of(7, 900)), 64, 32);
}

static void a_letterboxed_picture_stays_inside(void **state)
{
	assert_size(gw_fit_resize(GW_FIT_LETTERBOX, 0, of(512, 512), of(3072, 576)), 512, 96);
	assert_size(gw_fit_resize(GW_FIT_LETTERBOX, 0, of(416, 416), of(768, 576)), 416, 312);
	assert_size(gw_fit_resize(GW_FIT_LETTERBOX, 0, of(32, 20), of(30, 90)), 7, 20);
	assert_size(gw_fit_resize(GW_FIT_LETTERBOX, 0, of(10, 10), of(65535, 1)), 10, 1);
}

/* Of torchvision: Resize(256) makes 341 x 256 of 640 x 480, and 455 x 256 of 1920 x 1080. */
static void a_cropped_picture_has_its_shorter_side_as_long_as_wanted(void **state)
{
	assert_size(gw_fit_resize(GW_FIT_CROP, 256, of(224, 224), of(640, 480)), 341, 256);
	assert_size(gw_fit_resize(GW_FIT_CROP, 256, of(224, 224), of(480, 640)), 256, 341);
	assert_size(gw_fit_resize(GW_FIT_CROP, 256, of(224, 224), of(1920, 1080)), 455, 256);
	assert_size(gw_fit_resize(GW_FIT_CROP, 256, of(224, 224), of(50, 50)), 256, 256);
}

static void without_a_wish_it_just_covers_the_input(void **state)
{
	assert_size(gw_fit_resize(GW_FIT_CROP, 0, of(224, 224), of(640, 480)), 298, 224);
	assert_size(gw_fit_resize(GW_FIT_CROP, 0, of(320, 64), of(640, 480)), 320, 240);
	assert_size(gw_fit_resize(GW_FIT_CROP, 0, of(64, 320), of(640, 480)), 426, 320);
	assert_size(gw_fit_resize(GW_FIT_CROP, 0, of(5, 5), of(1, 65535)), 5, 327675);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stretched_picture_takes_the_size_of_the_input),
		cmocka_unit_test(a_letterboxed_picture_stays_inside),
		cmocka_unit_test(a_cropped_picture_has_its_shorter_side_as_long_as_wanted),
		cmocka_unit_test(without_a_wish_it_just_covers_the_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
