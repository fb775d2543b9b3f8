/* model.yaml on any bytes: it is refused with a line, or it describes a model that the rest can
 * trust. */
#include <math.h>
#include <stdlib.h>

#include "accel/repository/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model_description *d;
	struct gw_error error = {0};

	if (model_yaml_parse("model.yaml", (const char *)data, size, &d, &error) != 0) {
		require(!d && error.text[0] != '\0');
		return 0;
	}
	require(d->labels_count > 0 || d->task == GW_TASK_TEXT || d->task == GW_TASK_RAW ||
		d->task == GW_TASK_ENHANCE);
	require(d->batch->max > 0 && d->batch->max <= MODEL_BATCH_MAX);
	require(d->input.width > 0 && d->input.height > 0);
	require(d->input.mean_count == d->input.channels);
	require(d->input.scale_count == d->input.channels);
	for (uint32_t i = 0; i < d->input.channels; i++)
		require(isfinite(d->input.mean[i]) && isfinite(d->input.scale[i]));
	require(!d->input.fill || d->input.fill_count == 1 ||
		d->input.fill_count == d->input.channels);
	require(d->input.resize == 0 || d->input.resize >= d->input.width);
	require(!d->classify == (d->task != GW_TASK_CLASSIFY));
	require(!d->detect == (d->task != GW_TASK_DETECT));
	require(!d->read == (d->task != GW_TASK_READ));
	require(!d->enhance == (d->task != GW_TASK_ENHANCE));
	if (d->read)
		require(!d->read->tensor == (d->read->character && d->read->confidence));
	if (d->enhance)
		require(d->enhance->factor > 0 && d->enhance->white > 0 &&
			d->enhance->quality > 0 && d->enhance->quality <= 100);
	if (d->classify)
		require(d->classify->top_k > 0 && d->classify->top_k <= GW_TOP_K);
	if (d->detect)
		require(d->detect->max_boxes > 0 && d->detect->max_boxes <= GW_BOXES);
	model_yaml_free(d);
	return 0;
}
