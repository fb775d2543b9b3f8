#include "core/test.h"

#include "dataplane/picture_size.h"

static enum gw_drop found(const struct gw_camera_config *camera, uint16_t sent_width,
	uint16_t sent_height, uint16_t *width, uint16_t *height)
{
	const struct rtp_jpeg jpeg = {.width = sent_width, .height = sent_height, .q = 80};
	uint32_t flags;

	return picture_size_find(camera, &jpeg, width, height, &flags);
}

static void a_configured_size_must_agree_with_what_is_sent(void **state)
{
	const struct gw_camera_config camera = {.width = 636, .height = 476};
	uint16_t width, height;

	assert_int_equal(found(&camera, 640, 480, &width, &height), GW_DROP_NONE);
	assert_int_equal(width, 636);
	assert_int_equal(found(&camera, 1280, 720, &width, &height), GW_DROP_DIMS_MISMATCH);
}

/* The camera was set to another size after it described its stream, or never described it right. */
static void a_size_that_a_session_said_gives_way(void **state)
{
	const struct gw_camera_config camera = {.width = 636, .height = 476, .learned_size = true};
	uint16_t width, height;

	assert_int_equal(found(&camera, 640, 480, &width, &height), GW_DROP_NONE);
	assert_int_equal(width, 636);
	assert_int_equal(height, 476);
	assert_int_equal(found(&camera, 1280, 720, &width, &height), GW_DROP_NONE);
	assert_int_equal(width, 1280);
	assert_int_equal(height, 720);
	assert_int_equal(found(&camera, 0, 0, &width, &height), GW_DROP_NONE);
	assert_int_equal(width, 636);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configured_size_must_agree_with_what_is_sent),
		cmocka_unit_test(a_size_that_a_session_said_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
