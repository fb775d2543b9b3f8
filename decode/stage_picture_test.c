/* What the stage makes of a picture: how large it is, how it is seen, and whether it is one. */
#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/surface.h"
#include "decode/stage_fixture.h"
#include "jpeg/make.h"
#include "jpeg/marker.h"

/* Exif in the byte order of most cameras: the picture is seen turned by a quarter clockwise. */
static const uint8_t exif[] = {0xff, MARKER_APP1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0,
	8, 0, 0, 0, 1, 0, 18, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0};

static struct gw_frame *make_turned(struct stage_fixture *f, uint32_t camera)
{
	struct gw_frame *frame = make_frame(f, camera);

	memmove(frame->jpeg.data + 2 + sizeof(exif), frame->jpeg.data + 2, frame->jpeg.size - 2);
	memcpy(frame->jpeg.data + 2, exif, sizeof(exif));
	frame->jpeg.size += sizeof(exif);
	return frame;
}

static void a_picture_is_seen_as_its_exif_says(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = pass(f, make_turned(f, WITH_MODEL));

	assert_int_equal(frame->orientation, 6);
	assert_int_equal(frame->width, 240);
	assert_int_equal(frame->height, 320);
	/* Nobody has turned a pixel. */
	assert_int_equal(frame->surface->orientation, 6);
	assert_int_equal(frame->surface->width, 40);
	assert_int_equal(frame->surface->height, 30);
	assert_false(frame->surface->limited);
	gw_frame_unref(frame);
	config_of(f, WITHOUT_MODEL)->orientation = GW_ORIENTATION_IGNORE;
	frame = pass(f, make_turned(f, WITHOUT_MODEL));
	assert_int_equal(frame->orientation, GW_UPRIGHT);
	assert_int_equal(frame->width, 320);
}

static void a_camera_that_hangs_askew_is_turned_after_that(void **state)
{
	static const uint8_t after[] = {6, 3, 8, 1}, alone[] = {1, 6, 3, 8};
	struct stage_fixture *f = *state;

	config_of(f, WITH_MODEL)->range = GW_RANGE_LIMITED;
	for (uint16_t i = 0; i < 4; i++) {
		config_of(f, WITH_MODEL)->rotate = (uint16_t)(90 * i);
		struct gw_frame *frame = pass(f, make_turned(f, WITH_MODEL));

		assert_int_equal(frame->orientation, after[i]);
		assert_int_equal(frame->surface->orientation, after[i]);
		assert_int_equal(frame->width, i % 2 ? 320 : 240);
		assert_true(frame->surface->limited);
		gw_frame_unref(frame);
		frame = make_frame(f, WITH_MODEL);
		frame->jpeg.sound = true;
		assert_int_equal(pass(f, frame)->orientation, alone[i]);
		gw_frame_unref(frame);
	}
}

static void pictures_are_probed_whether_a_model_wants_them_or_not(void **state)
{
	struct stage_fixture *f = *state;

	for (uint32_t camera = WITH_MODEL; camera <= WITHOUT_MODEL; camera += WITHOUT_MODEL) {
		struct gw_frame *frame = make_frame(f, camera);
		size_t sof = jpeg_find(f->jpeg, f->size, MARKER_SOF0);

		frame->jpeg.size -= 2;
		assert_int_equal(pass(f, frame)->drop, GW_DROP_JPEG_BAD);

		frame = make_frame(f, camera);
		frame->jpeg.data[sof + 1] = MARKER_SOF9;
		assert_int_equal(pass(f, frame)->drop, GW_DROP_JPEG_UNSUPPORTED);

		frame = make_frame(f, camera);
		memset(frame->jpeg.data + sof + 5, 0xff, 4);
		assert_int_equal(pass(f, frame)->drop, GW_DROP_JPEG_LIMIT);
		assert_int_equal(frame->stamp[GW_STAMP_DECODE], 0);
	}
	assert_int_equal(fact(f, "refused"), 6);
	assert_int_equal(fact(f, "failed"), 0);
}

/* The surface is made for what the JPEG says. */
static void a_picture_may_be_larger_than_its_frame_says(void **state)
{
	struct stage_fixture *f = *state;
	struct jpeg_recipe recipe = {.width = 1280, .height = 720, .quality = 20};
	struct gw_frame *frame = make_frame(f, WITH_MODEL);
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	f->wants[WITH_MODEL].width = 1280;
	jpeg_into_frame(frame, data, size);
	assert_int_equal(pass(f, frame)->drop, GW_DROP_NONE);
	assert_int_equal(frame->surface->width, 1280);
	free(data);
}

static void scaled_pictures_take_little_memory(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = pass(f, make_frame(f, WITH_MODEL));

	assert_int_equal(frame->surface->width, 40);
	assert_int_equal(frame->surface->capacity, 64 * 1024);
	assert_int_equal(fact(f, "surface_bytes"), 64 * 1024);
	assert_int_equal(fact(f, "surfaces"), 1);
	gw_frame_unref(frame);
	assert_int_equal(fact(f, "surfaces"), 0);
}

static void the_picture_says_its_size_when_the_frame_does_not(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = make_frame(f, WITHOUT_MODEL);

	frame->width = frame->height = 0;
	pass(f, frame);
	assert_int_equal(frame->width, 320);
	assert_int_equal(frame->height, 240);
}

static void padding_after_the_end_is_cut_off(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = make_frame(f, WITHOUT_MODEL);

	memset(frame->jpeg.data + frame->jpeg.size, 0, 5);
	frame->jpeg.size += 5;
	assert_int_equal(pass(f, frame)->drop, GW_DROP_NONE);
	assert_int_equal(frame->jpeg.size, f->size);
}

/* The receive path has looked at it: only limits are left to check. */
static void a_frame_that_is_sound_is_not_looked_at_again(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = make_frame(f, WITHOUT_MODEL);

	frame->jpeg.sound = true;
	frame->jpeg.data[1] = 0; /* the probe would refuse it */
	assert_int_equal(pass(f, frame)->drop, GW_DROP_NONE);
	frame = make_frame(f, WITHOUT_MODEL);
	frame->jpeg.sound = true;
	frame->width = 60000;
	assert_int_equal(pass(f, frame)->drop, GW_DROP_JPEG_LIMIT);
	assert_int_equal(fact(f, "refused"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_picture_is_seen_as_its_exif_says),
		TEST(a_camera_that_hangs_askew_is_turned_after_that),
		TEST(pictures_are_probed_whether_a_model_wants_them_or_not),
		TEST(a_picture_may_be_larger_than_its_frame_says),
		TEST(scaled_pictures_take_little_memory),
		TEST(the_picture_says_its_size_when_the_frame_does_not),
		TEST(padding_after_the_end_is_cut_off),
		TEST(a_frame_that_is_sound_is_not_looked_at_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
