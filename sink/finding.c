#include "sink/finding.h"

#define CONFIDENCE_DIGITS 4
#define PIXEL_DIGITS 2
#define PSNR_DIGITS 2

float finding_confidence(float confidence)
{
	const float shown = confidence > 0 ? confidence : 0;

	return shown < 1 ? shown : 1;
}

static void write_confidence(struct writer *writer, float confidence)
{
	writer_fixed(writer, finding_confidence(confidence), CONFIDENCE_DIGITS);
}

/* A label that the model does not have is its number. */
static void write_label(struct writer *writer, const struct gw_model_info *model, uint32_t index)
{
	if (index < model->label_count) {
		writer_string(writer, model->labels[index]);
		return;
	}
	writer_raw(writer, "\"");
	writer_unsigned(writer, index);
	writer_raw(writer, "\"");
}

void finding_write_entry(
	struct writer *writer, const struct gw_model_info *model, const struct gw_finding *finding)
{
	writer_raw(writer, "\"type\":");
	write_label(writer, model, finding->index);
	writer_raw(writer, ",\"index\":");
	writer_unsigned(writer, finding->index);
	writer_raw(writer, ",\"confidence\":");
	write_confidence(writer, finding->confidence);
}

void finding_write_bbox(struct writer *writer, const struct gw_finding *finding)
{
	writer_raw(writer, ",\"bbox\":{\"leftX\":");
	writer_fixed(writer, finding->x0, PIXEL_DIGITS);
	writer_raw(writer, ",\"topY\":");
	writer_fixed(writer, finding->y0, PIXEL_DIGITS);
	writer_raw(writer, ",\"rightX\":");
	writer_fixed(writer, finding->x1, PIXEL_DIGITS);
	writer_raw(writer, ",\"bottomY\":");
	writer_fixed(writer, finding->y1, PIXEL_DIGITS);
	writer_raw(writer, "}");
}

/* Without the brace that closes it: more may follow. */
static void begin_point(struct writer *writer, struct gw_point point)
{
	writer_raw(writer, "{\"x\":");
	writer_fixed(writer, point.x, PIXEL_DIGITS);
	writer_raw(writer, ",\"y\":");
	writer_fixed(writer, point.y, PIXEL_DIGITS);
}

void finding_write_keypoints(
	struct writer *writer, const struct gw_model_info *model, const struct gw_keypoint *points)
{
	writer_raw(writer, ",\"keypoints\":[");
	for (uint32_t i = 0; i < model->keypoint_count; i++) {
		writer_raw(writer, i > 0 ? "," : "");
		begin_point(writer, points[i].at);
		writer_raw(writer, ",\"type\":");
		writer_string(writer, model->keypoints[i]);
		writer_raw(writer, ",\"confidence\":");
		write_confidence(writer, points[i].confidence);
		writer_raw(writer, "}");
	}
	writer_raw(writer, "]");
}

void finding_write_corners(struct writer *writer, const struct gw_point *corners)
{
	writer_raw(writer, ",\"polygon\":[");
	for (int i = 0; i < 4; i++) {
		writer_raw(writer, i > 0 ? "," : "");
		begin_point(writer, corners[i]);
		writer_raw(writer, "}");
	}
	writer_raw(writer, "]");
}

static void write_shape(struct writer *writer, const struct gw_shape *shape)
{
	const struct gw_finding grid = {
		.x0 = shape->x0, .y0 = shape->y0, .x1 = shape->x1, .y1 = shape->y1};

	writer_raw(writer, ",\"mask\":{\"width\":");
	writer_unsigned(writer, shape->width);
	writer_raw(writer, ",\"height\":");
	writer_unsigned(writer, shape->height);
	finding_write_bbox(writer, &grid);
	writer_raw(writer, ",\"runs\":[");
	for (uint32_t i = 0; i < shape->count; i++) {
		writer_raw(writer, i > 0 ? "," : "");
		writer_unsigned(writer, shape->run[i]);
	}
	writer_raw(writer, "]}");
}

void finding_write_rest(struct writer *writer, const struct gw_model_info *model, enum gw_task task,
	const struct gw_finding *finding, const void *rest)
{
	if (finding->rest == GW_REST_SHAPE)
		write_shape(writer, rest);
	else if (finding->rest == GW_REST_CORNERS || task == GW_TASK_TEXT)
		finding_write_corners(writer, rest);
	else
		finding_write_keypoints(writer, model, rest);
}

void finding_write_mask(struct writer *writer, const struct gw_model_info *model,
	const struct gw_finding *finding, const struct gw_mask *mask)
{
	writer_raw(writer, "\"mask\":{\"width\":");
	writer_unsigned(writer, mask->width);
	writer_raw(writer, ",\"height\":");
	writer_unsigned(writer, mask->height);
	finding_write_bbox(writer, finding);
	writer_raw(writer, ",\"labels\":[");
	for (uint32_t i = 0; i < model->label_count; i++) {
		writer_raw(writer, i > 0 ? "," : "");
		writer_string(writer, model->labels[i]);
	}
	writer_raw(writer, "],\"runs\":[");
	for (uint32_t i = 0; i < mask->count; i++) {
		writer_raw(writer, i > 0 ? "," : "");
		writer_unsigned(writer, mask->run[i].index);
		writer_raw(writer, ",");
		writer_unsigned(writer, mask->run[i].length);
	}
	writer_raw(writer, "]}");
}

void finding_write_tensor(struct writer *writer, const struct gw_model_info *model,
	const struct gw_finding *finding, const struct gw_values *values)
{
	size_t count = 1;

	writer_raw(writer, "{\"name\":");
	write_label(writer, model, finding->index);
	writer_raw(writer, ",\"shape\":[");
	for (uint32_t i = 0; i < values->rank; i++) {
		writer_raw(writer, i > 0 ? "," : "");
		writer_unsigned(writer, values->dims[i]);
		count *= values->dims[i];
	}
	writer_raw(writer, "],\"float32\":");
	writer_base64(writer, values->value, count * sizeof(float));
	writer_raw(writer, "}");
}

void finding_write_line(
	struct writer *writer, const struct gw_result *result, const struct gw_finding *finding)
{
	writer_raw(writer, "\"text\":");
	writer_text(writer, gw_result_rest(result, finding), finding->extra_size);
	writer_raw(writer, ",\"confidence\":");
	write_confidence(writer, finding->confidence);
}

void finding_write_picture(struct writer *writer, const struct gw_picture *picture)
{
	writer_raw(writer, "\"enhanced\":{\"width\":");
	writer_unsigned(writer, picture->width);
	writer_raw(writer, ",\"height\":");
	writer_unsigned(writer, picture->height);
	writer_raw(writer, ",\"bytes\":");
	writer_unsigned(writer, picture->size);
	if (picture->psnr >= 0) {
		writer_raw(writer, ",\"psnr\":");
		writer_fixed(writer, picture->psnr, PSNR_DIGITS);
	}
	writer_raw(writer, "}");
}
