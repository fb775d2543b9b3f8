#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "decode/decoder_fixture.h"
#include "decode/null.h"

static void an_unknown_back_end_is_an_error_that_lists_the_known(void **state)
{
	struct decoder_fixture f;

	fixture_open(&f, NULL, 1);
	assert_string_equal(f.decoder.ops->name, "turbo");
	decoder_close(&f.decoder);
	f.decode.backend = "nosuch";
	assert_true(decoder_open(&f.decoder, &f.gw, &f.gw.host, &f.error) < 0);
	assert_non_null(strstr(f.error.text, "\"nosuch\""));
	assert_non_null(strstr(f.error.text, HAVE_OPENCL ? "turbo, opencl, " : "turbo, "));
	assert_non_null(strstr(f.error.text, HAVE_CUDA ? ", nvjpeg, null" : ", null"));
	assert_null(strchr(f.error.text, '\n'));
	fixture_close(&f);
}

static void the_null_decoder_draws_what_camera_and_sequence_say(void **state)
{
	struct decoder_fixture f;
	struct gw_frame *frame;

	fixture_open(&f, "null", 1);
	frame = gw_pool_get(f.gw.pool, 1, 320, 240);
	gw_frame_set_version(frame, &f.cameras[1]);
	assert_non_null(frame);
	frame->surface = gw_surface_get(f.surfaces, 160 * 120 * 3 * 2);
	frame->sequence = 12345;
	frame->width = 320;
	frame->height = 240;
	f.wants[1].width = f.wants[1].height = 120;
	decode_one(&f, frame);
	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_int_equal(frame->surface->width, 160);
	assert_int_equal(frame->surface->height, 120);
	assert_true(frame->stamp[GW_STAMP_DECODED] > 0);
	for (uint32_t y = 0; y < 120; y++)
		for (uint32_t x = 0; x < 160 * 3; x++)
			assert_int_equal(frame->surface->plane[0][y * frame->surface->pitch[0] + x],
				null_sample(1, 12345, x, y));
	gw_frame_unref(frame);
	fixture_close(&f);
}

static void a_decoder_that_cannot_write_the_devices_memory_is_refused(void **state)
{
	struct gw_device device = {.memory = GW_MEM_CUDA, .name = "gpu0"};
	struct decoder_fixture f;

	fixture_open(&f, "null", 1);
	decoder_close(&f.decoder);
	assert_int_equal(decoder_open(&f.decoder, &f.gw, &device, &f.error), -ENOTSUP);
	assert_non_null(strstr(f.error.text, "gpu0"));
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_back_end_is_an_error_that_lists_the_known),
		cmocka_unit_test(a_decoder_that_cannot_write_the_devices_memory_is_refused),
		cmocka_unit_test(the_null_decoder_draws_what_camera_and_sequence_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
