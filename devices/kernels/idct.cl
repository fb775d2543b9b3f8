/* Dequantisation and the inverse transform of JPEG (ITU-T T.81, A.3.3), a block of 8x8 coefficients
 * to one of 8x8, 4x4, 2x2 or 1x1 samples.
 *
 * The transform is done along columns and then along rows, by 13 bits of fraction; two bits of it
 * are kept in between. Smaller blocks are the means of the whole one's samples, two or four along
 * each side, by one and two bits more. The numbers are those that libjpeg's accurate transforms
 * amount to, so that samples come out the same to the bit. What no encoder makes wraps or is cut to
 * 16 bits: it gives other samples and does no harm.
 */

#define IDCT_KEPT 2

/* Bits of fraction for blocks of that side: 13, 14 or 15. */
FUNCTION uint32_t idct_bits(uint32_t side)
{
	return side == 8 ? 13 : side == 4 ? 14 : 15;
}

FUNCTION int32_t idct_word(int32_t value)
{
	return value < -32768 ? -32768 : value > 32767 ? 32767 : value;
}

/* One line of 8 frequencies to `side` samples. Unsigned, so that what wraps is known. */
FUNCTION void idct_line(const uint32_t *x, uint32_t *y, uint32_t side)
{
	uint32_t even[4], odd[4];

	/* What even frequencies give to the first half, and mirrored to the second; odd ones with
	 * the other sign. */
	if (side == 8) {
		const uint32_t sum = (x[0] + x[4]) * 8192, difference = (x[0] - x[4]) * 8192;
		const uint32_t outer = x[2] * 10703 + x[6] * 4433;
		const uint32_t inner = x[2] * 4433 - x[6] * 10704;

		even[0] = sum + outer;
		even[1] = difference + inner;
		even[2] = difference - inner;
		even[3] = sum - outer;
		odd[0] = x[1] * 11363 + x[3] * 9633 + x[5] * 6437 + x[7] * 2260;
		odd[1] = x[1] * 9633 - x[3] * 2259 - x[5] * 11362 - x[7] * 6436;
		odd[2] = x[1] * 6437 - x[3] * 11362 + x[5] * 2261 + x[7] * 9633;
		odd[3] = x[1] * 2260 - x[3] * 6436 + x[5] * 9633 - x[7] * 11363;
	} else if (side == 4) {
		even[0] = x[0] * 16384 + x[2] * 15137 - x[6] * 6270;
		even[1] = x[0] * 16384 - x[2] * 15137 + x[6] * 6270;
		odd[0] = x[1] * 20995 + x[3] * 7373 - x[5] * 4926 - x[7] * 4176;
		odd[1] = x[1] * 8697 - x[3] * 17799 + x[5] * 11893 - x[7] * 1730;
	} else {
		even[0] = x[0] * 32768;
		odd[0] = x[1] * 29692 - x[3] * 10426 + x[5] * 6967 - x[7] * 5906;
	}
	for (uint32_t i = 0; i < side / 2; i++) {
		y[i] = even[i] + odd[i];
		y[side - 1 - i] = even[i] - odd[i];
	}
}

/* Rounds so many bits away. */
FUNCTION int32_t idct_round(uint32_t value, uint32_t bits)
{
	return (int32_t)(value + (1u << (bits - 1))) >> bits;
}

FUNCTION uint8_t idct_sample(int32_t value)
{
	const int32_t level = value + 128;

	return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

/* A block by the way for one size: called with a number, so that compilers unroll all loops and
 * take columns, then rows, side by side. */
FUNCTION void idct_block(GLOBAL const int16_t *block, GLOBAL const uint16_t *table,
	GLOBAL uint8_t *out, uint32_t pitch, uint32_t side)
{
	const uint32_t bits = idct_bits(side);
	uint32_t between[64];

	for (uint32_t i = 0; i < 8; i++) {
		uint32_t x[8], y[8];

		for (uint32_t k = 0; k < 8; k++)
			x[k] = (uint32_t)(int16_t)(block[8 * k + i] * table[8 * k + i]);
		idct_line(x, y, side);
		for (uint32_t k = 0; k < side; k++)
			between[8 * k + i] =
				(uint32_t)idct_word(idct_round(y[k], bits - IDCT_KEPT));
	}
	for (uint32_t i = 0; i < side; i++) {
		uint32_t y[8];

		idct_line(between + 8 * i, y, side);
		for (uint32_t k = 0; k < side; k++)
			out[i * pitch + k] = idct_sample(idct_round(y[k], bits + IDCT_KEPT + 3));
	}
}

/* A block that is all of one level, as most of a sky or a wall. */
FUNCTION void idct_flat(uint8_t level, GLOBAL uint8_t *out, uint32_t pitch, uint32_t side)
{
	for (uint32_t i = 0; i < side; i++)
		for (uint32_t k = 0; k < side; k++)
			out[i * pitch + k] = level;
}

/* One work item: one block (dimension 0, row by row) of one job (dimension 1). */
KERNEL idct(GLOBAL const int16_t *coefficients, GLOBAL const uint16_t *tables,
	GLOBAL const struct idct_job *jobs, GLOBAL uint8_t *samples)
{
	GLOBAL const struct idct_job *job = &jobs[WORK_ITEM(1)];
	const uint32_t index = WORK_ITEM(0), side = job->side, pitch = job->pitch;

	if (index >= job->across * job->down)
		return;
	const uint32_t down = index / job->across, across = index - down * job->across;
	GLOBAL const int16_t *block =
		coefficients + 64 * (job->block + down * job->stride + across);
	GLOBAL const uint16_t *table = tables + job->table;
	GLOBAL uint8_t *out = samples + job->sample + down * side * pitch + across * side;
	int32_t rest = 0;

	for (uint32_t i = 1; i < 64; i++)
		rest |= block[i];
	if (side == 1 || rest == 0)
		idct_flat(idct_sample(((int16_t)(block[0] * table[0]) + 4) >> 3), out, pitch, side);
	else if (side == 2)
		idct_block(block, table, out, pitch, 2);
	else if (side == 4)
		idct_block(block, table, out, pitch, 4);
	else
		idct_block(block, table, out, pitch, 8);
}
