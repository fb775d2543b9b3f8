#include "accel/heads/outline.h"

#include <errno.h>
#include <math.h>

/* Cells along one side whose centres lie within the box. */
struct span {
	uint32_t begin, end;
};

static struct span cells_of(float low, float high, float cell, uint32_t cells)
{
	const float first = ceilf(low / cell - 0.5f), last = ceilf(high / cell - 0.5f);
	const uint32_t begin = first > 0 ? (uint32_t)fminf(first, (float)(cells - 1)) : 0;
	const uint32_t end = last > 0 ? (uint32_t)fminf(last, (float)cells) : 0;

	return (struct span){begin, end > begin ? end : begin + 1};
}

/* Appends a cell; lengths are of cells outside and inside in turn. */
static int append(struct gw_shape *shape, bool inside, uint32_t room)
{
	/* A length that is full is followed by nothing of the other kind. */
	while (shape->count == 0 || (shape->count % 2 == 0) != inside ||
		shape->run[shape->count - 1] == UINT16_MAX) {
		if (shape->count == room)
			return -ENOBUFS;
		shape->run[shape->count++] = 0;
	}
	shape->run[shape->count - 1]++;
	return 0;
}

static float value_at(const struct outline *outline, const float *coefficients, size_t cell)
{
	const size_t plane = (size_t)outline->maps->dims[1] * outline->maps->dims[2];
	float sum = 0;

	for (uint32_t i = 0; i < outline->maps->dims[0]; i++)
		sum += coefficients[i * outline->step] * outline->values[i * plane + cell];
	return sum;
}

static int fill(const struct outline *outline, const float *coefficients, const struct span *across,
	const struct span *down, struct gw_shape *shape, uint32_t room)
{
	const uint32_t columns = outline->maps->dims[2];
	int status = 0;

	for (uint32_t y = down->begin; y < down->end; y++)
		for (uint32_t x = across->begin; status == 0 && x < across->end; x++) {
			const float value =
				value_at(outline, coefficients, (size_t)y * columns + x);

			status = isfinite(value) ? append(shape, value > 0, room) : -EDOM;
		}
	return status;
}

int outline_add(const struct candidates *candidates, const struct outline *outline,
	const float *coefficients, struct gw_result *result, struct gw_finding *finding)
{
	const struct input_map *map = candidates->map;
	const struct model_input *input = &candidates->description->input;
	/* Source pixels to a cell; where the maps begin in the source. */
	const float wide = (float)input->width / (float)outline->maps->dims[2] * map->step_x;
	const float high = (float)input->height / (float)outline->maps->dims[1] * map->step_y;
	const float left = map->origin_x - map->pad_x * map->step_x;
	const float top = map->origin_y - map->pad_y * map->step_y;
	const struct span across =
		cells_of(finding->x0 - left, finding->x1 - left, wide, outline->maps->dims[2]);
	const struct span down =
		cells_of(finding->y0 - top, finding->y1 - top, high, outline->maps->dims[1]);
	const uint32_t before = result->extra_size;
	struct gw_shape *shape = gw_result_add(result, finding, sizeof(*shape));

	if (!shape)
		return -ENOBUFS;
	const uint32_t room = (result->extra_room - result->extra_size) / sizeof(shape->run[0]);

	*shape = (struct gw_shape){
		.x0 = left + (float)across.begin * wide,
		.y0 = top + (float)down.begin * high,
		.x1 = left + (float)across.end * wide,
		.y1 = top + (float)down.end * high,
		.width = (uint16_t)(across.end - across.begin),
		.height = (uint16_t)(down.end - down.begin),
	};
	const int status = fill(outline, coefficients, &across, &down, shape, room);

	if (status != 0) {
		result->extra_size = before;
		return status;
	}
	finding->rest = GW_REST_SHAPE;
	finding->extra_size = (uint32_t)(sizeof(*shape) + shape->count * sizeof(shape->run[0]));
	result->extra_size = finding->extra + finding->extra_size;
	return 0;
}
