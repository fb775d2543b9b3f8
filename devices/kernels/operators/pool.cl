/* Several values to one: pooling, reductions, softmax, and resizing. */

#define OP_LOWEST -3.402823466e+38f

FUNCTION float op_pool_one(
	GLOBAL const float *plane, GLOBAL const struct op_pool *pool, uint32_t x, uint32_t y)
{
	const int32_t left = (int32_t)(x * pool->stride_x) - (int32_t)pool->left;
	const int32_t top = (int32_t)(y * pool->stride_y) - (int32_t)pool->top;
	float value = pool->average ? 0 : OP_LOWEST;
	uint32_t count = 0;

	for (uint32_t i = 0; i < pool->kernel_height; i++) {
		const int32_t at_y = top + (int32_t)(i * pool->dilation_y);

		for (uint32_t k = 0; k < pool->kernel_width; k++) {
			const int32_t at_x = left + (int32_t)(k * pool->dilation_x);

			if (at_y >= 0 && at_x >= 0 && at_y < (int32_t)pool->in_height &&
				at_x < (int32_t)pool->in_width) {
				const float one = plane[(uint32_t)at_y * pool->in_width + (uint32_t)at_x];

				value = pool->average ? value + one : one > value ? one : value;
				count++;
			} else if (at_y < (int32_t)(pool->in_height + pool->bottom) &&
				at_x < (int32_t)(pool->in_width + pool->right)) {
				count += pool->count_all;
			}
		}
	}
	return pool->average ? value / (float)count : value;
}

/* One work item: one run (dimension 0) of one line (dimension 1) of one plane (dimension 2). */
KERNEL op_pool(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_pool *pool = &job->pool;
	const uint32_t x = WORK_ITEM(0) * OP_LANES, y = WORK_ITEM(1), plane = WORK_ITEM(2);
	float each[OP_LANES];

	if (x >= pool->out_width)
		return;
	const uint32_t count = op_count(pool->out_width, x);

	for (uint32_t i = 0; i < OP_LANES; i++)
		each[i] = i < count
			? op_pool_one(memory + pool->in + plane * pool->in_width * pool->in_height, pool,
				  x + i, y)
			: 0;
	op_write(memory, job, lanes_load(each),
		(plane * pool->out_height + y) * pool->out_width + x, count);
}

FUNCTION lanes op_join(uint32_t reduction, lanes x, lanes y)
{
	return reduction == OP_REDUCE_MAX ? lanes_larger(x, y)
		: reduction == OP_REDUCE_MIN ? lanes_smaller(x, y)
					     : x + y;
}

FUNCTION float op_join_one(uint32_t reduction, float x, float y)
{
	return reduction == OP_REDUCE_MAX ? (x > y ? x : y)
		: reduction == OP_REDUCE_MIN ? (x < y ? x : y)
					     : x + y;
}

/* The place of the largest of values that lie `stride` apart. */
FUNCTION float op_place_of_largest(GLOBAL const float *from, uint32_t count, uint32_t stride)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < count; i++)
		if (from[i * stride] > from[best * stride])
			best = i;
	return (float)best;
}

/* Values side by side. */
FUNCTION float op_reduce_line(
	GLOBAL const float *from, GLOBAL const struct op_reduce *reduce, uint32_t reduction)
{
	float each[OP_LANES], value;
	uint32_t at = OP_LANES;

	if (reduction == OP_REDUCE_ARGMAX)
		return op_place_of_largest(from, reduce->count, 1);
	value = from[0];
	if (reduce->count < OP_LANES) {
		for (at = 1; at < reduce->count; at++)
			value = op_join_one(reduction, value, from[at]);
		return value;
	}
	lanes sum = lanes_load(from);

	for (; at + OP_LANES <= reduce->count; at += OP_LANES)
		sum = op_join(reduction, sum, lanes_load(from + at));
	lanes_store(sum, each);
	value = each[0];
	for (uint32_t i = 1; i < OP_LANES; i++)
		value = op_join_one(reduction, value, each[i]);
	for (; at < reduce->count; at++)
		value = op_join_one(reduction, value, from[at]);
	return value;
}

/* Values `inner` apart, a run of them together. */
FUNCTION lanes op_reduce_run(GLOBAL const float *from, GLOBAL const struct op_reduce *reduce,
	uint32_t reduction, uint32_t count)
{
	float each[OP_LANES];

	if (reduction == OP_REDUCE_ARGMAX) {
		for (uint32_t i = 0; i < OP_LANES; i++)
			each[i] = op_place_of_largest(
				from + (i < count ? i : 0), reduce->count, reduce->inner);
		return lanes_load(each);
	}
	lanes sum = lanes_load(from);

	for (uint32_t i = 1; i < reduce->count; i++)
		sum = op_join(reduction, sum, lanes_load(from + i * reduce->inner));
	return sum;
}

/* One work item: one run of results (dimension 0) of one outer (dimension 1); where nothing lies
 * within, a run is of outer ones. */
KERNEL op_reduce(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_reduce *reduce = &job->reduce;
	const uint32_t width = reduce->inner == 1 ? reduce->outer : reduce->inner;
	const uint32_t x = WORK_ITEM(0) * OP_LANES, outer = WORK_ITEM(1);
	GLOBAL const float *in = memory + reduce->in;
	float each[OP_LANES];
	lanes value;

	if (x >= width)
		return;
	const uint32_t count = op_count(width, x);

	if (reduce->inner == 1) {
		for (uint32_t i = 0; i < OP_LANES; i++)
			each[i] = i < count ? op_reduce_line(in + (x + i) * reduce->count, reduce,
						      reduce->reduction)
					    : 0;
		value = lanes_load(each);
	} else {
		value = op_reduce_run(in + outer * reduce->count * reduce->inner + x, reduce,
			reduce->reduction, count);
	}
	if (reduce->reduction == OP_REDUCE_MEAN)
		value = value / (float)reduce->count;
	op_write(memory, job, value, reduce->inner == 1 ? x : outer * reduce->inner + x, count);
}

/* One work item: one inner (dimension 0) of one outer (dimension 1). */
KERNEL op_softmax(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_reduce *reduce = &job->reduce;
	const uint32_t inner = reduce->inner;
	const uint32_t at = WORK_ITEM(1) * reduce->count * inner + WORK_ITEM(0);
	GLOBAL const float *from = memory + reduce->in + at;
	GLOBAL float *to = memory + job->out + at;
	float largest = OP_LOWEST, sum = 0;

	if (WORK_ITEM(0) >= inner)
		return;
	for (uint32_t i = 0; i < reduce->count; i++)
		largest = from[i * inner] > largest ? from[i * inner] : largest;
	for (uint32_t i = 0; i < reduce->count; i++) {
		const float value = FLOAT_EXP(from[i * inner] - largest);

		to[i * inner] = value;
		sum += value;
	}
	for (uint32_t i = 0; i < reduce->count; i++)
		to[i * inner] /= sum;
}

FUNCTION uint32_t op_within(float at, uint32_t size)
{
	return at <= 0 ? 0 : at >= (float)(size - 1) ? size - 1 : (uint32_t)at;
}

FUNCTION float op_round(float at, uint32_t rounding)
{
	return rounding == OP_ROUND_HALF_DOWN ? FLOAT_CEIL(at - 0.5f)
		: rounding == OP_ROUND_HALF_UP ? FLOAT_FLOOR(at + 0.5f)
		: rounding == OP_ROUND_UP      ? FLOAT_CEIL(at)
					       : FLOAT_FLOOR(at);
}

FUNCTION float op_resize_one(
	GLOBAL const float *plane, GLOBAL const struct op_resize *resize, float x, float y)
{
	const uint32_t width = resize->in_width, height = resize->in_height;

	if (!resize->linear)
		return plane[op_within(op_round(y, resize->rounding), height) * width +
			op_within(op_round(x, resize->rounding), width)];
	x = x < 0 ? 0 : x > (float)(width - 1) ? (float)(width - 1) : x;
	y = y < 0 ? 0 : y > (float)(height - 1) ? (float)(height - 1) : y;
	const uint32_t left = (uint32_t)x, top = (uint32_t)y;
	const uint32_t right = left + 1 < width ? left + 1 : left;
	const uint32_t bottom = top + 1 < height ? top + 1 : top;
	const float part_x = x - (float)left, part_y = y - (float)top;
	const float above = plane[top * width + left] * (1 - part_x) + plane[top * width + right] * part_x;
	const float below =
		plane[bottom * width + left] * (1 - part_x) + plane[bottom * width + right] * part_x;

	return above * (1 - part_y) + below * part_y;
}

/* One work item: one run (dimension 0) of one line (dimension 1) of one plane (dimension 2). */
KERNEL op_resize(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_resize *resize = &job->resize;
	const uint32_t x = WORK_ITEM(0) * OP_LANES, y = WORK_ITEM(1), plane = WORK_ITEM(2);
	float each[OP_LANES];

	if (x >= resize->out_width)
		return;
	for (uint32_t i = 0; i < OP_LANES; i++)
		each[i] = op_resize_one(
			memory + resize->in + plane * resize->in_width * resize->in_height, resize,
			((float)(x + i) + resize->shift) * resize->scale_x - resize->shift,
			((float)y + resize->shift) * resize->scale_y - resize->shift);
	op_write(memory, job, lanes_load(each),
		(plane * resize->out_height + y) * resize->out_width + x,
		op_count(resize->out_width, x));
}
