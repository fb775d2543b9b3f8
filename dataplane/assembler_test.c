#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/test_receiver.h"

#define PICTURES 8

struct scene {
	struct test_receiver *receiver;
	struct test_camera camera;
	struct test_jpeg pictures[PICTURES];
};

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->receiver = test_receiver_open(1, false, 16);
	test_camera_init(&s->camera, 1, 5004);
	for (uint32_t i = 0; i < PICTURES; i++)
		test_jpeg_make(&s->pictures[i], 160, 120, 75, 1, 2, 0, i);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	test_receiver_close(s->receiver);
	test_camera_free(&s->camera);
	for (uint32_t i = 0; i < PICTURES; i++)
		test_jpeg_free(&s->pictures[i]);
	free(s);
	return 0;
}

static void send_picture(struct scene *s, uint32_t picture)
{
	test_camera_send(&s->camera, &s->pictures[picture]);
	test_receive_frame(s->receiver, &s->camera);
}

/* The sink saw exactly these pictures, in this order, pixel by pixel. */
static void assert_pictures(struct scene *s, uint32_t count, const uint32_t *pictures)
{
	assert_int_equal(s->receiver->count, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct test_frame *frame = &s->receiver->frames[i];
		const struct test_jpeg *picture = &s->pictures[pictures[i]];

		assert_int_equal(frame->sequence, i);
		assert_int_equal(frame->width, picture->width);
		assert_int_equal(frame->height, picture->height);
		assert_memory_equal(frame->bytes, "\xFF\xD8", 2);
		assert_memory_equal(frame->bytes + frame->size - 2, "\xFF\xD9", 2);
		assert_true(test_jpeg_same_pixels(
			picture->bytes, picture->size, frame->bytes, frame->size));
	}
	assert_balanced(s->receiver);
}

#define ASSERT_PICTURES(s, ...) \
	do { \
		const uint32_t wanted[] = {__VA_ARGS__}; \
		assert_pictures(s, sizeof(wanted) / sizeof(wanted[0]), wanted); \
	} while (0)

static void every_picture_arrives_pixel_by_pixel(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < PICTURES; i++)
		send_picture(s, i);
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4, 5, 6, 7);
	assert_int_equal(test_events(s->receiver, GW_EVENT_SEQUENCE_GAP), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_picture_arrives_pixel_by_pixel, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
