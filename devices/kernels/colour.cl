/* Planes of luma and chroma to packed RGB (ITU-T T.871, 7), by 16 bits of fraction. */

#define COLOUR_BITS 16
#define COLOUR_HALF (1 << (COLOUR_BITS - 1))

FUNCTION uint8_t colour_level(int32_t value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* One work item: one pixel (dimensions 0 and 1) of one job (dimension 2). */
KERNEL rgb(GLOBAL const uint8_t *samples, GLOBAL const struct rgb_job *jobs, GLOBAL uint8_t *pixels)
{
	GLOBAL const struct rgb_job *job = &jobs[WORK_ITEM(2)];
	const uint32_t x = WORK_ITEM(0), y = WORK_ITEM(1);

	if (x >= job->width || y >= job->height)
		return;
	const int32_t luma = samples[job->plane[0] + y * job->pitch[0] + x];
	int32_t red = 0, green = 0, blue = 0;

	if (job->colours) {
		const int32_t u = upsample(samples + job->plane[1], job->pitch[1], job, x, y) - 128;
		const int32_t v = upsample(samples + job->plane[2], job->pitch[2], job, x, y) - 128;

		/* 1.402, -0.344136, -0.714136 and 1.772. */
		red = (v * 91881 + COLOUR_HALF) >> COLOUR_BITS;
		green = (u * -22554 + v * -46802 + COLOUR_HALF) >> COLOUR_BITS;
		blue = (u * 116130 + COLOUR_HALF) >> COLOUR_BITS;
	}
	GLOBAL uint8_t *pixel = pixels + job->pixel + y * job->pixel_pitch + 3 * x;

	pixel[0] = colour_level(luma + red);
	pixel[1] = colour_level(luma + green);
	pixel[2] = colour_level(luma + blue);
}
