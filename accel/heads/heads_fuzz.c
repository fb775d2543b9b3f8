/* Every head on any values: a result that holds together, or an error. The first bytes choose the
 * head, its options and the shapes; the rest are values, which begin again when they end. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/heads/head.h"

#define SIDE 64
#define LABELS 3
#define VALUES (1u << 16) /* of one tensor, at most */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char name[] = "t";
static char *names[] = {name, name, name};
static float anchors[] = {10, 13, 16, 30};
static uint32_t strides[] = {8, 16, 32};
static struct model_anchors outputs[] = {{name, anchors, 4}, {name, anchors, 2}};
static struct model_keypoints keypoints = {.names = names, .names_count = 2};

static void require(bool condition)
{
	if (!condition)
		abort();
}

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t take(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

static void choose_detect(struct model_detect *detect, struct input *input)
{
	const uint8_t bits = take(input), more = take(input);

	*detect = (struct model_detect){
		.head = take(input) % 6,
		.threshold = 0.25f,
		.iou = bits & 1 ? 1 : 0.5f,
		.max_boxes = 1 + take(input) % GW_BOXES,
		.stride = 8,
		.heatmap = name,
		.size = name,
		.offset = bits & 2 ? name : NULL,
		.size_is = more % 4,
		.vertical_first = bits & 4 && more % 4 != 0,
		.shift = 0.5f,
		.sigmoid = bits & 8,
		.tensor = name,
		.objectness = bits & 16,
		.grid = bits & 32,
		.strides = strides,
		.strides_count = 3,
		.outputs = outputs,
		.outputs_count = 2,
		.boxes = name,
		.scores = name,
		.classes = bits & 64 ? name : NULL,
		.count = bits & 128 ? name : NULL,
		.background = more & 4,
		.softmax = bits & 16,
		.first_label = more & 8 ? 1 : 0,
		.keypoints = more & 16 && more % 4 != 0 ? &keypoints : NULL,
		.box = 1 + (more >> 5) % 3,
		.relative = more & 128,
	};
	if (detect->head == MODEL_DETECT_YOLO && !detect->keypoints) {
		detect->rotated = more & 8;
		detect->masks = more & 12 ? NULL : name;
	}
}

static void choose_read(struct model_read *read, struct input *input)
{
	const uint8_t bits = take(input);

	if (bits & 1)
		*read = (struct model_read){.tensor = name, .softmax = bits & 2};
	else
		*read = (struct model_read){.character = name, .confidence = name};
	read->threshold = bits & 4 ? 0.5f : 0;
}

static void choose_enhance(
	struct model_enhance *enhance, struct model_input *picture, struct input *input)
{
	const uint8_t bits = take(input);

	enhance->factor = 1 + bits % 2;
	enhance->white = bits & 2 ? 1 : 255;
	picture->layout = bits & 4 ? MODEL_NHWC : MODEL_NCHW;
	picture->colors = bits & 8 ? MODEL_BGR : MODEL_RGB;
	picture->channels = bits & 16 ? 3 : 1;
}

/* What the model would have had, where the head leaves it open. */
static bool settle(const struct model_description *d, struct infer_tensor *tensors, uint32_t count,
	struct input *input)
{
	struct gw_error error;

	for (uint32_t k = 0; k < count; k++) {
		if (!tensors[k].free || take(input) % 2 == 0)
			continue;
		if (tensors[k].rank == 0)
			tensors[k].rank = take(input) % (INFER_RANK + 1);
		for (uint32_t i = 0; i < tensors[k].rank; i++)
			tensors[k].dims[i] = 1 + take(input) % 100;
	}
	for (uint32_t k = 0; k < count; k++) {
		uint64_t values = 1;

		for (uint32_t i = 0; i < tensors[k].rank; i++)
			values *= tensors[k].dims[i];
		if (values == 0 || values > VALUES)
			return false;
	}
	return !head_of(d)->fit || head_of(d)->fit(d, tensors, &error) == 0;
}

static void fill(float *values, uint32_t count, const struct input *input)
{
	const size_t whole = input->left / sizeof(float);

	for (uint32_t i = 0; i < count; i++) {
		if (whole > 0)
			memcpy(&values[i], input->at + i % whole * sizeof(float), sizeof(float));
		else
			values[i] = 0.5f;
	}
}

static void check_mask(const struct gw_result *result)
{
	const struct gw_mask *mask = gw_result_rest(result, &result->findings[0]);
	uint64_t cells = 0;

	require(mask && mask->width > 0 && mask->height > 0);
	for (uint32_t i = 0; i < mask->count; i++) {
		require(mask->run[i].index < LABELS && mask->run[i].length > 0);
		cells += mask->run[i].length;
	}
	require(cells == (uint64_t)mask->width * mask->height);
}

static void check_picture(const struct gw_result *result)
{
	const struct gw_picture *picture = gw_result_rest(result, &result->findings[0]);

	require(picture && picture->width > 0 && picture->height > 0 && picture->size > 4);
	require(sizeof(*picture) + picture->size == result->findings[0].extra_size);
	require(picture->jpeg[0] == 0xff && picture->jpeg[1] == 0xd8);
	require(picture->jpeg[picture->size - 2] == 0xff &&
		picture->jpeg[picture->size - 1] == 0xd9);
}

static void check_shape(const struct gw_shape *shape, uint32_t size)
{
	uint64_t cells = 0;

	require(size == sizeof(*shape) + shape->count * sizeof(shape->run[0]));
	require(shape->x1 > shape->x0 && shape->y1 > shape->y0);
	for (uint32_t i = 0; i < shape->count; i++)
		cells += shape->run[i];
	require(cells > 0 && cells == (uint64_t)shape->width * shape->height);
}

static void check(const struct model_description *d, const struct gw_result *result)
{
	require(result->task == d->task && result->count <= GW_FINDINGS);
	require(result->extra_size <= result->extra_room);
	for (uint32_t i = 0; i < result->count; i++) {
		const struct gw_finding *f = &result->findings[i];

		require(f->confidence >= 0 && f->confidence <= 1);
		require(f->extra + (uint64_t)f->extra_size <= result->extra_size);
		if (f->rest == GW_REST_SHAPE)
			check_shape(gw_result_rest(result, f), f->extra_size);
		require((f->rest == GW_REST_CORNERS) ==
			(d->task == GW_TASK_DETECT && d->detect->rotated));
		if (d->task == GW_TASK_DETECT || d->task == GW_TASK_TEXT)
			require(f->x0 >= 0 && f->y0 >= 0 && f->x1 <= 2 * SIDE && f->y1 <= SIDE &&
				f->x1 > f->x0 && f->y1 > f->y0);
	}
	if (d->task == GW_TASK_SEGMENT)
		check_mask(result);
	if (d->task == GW_TASK_ENHANCE)
		check_picture(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A wide picture in the middle of the input. */
	static const struct input_map map = {
		.step_x = 2, .step_y = 2, .pad_y = 16, .right = 2 * SIDE, .bottom = SIDE};
	static _Alignas(8) uint8_t slot[1 << 16];
	static float values[INFER_OUTPUTS][VALUES];
	static struct gw_result result;
	struct input input = {data, size};
	struct model_classify classify = {.tensor = name, .top_k = 3};
	struct model_text text = {name, 0.3f, 0.6f, 1.5f, GW_BOXES, 3};
	struct model_segment segment = {.tensor = name, .labels = take(&input) & 1};
	struct model_raw raw = {names, 2};
	struct model_read reader = {0};
	struct model_enhance enhance = {name, 1, 255, 50};
	struct model_detect detect;
	struct model_description d = {
		.task = GW_TASK_CLASSIFY + take(&input) % 7,
		.labels = names,
		.labels_count = LABELS,
		.input = {.width = SIDE, .height = SIDE, .channels = 1},
		.classify = &classify,
		.detect = &detect,
		.text = &text,
		.segment = &segment,
		.raw = &raw,
		.read = &reader,
		.enhance = &enhance,
	};
	struct infer_tensor tensors[INFER_OUTPUTS];

	choose_detect(&detect, &input);
	if (d.task == GW_TASK_READ)
		choose_read(&reader, &input);
	if (d.task == GW_TASK_ENHANCE)
		choose_enhance(&enhance, &d.input, &input);
	classify.softmax = detect.sigmoid;
	classify.sigmoid = detect.objectness && !detect.sigmoid;
	keypoints.tensor = detect.head == MODEL_DETECT_CENTERNET ? name : NULL;
	const uint32_t count = head_of(&d)->outputs(&d, tensors);
	struct head_job job = {.description = &d, .map = &map, .tensors = tensors};

	if (!settle(&d, tensors, count, &input))
		return 0;
	for (uint32_t k = 0; k < count; k++) {
		fill(values[k], infer_tensor_elements(&tensors[k]), &input);
		job.values[k] = values[k];
		job.rows[k] = tensors[k].rank > 0 ? tensors[k].dims[0] : 0;
	}
	result = (struct gw_result){.extra = slot, .extra_room = sizeof(slot)};
	if (head_of(&d)->open)
		job.room = head_of(&d)->open(&d);
	if (head_of(&d)->read(&job, &result) == 0)
		check(&d, &result);
	if (head_of(&d)->close)
		head_of(&d)->close(job.room);
	return 0;
}
