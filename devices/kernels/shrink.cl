/* A plane to the means of its squares of 2x2, 4x4 or 8x8 samples: what a decoder that gives whole
 * pictures only is scaled by. Squares at the right and lower edge are of what there is.
 */

/* One work item: one sample of what comes out (dimensions 0 and 1) of one job (dimension 2). */
KERNEL shrink(GLOBAL const uint8_t *samples, GLOBAL const struct shrink_job *jobs, GLOBAL uint8_t *out)
{
	GLOBAL const struct shrink_job *job = &jobs[WORK_ITEM(2)];
	const uint32_t side = job->side, x = WORK_ITEM(0), y = WORK_ITEM(1);

	if (x * side >= job->width || y * side >= job->height)
		return;
	GLOBAL const uint8_t *square = samples + job->from + y * side * job->from_pitch + x * side;
	const uint32_t across = job->width - x * side < side ? job->width - x * side : side;
	const uint32_t down = job->height - y * side < side ? job->height - y * side : side;
	const uint32_t count = across * down;
	uint32_t sum = 0;

	if (count == 0)
		return; /* a job without a side */
	for (uint32_t i = 0; i < down; i++)
		for (uint32_t k = 0; k < across; k++)
			sum += square[i * job->from_pitch + k];
	out[job->to + y * job->to_pitch + x] = (uint8_t)((sum + count / 2) / count);
}
