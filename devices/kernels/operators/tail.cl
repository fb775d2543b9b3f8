/* What is done with values once they are computed, and how they are written. */

FUNCTION lanes op_apply(uint32_t function, lanes x, lanes y, float a, float b)
{
	switch (function) {
	case OP_ADD:
		return x + y;
	case OP_SUBTRACT:
		return x - y;
	case OP_SUBTRACT_FROM:
		return y - x;
	case OP_MULTIPLY:
		return x * y;
	case OP_DIVIDE:
		return x / y;
	case OP_DIVIDE_INTO:
		return y / x;
	case OP_POWER:
		return lanes_power(x, y);
	case OP_LARGER:
		return lanes_larger(x, y);
	case OP_SMALLER:
		return lanes_smaller(x, y);
	case OP_ABSOLUTE:
		return lanes_larger(x, -x);
	case OP_CLIP:
		return lanes_smaller(lanes_larger(x, lanes_of(a)), lanes_of(b));
	case OP_ELU:
		return lanes_larger(x, lanes_of(0)) +
			a * (lanes_exp(lanes_smaller(x, lanes_of(0))) - 1);
	case OP_ERF:
		return lanes_erf(x);
	case OP_EXP:
		return lanes_exp(x);
	case OP_FLOOR:
		return lanes_floor(x);
	case OP_HARD_SIGMOID:
		return lanes_smaller(lanes_larger(a * x + b, lanes_of(0)), lanes_of(1));
	case OP_LEAKY:
		return lanes_larger(x, lanes_of(0)) + a * lanes_smaller(x, lanes_of(0));
	case OP_LOG:
		return lanes_log(x);
	case OP_SIGMOID:
		return 1 / (1 + lanes_exp(-x));
	case OP_SOFTPLUS:
		return lanes_larger(x, lanes_of(0)) +
			lanes_log(1 + lanes_exp(-lanes_larger(x, -x)));
	case OP_SQRT:
		return lanes_sqrt(x);
	case OP_TANH:
		return lanes_tanh(x);
	case OP_TRUNCATE:
		return lanes_trunc(x);
	default:
		return x;
	}
}

FUNCTION lanes op_tail(
	GLOBAL const float *memory, GLOBAL const struct op_job *job, lanes value, uint32_t at)
{
	lanes first = value;

	for (uint32_t i = 0; i < job->tails; i++) {
		GLOBAL const struct op_tail *tail = &job->tail[i];
		lanes operand = lanes_of(tail->a);

		if (tail->operand == OP_FIRST)
			operand = first;
		else if (tail->operand == OP_TENSOR)
			operand = lanes_load(memory + job->other + at);
		if (tail->function == OP_KEEP)
			first = value;
		else
			value = op_apply(tail->function, value, operand, tail->a, tail->b);
	}
	return value;
}

/* Writes the first `count` of them to place `at` of the result. */
FUNCTION void op_write(GLOBAL float *memory, GLOBAL const struct op_job *job, lanes value,
	uint32_t at, uint32_t count)
{
	GLOBAL float *to = memory + job->out + at;

	value = op_tail(memory, job, value, at);
	if (count >= OP_LANES) {
		lanes_store(value, to);
		return;
	}
	float each[OP_LANES];

	lanes_store(value, each);
	for (uint32_t i = 0; i < count; i++)
		to[i] = each[i];
}

/* Every `stride`-th value. */
FUNCTION lanes op_read(GLOBAL const float *from, uint32_t stride)
{
	float each[OP_LANES];

	if (stride == 1)
		return lanes_load(from);
	for (uint32_t i = 0; i < OP_LANES; i++)
		each[i] = from[i * stride];
	return lanes_load(each);
}

/* How many of a line's values a run has. */
FUNCTION uint32_t op_count(uint32_t width, uint32_t x)
{
	return width - x < OP_LANES ? width - x : OP_LANES;
}
