#include "accel/opencl_engine/inputs.h"

#include <stdlib.h>

#include "accel/opencl_engine/place.h"
#include "accel/repository/model.h"
#include "core/orientation.h"
#include "devices/kernels/source.h"

/* The picture that is placed at the start has so many pixels a side. */
#define FIRST_SIDE 16u

/* Grey, and of the host; the device reads it after the call that sends it. */
struct first_picture {
	uint8_t pixels[FIRST_SIDE * FIRST_SIDE];
	struct gw_device host;
	struct gw_surface surface;
};

struct inputs {
	struct first_picture first;
	const struct opencl_api *api;
	const struct infer_spec *spec;
	struct opencl_program program;
	struct opencl_placer *placer;
	cl_mem *tensor; /* of each batch */
	cl_event *placed; /* of each picture of each batch; NULL: it lies elsewhere */
};

static cl_event *event_of(const struct inputs *inputs, uint32_t batch, uint32_t index)
{
	return &inputs->placed[batch * inputs->spec->max_batch + index];
}

static int fail(const struct inputs *inputs, const char *what, cl_int code, struct gw_error *error)
{
	char text[OPENCL_ERROR_TEXT];

	return gw_error_set(error, -EIO, "OpenCL: %s: %s: %s", inputs->program.device.name, what,
		opencl_error_name(code, text));
}

static int open_tensors(struct inputs *inputs, struct gw_error *error)
{
	const struct infer_spec *spec = inputs->spec;
	const size_t size = spec->max_batch * model_picture_size(spec->picture);

	for (uint32_t i = 0; i < spec->batch_count; i++) {
		cl_int code;

		inputs->tensor[i] = inputs->api->clCreateBuffer(
			inputs->program.context, CL_MEM_READ_WRITE, size, NULL, &code);
		if (!inputs->tensor[i])
			return fail(inputs, "no memory for pictures: lower batch.max in model.yaml",
				code, error);
	}
	return 0;
}

static int place_first(struct inputs *inputs, struct gw_error *error)
{
	struct first_picture *first = &inputs->first;

	first->host.memory = GW_MEM_HOST;
	/* No pool's: the first reference stays. */
	first->surface = (struct gw_surface){.device = &first->host,
		.format = GW_FORMAT_GRAY,
		.width = FIRST_SIDE,
		.height = FIRST_SIDE,
		.pitch = {FIRST_SIDE},
		.plane = {first->pixels},
		.orientation = GW_UPRIGHT,
		.refs = 1};
	struct geometry geometry;
	int status = geometry_init(&geometry, inputs->spec->picture);

	if (status == 0)
		status = geometry_update(&geometry, NULL, FIRST_SIDE, FIRST_SIDE, &first->surface);
	status = status == 0 ? opencl_place(inputs->placer, &first->surface, &geometry,
				       inputs->tensor[0], 0, NULL, error)
			     : gw_error_set(error, status, "OpenCL: out of memory");
	geometry_free(&geometry);
	return status;
}

static int open_all(struct inputs *inputs, const struct opencl_device *device,
	cl_command_queue queue, struct gw_error *error)
{
	const struct infer_spec *spec = inputs->spec;
	const uint32_t most = spec->batch_count * spec->max_batch;

	inputs->tensor = calloc(spec->batch_count, sizeof(inputs->tensor[0]));
	inputs->placed = calloc(most, sizeof(inputs->placed[0]));
	if (!inputs->tensor || !inputs->placed)
		return gw_error_set(error, -ENOMEM, "OpenCL: out of memory");
	int status = opencl_program_open(&inputs->program, inputs->api, device,
		(const char *)kernels_opencl, kernels_opencl_size, error);

	if (status == 0)
		status = open_tensors(inputs, error);
	if (status != 0)
		return status;
	inputs->placer = opencl_placer_create(&inputs->program, queue, spec->picture, most, error);
	return inputs->placer ? place_first(inputs, error) : -EIO;
}

struct inputs *inputs_open(const struct opencl_api *api, const struct opencl_device *device,
	cl_command_queue queue, const struct infer_spec *spec, int *status, struct gw_error *error)
{
	struct inputs *inputs = calloc(1, sizeof(*inputs));

	if (!inputs) {
		*status = gw_error_set(error, -ENOMEM, "OpenCL: out of memory");
		return NULL;
	}
	inputs->api = api;
	inputs->spec = spec;
	*status = open_all(inputs, device, queue, error);
	if (*status == 0)
		return inputs;
	inputs_close(inputs);
	/* What a device that never answers may still write to stays.
	 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	return NULL;
}

void inputs_leave_out(struct inputs *inputs, uint32_t batch, uint32_t index)
{
	cl_event *event = event_of(inputs, batch, index);

	/* Of a batch that did not run. */
	if (*event)
		inputs->api->clReleaseEvent(*event);
	*event = NULL;
}

int inputs_place(struct inputs *inputs, uint32_t batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry, struct gw_error *error)
{
	cl_event event;

	inputs_leave_out(inputs, batch, index);
	const int status = opencl_place(
		inputs->placer, surface, geometry, inputs->tensor[batch], index, &event, error);

	if (status == 0)
		*event_of(inputs, batch, index) = event;
	return status;
}

cl_mem inputs_tensor(const struct inputs *inputs, uint32_t batch, uint32_t index)
{
	return *event_of(inputs, batch, index) ? inputs->tensor[batch] : NULL;
}

static cl_int status_of(const struct inputs *inputs, cl_event event)
{
	cl_int status = CL_COMPLETE;
	const cl_int code = inputs->api->clGetEventInfo(
		event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL);

	return code == CL_SUCCESS ? status : code;
}

int inputs_end(struct inputs *inputs, uint32_t batch, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; i < inputs->spec->max_batch; i++) {
		cl_event event = *event_of(inputs, batch, i);
		const cl_int code = event ? status_of(inputs, event) : CL_COMPLETE;

		if (code < 0)
			status = fail(inputs, "a picture was not placed", code, error);
		inputs_leave_out(inputs, batch, i);
	}
	return status;
}

void inputs_give_up(struct inputs *inputs)
{
	opencl_placer_give_up(inputs->placer);
}

bool inputs_close(struct inputs *inputs)
{
	if (!inputs)
		return true;
	if (!opencl_placer_destroy(inputs->placer))
		return false;
	for (uint32_t i = 0; inputs->placed && i < inputs->spec->batch_count; i++)
		for (uint32_t k = 0; k < inputs->spec->max_batch; k++)
			inputs_leave_out(inputs, i, k);
	for (uint32_t i = 0; inputs->tensor && i < inputs->spec->batch_count; i++)
		if (inputs->tensor[i])
			inputs->api->clReleaseMemObject(inputs->tensor[i]);
	opencl_program_close(&inputs->program);
	free(inputs->tensor);
	free(inputs->placed);
	free(inputs);
	return true;
}
