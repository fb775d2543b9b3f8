/* Pictures that stay on the device, and how they come to the host after all. */
#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/clock.h"
#include "decode/opencl_fixture.h"
#include "jpeg/make.h"

static const struct jpeg_recipe colours = {.width = 333, .height = 101, .h = 2, .v = 2};

struct picture {
	struct decoder_fixture f;
	struct opencl_decoder *opencl;
	uint8_t *data;
	size_t size;
	struct gw_frame *frame;
};

static json_int_t fact(struct picture *p, const char *name)
{
	json_t *facts = json_object();

	p->f.decoder.ops->describe(&p->f.decoder, facts);
	const json_int_t value = json_integer_value(
		json_object_get(json_array_get(json_object_get(facts, "opencl"), 0), name));

	json_decref(facts);
	return value;
}

static void decode(struct picture *p, const struct jpeg_recipe *recipe)
{
	free(p->data);
	p->data = jpeg_make(recipe, &p->size);
	p->frame = frame_of(&p->f, 0, p->data, p->size);
	p->frame->surface->orientation = 6;
	decode_one(&p->f, p->frame);
	assert_int_equal(p->frame->drop, GW_DROP_NONE);
}

static void open_picture(struct picture *p, const struct jpeg_recipe *recipe)
{
	*p = (struct picture){0};
	opencl_fixture_open_there(&p->f, 1, 64);
	p->opencl = p->f.decoder.state;
	decode(p, recipe);
}

/* The picture and its frame hold each other: without the one the other goes. */
static void drop(struct picture *p)
{
	gw_frame_drop_surface(p->frame);
	gw_frame_unref(p->frame);
}

static void close_picture(struct picture *p)
{
	static uint32_t in_use[GW_CAMERAS];

	drop(p);
	assert_int_equal(gw_surface_pool_in_use(p->opencl->surfaces.there), 0);
	assert_int_equal(gw_surface_pool_in_use(p->f.surfaces), 0);
	gw_pool_count(p->f.gw.pool, in_use, GW_CAMERAS);
	assert_int_equal(in_use[0], 0);
	fixture_close(&p->f);
	free(p->data);
}

static void assert_comes(struct picture *p)
{
	struct gw_surface *here = gw_surface_fetch(p->frame->surface);

	assert_non_null(here);
	assert_int_equal(here->device->memory, GW_MEM_HOST);
	assert_int_equal(here->orientation, 6);
	assert_picture(here, p->data, p->size);
	gw_surface_unref(here);
}

static void pictures_stay_and_come_when_they_are_wanted(void **state)
{
	static const struct jpeg_recipe recipes[] = {
		{.width = 333, .height = 101, .h = 2, .v = 2},
		{.width = 64, .height = 33, .h = 2, .v = 1},
		{.width = 65, .height = 31, .h = 1, .v = 1},
		{.width = 77, .height = 50, .h = 1, .v = 2},
		{.width = 40, .height = 90, .components = 1},
	};

	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		struct picture p;

		open_picture(&p, &recipes[i]);
		assert_int_equal(p.frame->surface->device->memory, GW_MEM_OPENCL);
		assert_non_null(p.frame->surface->object);
		assert_null(p.frame->surface->plane[0]);
		assert_int_equal(fact(&p, "stayed"), 1);
		assert_int_equal(fact(&p, "copied_bytes"), 0);
		assert_comes(&p);
		assert_true(fact(&p, "copied_bytes") > 0);
		assert_int_equal(fact(&p, "rescued"), 0);
		close_picture(&p);
	}
}

/* 64 MiB are enough for so many of 4 MiB. */
static void where_memory_is_used_up_pictures_go_to_the_host(void **state)
{
	enum { ROOM = 16, MORE = 3 };
	struct gw_frame *frames[ROOM + MORE];
	struct picture p = {0};

	opencl_fixture_open_there(&p.f, 1, 64);
	p.opencl = p.f.decoder.state;
	for (uint32_t i = 0; i < ROOM + MORE; i++) {
		decode(&p, &colours);
		frames[i] = p.frame;
	}
	for (uint32_t i = 0; i < ROOM + MORE; i++) {
		const struct gw_surface *surface = frames[i]->surface;

		assert_int_equal(surface->device->memory, i < ROOM ? GW_MEM_OPENCL : GW_MEM_HOST);
		if (i >= ROOM)
			assert_picture(surface, p.data, p.size);
	}
	assert_int_equal(fact(&p, "crowded"), MORE);
	assert_int_equal(fact(&p, "device_bytes"), 64 << 20);
	for (uint32_t i = 0; i + 1 < ROOM + MORE; i++) {
		p.frame = frames[i];
		drop(&p);
	}
	p.frame = frames[ROOM + MORE - 1];
	close_picture(&p);
}

static cl_mem CL_API_CALL no_buffer(
	cl_context context, cl_mem_flags flags, size_t size, void *memory, cl_int *code)
{
	*code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
	return NULL;
}

static void a_device_without_memory_leaves_pictures_to_the_host(void **state)
{
	struct picture p = {0};

	opencl_fixture_open_there(&p.f, 1, 64);
	p.opencl = p.f.decoder.state;
	p.opencl->api.clCreateBuffer = no_buffer;
	decode(&p, &colours);
	assert_int_equal(p.frame->surface->device->memory, GW_MEM_HOST);
	assert_picture(p.frame->surface, p.data, p.size);
	assert_int_equal(fact(&p, "crowded"), 1);
	assert_int_equal(fact(&p, "device_bytes"), 0);
	close_picture(&p);
}

static cl_int CL_API_CALL refuse_read(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
	size_t offset, size_t size, void *to, cl_uint count, const cl_event *wait, cl_event *event)
{
	return CL_DEVICE_NOT_AVAILABLE;
}

static void what_a_device_has_lost_is_decoded_again(void **state)
{
	struct picture p;

	open_picture(&p, &colours);
	p.opencl->api.clEnqueueReadBuffer = refuse_read;
	assert_comes(&p);
	assert_int_equal(fact(&p, "rescued"), 1);
	assert_int_equal(fact(&p, "copied_bytes"), 0);
	close_picture(&p);
}

static cl_int CL_API_CALL never_call_back(
	cl_event event, cl_int type, void(CL_CALLBACK *call)(cl_event, cl_int, void *), void *arg)
{
	return CL_SUCCESS;
}

/* It is asked once; its memory stays with it, which leaves a few bytes behind here. */
static void a_device_that_never_answers_costs_its_patience_once(void **state)
{
	enum { FETCHES = 300 }; /* more than there are surfaces of the host */
	static struct picture p;
	const int64_t begin = gw_now();

	open_picture(&p, &colours);
	p.opencl->surfaces.patience_ns = GW_NS_PER_S / 20;
	p.opencl->api.clSetEventCallback = never_call_back;
	for (int i = 0; i < FETCHES; i++)
		assert_comes(&p);
	assert_int_equal(fact(&p, "rescued"), FETCHES);
	assert_true(gw_now() - begin < 30 * GW_NS_PER_S);
	close_picture(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_stay_and_come_when_they_are_wanted),
		cmocka_unit_test(where_memory_is_used_up_pictures_go_to_the_host),
		cmocka_unit_test(a_device_without_memory_leaves_pictures_to_the_host),
		cmocka_unit_test(what_a_device_has_lost_is_decoded_again),
		cmocka_unit_test(a_device_that_never_answers_costs_its_patience_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
