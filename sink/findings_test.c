#include "sink/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/test.h"

static const char *const labels[] = {"sky", "road"};
static const char *const points[] = {"nose", "tail"};
static struct gw *gw;
static struct gw_result result;
static _Alignas(8) uint8_t slot[4096];
static char text[65536];

static int begin(void **state)
{
	gw = calloc(1, sizeof(*gw));
	if (!gw)
		return -1;
	gw->model_count = 1;
	gw->models[0] = (struct gw_model_info){.name = "m",
		.version = 3,
		.digest = "sha256:0",
		.labels = labels,
		.label_count = 2,
		.keypoints = points,
		.keypoint_count = 2};
	memset(&result, 0, sizeof(result));
	result.extra = slot;
	result.extra_room = sizeof(slot);
	return 0;
}

static int end(void **state)
{
	free(gw);
	return 0;
}

static void assert_written(enum gw_task task, const char *expected)
{
	struct writer writer;
	char whole[4096];

	result.task = task;
	writer_begin(&writer, text, sizeof(text) - 1);
	findings_write(&writer, gw, &result);
	text[writer.size] = '\0';
	assert_false(writer.cut);
	snprintf(whole, sizeof(whole),
		"\"model\":{\"name\":\"m\",\"version\":3,\"digest\":\"sha256:0\"},\"task\":%s",
		expected);
	assert_string_equal(text, whole);
}

static void keypoints_stand_with_their_object(void **state)
{
	struct gw_finding *finding = &result.findings[0];
	struct gw_keypoint *found;

	*finding = (struct gw_finding){
		.index = 1, .confidence = 0.5f, .x0 = 1, .y0 = 2, .x1 = 3, .y1 = 4};
	found = gw_result_add(&result, finding, 2 * sizeof(*found));
	found[0] = (struct gw_keypoint){{1.5f, 2.25f}, 0.75f};
	found[1] = (struct gw_keypoint){{-3, 5000}, 0};
	result.count = 1;
	assert_written(GW_TASK_DETECT,
		"\"detect\",\"objects\":[{\"id\":\"0\",\"type\":\"road\",\"index\":1,"
		"\"confidence\":0.5000,\"bbox\":{\"leftX\":1.00,\"topY\":2.00,\"rightX\":3.00,"
		"\"bottomY\":4.00},\"keypoints\":[{\"x\":1.50,\"y\":2.25,\"type\":\"nose\","
		"\"confidence\":0.7500},{\"x\":-3.00,\"y\":5000.00,\"type\":\"tail\","
		"\"confidence\":0.0000}]}]");
}

static void text_has_corners(void **state)
{
	struct gw_finding *finding = &result.findings[0];
	struct gw_point *corners;

	*finding = (struct gw_finding){.confidence = 1, .x1 = 8, .y1 = 4};
	corners = gw_result_add(&result, finding, 4 * sizeof(*corners));
	for (int i = 0; i < 4; i++)
		corners[i] = (struct gw_point){(float)i, (float)(2 * i)};
	result.count = 1;
	assert_written(GW_TASK_TEXT,
		"\"text\",\"objects\":[{\"id\":\"0\",\"type\":\"sky\",\"index\":0,"
		"\"confidence\":1.0000,\"bbox\":{\"leftX\":0.00,\"topY\":0.00,\"rightX\":8.00,"
		"\"bottomY\":4.00},\"polygon\":[{\"x\":0.00,\"y\":0.00},{\"x\":1.00,\"y\":2.00},"
		"{\"x\":2.00,\"y\":4.00},{\"x\":3.00,\"y\":6.00}]}]");
}

static void a_mask_is_runs(void **state)
{
	struct gw_finding *finding = &result.findings[0];
	struct gw_mask *mask;

	*finding = (struct gw_finding){.confidence = 1, .x1 = 640, .y1 = 480};
	mask = gw_result_add(&result, finding, sizeof(*mask) + 2 * sizeof(mask->run[0]));
	mask->width = 4;
	mask->height = 2;
	mask->count = 2;
	mask->run[0] = (struct gw_run){0, 5};
	mask->run[1] = (struct gw_run){1, 3};
	result.count = 1;
	assert_written(GW_TASK_SEGMENT,
		"\"segment\",\"mask\":{\"width\":4,\"height\":2,\"bbox\":{\"leftX\":0.00,"
		"\"topY\":0.00,\"rightX\":640.00,\"bottomY\":480.00},\"labels\":[\"sky\","
		"\"road\"],\"runs\":[0,5,1,3]}");
}

static void tensors_are_base64(void **state)
{
	struct gw_finding *finding = &result.findings[0];
	struct gw_values *values;

	finding->index = 1;
	values = gw_result_add(&result, finding, sizeof(*values) + 2 * sizeof(float));
	values->rank = 2;
	values->dims[0] = 1;
	values->dims[1] = 2;
	values->value[0] = 1; /* 00 00 80 3f */
	values->value[1] = -2; /* 00 00 00 c0 */
	result.count = 1;
	assert_written(GW_TASK_RAW,
		"\"raw\",\"tensors\":[{\"name\":\"road\",\"shape\":[1,2],"
		"\"float32\":\"AACAPwAAAMA=\"}]");
}

static void lines_are_text_of_any_bytes(void **state)
{
	struct gw_finding *finding = &result.findings[0];

	finding->confidence = 0.9f;
	memcpy(gw_result_add(&result, finding, 7), "\xc3\xa9\"\0\n\xe2\x82", 7);
	result.findings[1] = (struct gw_finding){.confidence = 1};
	result.count = 2;
	assert_written(GW_TASK_READ,
		"\"read\",\"lines\":[{\"text\":"
		"\"\xc3\xa9\\\"\\u0000\\u000a\xef\xbf\xbd\xef\xbf\xbd\","
		"\"confidence\":0.9000},{\"text\":\"\",\"confidence\":1.0000}]");
}

static struct gw_picture *add_picture(uint16_t at, float psnr)
{
	struct gw_picture *picture =
		gw_result_add(&result, &result.findings[at], sizeof(*picture) + 2);

	*picture = (struct gw_picture){.width = 640, .height = 480, .size = 2, .psnr = psnr};
	return picture;
}

static void a_better_picture_is_told_without_its_bytes(void **state)
{
	result.count = 1;
	add_picture(0, -1);
	assert_written(GW_TASK_ENHANCE,
		"\"enhance\",\"enhanced\":{\"width\":640,\"height\":480,\"bytes\":2}");
	add_picture(0, 31.256f);
	assert_written(GW_TASK_ENHANCE,
		"\"enhance\",\"enhanced\":{\"width\":640,\"height\":480,\"bytes\":2,"
		"\"psnr\":31.26}");
}

static void assert_plan(const char *expected)
{
	struct writer writer;

	result.task = GW_TASK_PLAN;
	writer_begin(&writer, text, sizeof(text) - 1);
	findings_write(&writer, gw, &result);
	text[writer.size] = '\0';
	assert_string_equal(text, expected);
}

#define MODEL(task) "{\"name\":\"m\",\"version\":3,\"digest\":\"sha256:0\",\"task\":\"" task "\"}"

static void a_plan_is_one_list_with_models_and_parents(void **state)
{
	gw->model_count = 3;
	gw->models[1] = gw->models[2] = gw->models[0];
	gw->models[0].task = GW_TASK_DETECT;
	gw->models[1].task = GW_TASK_READ;
	gw->models[2].task = GW_TASK_CLASSIFY;
	result.findings[0] = (struct gw_finding){
		.index = 1, .model = 0, .parent = GW_NO_FINDING, .confidence = 0.5f, .x1 = 3};
	result.findings[1] = (struct gw_finding){.model = 1, .parent = 0, .confidence = 1};
	memcpy(gw_result_add(&result, &result.findings[1], 2), "ab", 2);
	/* Of a model that is not there: it is passed by, and the numbers stay. */
	result.findings[2] = (struct gw_finding){.model = 9, .parent = GW_NO_FINDING};
	result.findings[3] =
		(struct gw_finding){.model = 2, .parent = GW_NO_FINDING, .confidence = 0.25f};
	result.count = 4;
	memcpy(result.runs, (uint16_t[]){0, 1, 0, 2, 7}, 5 * sizeof(result.runs[0]));
	result.run_count = 5;
	result.disagreement = 0.125f;
	assert_plan("\"task\":\"plan\",\"models\":[" MODEL("detect") "," MODEL("read") "," MODEL(
		"classify") "],\"disagreement\":0.1250,\"truncated\":false,\"findings\":["
			    "{\"id\":\"0\",\"kind\":\"object\",\"model\":\"m:3\","
			    "\"type\":\"road\",\"index\":1,\"confidence\":0.5000,\"bbox\":{"
			    "\"leftX\":0.00,\"topY\":0.00,\"rightX\":3.00,\"bottomY\":0.00}},"
			    "{\"id\":\"1\",\"kind\":\"read\",\"model\":\"m:3\",\"parent\":\"0\","
			    "\"text\":\"ab\",\"confidence\":1.0000},"
			    "{\"id\":\"3\",\"kind\":\"class\",\"model\":\"m:3\","
			    "\"type\":\"sky\",\"index\":0,\"confidence\":0.2500}]");
	result.count = 0;
	result.truncated = true;
	gw_result_begin_plan(&result);
	assert_plan("\"task\":\"plan\",\"models\":[],\"truncated\":false,\"findings\":[]");
	result.truncated = true;
	assert_plan("\"task\":\"plan\",\"models\":[],\"truncated\":true,\"findings\":[]");
}

static void in_a_plan_objects_have_shapes_and_corners(void **state)
{
	struct gw_shape *shape;

	gw->models[0].task = GW_TASK_DETECT;
	for (int i = 0; i < 2; i++)
		result.findings[i] = (struct gw_finding){.parent = GW_NO_FINDING};
	shape = gw_result_add(
		&result, &result.findings[0], sizeof(*shape) + 2 * sizeof(shape->run[0]));
	*shape = (struct gw_shape){1, 2, 3, 4, 2, 2, 2};
	shape->run[0] = 1;
	shape->run[1] = 3;
	result.findings[0].rest = GW_REST_SHAPE;
	memset(gw_result_add(&result, &result.findings[1], 4 * sizeof(struct gw_point)), 0,
		4 * sizeof(struct gw_point));
	result.findings[1].rest = GW_REST_CORNERS;
	result.count = 2;
	gw_result_begin_plan(&result);
#define OBJECT(id) \
	"{\"id\":\"" id "\",\"kind\":\"object\",\"model\":\"m:3\",\"type\":\"sky\",\"index\":0," \
	"\"confidence\":0.0000,\"bbox\":{\"leftX\":0.00,\"topY\":0.00,\"rightX\":0.00," \
	"\"bottomY\":0.00}"
#define POINT "{\"x\":0.00,\"y\":0.00}"
	assert_plan("\"task\":\"plan\",\"models\":[],\"truncated\":false,\"findings\":[" OBJECT(
		"0") ",\"mask\":{\"width\":2,\"height\":2,\"bbox\":{\"leftX\":1.00,\"topY\":2.00,"
		     "\"rightX\":3.00,\"bottomY\":4.00},\"runs\":[1,3]}}," OBJECT(
			     "1") ",\"polygon\":[" POINT "," POINT "," POINT "," POINT "]}]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keypoints_stand_with_their_object),
		TEST(text_has_corners),
		TEST(a_mask_is_runs),
		TEST(tensors_are_base64),
		TEST(lines_are_text_of_any_bytes),
		TEST(a_better_picture_is_told_without_its_bytes),
		TEST(a_plan_is_one_list_with_models_and_parents),
		TEST(in_a_plan_objects_have_shapes_and_corners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
