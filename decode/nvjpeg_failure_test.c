/* A GPU that fails while pictures are on their way, or is not what it should be: on libraries that
 * are none (tests/gpu/fake). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/health.h"
#include "decode/nvjpeg_fixture.h"
#include "jpeg/make.h"
#include "tests/gpu/fake/open.h"

static const struct jpeg_recipe recipe = {.width = 333, .height = 101, .h = 2, .v = 1};

static int set_up(void **state)
{
	fakes_open();
	return 0;
}

static void assert_nothing_left(void)
{
	assert_int_equal(fake_driver->allocations, 0);
	assert_int_equal(fake_nvjpeg->handles, 0);
}

static void assert_trouble(const struct decoder_fixture *f, bool wrong, int64_t rescued)
{
	struct gw_health *health = calloc(1, sizeof(*health));

	f->decoder.ops->health(&f->decoder, health);
	assert_int_equal(health->count, wrong);
	if (wrong)
		assert_string_equal(health->trouble[0].id, "decode.nvjpeg.failed");
	assert_int_equal(nvjpeg_fact(f, "well"), !wrong);
	assert_int_equal(nvjpeg_fact(f, "rescued"), rescued);
	free(health);
}

/* So many at a time, and all are what they should be. */
static void decode_some(struct decoder_fixture *f, uint32_t count, const uint8_t *data, size_t size)
{
	struct gw_frame *frames[64];

	for (uint32_t i = 0; i < count; i++)
		frames[i] = frame_of(f, i % CAMERAS, data, size);
	f->decoder.ops->submit(&f->decoder, frames, count);
	assert_int_equal(poll_for(f, frames, count), count);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(frames[i]->drop, GW_DROP_NONE);
		assert_picture(frames[i]->surface, data, size);
		gw_frame_unref(frames[i]);
	}
}

static void pictures_go_in_batches_to_engines_and_sms(void **state)
{
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	fixture_open(&f, "nvjpeg", 2);
	assert_int_equal(nvjpeg_fact(&f, "engines"), 7);
	for (int i = 0; i < 10; i++)
		decode_some(&f, 64, data, size);
	assert_true(nvjpeg_fact(&f, "decoded_by_engines") > 0);
	assert_true(nvjpeg_fact(&f, "batches") < 640);
	assert_true(fake_nvjpeg->largest > 2);
	fixture_close(&f);
	assert_nothing_left();
	free(data);
}

static void a_chip_without_engines_decodes_with_its_sms(void **state)
{
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	fake_nvjpeg->engines = false;
	fixture_open(&f, "nvjpeg", 2);
	decode_some(&f, 32, data, size);
	assert_int_equal(nvjpeg_fact(&f, "decoded_by_engines"), 0);
	assert_int_equal(nvjpeg_fact(&f, "decoded_by_sms"), 32);
	fixture_close(&f);
	assert_nothing_left();
	free(data);
}

/* They are there, and fail at the first picture. */
static void engines_that_refuse_leave_pictures_to_the_sms(void **state)
{
	static const nvjpegStatus_t refusals[] = {
		NVJPEG_STATUS_ARCH_MISMATCH, NVJPEG_STATUS_JPEG_NOT_SUPPORTED};
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		fake_nvjpeg->decode_by_engines = refusals[i];
		fixture_open(&f, "nvjpeg", 2);
		decode_some(&f, 32, data, size);
		assert_int_equal(nvjpeg_fact(&f, "decoded_by_engines"), 0);
		assert_int_equal(nvjpeg_fact(&f, "decoded_by_sms"), 32);
		fixture_close(&f);
		assert_nothing_left();
	}
	free(data);
}

/* Whatever it is that fails: the driver, or nvJPEG with the driver well. */
static void fail_and_come_back(CUresult lost, nvjpegStatus_t decode)
{
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	fixture_open(&f, "nvjpeg", 1);
	decode_some(&f, 8, data, size);
	assert_trouble(&f, false, 0);
	fake_driver->lost = lost;
	fake_nvjpeg->decode = decode;
	decode_some(&f, 8, data, size);
	assert_trouble(&f, true, 8);
	fake_driver->lost = CUDA_SUCCESS;
	fake_nvjpeg->decode = NVJPEG_STATUS_SUCCESS;
	const int64_t deadline = gw_now() + 60 * GW_NS_PER_S;
	const int64_t before = nvjpeg_fact(&f, "decoded_by_engines");

	while (nvjpeg_fact(&f, "decoded_by_engines") == before && gw_now() < deadline)
		decode_some(&f, 1, data, size);
	assert_true(nvjpeg_fact(&f, "decoded_by_engines") > before);
	assert_trouble(&f, false, nvjpeg_fact(&f, "rescued"));
	fixture_close(&f);
	assert_nothing_left();
	free(data);
}

static void a_gpu_that_is_lost_costs_no_picture_and_is_tried_again(void **state)
{
	fail_and_come_back(CUDA_ERROR_ECC_UNCORRECTABLE, NVJPEG_STATUS_SUCCESS);
}

static void a_gpu_out_of_memory_costs_no_picture_and_is_tried_again(void **state)
{
	fail_and_come_back(CUDA_SUCCESS, NVJPEG_STATUS_ALLOCATOR_FAILURE);
}

static void a_batch_that_is_refused_though_all_is_well_costs_no_picture(void **state)
{
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	fixture_open(&f, "nvjpeg", 1);
	fake_nvjpeg->decode = NVJPEG_STATUS_JPEG_NOT_SUPPORTED;
	decode_some(&f, 8, data, size);
	assert_trouble(&f, false, 0);
	assert_int_equal(nvjpeg_fact(&f, "unfit"), 8);
	fixture_close(&f);
	free(data);
}

/* Its memory is left to it: a few bytes stay behind here. */
static void a_gpu_that_never_answers_costs_its_patience_and_no_picture(void **state)
{
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	fixture_open(&f, "nvjpeg", 1);
	struct nvjpeg_decoder *nvjpeg = f.decoder.state;

	nvjpeg_batch_stream(nvjpeg->workers[0].batch)->patience_ns = GW_NS_PER_S / 10;
	fake_driver->hangs = true;
	decode_some(&f, 8, data, size);
	assert_trouble(&f, true, 8);
	fixture_close(&f);
	assert_true(fake_driver->allocations > 0);
	free(data);
}

/* Opens with what the test has put wrong: one line that has this word in it. */
static void assert_refused(struct decoder_fixture *f, const char *word)
{
	assert_true(decoder_open(&f->decoder, &f->gw, &f->gw.host, &f->error) < 0);
	assert_non_null(strstr(f->error.text, word));
	assert_non_null(strstr(f->error.text, "decode"));
	assert_null(strchr(f->error.text, '\n'));
	assert_nothing_left();
}

static void what_cannot_work_is_refused_in_one_line(void **state)
{
	struct decoder_fixture f;

	fixture_open(&f, "nvjpeg", 1);
	decoder_close(&f.decoder);
	fake_nvjpeg->wrong = true;
	assert_refused(&f, "makes wrong pictures");
	fake_nvjpeg->wrong = false;
	fake_nvjpeg->decode = NVJPEG_STATUS_EXECUTION_FAILED;
	assert_refused(&f, "execution failed");
	fake_nvjpeg->decode = NVJPEG_STATUS_SUCCESS;
	fake_driver->memory = CUDA_ERROR_OUT_OF_MEMORY;
	assert_refused(&f, "CUDA_ERROR_OUT_OF_MEMORY");
	fake_driver->memory = CUDA_SUCCESS;
	fake_driver->load = CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
	assert_refused(&f, "update the driver");
	fake_driver->load = CUDA_SUCCESS;
	fake_driver->devices = 0;
	assert_refused(&f, "nvidia-smi");
	fake_driver->devices = 1;
	f.decode.device = (char *)"no such GPU";
	assert_refused(&f, "no such GPU");
	f.decode.device = NULL;
	f.decode.workers = 17;
	assert_refused(&f, "1 to 16");
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pictures_go_in_batches_to_engines_and_sms, set_up),
		cmocka_unit_test_setup(a_chip_without_engines_decodes_with_its_sms, set_up),
		cmocka_unit_test_setup(engines_that_refuse_leave_pictures_to_the_sms, set_up),
		cmocka_unit_test_setup(
			a_gpu_that_is_lost_costs_no_picture_and_is_tried_again, set_up),
		cmocka_unit_test_setup(
			a_gpu_out_of_memory_costs_no_picture_and_is_tried_again, set_up),
		cmocka_unit_test_setup(
			a_batch_that_is_refused_though_all_is_well_costs_no_picture, set_up),
		cmocka_unit_test_setup(what_cannot_work_is_refused_in_one_line, set_up),
		cmocka_unit_test_setup(
			a_gpu_that_never_answers_costs_its_patience_and_no_picture, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
