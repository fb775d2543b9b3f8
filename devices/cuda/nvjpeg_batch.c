#include "devices/cuda/nvjpeg_batch.h"

#include <errno.h>
#include <string.h>

#include "devices/cuda/nvjpeg_batch_own.h"

static uint32_t round_up(uint32_t n)
{
	return (n + NVJPEG_ALIGNMENT - 1) / NVJPEG_ALIGNMENT * NVJPEG_ALIGNMENT;
}

static bool shrinks(const struct nvjpeg_picture *picture)
{
	return picture->planes < NVJPEG_PLANES || picture->plane[0].side > 1 ||
		picture->plane[1].side > 1;
}

/* Lets nvJPEG write where the kernel reads, and tells the kernel what to make of it. */
static void add_jobs(struct nvjpeg_batch *batch, const struct nvjpeg_picture *picture)
{
	struct shrink_job *jobs = &batch->host_job[batch->count * NVJPEG_PLANES];
	struct nvjpeg_place *place = &batch->place[batch->count];
	nvjpegImage_t *image = &batch->image[batch->count];

	for (uint32_t i = 0; i < NVJPEG_PLANES; i++) {
		const struct nvjpeg_plane *plane = &picture->plane[i];
		const uint32_t pitch = round_up(plane->width);

		jobs[i] = (struct shrink_job){.from = batch->whole_used,
			.to = plane->at,
			.from_pitch = pitch,
			.to_pitch = plane->pitch,
			.width = plane->width,
			.height = plane->height,
			.side = plane->side};
		image->channel[i] = (unsigned char *)(uintptr_t)(batch->whole + batch->whole_used);
		image->pitch[i] = pitch;
		batch->whole_used += pitch * plane->height;
		if (i >= picture->planes)
			continue;
		const uint32_t across = (plane->width + plane->side - 1) / plane->side;
		const uint32_t down = (plane->height + plane->side - 1) / plane->side;

		place->across = across > place->across ? across : place->across;
		place->down = down > place->down ? down : place->down;
	}
}

static bool fits(const struct nvjpeg_batch *batch, const struct nvjpeg_picture *picture)
{
	const struct nvjpeg_batch_options *options = &batch->options;
	uint64_t whole = batch->whole_used, own = batch->own_used;

	if (shrinks(picture))
		for (uint32_t i = 0; i < NVJPEG_PLANES; i++)
			whole += (uint64_t)round_up(picture->plane[i].width) *
				picture->plane[i].height;
	if (!picture->out)
		own += picture->bytes;
	return (picture->out || options->host) && batch->count < options->most &&
		whole <= options->room && own + NVJPEG_ALIGNMENT <= options->room &&
		picture->size + NVJPEG_ALIGNMENT <= options->data_room - batch->data_used;
}

int nvjpeg_batch_add(struct nvjpeg_batch *batch, const struct nvjpeg_picture *picture)
{
	struct nvjpeg_place *place = &batch->place[batch->count];
	nvjpegImage_t *image = &batch->image[batch->count];

	if (!fits(batch, picture))
		return -ENOBUFS;
	*place = (struct nvjpeg_place){.shrinks = shrinks(picture),
		.planes = picture->planes,
		.out = picture->out ? picture->out : batch->own + batch->own_used};
	memset(image, 0, sizeof(*image));
	if (!picture->out) {
		place->own = batch->own_used;
		place->bytes = picture->bytes;
		batch->own_used += round_up(picture->bytes);
	}
	if (place->shrinks) {
		add_jobs(batch, picture);
	} else {
		for (uint32_t i = 0; i < NVJPEG_PLANES; i++) {
			image->channel[i] =
				(unsigned char *)(uintptr_t)(place->out + picture->plane[i].at);
			image->pitch[i] = picture->plane[i].pitch;
		}
	}
	batch->data[batch->count] =
		memcpy(batch->host_data + batch->data_used, picture->data, picture->size);
	batch->size[batch->count] = picture->size;
	batch->data_used += round_up((uint32_t)picture->size);
	batch->count++;
	return 0;
}

uint32_t nvjpeg_batch_count(const struct nvjpeg_batch *batch)
{
	return batch->count;
}

static int decode(
	struct nvjpeg_batch *batch, uint32_t first, uint32_t count, struct gw_error *error)
{
	const struct nvjpeg_api *api = batch->options.api;
	nvjpegStatus_t status = NVJPEG_STATUS_SUCCESS;

	if (batch->prepared != count)
		status = api->nvjpegDecodeBatchedInitialize(
			batch->handle, batch->state, (int)count, 1, NVJPEG_OUTPUT_YUV);
	batch->prepared = status == NVJPEG_STATUS_SUCCESS ? count : 0;
	if (status == NVJPEG_STATUS_SUCCESS)
		status = api->nvjpegDecodeBatched(batch->handle, batch->state, batch->data + first,
			batch->size + first, batch->image + first, batch->stream.stream);
	return status == NVJPEG_STATUS_SUCCESS
		? 0
		: nvjpeg_batch_fail(batch, "a batch fails", status, error);
}

static int shrink_picture(struct nvjpeg_batch *batch, uint32_t index, struct gw_error *error)
{
	const struct nvjpeg_place *place = &batch->place[index];
	CUdeviceptr job = batch->job + index * NVJPEG_PLANES * sizeof(struct shrink_job);
	CUdeviceptr out = place->out;
	void *arguments[] = {&batch->whole, &job, &out};
	const uint32_t items[] = {place->across, place->down, place->planes};

	return cuda_stream_start(&batch->stream, batch->shrink, items, arguments, error);
}

static int shrink_all(
	struct nvjpeg_batch *batch, uint32_t first, uint32_t count, struct gw_error *error)
{
	const size_t each = NVJPEG_PLANES * sizeof(struct shrink_job);
	bool any = false;
	int status = 0;

	for (uint32_t i = first; i < first + count; i++)
		any |= batch->place[i].shrinks;
	if (!any)
		return 0;
	status = cuda_stream_up(&batch->stream, batch->job + first * each,
		&batch->host_job[first * NVJPEG_PLANES], count * each, error);
	for (uint32_t i = first; status == 0 && i < first + count; i++)
		if (batch->place[i].shrinks)
			status = shrink_picture(batch, i, error);
	return status;
}

/* What goes to the host lies side by side. */
static int bring_down(
	struct nvjpeg_batch *batch, uint32_t first, uint32_t count, struct gw_error *error)
{
	uint32_t begin = UINT32_MAX, end = 0;

	for (uint32_t i = first; i < first + count; i++) {
		const struct nvjpeg_place *place = &batch->place[i];

		if (place->bytes == 0)
			continue;
		begin = place->own < begin ? place->own : begin;
		end = place->own + place->bytes;
	}
	return end == 0 ? 0
			: cuda_stream_down(&batch->stream, batch->host_own + begin,
				  batch->own + begin, end - begin, error);
}

int nvjpeg_batch_run(
	struct nvjpeg_batch *batch, uint32_t first, uint32_t count, struct gw_error *error)
{
	struct gw_error later;
	int status;

	if (batch->stream.given_up)
		return cuda_stream_wait(&batch->stream, error);
	status = decode(batch, first, count, error);
	if (status == 0)
		status = shrink_all(batch, first, count, error);
	if (status == 0)
		status = bring_down(batch, first, count, error);
	if (status == 0)
		return cuda_stream_wait(&batch->stream, error);
	/* What was begun has to end also when the rest was refused. */
	if (cuda_stream_wait(&batch->stream, &later) != 0) {
		*error = later;
		return batch->stream.given_up ? -ETIMEDOUT : -EIO;
	}
	return status;
}

const uint8_t *nvjpeg_batch_picture(const struct nvjpeg_batch *batch, uint32_t index)
{
	return batch->host_own + batch->place[index].own;
}

void nvjpeg_batch_reset(struct nvjpeg_batch *batch)
{
	batch->count = batch->whole_used = batch->own_used = batch->data_used = 0;
}
