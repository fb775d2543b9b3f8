#include "accel/crew.h"

#include <errno.h>

static int make_result(struct crew *crew, const struct infer_batch *batch, uint32_t place,
	const struct infer_spec *spec, const struct head *head,
	const struct model_description *description)
{
	struct head_job job = {
		.description = description,
		.map = &crew->map[place],
		.tensors = spec->output,
	};

	for (uint32_t k = 0; k < spec->output_count; k++) {
		job.values[k] =
			batch->output[k] + (size_t)place * infer_tensor_elements(&spec->output[k]);
		job.rows[k] = spec->output[k].varies ? batch->rows[k] : spec->output[k].dims[0];
	}
	gw_frame_begin_result(crew->frames[place]);
	const int status = head->read(&job, &crew->frames[place]->result);

	if (status != 0)
		crew->complaint = head_complaint(status);
	return status;
}

void crew_finish(struct crew *crew, const struct infer_batch *batch, const struct infer_spec *spec,
	const struct head *head, const struct model_description *description)
{
	crew->failed = 0;
	crew->complaint = NULL;
	for (uint32_t i = 0; i < batch->count; i++) {
		struct gw_frame *frame = crew->frames[i];

		frame->stamp[GW_STAMP_INFER] = batch->started;
		frame->stamp[GW_STAMP_INFERRED] = batch->ended;
		const int status = batch->status == 0
			? make_result(crew, batch, i, spec, head, description)
			: 0;

		if (batch->status != 0)
			gw_frame_fail(frame, GW_DROP_INFER_FAILED);
		else if (status != 0)
			gw_frame_fail(frame,
				status == -ENOBUFS ? GW_DROP_RESULT_TOO_LARGE
						   : GW_DROP_MODEL_OUTPUT);
		else
			frame->state = GW_FRAME_RESULT;
		crew->failed += gw_frame_failed(frame);
	}
}
