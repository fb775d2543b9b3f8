/* One camera, eight pictures and a receiver: what most tests of the receive path begin with. */
#pragma once

#include "dataplane/test_receiver.h"

#define TEST_PICTURES 8

struct scene {
	struct test_receiver *receiver;
	struct test_camera camera;
	struct test_jpeg pictures[TEST_PICTURES];
};

/* cmocka fixtures: *state is a struct scene. Pictures of 160x120 in 4:2:0, quality 75, about ten
 * packets each; slots for sixteen. */
int scene_set_up(void **state);
int scene_tear_down(void **state);

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_set_up, scene_tear_down)

/* Makes other pictures. */
void scene_paint(struct scene *scene, uint16_t width, uint16_t height, int quality,
	uint8_t subsampling, int tables, uint16_t interval);

/* Sends one picture: as it is; or only makes its packets. */
void scene_send(struct scene *scene, uint32_t picture);
void scene_prepare(struct scene *scene, uint32_t picture);
void scene_send_without(struct scene *scene, uint32_t picture, uint32_t lost_packet);
void scene_send_all(struct scene *scene);

/* The sink saw exactly these pictures, in this order, pixel by pixel, and every packet and frame is
 * accounted for. */
void scene_assert(struct scene *scene, uint32_t count, const uint32_t *pictures);

#define ASSERT_PICTURES(scene, ...) \
	do { \
		const uint32_t wanted_[] = {__VA_ARGS__}; \
		scene_assert(scene, sizeof(wanted_) / sizeof(wanted_[0]), wanted_); \
	} while (0)
#define ASSERT_ALL_PICTURES(scene) ASSERT_PICTURES(scene, 0, 1, 2, 3, 4, 5, 6, 7)
#define ASSERT_NO_PICTURE(scene) scene_assert(scene, 0, NULL)

#define ASSERT_DROPS(scene, NAME, count) \
	assert_int_equal(test_drops((scene)->receiver, GW_DROP_##NAME), count)
#define ASSERT_EVENTS(scene, NAME, count) \
	assert_int_equal(test_events((scene)->receiver, GW_EVENT_##NAME), count)
