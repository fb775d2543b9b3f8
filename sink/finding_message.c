#include "sink/finding_message.h"

#include <assert.h>

#include "sink/finding.h"
#include "sink/schema/result_fields.h"
#include "sink/wire.h"

/* A label that the model does not have is its number. */
static void put_label(
	struct writer *writer, uint32_t field, const struct gw_model_info *model, uint32_t index)
{
	char number[12];
	struct writer digits;

	if (index < model->label_count) {
		wire_string(writer, field, model->labels[index]);
		return;
	}
	writer_begin(&digits, number, sizeof(number));
	writer_unsigned(&digits, index);
	wire_text(writer, field, number, digits.size);
}

static void put_confidence(struct writer *writer, uint32_t field, float confidence)
{
	wire_float(writer, field, finding_confidence(confidence));
}

void finding_put_entry(
	struct writer *writer, const struct gw_model_info *model, const struct gw_finding *finding)
{
	put_label(writer, FINDING_TYPE, model, finding->index);
	put_confidence(writer, FINDING_CONFIDENCE, finding->confidence);
	wire_number(writer, FINDING_INDEX, finding->index);
}

static void put_bbox(struct writer *writer, uint32_t field, float x0, float y0, float x1, float y1)
{
	const size_t begin = wire_begin(writer, field);

	wire_float(writer, BBOX_LEFT_X, x0);
	wire_float(writer, BBOX_TOP_Y, y0);
	wire_float(writer, BBOX_RIGHT_X, x1);
	wire_float(writer, BBOX_BOTTOM_Y, y1);
	wire_end(writer, begin);
}

static void put_place(struct writer *writer, struct gw_point point)
{
	wire_float(writer, POINT_X, point.x);
	wire_float(writer, POINT_Y, point.y);
}

static void put_keypoints(
	struct writer *writer, const struct gw_model_info *model, const struct gw_keypoint *points)
{
	for (uint32_t i = 0; i < model->keypoint_count; i++) {
		const size_t begin = wire_begin(writer, FINDING_KEYPOINTS);

		put_place(writer, points[i].at);
		wire_string(writer, POINT_TYPE, model->keypoints[i]);
		put_confidence(writer, POINT_CONFIDENCE, points[i].confidence);
		wire_end(writer, begin);
	}
}

static void put_corners(struct writer *writer, const struct gw_point *corners)
{
	for (int i = 0; i < 4; i++) {
		const size_t begin = wire_begin(writer, FINDING_POLYGON);

		put_place(writer, corners[i]);
		wire_end(writer, begin);
	}
}

/* A mask's run is two of them. */
static_assert(sizeof(struct gw_run) == 2 * sizeof(uint16_t), "");

static void put_runs(struct writer *writer, const uint16_t *runs, uint32_t count)
{
	if (count == 0)
		return;
	const size_t begin = wire_begin(writer, MASK_RUNS);

	for (uint32_t i = 0; i < count; i++)
		wire_element(writer, runs[i]);
	wire_end(writer, begin);
}

static void put_shape(struct writer *writer, const struct gw_shape *shape)
{
	const size_t begin = wire_begin(writer, FINDING_MASK);

	wire_number(writer, MASK_WIDTH, shape->width);
	wire_number(writer, MASK_HEIGHT, shape->height);
	put_bbox(writer, MASK_BBOX, shape->x0, shape->y0, shape->x1, shape->y1);
	put_runs(writer, shape->run, shape->count);
	wire_end(writer, begin);
}

void finding_put_object(struct writer *writer, const struct gw_model_info *model, enum gw_task task,
	const struct gw_finding *finding, const void *rest)
{
	put_bbox(writer, FINDING_BBOX, finding->x0, finding->y0, finding->x1, finding->y1);
	finding_put_entry(writer, model, finding);
	if (!rest)
		return;
	if (finding->rest == GW_REST_SHAPE)
		put_shape(writer, rest);
	else if (finding->rest == GW_REST_CORNERS || task == GW_TASK_TEXT)
		put_corners(writer, rest);
	else
		put_keypoints(writer, model, rest);
}

void finding_put_mask(struct writer *writer, uint32_t field, const struct gw_model_info *model,
	const struct gw_finding *finding, const struct gw_mask *mask)
{
	const size_t begin = wire_begin(writer, field);

	wire_number(writer, MASK_WIDTH, mask->width);
	wire_number(writer, MASK_HEIGHT, mask->height);
	put_bbox(writer, MASK_BBOX, finding->x0, finding->y0, finding->x1, finding->y1);
	put_runs(writer, &mask->run[0].index, 2 * mask->count);
	for (uint32_t i = 0; i < model->label_count; i++)
		wire_set_string(writer, MASK_LABELS, model->labels[i]);
	wire_end(writer, begin);
}

void finding_put_tensor(struct writer *writer, uint32_t field, const struct gw_model_info *model,
	const struct gw_finding *finding, const struct gw_values *values)
{
	const size_t begin = wire_begin(writer, field);
	size_t count = 1;

	put_label(writer, TENSOR_NAME, model, finding->index);
	if (values->rank > 0) {
		const size_t shape = wire_begin(writer, TENSOR_SHAPE);

		for (uint32_t i = 0; i < values->rank; i++) {
			wire_element(writer, values->dims[i]);
			count *= values->dims[i];
		}
		wire_end(writer, shape);
	}
	wire_bytes(writer, TENSOR_FLOAT32, values->value, count * sizeof(float));
	wire_end(writer, begin);
}

void finding_put_line(struct writer *writer, uint32_t text, uint32_t confidence,
	const struct gw_result *result, const struct gw_finding *finding)
{
	wire_text(writer, text, gw_result_rest(result, finding), finding->extra_size);
	put_confidence(writer, confidence, finding->confidence);
}

void finding_put_picture(struct writer *writer, uint32_t field, const struct gw_picture *picture)
{
	const size_t begin = wire_begin(writer, field);

	wire_number(writer, ENHANCED_WIDTH, picture->width);
	wire_number(writer, ENHANCED_HEIGHT, picture->height);
	wire_number(writer, ENHANCED_BYTES, picture->size);
	if (picture->psnr >= 0)
		wire_set_float(writer, ENHANCED_PSNR, picture->psnr);
	wire_end(writer, begin);
}
