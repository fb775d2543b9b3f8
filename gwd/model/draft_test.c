/* Graphs of each head, by hand: what is drafted must load, and say what the graph says. */
#include "gwd/model/draft_yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/model.h"
#include "accel/test_graph.h"
#include "core/test.h"

#define IMAGE(name) \
	{ \
		name, ONNX_FLOAT32, 4, \
		{ \
			0, 3, 640, 640 \
		} \
	}

static uint8_t bytes[TEST_GRAPH_ROOM];
static struct onnx_graph graph;
static struct draft_facts facts;
static struct gw_error error;
static struct draft draft;
static char *yaml;
static struct model_description *d;

static int find(const struct test_graph *made)
{
	const size_t size = test_graph_write(made, bytes);

	assert_int_equal(onnx_graph_read(bytes, size, &graph, &error), 0);
	facts = (struct draft_facts){
		"model.onnx", .graph = &graph, .ultralytics = draft_is_ultralytics(&graph)};
	return draft_picture_find(&graph, &facts.picture, &error);
}

static int forget(void **state)
{
	free(yaml);
	yaml = NULL;
	model_yaml_free(d);
	d = NULL;
	return 0;
}

/* Drafts, and loads the draft as it is. */
/* Returns what reading the draft gives. */
static int drafted(const struct test_graph *made)
{
	size_t size;

	forget(NULL);
	assert_int_equal(find(made), 0);
	draft_head_guess(&graph, &facts.picture, &facts.head);
	draft = (struct draft){.to = open_memstream(&yaml, &size)};
	draft_yaml(&draft, &facts);
	fclose(draft.to);
	return model_yaml_parse("model.yaml", yaml, size, &d, &error);
}

static void drafts(const struct test_graph *made)
{
	if (drafted(made) != 0)
		fail_msg("%s\n%s", error.text, yaml);
}

/* Whether the line that begins with `key` is marked. */
static bool is_marked(const char *key)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "\n  %s:", key);
	const char *line = strstr(yaml, wanted);

	assert_non_null(line);
	const char *mark = strstr(line + 1, "# CHECK: ");

	return mark && mark < strchr(line + 1, '\n');
}

static void a_classifier_of_pytorch(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"input", ONNX_FLOAT32, 4, {0, 3, 224, 224}}},
		.output = {{"output", ONNX_FLOAT32, 2, {0, 12}}},
		.node = {{"Gemm", "input", "output"}},
	});
	assert_int_equal(d->task, GW_TASK_CLASSIFY);
	assert_int_equal(d->labels_count, 12);
	assert_true(d->classify->softmax);
	assert_true(is_marked("softmax"));
	assert_true(is_marked("mean"));
	assert_int_equal(d->input.fit, GW_FIT_CROP);
	assert_int_equal(d->input.resize, 256);
	assert_int_equal(d->input.layout, MODEL_NCHW);
	assert_false(is_marked("layout"));
	assert_false(is_marked("width"));
	assert_int_equal(d->batch->max, 8);
}

static void a_classifier_that_ends_with_softmax_has_no_logits(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"input:0", ONNX_UINT8, 4, {4, 32, 32, 1}}},
		.output = {{"p", ONNX_FLOAT32, 4, {4, 1000, 1, 1}}},
		.node = {{"Softmax", "a", "b"}, {"Reshape", "b", "p"}},
	});
	assert_false(d->classify->softmax);
	assert_int_equal(d->labels_count, 1000);
	assert_int_equal(d->input.layout, MODEL_NHWC);
	assert_int_equal(d->input.type, MODEL_UINT8);
	assert_int_equal(d->input.channels, 1);
	assert_string_equal(d->input.tensor, "input:0");
	assert_int_equal(d->batch->max, 4);
}

static void more_labels_than_a_draft_lists_are_for_a_file(void **state)
{
	size_t size;

	assert_int_equal(find(&(struct test_graph){
				 .input = {IMAGE("x")},
				 .output = {{"y", ONNX_FLOAT32, 2, {0, 21841}}},
			 }),
		0);
	draft_head_guess(&graph, &facts.picture, &facts.head);
	draft = (struct draft){.to = open_memstream(&yaml, &size)};
	draft_yaml(&draft, &facts);
	fclose(draft.to);
	assert_non_null(strstr(yaml, "labels_file: labels.txt # CHECK: put a file with 21841"));
}

static void a_yolo_of_ultralytics_leaves_nothing_open(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"images", ONNX_FLOAT16, 4, {0, 3, 0, 0}}},
		.output = {{"output0", ONNX_FLOAT16, 3, {0, 7, 0}}},
		.node = {{"Sigmoid", "images", "output0"}},
		.property = {{"names", "{0: 'hard hat', 1: \"driver's\", 2: 'no: \"hat\"'}"},
			{"stride", "32"}, {"task", "detect"}, {"imgsz", "[384, 640]"}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_YOLO);
	assert_int_equal(d->input.height, 384);
	assert_int_equal(d->input.width, 640);
	assert_int_equal(d->input.type, MODEL_FLOAT16);
	assert_int_equal(d->labels_count, 3);
	assert_string_equal(d->labels[1], "driver's");
	assert_string_equal(d->labels[2], "no: \"hat\"");
	assert_false(d->detect->objectness);
	assert_int_equal(draft.checks, 0);
}

static void a_yolo_of_rows_has_objectness(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"images", ONNX_FLOAT32, 4, {1, 3, 640, 640}}},
		.output = {{"output", ONNX_FLOAT32, 3, {1, 25200, 85}}},
		.node = {{"Sigmoid", "images", "output"}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_YOLO);
	assert_true(d->detect->objectness);
	assert_false(d->detect->grid);
	assert_int_equal(d->labels_count, 80);
	assert_string_equal(d->labels[79], "toothbrush");
	assert_true(is_marked("objectness"));
	assert_true(is_marked("std"));
}

static void a_yolox_has_grids(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"images", ONNX_FLOAT32, 4, {1, 3, 416, 416}}},
		.output = {{"output", ONNX_FLOAT32, 3, {1, 3549, 85}}},
		.node = {{"Sigmoid", "images", "output"}},
	});
	assert_true(d->detect->grid);
	assert_int_equal(d->input.colors, MODEL_BGR);
	assert_int_equal(d->input.align, MODEL_TOP_LEFT);
}

static void a_pose_has_keypoints(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("images")},
		.output = {{"output0", ONNX_FLOAT32, 3, {1, 56, 8400}}},
		.node = {{"Sigmoid", "images", "output0"}},
		.property = {{"names", "{0: 'person'}"}, {"stride", "32"}, {"task", "pose"}},
	});
	assert_int_equal(d->labels_count, 1);
	assert_int_equal(d->detect->keypoints->names_count, 17);
	assert_int_equal(draft.checks, 0);
}

static void boxes_that_the_graph_suppresses(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("images")},
		.output = {{"output0", ONNX_FLOAT32, 3, {0, 300, 6}}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_BOXES);
	drafts(&(struct test_graph){
		.input = {IMAGE("images")},
		.output = {{"output", ONNX_FLOAT32, 2, {0, 7}}},
		.node = {{"NonMaxSuppression", "images", "output"}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_BOXES);
	assert_int_equal(d->batch->max, 1);
	assert_int_equal(d->labels_count, 80);
}

static void raw_maps_of_yolov3(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"image", ONNX_FLOAT32, 4, {0, 3, 416, 416}}},
		.output = {{"fine", ONNX_FLOAT32, 4, {0, 255, 26, 26}},
			{"coarse", ONNX_FLOAT32, 4, {0, 255, 13, 13}}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_YOLOV3);
	assert_int_equal(d->detect->outputs_count, 2);
	assert_float_equal(d->detect->outputs[0].anchors[0], 10, 0);
	assert_float_equal(d->detect->outputs[1].anchors[0], 81, 0);
	assert_int_equal(d->labels_count, 80);
	assert_true(is_marked("outputs"));
}

static void an_ssd_of_tensorflow(void **state)
{
	drafts(&(struct test_graph){
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
	assert_int_equal(d->detect->head, MODEL_DETECT_SSD);
	assert_string_equal(d->detect->boxes, "detection_boxes");
	assert_string_equal(d->detect->scores, "detection_scores");
	assert_string_equal(d->detect->classes, "detection_classes");
	assert_int_equal(d->detect->box, MODEL_BOX_YXYX);
	assert_int_equal(d->detect->first_label, 1);
	assert_true(d->detect->relative);
	assert_int_equal(d->labels_count, 90);
	assert_int_equal(d->input.layout, MODEL_NHWC);
	assert_true(is_marked("width"));
	assert_false(is_marked("relative"));
}

static void an_ssd_with_a_score_for_each_label(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"input", ONNX_FLOAT32, 4, {1, 3, 240, 320}}},
		.output = {{"scores", ONNX_FLOAT32, 3, {1, 4420, 2}},
			{"boxes", ONNX_FLOAT32, 3, {1, 4420, 4}}},
		.node = {{"Softmax", "input", "scores"}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_SSD);
	assert_true(d->detect->background);
	assert_int_equal(d->labels_count, 1);
	assert_false(d->detect->sigmoid);
}

static void a_faster_rcnn_of_torchvision(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("image")},
		.output = {{"boxes", ONNX_FLOAT32, 2, {0, 4}}, {"labels", ONNX_INT64, 1, {0}},
			{"scores", ONNX_FLOAT32, 1, {0}}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_SSD);
	assert_string_equal(d->detect->classes, "labels");
	assert_false(d->detect->relative);
	assert_int_equal(d->batch->max, 1);
}

static void a_detr(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("pixel_values")},
		.output = {{"logits", ONNX_FLOAT32, 3, {0, 100, 92}},
			{"pred_boxes", ONNX_FLOAT32, 3, {0, 100, 4}}},
		.node = {{"Gemm", "pixel_values", "logits"}, {"Sigmoid", "logits", "pred_boxes"}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_DETR);
	assert_string_equal(d->detect->scores, "logits");
	assert_int_equal(d->labels_count, 91);
}

static void a_centernet(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"input", ONNX_FLOAT32, 4, {10, 3, 32, 32}}},
		.output = {{"537", ONNX_FLOAT32, 4, {10, 1, 8, 8}},
			{"538", ONNX_FLOAT32, 4, {10, 2, 8, 8}},
			{"539", ONNX_FLOAT32, 4, {10, 2, 8, 8}},
			{"540", ONNX_FLOAT32, 4, {10, 10, 8, 8}}},
		.node = {{"Sigmoid", "input", "537"}, {"Conv", "input", "538"}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_CENTERNET);
	assert_string_equal(d->detect->heatmap, "537");
	assert_string_equal(d->detect->size, "538");
	assert_string_equal(d->detect->offset, "539");
	assert_int_equal(d->detect->stride, 4);
	assert_int_equal(d->batch->max, 10);
	assert_true(is_marked("size_is"));
	assert_non_null(strstr(yaml, "# not read: \"540\", [10, 10, 8, 8]"));
}

static void a_detector_of_text(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
		.output = {{"map", ONNX_FLOAT32, 4, {0, 1, 0, 0}}},
		.node = {{"Sigmoid", "x", "map"}},
	});
	assert_int_equal(d->task, GW_TASK_TEXT);
	assert_int_equal(d->input.width, 640);
	assert_true(is_marked("width"));
	assert_non_null(strstr(yaml, "task: text # CHECK"));
	/* As PaddlePaddle exports it. */
	drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
		.output = {{"map", ONNX_FLOAT32, 4, {0, 0, 0, 0}}},
		.node = {{"Sigmoid", "x", "map"}},
	});
	assert_int_equal(d->task, GW_TASK_TEXT);
}

static void maps_of_labels(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("x")},
		.output = {{"out", ONNX_FLOAT32, 4, {0, 21, 640, 640}},
			{"aux", ONNX_FLOAT32, 4, {0, 21, 640, 640}}},
	});
	assert_int_equal(d->task, GW_TASK_SEGMENT);
	assert_int_equal(d->labels_count, 21);
	assert_false(d->segment->labels);
	drafts(&(struct test_graph){
		.input = {IMAGE("x")},
		.output = {{"classes", ONNX_INT64, 3, {0, 640, 640}}},
	});
	assert_int_equal(d->task, GW_TASK_SEGMENT);
	assert_true(d->segment->labels);
}

static void lines_of_text(void **state)
{
	/* A confidence for each character, at each place of a line. */
	drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 48, 0}}},
		.output = {{"y", ONNX_FLOAT32, 3, {0, 0, 37}}},
	});
	assert_int_equal(d->task, GW_TASK_READ);
	assert_string_equal(d->read->tensor, "y");
	assert_true(d->read->softmax);
	assert_int_equal(d->labels_count, 37);
	assert_non_null(strstr(yaml, "task: read # CHECK"));
	/* Number and confidence of the best: no label is known. */
	assert_int_not_equal(drafted(&(struct test_graph){
				     .input = {{"x", ONNX_FLOAT32, 4, {0, 3, 48, 640}}},
				     .output = {{"character", ONNX_FLOAT32, 2, {0, 80}},
					     {"confidence", ONNX_FLOAT32, 2, {0, 80}}},
			     }),
		0);
	assert_non_null(strstr(error.text, "labels.txt"));
	assert_non_null(strstr(yaml, "character: character\n  confidence: confidence\n"));
	assert_non_null(strstr(yaml, "labels_file: labels.txt # CHECK: put a file"));
}

static void larger_pictures(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 120, 160}}},
		.output = {{"y", ONNX_FLOAT32, 4, {0, 3, 480, 640}}},
	});
	assert_int_equal(d->task, GW_TASK_ENHANCE);
	assert_int_equal(d->enhance->factor, 4);
	assert_true(d->enhance->white == 1);
	assert_true(is_marked("white"));
	drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
		.output = {{"y", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
		.node = {{"Conv", "x", "many"}, {"DepthToSpace", "many", "y"}},
	});
	assert_int_equal(d->task, GW_TASK_ENHANCE);
	assert_int_equal(d->enhance->factor, 2);
	assert_true(is_marked("factor"));
}

static void what_no_head_reads_is_raw(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("x")},
		.output =
			{
				{"embedding: 1", ONNX_FLOAT32, 5, {0, 2, 3, 4, 5}},
			},
	});
	assert_int_equal(d->task, GW_TASK_RAW);
	assert_int_equal(d->raw->tensors_count, 1);
	assert_string_equal(d->raw->tensors[0], "embedding: 1");
	/* How far away each pixel is. */
	drafts(&(struct test_graph){
		.input = {{"x", ONNX_FLOAT32, 4, {1, 3, 384, 640}}},
		.output = {{"depth", ONNX_FLOAT32, 3, {1, 384, 640}}},
	});
	assert_int_equal(d->task, GW_TASK_RAW);
	/* A sequence, and how sure each step is. */
	drafts(&(struct test_graph){
		.input = {IMAGE("x")},
		.output = {{"character", ONNX_FLOAT32, 2, {0, 80}},
			{"confidence", ONNX_FLOAT32, 2, {0, 80}}},
	});
	assert_int_equal(d->raw->tensors_count, 2);
}

static void masks_and_angles_of_ultralytics_are_read(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("images")},
		.output = {{"output0", ONNX_FLOAT32, 3, {1, 116, 8400}},
			{"output1", ONNX_FLOAT32, 4, {1, 32, 160, 160}}},
		.node = {{"Sigmoid", "images", "output0"}},
		.property = {{"task", "segment"}, {"stride", "32"}, {"names", "['a', 'b']"}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_YOLO);
	assert_string_equal(d->detect->masks, "output1");
	assert_false(d->detect->rotated);
	assert_int_equal(facts.head.labels, 80);
	assert_null(strstr(yaml, "not read"));
	drafts(&(struct test_graph){
		.input = {IMAGE("images")},
		.output = {{"output0", ONNX_FLOAT32, 3, {1, 20, 21504}}},
		.node = {{"Sigmoid", "images", "output0"}},
		.property = {{"task", "obb"}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_YOLO);
	assert_true(d->detect->rotated);
	assert_int_equal(d->labels_count, 15);
}

/* As `yolo export dynamic=True` leaves it: no size is stated anywhere. */
static void sizes_that_are_open_follow_from_the_metadata(void **state)
{
	static const char *const tasks[] = {"detect", "segment", "obb"};

	for (int i = 0; i < 3; i++) {
		drafts(&(struct test_graph){
			.input = {{"images", ONNX_FLOAT32, 4, {0, 3, 0, 0}}},
			.output = {{"output0", ONNX_FLOAT32, 3, {0, 0, 0}},
				{i == 1 ? "output1" : NULL, ONNX_FLOAT32, 4, {0, 32, 0, 0}}},
			.node = {{"Sigmoid", "images", "output0"}},
			.property = {{"task", tasks[i]}, {"stride", "32"}, {"imgsz", "[320, 320]"},
				{"names", "{0: 'a', 1: 'b'}"}},
		});
		assert_int_equal(d->detect->head, MODEL_DETECT_YOLO);
		assert_int_equal(d->labels_count, 2);
		assert_int_equal(facts.head.labels, 2);
		assert_int_equal(d->detect->masks != NULL, i == 1);
		assert_int_equal(d->detect->rotated, i == 2);
		assert_int_equal(d->input.width, 320);
		assert_int_equal(d->batch->max, 1);
	}
}

static void logits_of_a_background_exclude_each_other(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"input", ONNX_FLOAT32, 4, {1, 3, 300, 300}}},
		.output = {{"boxes", ONNX_FLOAT32, 3, {1, 8732, 4}},
			{"scores", ONNX_FLOAT32, 3, {1, 8732, 21}}},
	});
	assert_int_equal(d->detect->head, MODEL_DETECT_SSD);
	assert_true(d->detect->background);
	assert_true(d->detect->softmax);
	assert_true(is_marked("softmax"));
	assert_int_equal(d->labels_count, 20);
}

static void the_input_for_a_size_is_named(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("image"), {"image_shape", ONNX_FLOAT32, 2, {1, 2}}},
		.output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
	});
	assert_string_equal(d->input.size->tensor, "image_shape");
	assert_true(is_marked("size"));
}

static void an_input_without_a_shape_is_marked(void **state)
{
	drafts(&(struct test_graph){
		.input = {{"image", ONNX_FLOAT32, 0, {0}}},
		.output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
	});
	assert_int_equal(d->input.width, 224);
	assert_true(is_marked("width"));
	assert_true(is_marked("channels"));
	assert_true(is_marked("layout"));
}

static void graphs_that_take_no_picture_are_refused(void **state)
{
	assert_int_equal(find(&(struct test_graph){
				 .input = {{"ids", ONNX_INT64, 2, {0, 128}}},
				 .output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
			 }),
		-EINVAL);
	assert_non_null(strstr(error.text, "\"ids\" [batch, 128]"));
	assert_int_equal(find(&(struct test_graph){
				 .input = {{"x", ONNX_FLOAT32, 4, {0, 4, 64, 64}}},
				 .output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
			 }),
		-EINVAL);
	assert_non_null(strstr(error.text, "1 or 3 channels"));
	assert_int_equal(find(&(struct test_graph){
				 .input = {{"x", ONNX_DOUBLE, 4, {0, 3, 64, 64}}},
				 .output = {{"y", ONNX_FLOAT32, 2, {0, 10}}},
			 }),
		-EINVAL);
	assert_non_null(strstr(error.text, "float64"));
	assert_int_equal(find(&(struct test_graph){
				 .input = {IMAGE("x"), IMAGE("y")},
				 .output = {{"z", ONNX_FLOAT32, 2, {0, 10}}},
			 }),
		-EINVAL);
	assert_non_null(strstr(error.text, "2 inputs"));
}

static void texts_that_are_no_text_do_no_harm(void **state)
{
	drafts(&(struct test_graph){
		.input = {IMAGE("a\nb: \xff\xc3\xa9\"\\")},
		.output = {{"null", ONNX_FLOAT32, 2, {0, 10}}},
	});
	assert_string_equal(d->input.tensor, "a?b: ?\xc3\xa9\"\\");
	assert_string_equal(d->classify->tensor, "null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_classifier_of_pytorch, forget),
		cmocka_unit_test_teardown(
			a_classifier_that_ends_with_softmax_has_no_logits, forget),
		cmocka_unit_test_teardown(more_labels_than_a_draft_lists_are_for_a_file, forget),
		cmocka_unit_test_teardown(a_yolo_of_ultralytics_leaves_nothing_open, forget),
		cmocka_unit_test_teardown(a_yolo_of_rows_has_objectness, forget),
		cmocka_unit_test_teardown(a_yolox_has_grids, forget),
		cmocka_unit_test_teardown(a_pose_has_keypoints, forget),
		cmocka_unit_test_teardown(boxes_that_the_graph_suppresses, forget),
		cmocka_unit_test_teardown(raw_maps_of_yolov3, forget),
		cmocka_unit_test_teardown(an_ssd_of_tensorflow, forget),
		cmocka_unit_test_teardown(an_ssd_with_a_score_for_each_label, forget),
		cmocka_unit_test_teardown(a_faster_rcnn_of_torchvision, forget),
		cmocka_unit_test_teardown(a_detr, forget),
		cmocka_unit_test_teardown(a_centernet, forget),
		cmocka_unit_test_teardown(a_detector_of_text, forget),
		cmocka_unit_test_teardown(maps_of_labels, forget),
		cmocka_unit_test_teardown(lines_of_text, forget),
		cmocka_unit_test_teardown(larger_pictures, forget),
		cmocka_unit_test_teardown(what_no_head_reads_is_raw, forget),
		cmocka_unit_test_teardown(masks_and_angles_of_ultralytics_are_read, forget),
		cmocka_unit_test_teardown(logits_of_a_background_exclude_each_other, forget),
		cmocka_unit_test_teardown(sizes_that_are_open_follow_from_the_metadata, forget),
		cmocka_unit_test_teardown(the_input_for_a_size_is_named, forget),
		cmocka_unit_test_teardown(an_input_without_a_shape_is_marked, forget),
		cmocka_unit_test_teardown(graphs_that_take_no_picture_are_refused, forget),
		cmocka_unit_test_teardown(texts_that_are_no_text_do_no_harm, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
