#include "lib/results.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "core/orientation.h"
#include "lib/json.h"
#include "lib/shelf.h"

struct framegate_results {
	struct framegate_picture *pictures;
	size_t count, room;
	struct shelf shelf; /* of all that hangs from them */
	struct json_text text;
};

/* What lies behind a finding is passed on as it is. */
static_assert(sizeof(struct framegate_point) == sizeof(struct gw_point), "");
static_assert(sizeof(struct framegate_keypoint) == sizeof(struct gw_keypoint) &&
		offsetof(struct framegate_keypoint, confidence) ==
			offsetof(struct gw_keypoint, confidence),
	"");
static_assert(sizeof(struct framegate_mask_run) == sizeof(struct gw_run) &&
		offsetof(struct framegate_mask, count) == offsetof(struct gw_mask, count) &&
		offsetof(struct framegate_mask, run) == offsetof(struct gw_mask, run) &&
		offsetof(struct framegate_mask_run, length) == offsetof(struct gw_run, length),
	"");
static_assert(offsetof(struct framegate_shape, width) == offsetof(struct gw_shape, width) &&
		offsetof(struct framegate_shape, count) == offsetof(struct gw_shape, count) &&
		offsetof(struct framegate_shape, run) == offsetof(struct gw_shape, run),
	"");
static_assert(offsetof(struct framegate_tensor, dims) == offsetof(struct gw_values, dims) &&
		offsetof(struct framegate_tensor, value) == offsetof(struct gw_values, value),
	"");
static_assert(offsetof(struct framegate_enhanced, size) == offsetof(struct gw_picture, size) &&
		offsetof(struct framegate_enhanced, psnr) == offsetof(struct gw_picture, psnr) &&
		offsetof(struct framegate_enhanced, jpeg) == offsetof(struct gw_picture, jpeg),
	"");

struct framegate_results *framegate_results_create(void)
{
	return calloc(1, sizeof(struct framegate_results));
}

void framegate_results_destroy(struct framegate_results *results)
{
	if (!results)
		return;
	shelf_free(&results->shelf);
	json_text_free(&results->text);
	free(results->pictures);
	free(results);
}

const struct framegate_picture *framegate_pictures(
	const struct framegate_results *results, size_t *count)
{
	*count = results->count;
	return results->pictures;
}

int results_begin(struct framegate_results *results, size_t count)
{
	results->count = 0;
	shelf_clear(&results->shelf);
	if (count > results->room) {
		struct framegate_picture *pictures = count > SIZE_MAX / sizeof(*pictures)
			? NULL
			: calloc(count, sizeof(*pictures));

		if (!pictures)
			return -ENOMEM;
		free(results->pictures);
		results->pictures = pictures;
		results->room = count;
	}
	results->count = count;
	return 0;
}

static int error_of(enum gw_drop drop)
{
	switch (drop) {
	case GW_DROP_NONE:
		return 0;
	case GW_DROP_JPEG_LIMIT:
		return -EFBIG;
	case GW_DROP_JPEG_UNSUPPORTED:
		return -ENOTSUP;
	case GW_DROP_RESULT_TOO_LARGE:
		return -ENOMEM;
	case GW_DROP_INFER_FAILED:
	case GW_DROP_MODEL_OUTPUT:
		return -EIO;
	default:
		return -EBADMSG;
	}
}

static enum framegate_rest kind_of(enum gw_task task, const struct gw_finding *finding)
{
	if (finding->extra_size == 0)
		return FRAMEGATE_NOTHING;
	if (finding->rest == GW_REST_SHAPE)
		return FRAMEGATE_SHAPE;
	if (finding->rest == GW_REST_CORNERS)
		return FRAMEGATE_CORNERS;
	switch (task) {
	case GW_TASK_TEXT:
		return FRAMEGATE_CORNERS;
	case GW_TASK_SEGMENT:
		return FRAMEGATE_MASK;
	case GW_TASK_RAW:
		return FRAMEGATE_TENSOR;
	case GW_TASK_READ:
		return FRAMEGATE_TEXT;
	case GW_TASK_ENHANCE:
		return FRAMEGATE_ENHANCED;
	default:
		return FRAMEGATE_KEYPOINTS;
	}
}

static int put_finding(struct shelf *shelf, const struct framegate *engine,
	const struct gw_result *result, const struct gw_finding *from, struct framegate_finding *to)
{
	const bool plan = result->task == GW_TASK_PLAN;
	const uint32_t model = plan ? from->model : result->model;
	const struct gw_model_info *info = &engine->gw.models[model];
	const void *rest = gw_result_rest(result, from);

	*to = (struct framegate_finding){
		.model = model,
		.label = from->index,
		.name = from->index < info->label_count ? info->labels[from->index] : NULL,
		.confidence = from->confidence,
		.x0 = from->x0,
		.y0 = from->y0,
		.x1 = from->x1,
		.y1 = from->y1,
		.parent = plan && from->parent != GW_NO_FINDING ? (int32_t)from->parent : -1,
		.kind = kind_of(info->task, from),
		.rest_size = from->extra_size,
	};
	if (!rest)
		return 0;
	to->rest = shelf_copy(shelf, rest, from->extra_size);
	return to->rest ? 0 : -ENOMEM;
}

static int put_findings(struct framegate_results *results, const struct framegate *engine,
	const struct gw_result *result, struct framegate_picture *picture)
{
	struct framegate_finding *findings = NULL;

	if (result->count > 0) {
		findings = shelf_take(&results->shelf, result->count * sizeof(*findings));
		if (!findings)
			return -ENOMEM;
	}
	for (uint16_t i = 0; i < result->count; i++) {
		const int status = put_finding(
			&results->shelf, engine, result, &result->findings[i], &findings[i]);

		if (status != 0)
			return status;
	}
	picture->findings = findings;
	picture->finding_count = result->count;
	picture->truncated = result->truncated;
	picture->disagreement = result->disagreement;
	return 0;
}

/* The drop's sentence, or what the model's engine said. */
static int put_failure(struct framegate_results *results, struct framegate *engine,
	enum gw_drop drop, struct framegate_picture *picture)
{
	char line[FRAMEGATE_ERROR] = "";

	picture->cause = gw_drops[drop].name;
	picture->why = gw_drops[drop].meaning;
	if (drop != GW_DROP_INFER_FAILED)
		return 0;
	pthread_mutex_lock(&engine->lock);
	memcpy(line, engine->complaint, sizeof(line));
	pthread_mutex_unlock(&engine->lock);
	if (line[0] == '\0')
		return 0;
	picture->why = shelf_copy(&results->shelf, line, strlen(line) + 1);
	return picture->why ? 0 : -ENOMEM;
}

static void put_starvation(struct framegate_picture *picture)
{
	picture->error = -ENOMEM;
	picture->cause = "no_memory";
	picture->why = "There is no memory to decode it.";
}

int results_put(struct framegate_results *results, struct framegate *engine, size_t index,
	const struct gw_frame *frame, unsigned int flags)
{
	struct framegate_picture *picture = &results->pictures[index];
	const struct gw_result *result = &frame->result;
	int status;

	*picture = (struct framegate_picture){
		.error = error_of(frame->drop),
		.width = frame->width,
		.height = frame->height,
		.orientation = frame->orientation,
		.disagreement = -1,
		.task = gw_task_name(gw_frame_failed(frame) ? GW_TASK_NONE : result->task),
	};
	status = picture->error == 0 ? put_findings(results, engine, result, picture)
				     : put_failure(results, engine, frame->drop, picture);
	if (engine_seat(engine, frame)->starved)
		put_starvation(picture);
	if (status != 0 || !(flags & FRAMEGATE_JSON))
		return status;
	status = json_text_write(&results->text, engine, frame, picture);
	if (status != 0)
		return status;
	picture->json = shelf_copy(&results->shelf, results->text.data, results->text.size + 1);
	picture->json_size = results->text.size;
	return picture->json ? 0 : -ENOMEM;
}
