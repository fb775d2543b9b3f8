/* Where text is: the connected parts of a probability map, each as the smallest rectangle around
 * it, which may be rotated and grows again by what the training had it shrunk. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accel/heads/head.h"
#include "accel/heads/rectangle.h"

#define RUNS 32767 /* of one map: dense print has fewer; what lies below them is not read */

/* Neighbouring pixels of a row that reach the threshold. */
struct run {
	uint16_t row, begin, end; /* end lies outside */
	uint16_t part; /* an earlier run of the same part, or itself; in the end the first */
	uint16_t next, last; /* of the same part: the next run or itself; of its first: the last */
};

struct parts {
	const struct model_text *options;
	const float *map;
	uint32_t columns, rows, count;
	struct run run[RUNS];
};

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	tensors[0] = (struct infer_tensor){
		.name = d->text->tensor,
		.rank = 3,
		.dims = {1, d->input.height, d->input.width},
		.free = true,
	};
	return 1;
}

static int fit(const struct model_description *d, const struct infer_tensor *tensors,
	struct gw_error *error)
{
	if (tensors[0].dims[1] > MODEL_SIDE_MAX || tensors[0].dims[2] > MODEL_SIDE_MAX)
		return gw_error_set(error, -EINVAL,
			"its output \"%s\" is a map of %u x %u, and %d is the most: name another "
			"tensor in model.yaml",
			tensors[0].name, tensors[0].dims[2], tensors[0].dims[1], MODEL_SIDE_MAX);
	if (tensors[0].dims[0] == 1)
		return 0;
	return gw_error_set(error, -EINVAL,
		"its output \"%s\" has %u values for a pixel, and the head text reads one: name "
		"another tensor in model.yaml",
		tensors[0].name, tensors[0].dims[0]);
}

static uint16_t first_of(struct parts *parts, uint32_t run)
{
	while (parts->run[run].part != run) {
		parts->run[run].part = parts->run[parts->run[run].part].part;
		run = parts->run[run].part;
	}
	return (uint16_t)run;
}

static void join(struct parts *parts, uint32_t a, uint32_t b)
{
	const uint16_t first = first_of(parts, a), second = first_of(parts, b);

	if (first < second)
		parts->run[second].part = first;
	else
		parts->run[first].part = second;
}

/* Runs of the row above that touch a new one, also by a corner. `above` moves on. */
static void join_above(struct parts *parts, uint32_t run, uint32_t *above, uint32_t above_end)
{
	const struct run *own = &parts->run[run];

	while (*above < above_end && parts->run[*above].end < own->begin)
		(*above)++;
	for (uint32_t i = *above; i < above_end && parts->run[i].begin <= own->end; i++)
		join(parts, run, i);
}

/* -EDOM, -ERANGE for a map that is none. */
static int find_parts(struct parts *parts)
{
	uint32_t above = 0, above_end = 0;

	for (uint32_t y = 0; y < parts->rows; y++) {
		const float *row = parts->map + (size_t)y * parts->columns;
		const uint32_t first = parts->count;
		uint32_t outside = 0;

		for (uint32_t x = 0; x < parts->columns; x++)
			outside += !head_is_probability(row[x]);
		if (outside > 0)
			return head_why(row, parts->columns);
		for (uint32_t x = 0; x < parts->columns; x++) {
			if (row[x] < parts->options->threshold)
				continue;
			if (parts->count == RUNS)
				return 0;
			struct run *run = &parts->run[parts->count];
			const uint32_t begin = x;

			while (x < parts->columns && row[x] >= parts->options->threshold)
				x++;
			*run = (struct run){
				.row = (uint16_t)y,
				.begin = (uint16_t)begin,
				.end = (uint16_t)x,
				.part = (uint16_t)parts->count,
			};
			x--;
			join_above(parts, parts->count++, &above, above_end);
		}
		above = first;
		above_end = parts->count;
	}
	return 0;
}

/* Strings the runs of each part together, from the top. */
static void link_parts(struct parts *parts)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		struct run *run = &parts->run[i], *first;

		run->part = first_of(parts, i);
		first = &parts->run[run->part];
		run->next = (uint16_t)i;
		if (first != run)
			parts->run[first->last].next = (uint16_t)i;
		first->last = (uint16_t)i;
	}
}

/* The corners of what lies outermost in each of its rows. */
static uint32_t outline(const struct parts *parts, uint32_t part, struct gw_point *points)
{
	uint32_t count = 0;

	for (uint32_t i = part, more = 1; more && count + 4 <= RECTANGLE_POINTS;) {
		const uint16_t row = parts->run[i].row;
		uint16_t begin = parts->run[i].begin, end = parts->run[i].end;

		for (more = parts->run[i].next != i;
			more && parts->run[parts->run[i].next].row == row;
			more = parts->run[i].next != i) {
			i = parts->run[i].next;
			end = parts->run[i].end;
		}
		for (int k = 0; k < 4; k++) {
			const int corner_row = row + k / 2;

			points[count++] = (struct gw_point){k % 2 ? end : begin, (float)corner_row};
		}
		i = parts->run[i].next;
	}
	return count;
}

/* The mean of the map over a part's pixels. */
static float mean_of(const struct parts *parts, uint32_t part)
{
	double sum = 0;
	uint64_t pixels = 0;
	uint32_t i = part;

	for (;; i = parts->run[i].next) {
		const struct run *run = &parts->run[i];

		for (uint32_t x = run->begin; x < run->end; x++)
			sum += (double)parts->map[(size_t)run->row * parts->columns + x];
		pixels += run->end - run->begin;
		if (run->next == i)
			return (float)(sum / (double)pixels);
	}
}

static float clamp(float value, float low, float high)
{
	return fminf(fmaxf(value, low), high);
}

/* From the map to the source picture. */
static struct gw_point to_source(const struct head_job *job, struct gw_point point)
{
	const struct input_map *map = job->map;
	const struct model_input *input = &job->description->input;
	const float x = point.x * (float)input->width / (float)job->tensors[0].dims[2];
	const float y = point.y * (float)input->height / (float)job->tensors[0].dims[1];

	return (struct gw_point){
		clamp(map->origin_x + (x - map->pad_x) * map->step_x, map->left, map->right),
		clamp(map->origin_y + (y - map->pad_y) * map->step_y, map->top, map->bottom),
	};
}

/* -ENOBUFS when the slot has no room. */
static int add(const struct head_job *job, const struct rectangle *rectangle, float confidence,
	struct gw_result *result)
{
	struct gw_finding *finding = &result->findings[result->count];
	struct gw_point *corners;

	*finding = (struct gw_finding){
		.confidence = fminf(confidence, 1), .x0 = INFINITY, .y0 = INFINITY};
	corners = gw_result_add(result, finding, 4 * sizeof(*corners));
	if (!corners)
		return -ENOBUFS;
	rectangle_corners(rectangle, corners);
	for (int i = 0; i < 4; i++) {
		corners[i] = to_source(job, corners[i]);
		finding->x0 = fminf(finding->x0, corners[i].x);
		finding->y0 = fminf(finding->y0, corners[i].y);
		finding->x1 = fmaxf(finding->x1, corners[i].x);
		finding->y1 = fmaxf(finding->y1, corners[i].y);
	}
	result->count += finding->x1 > finding->x0 && finding->y1 > finding->y0;
	return 0;
}

static int read_part(const struct head_job *job, const struct parts *parts, uint32_t part,
	struct gw_result *result)
{
	const struct model_text *options = parts->options;
	struct gw_point points[RECTANGLE_POINTS];
	struct rectangle rectangle;
	const float confidence = mean_of(parts, part);

	if (confidence < options->box_threshold)
		return 0;
	rectangle_around(points, outline(parts, part, points), &rectangle);
	if (fminf(rectangle.width, rectangle.height) < (float)options->min_size)
		return 0;
	/* The same distance to every side. */
	const float grow = rectangle.width * rectangle.height * options->unclip /
		(2 * (rectangle.width + rectangle.height));

	rectangle.width += 2 * grow;
	rectangle.height += 2 * grow;
	return add(job, &rectangle, confidence, result);
}

static int read(const struct head_job *job, struct gw_result *result)
{
	struct parts parts = {
		.options = job->description->text,
		.map = job->values[0],
		.columns = job->tensors[0].dims[2],
		.rows = job->tensors[0].dims[1],
	};
	int status = find_parts(&parts);

	result->task = GW_TASK_TEXT;
	link_parts(&parts);
	for (uint32_t i = 0;
		i < parts.count && status == 0 && result->count < parts.options->max_boxes; i++)
		if (parts.run[i].part == i)
			status = read_part(job, &parts, i, result);
	return status;
}

const struct head head_text = {.name = "text", .outputs = outputs, .fit = fit, .read = read};
