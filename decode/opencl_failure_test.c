/* A device that fails while pictures are on their way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/clock.h"
#include "core/health.h"
#include "decode/opencl_fixture.h"
#include "jpeg/make.h"

static const struct jpeg_recipe recipe = {.width = 333, .height = 101, .h = 2, .v = 1};

static cl_int CL_API_CALL refuse(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
	const size_t *offset, const size_t *global, const size_t *local, cl_uint count,
	const cl_event *wait, cl_event *event)
{
	return CL_DEVICE_NOT_AVAILABLE;
}

static cl_int CL_API_CALL never_call_back(
	cl_event event, cl_int type, void(CL_CALLBACK *call)(cl_event, cl_int, void *), void *arg)
{
	return CL_SUCCESS;
}

/* Whether the decoder says that something is wrong, and of so many pictures that were saved. */
static void assert_trouble(struct decoder_fixture *f, bool wrong, uint64_t rescued)
{
	struct gw_health *health = calloc(1, sizeof(*health));
	json_t *facts = json_object();

	f->decoder.ops->health(&f->decoder, health);
	assert_int_equal(health->count, wrong);
	if (wrong)
		assert_string_equal(health->trouble[0].id, "decode.opencl.failed");
	f->decoder.ops->describe(&f->decoder, facts);
	const json_t *lane = json_array_get(json_object_get(facts, "opencl"), 0);

	assert_int_equal(json_is_true(json_object_get(lane, "well")), !wrong);
	assert_int_equal(json_integer_value(json_object_get(lane, "rescued")), rescued);
	json_decref(facts);
	free(health);
}

/* So many at a time, and all are what they should be. */
static void decode_some(struct decoder_fixture *f, uint32_t count, const uint8_t *data, size_t size)
{
	struct gw_frame *frames[8];

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

static void a_device_that_fails_costs_no_picture_and_is_tried_again(void **state)
{
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	opencl_fixture_open(&f, 1);
	struct opencl_decoder *opencl = f.decoder.state;
	const __typeof__(opencl->api.clEnqueueNDRangeKernel) start =
		opencl->api.clEnqueueNDRangeKernel;

	decode_some(&f, 8, data, size);
	assert_trouble(&f, false, 0);
	opencl->api.clEnqueueNDRangeKernel = refuse;
	decode_some(&f, 8, data, size);
	assert_trouble(&f, true, 8);
	opencl->api.clEnqueueNDRangeKernel = start;
	const int64_t deadline = gw_now() + 60 * GW_NS_PER_S;
	const uint64_t before = gw_counter_get(&opencl->workers[0].decoded);

	while (gw_counter_get(&opencl->workers[0].decoded) == before && gw_now() < deadline)
		decode_some(&f, 1, data, size);
	assert_true(gw_counter_get(&opencl->workers[0].decoded) > before);
	assert_trouble(&f, false, gw_counter_get(&opencl->workers[0].rescue.rescued));
	fixture_close(&f);
	free(data);
}

static void a_device_that_never_answers_costs_its_patience_and_no_picture(void **state)
{
	struct decoder_fixture f;
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	opencl_fixture_open(&f, 1);
	struct opencl_decoder *opencl = f.decoder.state;

	opencl->workers[0].batch->patience_ns = GW_NS_PER_S / 10;
	opencl->api.clSetEventCallback = never_call_back;
	decode_some(&f, 8, data, size);
	assert_trouble(&f, true, 8);
	fixture_close(&f);
	free(data);
}

static void a_device_that_is_not_there_is_refused_with_those_that_are(void **state)
{
	struct decoder_fixture f;

	opencl_fixture_open(&f, 1);
	decoder_close(&f.decoder);
	f.decode.device = (char *)"no such device";
	assert_true(decoder_open(&f.decoder, &f.gw, &f.gw.host, &f.error) < 0);
	assert_non_null(strstr(f.error.text, "no such device"));
	assert_null(strchr(f.error.text, '\n'));
	fixture_close(&f);
}

static void more_workers_than_a_device_has_use_for_are_refused(void **state)
{
	struct decoder_fixture f;

	opencl_fixture_open(&f, 1);
	decoder_close(&f.decoder);
	f.decode.workers = 17;
	assert_true(decoder_open(&f.decoder, &f.gw, &f.gw.host, &f.error) < 0);
	assert_non_null(strstr(f.error.text, "1 to 16"));
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_that_fails_costs_no_picture_and_is_tried_again),
		cmocka_unit_test(a_device_that_never_answers_costs_its_patience_and_no_picture),
		cmocka_unit_test(a_device_that_is_not_there_is_refused_with_those_that_are),
		cmocka_unit_test(more_workers_than_a_device_has_use_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
