/* Chroma at the place of a pixel. Where one sample stands for two pixels along a side, a pixel is
 * three quarters of its own sample and a quarter of the next one on its side; where for four, or
 * where that is not wanted, the sample is repeated. As libjpeg rounds.
 */

/* The sample that the pixel lies in, and the one beside it; at the edge the same again. */
FUNCTION uint32_t upsample_beside(uint32_t at, uint32_t count)
{
	const uint32_t own = at / 2;

	if (at % 2 == 0)
		return own > 0 ? own - 1 : 0;
	return own + 1 < count ? own + 1 : own;
}

FUNCTION int32_t upsample(GLOBAL const uint8_t *plane, uint32_t pitch,
	GLOBAL const struct rgb_job *job, uint32_t x, uint32_t y)
{
	GLOBAL const uint8_t *row = plane + y / job->down * pitch;
	const uint32_t own = x / job->across;
	const int32_t first_x = x % 2 == 0, first_y = y % 2 == 0;

	if (job->smooth == 0 || job->across == 4 || (job->across == 1 && job->down == 1))
		return row[own];
	GLOBAL const uint8_t *other = plane + upsample_beside(y, job->chroma_height) * pitch;
	const uint32_t beside = upsample_beside(x, job->chroma_width);

	if (job->down == 1)
		return (3 * row[own] + row[beside] + (first_x ? 1 : 2)) >> 2;
	if (job->across == 1)
		return (3 * row[own] + other[own] + (first_y ? 1 : 2)) >> 2;
	return (3 * (3 * row[own] + other[own]) + 3 * row[beside] + other[beside] +
		       (first_x ? 8 : 7)) >>
		4;
}
