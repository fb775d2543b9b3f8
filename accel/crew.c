#include "accel/crew.h"

#include <errno.h>

static enum gw_drop make_result(struct crew *crew, const struct infer_batch *batch, uint32_t place,
	const struct infer_spec *spec, const struct head *head,
	const struct model_description *description, void *room)
{
	struct job *const job = crew->jobs[place];
	struct head_job read = {
		.description = description,
		.map = &crew->map[place],
		.tensors = spec->output,
		.all = job->all,
		.frame = job->frame,
		.room = room,
		.windows = job->compared ? job->windows : NULL,
	};

	for (uint32_t k = 0; k < spec->output_count; k++) {
		read.values[k] =
			batch->output[k] + (size_t)place * infer_tensor_elements(&spec->output[k]);
		read.rows[k] = spec->output[k].varies ? batch->rows[k] : spec->output[k].dims[0];
	}
	job_begin_result(job);
	const int status = head->read(&read, &job->result);

	if (status == 0)
		return GW_DROP_NONE;
	crew->complaint = head_complaint(status);
	return status == -ENOBUFS ? GW_DROP_RESULT_TOO_LARGE : GW_DROP_MODEL_OUTPUT;
}

void crew_finish(struct crew *crew, const struct infer_batch *batch, const struct infer_spec *spec,
	const struct head *head, const struct model_description *description, void *room)
{
	int out = CREW_OUT;

	if (!atomic_compare_exchange_strong(&crew->claim, &out, CREW_FINISHED))
		return;
	crew->failed = 0;
	crew->complaint = NULL;
	for (uint32_t i = 0; i < batch->count; i++) {
		struct job *job = crew->jobs[i];

		job->began = batch->started;
		job->ended = batch->ended;
		job->drop = batch->status == 0
			? make_result(crew, batch, i, spec, head, description, room)
			: GW_DROP_INFER_FAILED;
		crew->failed += job->drop != GW_DROP_NONE;
	}
}
