/* A better picture: the part of the output that the camera's picture covers, as a JPEG. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "accel/heads/encode.h"
#include "accel/heads/head.h"
#include "accel/heads/pixels.h"
#include "accel/heads/reference.h"
#include "core/camera.h"

#define LARGEST_SIDE 16384

/* What it takes to make one JPEG after the other. */
struct room {
	struct encoder *encoder;
	struct reference *reference;
	struct pixels pixels; /* what the encoder is given, a row at a time */
	uint8_t row[3 * LARGEST_SIDE];
};

static void free_room(void *owner)
{
	struct room *room = owner;

	if (!room)
		return;
	encoder_destroy(room->encoder);
	reference_destroy(room->reference);
	free(room);
}

static void *make_room(const struct model_description *d)
{
	struct room *room = calloc(1, sizeof(*room));

	if (!room)
		return NULL;
	room->encoder = encoder_create(d->input.width * d->enhance->factor);
	room->reference = reference_create();
	if (room->encoder && room->reference)
		return room;
	free_room(room);
	return NULL;
}

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	const uint32_t height = d->input.height * d->enhance->factor;
	const uint32_t width = d->input.width * d->enhance->factor;

	tensors[0] = (struct infer_tensor){.name = d->enhance->tensor,
		.rank = 3,
		.dims = {d->input.channels, height, width},
		.free = true};
	if (d->input.layout == MODEL_NHWC) {
		tensors[0].dims[0] = height;
		tensors[0].dims[1] = width;
		tensors[0].dims[2] = d->input.channels;
	}
	return 1;
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	const bool last = d->input.layout == MODEL_NHWC;
	const uint32_t *dims = tensors[0].dims;
	const uint32_t channels = dims[last ? 2 : 0], height = dims[!last], width = dims[1 + !last];
	const uint32_t factor = d->enhance->factor;

	if (channels != d->input.channels)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" has %u values for a pixel, and its input has %u: name "
			"another tensor in model.yaml",
			tensors[0].name, channels, d->input.channels);
	if (height != d->input.height * factor || width != d->input.width * factor)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" is a picture of %ux%u, and %u times the input is %ux%u: "
			"correct enhance.factor in model.yaml",
			tensors[0].name, width, height, factor, d->input.width * factor,
			d->input.height * factor);
	return 0;
}

static uint32_t within(float value, uint32_t most)
{
	return value <= 0 ? 0 : value >= (float)most ? most : (uint32_t)lrintf(value);
}

/* The rest of the output is what the letterbox was filled with. */
static void find_picture(const struct head_job *job, struct pixels *pixels)
{
	const struct model_input *input = &job->description->input;
	const struct input_map *map = job->map;
	const float factor = (float)job->description->enhance->factor;
	const uint32_t columns = input->width * job->description->enhance->factor;
	const uint32_t rows = input->height * job->description->enhance->factor;
	const float right = map->pad_x + (map->right - map->origin_x) / map->step_x;
	const float bottom = map->pad_y + (map->bottom - map->origin_y) / map->step_y;
	const uint32_t x1 = within(right * factor, columns), y1 = within(bottom * factor, rows);

	pixels->x = within(map->pad_x * factor, columns - 1);
	pixels->y = within(map->pad_y * factor, rows - 1);
	pixels->width = x1 > pixels->x ? x1 - pixels->x : 1;
	pixels->height = y1 > pixels->y ? y1 - pixels->y : 1;
	pixels->channels = input->channels;
	pixels->reversed = input->channels == 3 && input->colors == MODEL_BGR;
	if (input->layout == MODEL_NHWC) {
		pixels->of_channel = 1;
		pixels->of_pixel = input->channels;
		pixels->of_row = (size_t)columns * input->channels;
	} else {
		pixels->of_channel = (size_t)columns * rows;
		pixels->of_pixel = 1;
		pixels->of_row = columns;
	}
}

static const uint8_t *row_of(void *owner, uint32_t y)
{
	struct room *room = owner;
	const struct pixels *pixels = &room->pixels;

	for (uint32_t c = 0; c < pixels->channels; c++) {
		const float *values = pixels_at(pixels, 0, y, c);

		for (uint32_t x = 0; x < pixels->width; x++)
			room->row[x * pixels->channels + c] =
				pixels_level(pixels, values[x * pixels->of_pixel]);
	}
	return room->row;
}

/* Below 0: there is no picture to compare it with. */
static float compare(const struct head_job *job, const struct pixels *pixels)
{
	const struct room *room = job->room;
	const struct gw_frame *frame = job->frame;

	if (!frame)
		return -1;
	const bool limited = frame->version && frame->version->config->range == GW_RANGE_LIMITED;

	return reference_psnr(room->reference, frame, limited, job->map, pixels);
}

/* -EDOM for what are no numbers; -ERANGE for what no picture of that range holds: twice white. */
static int check(const float *values, size_t count, float white)
{
	size_t outside = 0;

	for (size_t i = 0; i < count; i++)
		outside += !(values[i] >= -white && values[i] <= 2 * white);
	return outside > 0 ? head_why(values, count) : 0;
}

static int read(const struct head_job *job, struct gw_result *result)
{
	const struct model_enhance *options = job->description->enhance;
	const uint32_t before = result->extra_size;
	struct gw_finding *finding = &result->findings[0];
	struct room *room = job->room;
	struct pixels *const pixels = &room->pixels;
	size_t size;
	int status = check(job->values[0], infer_tensor_elements(&job->tensors[0]), options->white);

	result->task = GW_TASK_ENHANCE;
	if (status != 0)
		return status;
	struct gw_picture *picture = gw_result_add(result, finding, sizeof(*picture));

	if (!picture)
		return -ENOBUFS;
	find_picture(job, pixels);
	pixels->values = job->values[0];
	pixels->scale = 255 / options->white;
	status = encode_jpeg(room->encoder,
		&(struct encode_picture){.width = pixels->width,
			.height = pixels->height,
			.channels = pixels->channels,
			.quality = options->quality,
			.row = row_of,
			.owner = room},
		picture->jpeg, result->extra_room - result->extra_size, &size);
	if (status != 0) {
		result->extra_size = before;
		return status;
	}
	picture->width = (uint16_t)pixels->width;
	picture->height = (uint16_t)pixels->height;
	picture->size = (uint32_t)size;
	picture->psnr = compare(job, pixels);
	if (job->windows)
		windows_take(job->windows, pixels);
	result->extra_size += (uint32_t)size;
	*finding = (struct gw_finding){
		.confidence = 1,
		.x0 = job->map->left,
		.y0 = job->map->top,
		.x1 = job->map->right,
		.y1 = job->map->bottom,
		.extra = finding->extra,
		.extra_size = result->extra_size - finding->extra,
	};
	result->count = 1;
	return 0;
}

const struct head head_enhance = {
	.name = "enhance",
	.outputs = outputs,
	.fit = fit,
	.open = make_room,
	.close = free_room,
	.read = read,
};
