/* Dequantisation and the inverse transform of JPEG (ITU-T T.81, A.3.3), a block of 8x8 coefficients
 * to one of 8x8, 4x4, 2x2 or 1x1 samples.
 *
 * The transform is done along columns and then along rows, by 13 bits of fraction; two bits of it
 * are kept in between. The numbers are those that libjpeg's accurate transform amounts to, so that
 * whole blocks come out the same to the bit. Smaller blocks are the means of the whole one's
 * samples, two, four or eight along each side. What no encoder makes wraps or is cut to 16 bits: it
 * gives other samples, but no overflow.
 */

#define IDCT_BITS 13
#define IDCT_KEPT 2

FUNCTION int32_t idct_word(int32_t value)
{
	return value < -32768 ? -32768 : value > 32767 ? 32767 : value;
}

/* What even frequencies give to the first half of a line and, mirrored, to the second. */
FUNCTION void idct_even(const int32_t *x, int32_t *even)
{
	const int32_t sum = (x[0] + x[4]) * 8192, difference = (x[0] - x[4]) * 8192;
	const int32_t outer = x[2] * 10703 + x[6] * 4433, inner = x[2] * 4433 - x[6] * 10704;

	even[0] = sum + outer;
	even[1] = difference + inner;
	even[2] = difference - inner;
	even[3] = sum - outer;
}

/* One line of 8 frequencies to `side` samples, with IDCT_BITS of fraction. */
FUNCTION void idct_line(const int32_t *x, int32_t *y, uint32_t side)
{
	int32_t even[4], odd[4];

	if (side == 8) {
		idct_even(x, even);
		odd[0] = x[1] * 11363 + x[3] * 9633 + x[5] * 6437 + x[7] * 2260;
		odd[1] = x[1] * 9633 - x[3] * 2259 - x[5] * 11362 - x[7] * 6436;
		odd[2] = x[1] * 6437 - x[3] * 11362 + x[5] * 2261 + x[7] * 9633;
		odd[3] = x[1] * 2260 - x[3] * 6436 + x[5] * 9633 - x[7] * 11363;
	} else if (side == 4) {
		even[0] = x[0] * 8192 + x[2] * 7568 - x[6] * 3135;
		even[1] = x[0] * 8192 - x[2] * 7568 + x[6] * 3135;
		odd[0] = x[1] * 10498 + x[3] * 3686 - x[5] * 2463 - x[7] * 2088;
		odd[1] = x[1] * 4348 - x[3] * 8900 + x[5] * 5947 - x[7] * 865;
	} else {
		even[0] = x[0] * 8192;
		odd[0] = x[1] * 7423 - x[3] * 2607 + x[5] * 1742 - x[7] * 1477;
	}
	for (uint32_t i = 0; i < side / 2; i++) {
		y[i] = even[i] + odd[i];
		y[side - 1 - i] = even[i] - odd[i];
	}
}

FUNCTION uint8_t idct_sample(int32_t value)
{
	const int32_t level = value + 128;

	return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

/* What a column of the block gives: `side` values with IDCT_KEPT bits of fraction. Most columns of
 * most pictures have nothing but their first coefficient. */
FUNCTION void idct_column(
	GLOBAL const int16_t *block, GLOBAL const uint16_t *table, int32_t *between, uint32_t side)
{
	int32_t x[8], y[8];
	int32_t rest = 0;

	for (uint32_t i = 1; i < 8; i++)
		rest |= block[8 * i];
	for (uint32_t i = 0; i < 8; i++)
		x[i] = (int16_t)(block[8 * i] * table[8 * i]);
	if (rest == 0) {
		for (uint32_t i = 0; i < side; i++)
			between[8 * i] = idct_word(x[0] * (1 << IDCT_KEPT));
		return;
	}
	idct_line(x, y, side);
	for (uint32_t i = 0; i < side; i++)
		between[8 * i] = idct_word(
			(y[i] + (1 << (IDCT_BITS - IDCT_KEPT - 1))) >> (IDCT_BITS - IDCT_KEPT));
}

/* One work item: one block (dimension 0, row by row) of one job (dimension 1). */
KERNEL idct(GLOBAL const int16_t *coefficients, GLOBAL const uint16_t *tables,
	GLOBAL const struct idct_job *jobs, GLOBAL uint8_t *samples)
{
	GLOBAL const struct idct_job *job = &jobs[WORK_ITEM(1)];
	const uint32_t index = WORK_ITEM(0), side = job->side;

	if (index >= job->across * job->down)
		return;
	const uint32_t down = index / job->across, across = index - down * job->across;
	GLOBAL const int16_t *block =
		coefficients + 64 * (job->block + down * job->stride + across);
	GLOBAL const uint16_t *table = tables + job->table;
	GLOBAL uint8_t *out = samples + job->sample + down * side * job->pitch + across * side;
	int32_t between[64], y[8];

	if (side == 1) {
		out[0] = idct_sample(((int16_t)(block[0] * table[0]) + 4) >> 3);
		return;
	}
	for (uint32_t i = 0; i < 8; i++)
		idct_column(block + i, table + i, between + i, side);
	for (uint32_t row = 0; row < side; row++) {
		idct_line(between + 8 * row, y, side);
		for (uint32_t i = 0; i < side; i++)
			out[row * job->pitch + i] =
				idct_sample((y[i] + (1 << (IDCT_BITS + IDCT_KEPT + 2))) >>
					(IDCT_BITS + IDCT_KEPT + 3));
	}
}
