/* Convolution (ONNX: Conv), and products of matrices, directly: a work item makes a tile of
 * OP_BLOCK channels and OP_LANES pixels of a line, which stay in registers. */

/* For one stride: called with a number, so that compilers know how values are read. */
FUNCTION void op_conv_tile(GLOBAL const struct op_conv *conv, GLOBAL const float *in,
	GLOBAL const float *weight, uint32_t stride, lanes *sum)
{
	for (uint32_t channel = 0; channel < conv->channels; channel++) {
		for (uint32_t y = 0; y < conv->kernel_height; y++) {
			GLOBAL const float *line =
				in + channel * conv->in_plane + y * conv->dilation_y * conv->in_pitch;

			for (uint32_t x = 0; x < conv->kernel_width; x++) {
				const lanes value = op_read(line + x * conv->dilation_x, stride);

				LANES_UNROLL
				for (uint32_t i = 0; i < OP_BLOCK; i++)
					sum[i] = lanes_join(value, weight[i], sum[i]);
				weight += OP_BLOCK;
			}
		}
	}
}

/* The run that a work item makes. False: there is none for it. */
FUNCTION uint32_t op_conv_place(
	GLOBAL const struct op_conv *conv, uint32_t item, uint32_t *x, uint32_t *y)
{
	*y = item / conv->runs;
	*x = (item - *y * conv->runs) * OP_LANES;
	return *y < conv->out_height;
}

/* One work item: one run (dimension 0, line by line) of OP_BLOCK channels (dimension 1) of one
 * picture (dimension 2). */
KERNEL op_conv(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_conv *conv = &job->conv;
	const uint32_t row = OP_BLOCK * WORK_ITEM(1), image = WORK_ITEM(2);
	uint32_t x, y;
	float each[OP_BLOCK * OP_LANES];
	lanes sum[OP_BLOCK];

	if (!op_conv_place(conv, WORK_ITEM(0), &x, &y))
		return;
	GLOBAL const float *in = memory + conv->in + image * conv->in_image +
		y * conv->stride_y * conv->in_pitch + x * conv->stride_x;
	GLOBAL const float *weight = memory + conv->weights +
		row * conv->channels * conv->kernel_height * conv->kernel_width;

	LANES_UNROLL
	for (uint32_t i = 0; i < OP_BLOCK; i++)
		sum[i] = lanes_of(memory[conv->bias + row + i]);
	if (conv->stride_x == 1)
		op_conv_tile(conv, in, weight, 1, sum);
	else if (conv->stride_x == 2)
		op_conv_tile(conv, in, weight, 2, sum);
	else
		op_conv_tile(conv, in, weight, conv->stride_x, sum);
	LANES_UNROLL
	for (uint32_t i = 0; i < OP_BLOCK; i++)
		lanes_store(sum[i], each + i * OP_LANES);
	for (uint32_t i = 0; i < OP_BLOCK && row + i < conv->rows; i++)
		op_write(memory, job, lanes_load(each + i * OP_LANES),
			((image * conv->rows + row + i) * conv->out_height + y) * conv->out_width + x,
			op_count(conv->out_width, x));
}

FUNCTION lanes op_conv_line(GLOBAL const struct op_conv *conv, GLOBAL const float *in,
	GLOBAL const float *weight, uint32_t stride, lanes sum)
{
	for (uint32_t channel = 0; channel < conv->channels; channel++)
		for (uint32_t y = 0; y < conv->kernel_height; y++)
			for (uint32_t x = 0; x < conv->kernel_width; x++)
				sum = lanes_join(op_read(in + channel * conv->in_plane +
								 y * conv->dilation_y * conv->in_pitch +
								 x * conv->dilation_x,
							 stride),
					*weight++, sum);
	return sum;
}

/* Where channels see only those of their group: dimension 1 is one channel. */
KERNEL op_conv_group(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_conv *conv = &job->conv;
	const uint32_t row = WORK_ITEM(1), image = WORK_ITEM(2);
	uint32_t x, y;

	if (!op_conv_place(conv, WORK_ITEM(0), &x, &y))
		return;
	GLOBAL const float *in = memory + conv->in + image * conv->in_image +
		row / conv->group_rows * conv->channels * conv->in_plane +
		y * conv->stride_y * conv->in_pitch + x * conv->stride_x;
	GLOBAL const float *weight = memory + conv->weights +
		row * conv->channels * conv->kernel_height * conv->kernel_width;
	lanes sum = lanes_of(memory[conv->bias + row]);

	if (conv->stride_x == 1)
		sum = op_conv_line(conv, in, weight, 1, sum);
	else if (conv->stride_x == 2)
		sum = op_conv_line(conv, in, weight, 2, sum);
	else
		sum = op_conv_line(conv, in, weight, conv->stride_x, sum);
	op_write(memory, job, sum,
		((image * conv->rows + row) * conv->out_height + y) * conv->out_width + x,
		op_count(conv->out_width, x));
}

/* One work item: one run of columns (dimension 0) of OP_BLOCK rows (dimension 1) of one product
 * (dimension 2). */
KERNEL op_matmul(GLOBAL float *memory, GLOBAL const struct op_job *jobs, uint32_t number)
{
	GLOBAL const struct op_job *job = &jobs[number];
	GLOBAL const struct op_matmul *product = &job->matmul;
	const uint32_t x = WORK_ITEM(0) * OP_LANES, row = WORK_ITEM(1) * OP_BLOCK;
	const uint32_t matrix = WORK_ITEM(2);
	uint32_t at[OP_BLOCK];
	float each[OP_BLOCK * OP_LANES];
	lanes sum[OP_BLOCK];

	if (x >= product->columns)
		return;
	GLOBAL const float *b = memory + product->b + matrix * product->b_matrix + x;

	/* Rows that are not there are the last one again. */
	LANES_UNROLL
	for (uint32_t i = 0; i < OP_BLOCK; i++) {
		const uint32_t own = row + i < product->rows ? row + i : product->rows - 1;

		at[i] = product->a + matrix * product->a_matrix + own * product->a_pitch;
		sum[i] = lanes_load(memory + product->bias + x);
	}
	for (uint32_t k = 0; k < product->depth; k++) {
		const lanes value = lanes_load(b + k * product->b_pitch);

		LANES_UNROLL
		for (uint32_t i = 0; i < OP_BLOCK; i++)
			sum[i] = lanes_join(value, memory[at[i] + k], sum[i]);
	}
	LANES_UNROLL
	for (uint32_t i = 0; i < OP_BLOCK; i++)
		lanes_store(sum[i], each + i * OP_LANES);
	for (uint32_t i = 0; i < OP_BLOCK && row + i < product->rows; i++)
		op_write(memory, job, lanes_load(each + i * OP_LANES),
			(matrix * product->rows + row + i) * product->columns + x,
			op_count(product->columns, x));
}
