#include "accel/input/placement.h"

#include "core/orientation.h"

static uint32_t copy_taps(
	struct place_tap *to, const struct taps *taps, uint32_t count, uint32_t begin)
{
	for (uint32_t i = 0; i < count; i++)
		to[i] = (struct place_tap){
			.first = begin + taps->a[i],
			.last = begin + taps->b[i],
			.first_share = taps->averaged ? taps->weight[i] : 1 - taps->weight[i],
			.inner_share = taps->averaged ? taps->inner[i] : 0,
			.last_share = taps->averaged ? taps->last[i] : taps->weight[i],
		};
	return count;
}

static bool has_chroma(const struct geometry *geometry)
{
	return geometry->format != GW_FORMAT_GRAY && geometry->format != GW_FORMAT_RGB &&
		geometry->input->channels > 1;
}

uint32_t placement_taps(const struct geometry *geometry, struct place_tap *taps)
{
	const struct plane_taps *planes[] = {&geometry->luma, &geometry->chroma};
	uint32_t count = 0;

	for (uint32_t i = 0; i < (has_chroma(geometry) ? 2 : 1); i++) {
		count += copy_taps(
			taps + count, &planes[i]->columns, geometry->across, planes[i]->first);
		count += copy_taps(taps + count, &planes[i]->rows, geometry->down, 0);
	}
	return count;
}

static uint32_t part_of(const struct gw_surface *surface, uint32_t plane)
{
	return (uint32_t)(surface->plane[0] ? (size_t)(surface->plane[plane] - surface->plane[0])
					    : surface->offset[plane]);
}

static void tell_of_picture(
	struct place_job *job, const struct geometry *geometry, const struct gw_surface *surface)
{
	const bool packed = surface->format == GW_FORMAT_RGB, chroma = has_chroma(geometry);

	job->kind = packed ? PLACE_RGB : chroma ? PLACE_YCC : PLACE_GREY;
	job->step = packed ? 3 : 1;
	job->limited = surface->limited;
	for (uint32_t i = 0; i < GW_PLANES; i++) {
		const uint32_t plane = chroma ? i : 0;

		job->part[i] = part_of(surface, plane) + (packed ? i : 0);
		job->pitch[i] = surface->pitch[plane];
		job->columns[i] = plane > 0 ? geometry->across + geometry->down : 0;
		job->rows[i] = job->columns[i] + geometry->across;
	}
}

static void tell_of_input(struct place_job *job, const struct model_input *input, uint32_t index)
{
	static const uint32_t types[] = {
		[MODEL_FLOAT32] = PLACE_FLOAT32,
		[MODEL_FLOAT16] = PLACE_FLOAT16,
		[MODEL_UINT8] = PLACE_UINT8,
	};

	job->width = input->width;
	job->height = input->height;
	job->channels = input->channels;
	job->interleaved = input->layout == MODEL_NHWC;
	job->reversed = input->colors == MODEL_BGR;
	job->type = types[input->type];
	job->value = index * input->width * input->height * input->channels;
	for (uint32_t c = 0; c < input->channels; c++) {
		job->mean[c] = input->mean[c];
		job->scale[c] = input->scale[c];
		job->fill[c] = tensor_fill_value(input, c);
	}
}

struct place_job placement_job(
	const struct geometry *geometry, const struct gw_surface *surface, uint32_t index)
{
	struct place_job job = {
		.left = geometry->x,
		.top = geometry->y,
		.across = geometry->across,
		.down = geometry->down,
		.swapped = gw_orientation_swaps(geometry->orientation),
	};

	tell_of_picture(&job, geometry, surface);
	tell_of_input(&job, geometry->input, index);
	return job;
}
