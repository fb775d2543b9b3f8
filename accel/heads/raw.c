/* No head at all: the values travel as they are, for whoever reads them upstream. */
#include <errno.h>
#include <string.h>

#include "accel/heads/head.h"

static uint32_t outputs(
	const struct model_description *d, struct infer_tensor tensors[INFER_OUTPUTS])
{
	for (uint32_t k = 0; k < d->raw->tensors_count; k++)
		tensors[k] = (struct infer_tensor){.name = d->raw->tensors[k],
			.dims = {GW_BOXES},
			.free = true,
			.varies = true};
	return d->raw->tensors_count;
}

static int read(const struct head_job *job, struct gw_result *result)
{
	result->task = GW_TASK_RAW;
	for (uint32_t k = 0; k < job->description->raw->tensors_count; k++) {
		const struct infer_tensor *tensor = &job->tensors[k];
		const uint32_t rows = tensor->rank > 0 ? job->rows[k] : 1;
		const size_t of_row =
			infer_tensor_elements(tensor) / (tensor->rank > 0 ? tensor->dims[0] : 1);
		const size_t size = rows * of_row * sizeof(float);
		struct gw_finding *finding = &result->findings[result->count];

		*finding = (struct gw_finding){.index = (uint16_t)k, .confidence = 1};
		struct gw_values *values = gw_result_add(result, finding, sizeof(*values) + size);

		if (!values)
			return -ENOBUFS;
		values->rank = tensor->rank;
		memcpy(values->dims, tensor->dims, sizeof(values->dims));
		values->dims[0] = rows;
		memcpy(values->value, job->values[k], size);
		result->count++;
	}
	return 0;
}

const struct head head_raw = {.name = "raw", .outputs = outputs, .read = read};
