/* Values moved or joined one by one, with whatever strides: element-wise operators with their
 * broadcasting, and all that only puts values elsewhere. */

FUNCTION lanes op_read_any(GLOBAL const float *from, uint32_t stride, uint32_t count)
{
	float each[OP_LANES];

	if (stride == 1)
		return lanes_load(from);
	if (stride == 0)
		return lanes_of(*from);
	for (uint32_t i = 0; i < OP_LANES; i++)
		each[i] = from[(i < count ? i : 0) * stride];
	return lanes_load(each);
}

/* One work item: one run (dimension 0, line by line). */
KERNEL op_map(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_map *map = &job->map;
	const uint32_t line = WORK_ITEM(0) / map->runs;
	const uint32_t x = (WORK_ITEM(0) - line * map->runs) * OP_LANES;
	const uint32_t last = OP_RANK - 1;
	uint32_t in = map->in + x * map->in_stride[last], rest = line;
	uint32_t second = map->second + x * map->second_stride[last];
	uint32_t out = x * map->out_stride[last];

	if (line >= map->lines)
		return;
	for (uint32_t i = last; i-- > 0;) {
		const uint32_t at = rest % map->size[i];

		rest /= map->size[i];
		in += at * map->in_stride[i];
		second += at * map->second_stride[i];
		out += at * map->out_stride[i];
	}
	const uint32_t count = op_count(map->size[last], x);
	const lanes value = op_apply(map->function,
		op_read_any(memory + in, map->in_stride[last], count),
		op_read_any(memory + second, map->second_stride[last], count), map->a, map->b);

	if (map->out_stride[last] == 1) {
		op_write(memory, job, value, out, count);
		return;
	}
	float each[OP_LANES];

	lanes_store(op_tail(memory, job, value, 0), each);
	for (uint32_t i = 0; i < count; i++)
		memory[job->out + out + i * map->out_stride[last]] = each[i];
}

/* Where a value of the margin comes from. */
FUNCTION uint32_t op_pad_place(int32_t at, uint32_t size, uint32_t edge)
{
	const int32_t last = (int32_t)size - 1;

	if (edge == OP_EDGE_MIRROR && at < 0)
		at = -at;
	else if (edge == OP_EDGE_MIRROR && at > last)
		at = 2 * last - at;
	return (uint32_t)(at < 0 ? 0 : at > last ? last : at);
}

/* One work item: one run (dimension 0) of one line (dimension 1) of one plane (dimension 2). */
KERNEL op_pad(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_pad *pad = &job->pad;
	const uint32_t x = WORK_ITEM(0) * OP_LANES, y = WORK_ITEM(1), plane = WORK_ITEM(2);
	const int32_t from_x = (int32_t)x - (int32_t)pad->left;
	const int32_t from_y = (int32_t)y - (int32_t)pad->top;
	float each[OP_LANES];

	if (x >= pad->out_width)
		return;
	const uint32_t inside_y = from_y >= 0 && from_y < (int32_t)pad->in_height;
	const uint32_t line = op_pad_place(from_y, pad->in_height, pad->edge);
	const uint32_t begin = pad->in + (plane * pad->in_height + line) * pad->in_width;
	const uint32_t to = (plane * pad->out_height + y) * pad->out_width + x;
	const uint32_t count = op_count(pad->out_width, x);

	if (inside_y && from_x >= 0 && from_x + OP_LANES <= (int32_t)pad->in_width) {
		op_write(memory, job, lanes_load(memory + begin + from_x), to, count);
		return;
	}
	for (int32_t i = 0; i < OP_LANES; i++) {
		const int32_t at = from_x + i;
		const uint32_t inside = inside_y && at >= 0 && at < (int32_t)pad->in_width;

		each[i] = inside || pad->edge != OP_EDGE_NUMBER
			? memory[begin + op_pad_place(at, pad->in_width, pad->edge)]
			: pad->number;
	}
	op_write(memory, job, lanes_load(each), to, count);
}
