#include "dataplane/test_scene.h"

#include <stdlib.h>
#include <string.h>

void scene_paint(struct scene *scene, uint16_t width, uint16_t height, int quality,
	uint8_t subsampling, int tables, uint16_t interval)
{
	for (uint32_t i = 0; i < TEST_PICTURES; i++) {
		test_jpeg_free(&scene->pictures[i]);
		test_jpeg_make(&scene->pictures[i], width, height, quality, subsampling, tables,
			interval, i);
	}
}

int scene_set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->receiver = test_receiver_open(1, false, 16);
	test_camera_init(&scene->camera, 1, 5004);
	scene_paint(scene, 160, 120, 75, 1, 2, 0);
	*state = scene;
	return 0;
}

int scene_tear_down(void **state)
{
	struct scene *scene = *state;

	test_receiver_close(scene->receiver);
	test_camera_free(&scene->camera);
	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		test_jpeg_free(&scene->pictures[i]);
	free(scene);
	return 0;
}

void scene_prepare(struct scene *scene, uint32_t picture)
{
	test_camera_send(&scene->camera, &scene->pictures[picture]);
}

void scene_send(struct scene *scene, uint32_t picture)
{
	scene_prepare(scene, picture);
	test_receive_frame(scene->receiver, &scene->camera);
}

void scene_send_without(struct scene *scene, uint32_t picture, uint32_t lost_packet)
{
	scene_prepare(scene, picture);
	for (uint32_t i = 0; i < scene->camera.count; i++)
		if (i != lost_packet)
			test_receive_packet(scene->receiver, &scene->camera, i);
}

void scene_send_all(struct scene *scene)
{
	for (uint32_t i = 0; i < TEST_PICTURES; i++)
		scene_send(scene, i);
}

/* One SOI, one EOI, and nothing behind it. Table and Huffman segments are skipped: they may hold
 * any bytes. */
static void assert_one_image(const struct test_frame *frame)
{
	uint32_t at = 2, ends = 0;

	assert_memory_equal(frame->bytes, "\xFF\xD8", 2);
	while (frame->bytes[at + 1] != 0xDA)
		at += 2 + (uint32_t)(frame->bytes[at + 2] << 8 | frame->bytes[at + 3]);
	for (; at + 1 < frame->size; at++)
		ends += frame->bytes[at] == 0xFF && frame->bytes[at + 1] == 0xD9;
	assert_int_equal(ends, 1);
	assert_memory_equal(frame->bytes + frame->size - 2, "\xFF\xD9", 2);
}

void scene_assert(struct scene *scene, uint32_t count, const uint32_t *pictures)
{
	assert_int_equal(scene->receiver->count, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct test_frame *frame = &scene->receiver->frames[i];
		const struct test_jpeg *picture = &scene->pictures[pictures[i]];

		assert_int_equal(frame->sequence, i);
		assert_one_image(frame);
		assert_true(test_jpeg_same_pixels(
			picture->bytes, picture->size, frame->bytes, frame->size));
	}
	assert_balanced(scene->receiver);
}
