/* Graphs of detectors, by hand: what is drafted must load, and say what the graph says. */
#include <string.h>

#include "core/test.h"
#include "gwd/model/test_draft.h"

static void a_yolo_of_ultralytics_leaves_nothing_open(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"images", ONNX_FLOAT16, 4, {0, 3, 0, 0}}},
		.output = {{"output0", ONNX_FLOAT16, 3, {0, 7, 0}}},
		.node = {{"Sigmoid", "images", "output0"}},
		.property = {{"names", "{0: 'hard hat', 1: \"driver's\", 2: 'no: \"hat\"'}"},
			{"stride", "32"}, {"task", "detect"}, {"imgsz", "[384, 640]"}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_YOLO);
	assert_int_equal(test_described->input.height, 384);
	assert_int_equal(test_described->input.width, 640);
	assert_int_equal(test_described->input.type, MODEL_FLOAT16);
	assert_int_equal(test_described->labels_count, 3);
	assert_string_equal(test_described->labels[1], "driver's");
	assert_string_equal(test_described->labels[2], "no: \"hat\"");
	assert_false(test_described->detect->objectness);
	assert_int_equal(test_draft.checks, 0);
}

static void a_yolo_of_rows_has_objectness(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"images", ONNX_FLOAT32, 4, {1, 3, 640, 640}}},
		.output = {{"output", ONNX_FLOAT32, 3, {1, 25200, 85}}},
		.node = {{"Sigmoid", "images", "output"}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_YOLO);
	assert_true(test_described->detect->objectness);
	assert_false(test_described->detect->grid);
	assert_int_equal(test_described->labels_count, 80);
	assert_string_equal(test_described->labels[79], "toothbrush");
	assert_true(test_is_marked("objectness"));
	assert_true(test_is_marked("std"));
}

static void a_yolox_has_grids(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"images", ONNX_FLOAT32, 4, {1, 3, 416, 416}}},
		.output = {{"output", ONNX_FLOAT32, 3, {1, 3549, 85}}},
		.node = {{"Sigmoid", "images", "output"}},
	});
	assert_true(test_described->detect->grid);
	assert_int_equal(test_described->input.colors, MODEL_BGR);
	assert_int_equal(test_described->input.align, MODEL_TOP_LEFT);
}

static void a_pose_has_keypoints(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("images")},
		.output = {{"output0", ONNX_FLOAT32, 3, {1, 56, 8400}}},
		.node = {{"Sigmoid", "images", "output0"}},
		.property = {{"names", "{0: 'person'}"}, {"stride", "32"}, {"task", "pose"}},
	});
	assert_int_equal(test_described->labels_count, 1);
	assert_int_equal(test_described->detect->keypoints->names_count, 17);
	assert_int_equal(test_draft.checks, 0);
}

static void boxes_that_the_graph_suppresses(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("images")},
		.output = {{"output0", ONNX_FLOAT32, 3, {0, 300, 6}}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_BOXES);
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("images")},
		.output = {{"output", ONNX_FLOAT32, 2, {0, 7}}},
		.node = {{"NonMaxSuppression", "images", "output"}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_BOXES);
	assert_int_equal(test_described->batch->max, 1);
	assert_int_equal(test_described->labels_count, 80);
}

static void raw_maps_of_yolov3(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"image", ONNX_FLOAT32, 4, {0, 3, 416, 416}}},
		.output = {{"fine", ONNX_FLOAT32, 4, {0, 255, 26, 26}},
			{"coarse", ONNX_FLOAT32, 4, {0, 255, 13, 13}}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_YOLOV3);
	assert_int_equal(test_described->detect->outputs_count, 2);
	assert_float_equal(test_described->detect->outputs[0].anchors[0], 23, 0);
	assert_float_equal(test_described->detect->outputs[1].anchors[0], 81, 0);
	assert_int_equal(test_described->labels_count, 80);
	assert_true(test_is_marked("outputs"));
}

static void an_ssd_of_tensorflow(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"input_tensor", ONNX_UINT8, 4, {1, 0, 0, 3}}},
		.output = {{"detection_anchor_indices", ONNX_FLOAT32, 2, {1, 100}},
			{"detection_boxes", ONNX_FLOAT32, 3, {1, 100, 4}},
			{"detection_classes", ONNX_FLOAT32, 2, {1, 100}},
			{"detection_multiclass_scores", ONNX_FLOAT32, 3, {1, 100, 91}},
			{"detection_scores", ONNX_FLOAT32, 2, {1, 100}},
			{"num_detections", ONNX_FLOAT32, 1, {1}},
			{"raw_detection_boxes", ONNX_FLOAT32, 3, {1, 1917, 4}},
			{"raw_detection_scores", ONNX_FLOAT32, 3, {1, 1917, 91}}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_SSD);
	assert_string_equal(test_described->detect->boxes, "detection_boxes");
	assert_string_equal(test_described->detect->scores, "detection_scores");
	assert_string_equal(test_described->detect->classes, "detection_classes");
	assert_int_equal(test_described->detect->box, MODEL_BOX_YXYX);
	assert_int_equal(test_described->detect->first_label, 1);
	assert_true(test_described->detect->relative);
	assert_int_equal(test_described->labels_count, 90);
	assert_int_equal(test_described->input.layout, MODEL_NHWC);
	assert_true(test_is_marked("width"));
	assert_false(test_is_marked("relative"));
}

static void an_ssd_with_a_score_for_each_label(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"input", ONNX_FLOAT32, 4, {1, 3, 240, 320}}},
		.output = {{"scores", ONNX_FLOAT32, 3, {1, 4420, 2}},
			{"boxes", ONNX_FLOAT32, 3, {1, 4420, 4}}},
		.node = {{"Softmax", "input", "scores"}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_SSD);
	assert_true(test_described->detect->background);
	assert_int_equal(test_described->labels_count, 1);
	assert_false(test_described->detect->sigmoid);
}

static void a_faster_rcnn_of_torchvision(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("image")},
		.output = {{"boxes", ONNX_FLOAT32, 2, {0, 4}}, {"labels", ONNX_INT64, 1, {0}},
			{"scores", ONNX_FLOAT32, 1, {0}}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_SSD);
	assert_string_equal(test_described->detect->classes, "labels");
	assert_false(test_described->detect->relative);
	assert_int_equal(test_described->batch->max, 1);
}

static void a_detr(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("pixel_values")},
		.output = {{"logits", ONNX_FLOAT32, 3, {0, 100, 92}},
			{"pred_boxes", ONNX_FLOAT32, 3, {0, 100, 4}}},
		.node = {{"Gemm", "pixel_values", "logits"}, {"Sigmoid", "logits", "pred_boxes"}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_DETR);
	assert_string_equal(test_described->detect->scores, "logits");
	assert_int_equal(test_described->labels_count, 91);
}

static void a_centernet(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"input", ONNX_FLOAT32, 4, {10, 3, 32, 32}}},
		.output = {{"537", ONNX_FLOAT32, 4, {10, 1, 8, 8}},
			{"538", ONNX_FLOAT32, 4, {10, 2, 8, 8}},
			{"539", ONNX_FLOAT32, 4, {10, 2, 8, 8}},
			{"540", ONNX_FLOAT32, 4, {10, 10, 8, 8}}},
		.node = {{"Sigmoid", "input", "537"}, {"Conv", "input", "538"}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_CENTERNET);
	assert_string_equal(test_described->detect->heatmap, "537");
	assert_string_equal(test_described->detect->size, "538");
	assert_string_equal(test_described->detect->offset, "539");
	assert_int_equal(test_described->detect->stride, 4);
	assert_int_equal(test_described->batch->max, 10);
	assert_true(test_is_marked("size_is"));
	assert_non_null(strstr(test_yaml, "# not read: \"540\", [10, 10, 8, 8]"));
}

static void masks_and_angles_of_ultralytics_are_read(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("images")},
		.output = {{"output0", ONNX_FLOAT32, 3, {1, 116, 8400}},
			{"output1", ONNX_FLOAT32, 4, {1, 32, 160, 160}}},
		.node = {{"Sigmoid", "images", "output0"}},
		.property = {{"task", "segment"}, {"stride", "32"}, {"names", "['a', 'b']"}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_YOLO);
	assert_string_equal(test_described->detect->masks, "output1");
	assert_false(test_described->detect->rotated);
	assert_int_equal(test_facts.head.labels, 80);
	assert_null(strstr(test_yaml, "not read"));
	test_drafts(&(struct test_graph){
		.input = {TEST_IMAGE("images")},
		.output = {{"output0", ONNX_FLOAT32, 3, {1, 20, 21504}}},
		.node = {{"Sigmoid", "images", "output0"}},
		.property = {{"task", "obb"}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_YOLO);
	assert_true(test_described->detect->rotated);
	assert_int_equal(test_described->labels_count, 15);
}

/* As `yolo export dynamic=True` leaves it: no size is stated anywhere. */
static void sizes_that_are_open_follow_from_the_metadata(void **state)
{
	static const char *const tasks[] = {"detect", "segment", "obb"};

	for (int i = 0; i < 3; i++) {
		test_drafts(&(struct test_graph){
			.input = {{"images", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
			.output = {{"output0", ONNX_FLOAT32, 3, {0, 0, 0}},
				{i == 1 ? "output1" : NULL, ONNX_FLOAT32, 4, {0, 32, 0, 0}}},
			.node = {{"Sigmoid", "images", "output0"}},
			.property = {{"task", tasks[i]}, {"stride", "32"}, {"imgsz", "[320, 320]"},
				{"names", "{0: 'a', 1: 'b'}"}},
		});
		assert_int_equal(test_described->detect->head, MODEL_DETECT_YOLO);
		assert_int_equal(test_described->labels_count, 2);
		assert_int_equal(test_facts.head.labels, 2);
		assert_int_equal(test_described->detect->masks != NULL, i == 1);
		assert_int_equal(test_described->detect->rotated, i == 2);
		assert_int_equal(test_described->input.width, 320);
		assert_int_equal(test_described->batch->max, 1);
	}
}

static void logits_of_a_background_exclude_each_other(void **state)
{
	test_drafts(&(struct test_graph){
		.input = {{"input", ONNX_FLOAT32, 4, {1, 3, 300, 300}}},
		.output = {{"boxes", ONNX_FLOAT32, 3, {1, 8732, 4}},
			{"scores", ONNX_FLOAT32, 3, {1, 8732, 21}}},
	});
	assert_int_equal(test_described->detect->head, MODEL_DETECT_SSD);
	assert_true(test_described->detect->background);
	assert_true(test_described->detect->softmax);
	assert_true(test_is_marked("softmax"));
	assert_int_equal(test_described->labels_count, 20);
}

#define TEST(name) cmocka_unit_test_teardown(name, test_forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_yolo_of_ultralytics_leaves_nothing_open),
		TEST(a_yolo_of_rows_has_objectness),
		TEST(a_yolox_has_grids),
		TEST(a_pose_has_keypoints),
		TEST(boxes_that_the_graph_suppresses),
		TEST(raw_maps_of_yolov3),
		TEST(an_ssd_of_tensorflow),
		TEST(an_ssd_with_a_score_for_each_label),
		TEST(a_faster_rcnn_of_torchvision),
		TEST(a_detr),
		TEST(a_centernet),
		TEST(masks_and_angles_of_ultralytics_are_read),
		TEST(sizes_that_are_open_follow_from_the_metadata),
		TEST(logits_of_a_background_exclude_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
