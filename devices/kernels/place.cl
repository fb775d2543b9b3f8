/* From the planes of a decoded picture to its place in the tensor of a batch: each value gathers
 * the samples that its pixel covers, or lies between; then range, colours, mean and scale, layout
 * and type of the element. What accel/input/preprocess.h does, a value at a time.
 *
 * Products and sums are rounded one by one, so that all ways come to the same bits.
 */

FUNCTION float place_line(
	GLOBAL const uint8_t *row, uint32_t step, GLOBAL const struct place_tap *tap)
{
	EXACT_FLOATS
	const uint32_t first = tap->first, last = tap->last;
	float sum = (float)row[first * step] * tap->first_share;

	for (uint32_t i = first + 1; i < last; i++)
		sum += (float)row[i * step] * tap->inner_share;
	return sum + (float)row[last * step] * tap->last_share;
}

/* One part of the picture at one pixel of the input: column i of line k, as it is stored. */
FUNCTION float place_part(GLOBAL const uint8_t *pixels, GLOBAL const struct place_tap *taps,
	GLOBAL const struct place_job *job, uint32_t part, uint32_t i, uint32_t k)
{
	EXACT_FLOATS
	GLOBAL const struct place_tap *column = &taps[job->columns[part] + i];
	GLOBAL const struct place_tap *line = &taps[job->rows[part] + k];
	GLOBAL const uint8_t *from = pixels + job->part[part];
	const uint32_t pitch = job->pitch[part], step = job->step;
	const uint32_t first = line->first, last = line->last;
	float sum = place_line(from + first * pitch, step, column) * line->first_share;

	for (uint32_t y = first + 1; y < last; y++)
		sum += place_line(from + y * pitch, step, column) * line->inner_share;
	if (line->last_share > 0)
		sum += place_line(from + last * pitch, step, column) * line->last_share;
	return sum;
}

FUNCTION float place_limit(float level)
{
	return level < 0 ? 0 : level > 255 ? 255 : level;
}

/* Levels of limited range to the full one, ITU-R BT.601, 2.5.3. */
FUNCTION float place_wide_luma(float level)
{
	EXACT_FLOATS
	return (level - 16) * (255.0f / 219);
}

FUNCTION float place_wide_colour(float difference)
{
	EXACT_FLOATS
	return difference * (255.0f / 224);
}

FUNCTION float place_luma(const float *rgb)
{
	EXACT_FLOATS
	return 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
}

FUNCTION void place_ycc_to_rgb(float *level, uint32_t limited)
{
	EXACT_FLOATS
	float y = level[0], u = level[1] - 128, v = level[2] - 128;

	if (limited) {
		y = place_limit(place_wide_luma(y));
		u = place_limit(place_wide_colour(u) + 128) - 128;
		v = place_limit(place_wide_colour(v) + 128) - 128;
	}
	level[0] = place_limit(y + 1.402f * v);
	level[1] = place_limit(y - 0.344136f * u - 0.714136f * v);
	level[2] = place_limit(y + 1.772f * u);
}

/* RGB that was made of YCbCr as if it had the full range. */
FUNCTION void place_widen_rgb(float *level)
{
	EXACT_FLOATS
	const float luma = place_luma(level), wide = place_wide_luma(luma);

	for (uint32_t c = 0; c < 3; c++)
		level[c] = place_limit(wide + place_wide_colour(level[c] - luma));
}

/* Levels of red, green and blue, or of grey alone. */
FUNCTION void place_levels(GLOBAL const uint8_t *pixels, GLOBAL const struct place_tap *taps,
	GLOBAL const struct place_job *job, uint32_t i, uint32_t k, float *level)
{
	level[0] = place_part(pixels, taps, job, 0, i, k);
	level[1] = level[2] = level[0];
	if (job->kind != PLACE_GREY) {
		level[1] = place_part(pixels, taps, job, 1, i, k);
		level[2] = place_part(pixels, taps, job, 2, i, k);
	}
	if (job->kind == PLACE_YCC) {
		place_ycc_to_rgb(level, job->limited);
	} else if (job->kind == PLACE_RGB && job->channels == 3) {
		if (job->limited)
			place_widen_rgb(level);
	} else {
		if (job->kind == PLACE_RGB)
			level[0] = place_luma(level);
		if (job->limited)
			level[0] = place_limit(place_wide_luma(level[0]));
		level[1] = level[2] = level[0];
	}
}

/* To the nearest number of IEEE 754 binary16, ties to even. */
FUNCTION uint16_t place_half(float value)
{
	union {
		float number;
		uint32_t bits;
	} whole, moved;

	whole.number = value;
	const uint32_t sign = whole.bits >> 16 & 0x8000;

	whole.bits &= 0x7fffffff;
	/* Its last bit is then where the last of binary16 is, for those that are subnormal there.
	 */
	moved.number = whole.number + 0.5f;
	if (whole.bits > 0x7f800000)
		return (uint16_t)(sign | 0x7e00);
	if (whole.bits >= 143u << 23)
		return (uint16_t)(sign | 0x7c00);
	if (whole.bits < 113u << 23)
		return (uint16_t)(sign | (moved.bits - (126u << 23)));
	return (uint16_t)(sign |
		((whole.bits - (112u << 23) + 0xfff + (whole.bits >> 13 & 1)) >> 13));
}

FUNCTION void place_store(GLOBAL uint8_t *tensor, uint32_t at, uint32_t type, float value)
{
	if (type == PLACE_FLOAT32)
		((GLOBAL float *)tensor)[at] = value;
	else if (type == PLACE_FLOAT16)
		((GLOBAL uint16_t *)tensor)[at] = place_half(value);
	else
		tensor[at] = (uint8_t)(place_limit(value) + 0.5f);
}

/* One work item: one pixel of the input (dimensions 0 and 1) of one job (dimension 2). */
KERNEL place(GLOBAL const uint8_t *pixels, GLOBAL const struct place_tap *taps,
	GLOBAL const struct place_job *jobs, GLOBAL uint8_t *tensor)
{
	EXACT_FLOATS
	GLOBAL const struct place_job *job = &jobs[WORK_ITEM(2)];
	const uint32_t x = WORK_ITEM(0), y = WORK_ITEM(1);

	if (x >= job->width || y >= job->height)
		return;
	const uint32_t from_left = x - job->left, from_top = y - job->top;
	const uint32_t i = job->swapped ? from_top : from_left;
	const uint32_t k = job->swapped ? from_left : from_top;
	/* What is left of it or above wraps to a large number. */
	const uint32_t seen = i < job->across && k < job->down;
	const uint32_t pixel = y * job->width + x;
	float level[3] = {0, 0, 0};

	if (seen)
		place_levels(pixels, taps, job, i, k, level);
	for (uint32_t c = 0; c < job->channels; c++) {
		const uint32_t colour = job->reversed ? job->channels - 1 - c : c;
		const uint32_t at = job->interleaved ? pixel * job->channels + c
						     : c * job->width * job->height + pixel;

		place_store(tensor, job->value + at, job->type,
			seen ? (level[colour] - job->mean[c]) * job->scale[c] : job->fill[c]);
	}
}
