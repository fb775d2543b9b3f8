/* Boxes that both versions have, that one has, and what belongs to them. */
#include "accel/answers/test_answers.h"

#include <math.h>
#include <string.h>

#define SIGMA 0.067f /* of any keypoint */

static struct gw_finding box(float x, float width, float confidence)
{
	return (struct gw_finding){
		.index = 1, .confidence = confidence, .x0 = x, .y0 = 0, .x1 = x + width, .y1 = 100};
}

static void boxes_that_only_one_has_are_counted(void **state)
{
	test_answers_are(GW_TASK_DETECT);
	test_answers_add(&test_one, box(0, 100, 0.9f), NULL, 0);
	test_answers_add(&test_one, box(200, 100, 0.8f), NULL, 0);
	assert_float_equal(test_answers_apart(), 1, 0);
	/* IoU 0.6 with the first. */
	test_answers_add(&test_other, box(25, 100, 0.7f), NULL, 0);
	assert_float_equal(test_answers_apart(), 0.5f, 1e-6);
	/* IoU 0.33 with the second: two boxes more, of three that there are. */
	test_answers_add(&test_other, box(250, 100, 0.7f), NULL, 0);
	assert_float_equal(test_answers_apart(), 2 / 3.0f, 1e-6);
	test_other.findings[1] = box(210, 100, 0.7f);
	assert_float_equal(test_answers_apart(), 0, 0);
	test_other.findings[0].index = 2;
	assert_float_equal(test_answers_apart(), 2 / 3.0f, 1e-6);
}

static void add_person(struct gw_result *result, const struct gw_keypoint *points, uint32_t count)
{
	test_answers_add(result, box(0, 100, 0.9f), points, count * sizeof(*points));
}

static void keypoints_count_by_their_similarity(void **state)
{
	struct gw_keypoint points[2] = {{{10, 10}, 0.9f}, {{50, 50}, 0.9f}};
	/* A standard deviation, of a box of 100 x 100. */
	const float deviation = 2 * SIGMA * 100;

	test_answers_are(GW_TASK_DETECT);
	add_person(&test_one, points, 2);
	add_person(&test_other, points, 2);
	struct gw_keypoint *other = (struct gw_keypoint *)(void *)test_other.extra;

	assert_float_equal(test_answers_apart(), 0, 0);
	other[0].at.x += deviation;
	assert_float_equal(test_answers_apart(), (1 - expf(-0.5f)) / 2, 1e-5);
	other[1].at.y -= 10 * deviation;
	assert_float_equal(test_answers_apart(), 1 - expf(-0.5f) / 2, 1e-5);
	/* One that is not seen any more, where it was. */
	other[1] = points[1];
	other[1].confidence = 0.1f;
	assert_float_equal(test_answers_apart(), 1 - expf(-0.5f) / 2, 1e-5);
	/* Of what nobody sees, it does not matter where it is. */
	other[0].confidence = other[1].confidence = 0.4f;
	memcpy(test_one.extra, other, sizeof(points));
	((struct gw_keypoint *)(void *)test_one.extra)[0].at.x = 90;
	assert_float_equal(test_answers_apart(), 0, 0);
}

static void objects_without_the_keypoints_of_the_others_are_others(void **state)
{
	const struct gw_keypoint points[3] = {{{10, 10}, 0.9f}, {{50, 50}, 0.9f}, {{5, 5}, 0.9f}};

	test_answers_are(GW_TASK_DETECT);
	add_person(&test_one, points, 2);
	add_person(&test_other, points, 3);
	assert_float_equal(test_answers_apart(), 1, 0);
	test_other.findings[0].extra_size = 0;
	assert_float_equal(test_answers_apart(), 1, 0);
}

/* A thin one that lies in its box from one corner to the other. */
static void add_line(struct gw_result *result, bool falls)
{
	const struct gw_point falling[4] = {{0, 10}, {10, 0}, {100, 90}, {90, 100}};
	const struct gw_point rising[4] = {{0, 90}, {90, 0}, {100, 10}, {10, 100}};
	struct gw_finding *finding = test_answers_add(
		result, box(0, 100, 0.9f), falls ? falling : rising, sizeof(falling));

	if (result->task == GW_TASK_DETECT)
		finding->rest = GW_REST_CORNERS;
}

static void corners_must_overlap_too(void **state)
{
	static const enum gw_task tasks[] = {GW_TASK_DETECT, GW_TASK_TEXT};

	for (int i = 0; i < 2; i++) {
		test_answers_clear(NULL);
		test_answers_are(tasks[i]);
		add_line(&test_one, true);
		add_line(&test_other, true);
		assert_float_equal(test_answers_apart(), 0, 0);
		((struct gw_point *)(void *)test_other.extra)[0].x += 2;
		assert_float_equal(test_answers_apart(), 0, 0);
		test_answers_clear(NULL);
		test_answers_are(tasks[i]);
		add_line(&test_one, true);
		add_line(&test_other, false);
		assert_float_equal(test_answers_apart(), 1, 0);
	}
}

/* A shape of 4 x 4 cells, of which the first `inside` belong to the object. */
static void add_shape(struct gw_result *result, uint16_t inside)
{
	const uint16_t run[] = {0, inside, (uint16_t)(16 - inside)};
	_Alignas(struct gw_shape) uint8_t room[sizeof(struct gw_shape) + sizeof(run)];
	struct gw_shape *made = (struct gw_shape *)room;

	*made = (struct gw_shape){.x1 = 100, .y1 = 100, .width = 4, .height = 4, .count = 3};
	memcpy(made->run, run, sizeof(run));
	test_answers_add(result, box(0, 100, 0.9f), made, sizeof(room))->rest = GW_REST_SHAPE;
}

static void shapes_must_overlap_too(void **state)
{
	test_answers_are(GW_TASK_DETECT);
	add_shape(&test_one, 12);
	add_shape(&test_other, 8);
	/* IoU 2/3. */
	assert_float_equal(test_answers_apart(), 0, 0);
	test_answers_clear(NULL);
	test_answers_are(GW_TASK_DETECT);
	add_shape(&test_one, 12);
	add_shape(&test_other, 4);
	assert_float_equal(test_answers_apart(), 1, 0);
	/* One has no shape, but corners. */
	test_other.findings[0].rest = GW_REST_CORNERS;
	assert_float_equal(test_answers_apart(), 1, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, test_answers_clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(boxes_that_only_one_has_are_counted),
		TEST(keypoints_count_by_their_similarity),
		TEST(objects_without_the_keypoints_of_the_others_are_others),
		TEST(corners_must_overlap_too),
		TEST(shapes_must_overlap_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
