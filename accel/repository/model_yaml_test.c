#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accel/repository/model.h"

#define CLASSIFY \
	"task: classify\n" \
	"labels: [\"no\", \"yes\"]\n" \
	"input: {tensor: in, width: 8, height: 6, channels: 1, mean: [0], scale: [0.5]}\n" \
	"classify: {tensor: out, top_k: 2, softmax: true}\n"

#define DETECT \
	"task: detect\n" \
	"labels: [person]\n" \
	"input: {tensor: in, width: 64, height: 32, channels: 3, mean: [1, 2, 3], " \
	"scale: [1, 1, 1], fit: letterbox}\n" \
	"detect: {heatmap: heat, size: size, stride: 4, threshold: 0.25}\n" \
	"batch: {max: 3, deadline_ms: 7}\n"

static struct gw_error error;

static struct model_description *parse(const char *text)
{
	struct model_description *description;
	int status = model_yaml_parse("model.yaml", text, strlen(text), &description, &error);

	assert_true((status == 0) == (description != NULL));
	return description;
}

/* `text` with one piece of it replaced; parsing it must fail with a line that contains `words`. */
static void assert_refused(
	const char *text, const char *piece, const char *instead, const char *words)
{
	const char *at = strstr(text, piece);
	char changed[2048];

	assert_non_null(at);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, instead,
		at + strlen(piece));
	struct model_description *description = parse(changed);

	if (description || !strstr(error.text, words))
		print_error("\"%s\" instead of \"%s\": %s\n", instead, piece, error.text);
	assert_null(description);
	assert_non_null(strstr(error.text, words));
	assert_null(strchr(error.text, '\n'));
}

static void a_classifier_is_read(void **state)
{
	struct model_description *d = parse(CLASSIFY);

	assert_non_null(d);
	assert_int_equal(d->task, GW_TASK_CLASSIFY);
	assert_int_equal(d->labels_count, 2);
	assert_string_equal(d->labels[1], "yes");
	assert_string_equal(d->input.tensor, "in");
	assert_int_equal(d->input.width, 8);
	assert_int_equal(d->input.fit, GW_FIT_STRETCH);
	assert_float_equal(d->input.scale[0], 0.5, 0);
	assert_true(d->classify->softmax);
	assert_null(d->detect);
	model_yaml_free(d);
}

static void a_detector_is_read(void **state)
{
	struct model_description *d = parse(DETECT);

	assert_non_null(d);
	assert_int_equal(d->task, GW_TASK_DETECT);
	assert_int_equal(d->input.fit, GW_FIT_LETTERBOX);
	assert_float_equal(d->input.mean[2], 3, 0);
	assert_float_equal(d->detect->threshold, 0.25, 0);
	assert_int_equal(d->batch->max, 3);
	assert_int_equal(d->batch->deadline_ms, 7);
	model_yaml_free(d);
}

static void what_is_left_out_has_a_default(void **state)
{
	struct model_description *d = parse(CLASSIFY);

	assert_true(d->batch->max >= 1);
	assert_true(d->batch->deadline_ms >= 1);
	model_yaml_free(d);
	d = parse(DETECT);
	assert_int_equal(d->detect->max_boxes, GW_BOXES);
	model_yaml_free(d);
}

static void an_error_names_file_line_and_column(void **state)
{
	assert_null(parse("task: classify\nlabels: [a]\ncolour: red\n"));
	assert_non_null(strstr(error.text, "model.yaml:3:"));
	assert_non_null(strstr(error.text, "colour"));
}

static void what_does_not_fit_is_refused_with_a_reason(void **state)
{
	assert_refused(CLASSIFY, "task: classify", "task: guess", "classify or detect");
	assert_refused(CLASSIFY, "[\"no\", \"yes\"]", "[]", "labels");
	assert_refused(CLASSIFY, "width: 8", "width: 0", "input.width");
	assert_refused(CLASSIFY, "width: 8", "width: 5000", "input.width");
	assert_refused(CLASSIFY, "height: 6, ", "", "height");
	assert_refused(CLASSIFY, "channels: 1", "channels: 2", "input.channels");
	assert_refused(CLASSIFY, "mean: [0]", "mean: [0, 0]", "input.mean");
	assert_refused(CLASSIFY, "scale: [0.5]", "scale: [0]", "input.scale");
	assert_refused(CLASSIFY, "top_k: 2", "top_k: 3", "classify.top_k");
	assert_refused(CLASSIFY, "task: classify", "task: detect", "needs the mapping `detect`");
	assert_refused(DETECT, "task: detect", "task: classify", "needs the mapping `classify`");
	assert_refused(DETECT, "stride: 4", "stride: 5", "detect.stride");
	assert_refused(DETECT, "stride: 4", "stride: 0", "detect.stride");
	assert_refused(DETECT, "threshold: 0.25", "threshold: 1.5", "detect.threshold");
	assert_refused(DETECT, "threshold: 0.25", "threshold: .nan", "threshold");
	assert_refused(DETECT, "stride: 4", "stride: 4, max_boxes: 101", "detect.max_boxes");
	assert_refused(DETECT, "max: 3", "max: 65", "batch.max");
	assert_refused(DETECT, "deadline_ms: 7", "deadline_ms: 100000", "batch.deadline_ms");
	assert_refused(DETECT, "width: 64, height: 32", "width: 4096, height: 4096", "batch.max");
}

#define READ \
	"task: read\n" \
	"labels: [gap, a, b]\n" \
	"input: {tensor: in, width: 64, height: 32, channels: 3}\n" \
	"read: {character: c, confidence: p, threshold: 0.5}\n"

static void a_reader_is_read(void **state)
{
	struct model_description *d = parse(READ);

	assert_non_null(d);
	assert_int_equal(d->task, GW_TASK_READ);
	assert_string_equal(d->read->confidence, "p");
	model_yaml_free(d);
	assert_refused(READ, "character: c", "tensor: t, character: c",
		"does not go with `character` and `confidence`");
	assert_refused(READ, "character: c, ", "", "both `character` and `confidence`");
	assert_refused(
		READ, "threshold: 0.5", "softmax: true", "read.softmax: belongs to `tensor`");
	assert_refused(READ, "0.5", "1.5", "read.threshold");
	assert_refused(READ, "[gap, a, b]", "[gap]", "needs two labels");
	assert_refused(READ, "labels: [gap, a, b]\n", "", "'labels' is missing");
}

#define ENHANCE \
	"task: enhance\n" \
	"input: {tensor: in, width: 64, height: 32, channels: 3}\n" \
	"enhance: {tensor: out, factor: 2}\n" \
	"batch: {max: 1}\n"

static void a_model_that_enhances_is_read(void **state)
{
	struct model_description *d = parse(ENHANCE);

	assert_non_null(d);
	assert_int_equal(d->task, GW_TASK_ENHANCE);
	assert_int_equal(d->enhance->factor, 2);
	assert_true(d->enhance->white == 255);
	assert_int_equal(d->enhance->quality, 95);
	model_yaml_free(d);
	assert_refused(ENHANCE, "factor: 2", "factor: 9", "enhance.factor: must be 1 to 8");
	assert_refused(ENHANCE, "factor: 2", "quality: 101", "enhance.quality");
	assert_refused(ENHANCE, "factor: 2", "white: -1", "enhance.white");
	assert_refused(ENHANCE, "width: 64, height: 32", "width: 4096, height: 4096",
		"enhance.factor: 1 pictures of that size would take 768 MiB");
}

/* 2^32 values came out as 0 in 32 bits, and the engine wrote beyond its memory. */
static void outputs_beyond_all_memory_are_refused(void **state)
{
	char labels[4096] = "labels: [a";
	char text[8192];

	for (int i = 1; i < 252; i++)
		strcat(labels, ", a");
	snprintf(text, sizeof(text),
		"task: detect\n%s]\n"
		"input: {tensor: in, width: 4096, height: 4096, channels: 1, mean: [0], "
		"scale: [1], fit: stretch}\n"
		"detect: {heatmap: h, size: s, stride: 1, threshold: 0.5}\nbatch: {max: 1}\n",
		labels);
	assert_null(parse(text));
	assert_non_null(strstr(error.text, "detect.stride"));
	assert_non_null(strstr(error.text, "16384 MiB"));
}

static void a_missing_file_is_named(void **state)
{
	struct model_description *description;

	assert_int_equal(model_yaml_load("/nowhere/model.yaml", &description, &error), -ENOENT);
	assert_null(description);
	assert_non_null(strstr(error.text, "/nowhere/model.yaml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_classifier_is_read),
		cmocka_unit_test(a_detector_is_read),
		cmocka_unit_test(what_is_left_out_has_a_default),
		cmocka_unit_test(an_error_names_file_line_and_column),
		cmocka_unit_test(what_does_not_fit_is_refused_with_a_reason),
		cmocka_unit_test(a_reader_is_read),
		cmocka_unit_test(a_model_that_enhances_is_read),
		cmocka_unit_test(outputs_beyond_all_memory_are_refused),
		cmocka_unit_test(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
