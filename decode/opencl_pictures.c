/* Pictures of one batch: what the device is told to do, and what becomes of it. */
#include <errno.h>
#include <string.h>

#include "decode/opencl.h"

/* Between pictures in the device's memory. */
#define ALIGNMENT 64u

/* As picture_place_planes() has rows of planes, so that they are copied as one. */
#define ROW_ALIGNMENT 16u

static uint32_t round_up(uint32_t n, uint32_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static bool is_packed(const struct coefficients *c)
{
	return c->format == GW_FORMAT_RGB || c->format == GW_FORMAT_GRAY;
}

static int place(
	struct gw_surface *surface, const struct gw_want *want, const struct coefficients *c)
{
	struct picture_extent extents[GW_PLANES];

	if (is_packed(c)) {
		const int status = picture_place(surface, want, c->source_width, c->source_height);

		if (status < 0)
			return status;
		return surface->width == c->width && surface->height == c->height ? 0 : -EBADMSG;
	}
	for (uint32_t i = 0; i < GW_PLANES; i++)
		extents[i] = (struct picture_extent){.width = c->plane[i].across * c->plane[i].side,
			.height = c->plane[i].down * c->plane[i].side};
	return picture_place_planes(surface, c->format, c->width, c->height, extents);
}

/* Whether what becomes of the picture finds room beside what is in the batch. */
static bool fits(const struct opencl_batch *batch, const struct coefficients *c)
{
	uint64_t samples = batch->used.samples, pixels = batch->used.pixels;

	for (uint32_t i = 0; i < c->planes; i++)
		samples +=
			(uint64_t)round_up(c->plane[i].across * c->plane[i].side, ROW_ALIGNMENT) *
			c->plane[i].down * c->plane[i].side;
	if (c->format == GW_FORMAT_RGB)
		pixels += (uint64_t)3 * c->width * c->height;
	return samples + ALIGNMENT <= batch->room.samples &&
		pixels + ALIGNMENT <= batch->room.pixels;
}

/* The device's work for each plane. */
static void add_planes(struct opencl_batch *batch, const struct coefficients *c)
{
	struct opencl_room *used = &batch->used;

	for (uint32_t i = 0; i < c->planes; i++) {
		const struct coefficient_plane *plane = &c->plane[i];
		const uint32_t pitch = round_up(plane->across * plane->side, ROW_ALIGNMENT);

		memcpy(batch->table + (size_t)64 * used->tables, plane->table,
			sizeof(plane->table));
		batch->plane[used->planes++] = (struct idct_job){
			.block = used->blocks + plane->block,
			.stride = plane->stride,
			.across = plane->across,
			.down = plane->down,
			.table = 64 * used->tables++,
			.sample = used->samples,
			.pitch = pitch,
			.side = plane->side,
		};
		used->samples += pitch * plane->down * plane->side;
	}
}

/* ... and to make packed pixels of them. */
static void add_pixels(struct opencl_batch *batch, const struct coefficients *c)
{
	struct opencl_room *used = &batch->used;
	struct rgb_job *job = &batch->picture[used->pictures++];
	const struct idct_job *plane = &batch->plane[used->planes - c->planes];
	const bool colours = c->planes > 1;

	*job = (struct rgb_job){
		.width = c->width,
		.height = c->height,
		.across = c->across,
		.down = c->down,
		.smooth = c->smooth,
		.colours = colours,
		.pixel = used->pixels,
		.pixel_pitch = 3u * c->width,
	};
	for (uint32_t i = 0; i < c->planes; i++) {
		job->plane[i] = plane[i].sample;
		job->pitch[i] = plane[i].pitch;
	}
	if (colours) {
		job->chroma_width = c->plane[1].width;
		job->chroma_height = c->plane[1].height;
	}
	used->pixels += round_up(job->pixel_pitch * c->height, ALIGNMENT);
}

/* A place for the picture on the device, laid out as it comes. NULL: it goes to the host. */
static struct gw_surface *place_there(struct opencl_worker *worker, const struct gw_frame *frame,
	const struct gw_want *want, const struct coefficients *c)
{
	struct gw_surface_pool *pool = worker->decoder->surfaces.there;
	struct gw_surface *surface;

	if (!pool)
		return NULL;
	surface = gw_surface_get(pool, frame->surface->capacity);
	if (surface && place(surface, want, c) != 0) {
		gw_surface_unref(surface);
		surface = NULL;
	}
	if (!surface) {
		gw_counter_add(&worker->crowded, 1);
		return NULL;
	}
	surface->orientation = frame->surface->orientation;
	surface->limited = frame->surface->limited;
	if (c->format == GW_FORMAT_RGB)
		surface->pitch[0] = 3u * c->width;
	if (c->format == GW_FORMAT_GRAY)
		surface->pitch[0] = round_up(c->plane[0].across * c->plane[0].side, ROW_ALIGNMENT);
	return surface;
}

static uint32_t size_of(const struct coefficients *c, const struct gw_surface *surface)
{
	const struct coefficient_plane *last = &c->plane[c->planes - 1];

	if (is_packed(c))
		return surface->pitch[0] * surface->height;
	return (uint32_t)surface->offset[GW_PLANES - 1] +
		surface->pitch[GW_PLANES - 1] * last->down * last->side;
}

/* Tells the device where the picture stays. */
static void leave(struct opencl_batch *batch, const struct opencl_picture *picture)
{
	const struct coefficients *c = &picture->coefficients;
	const bool pixels = c->format == GW_FORMAT_RGB;

	batch->left[batch->left_count++] = (struct opencl_left){
		.buffer = picture->there->object,
		.pixels = pixels,
		.from = pixels ? picture->pixel : picture->sample,
		.size = size_of(c, picture->there),
	};
}

int opencl_pictures_add(struct opencl_worker *worker, struct gw_frame *frame)
{
	struct opencl_batch *batch = worker->batch;
	struct opencl_room *used = &batch->used;
	struct opencl_picture *picture = &worker->pictures[worker->count];
	struct coefficients *c = &picture->coefficients;
	const struct gw_want want = gw_frame_want(frame);

	c->room = batch->block + (size_t)64 * used->blocks;
	c->most = batch->room.blocks - used->blocks;
	int status = coefficients_read(&worker->picture, &want, frame, c);

	if (status == 0 && !fits(batch, c))
		status = -ENOBUFS;
	if (status == -ENOBUFS)
		return worker->count > 0 ? -ENOBUFS : -ENOTSUP;
	if (status == 0)
		status = place(frame->surface, &want, c);
	if (status != 0)
		return status;
	picture->frame = frame;
	picture->sample = used->samples;
	picture->pixel = used->pixels;
	picture->there = place_there(worker, frame, &want, c);
	if (picture->there)
		leave(batch, picture);
	add_planes(batch, c);
	if (c->format == GW_FORMAT_RGB)
		add_pixels(batch, c);
	used->blocks += c->used;
	used->samples = round_up(used->samples, ALIGNMENT);
	worker->count++;
	return 0;
}

static size_t copy_rows(const struct gw_surface *surface, const uint8_t *from, uint32_t pitch)
{
	const size_t row = (size_t)surface->width * (surface->format == GW_FORMAT_RGB ? 3 : 1);

	for (uint32_t y = 0; y < surface->height; y++)
		memcpy(surface->plane[0] + (size_t)y * surface->pitch[0], from + (size_t)y * pitch,
			row);
	return row * surface->height;
}

/* The picture stays where it is, and its frame with it until nobody needs it. */
static void hand_over(const struct opencl_picture *picture)
{
	struct gw_frame *frame = picture->frame;

	gw_surface_unref(frame->surface);
	gw_frame_ref(frame);
	picture->there->frame = frame;
	frame->surface = picture->there;
}

static size_t copy_picture(const struct opencl_batch *batch, const struct opencl_picture *picture)
{
	const struct coefficients *c = &picture->coefficients;
	const struct gw_surface *surface = picture->frame->surface;

	if (c->format == GW_FORMAT_RGB)
		return copy_rows(surface, batch->pixel + picture->pixel, 3u * c->width);
	if (c->format == GW_FORMAT_GRAY)
		return copy_rows(surface, batch->sample + picture->sample,
			round_up(c->plane[0].across * c->plane[0].side, ROW_ALIGNMENT));
	/* Planes lie in the surface as they do on the device. */
	const size_t size = size_of(c, surface);

	memcpy(surface->room, batch->sample + picture->sample, size);
	return size;
}

int opencl_pictures_run(struct opencl_worker *worker, struct gw_error *error)
{
	worker->batch->hidden = worker->batch->left_count == worker->count;
	const int status = opencl_batch_run(worker->batch, error);
	uint32_t stayed = 0;
	size_t copied = 0;

	for (uint32_t i = 0; i < worker->count; i++) {
		struct opencl_picture *picture = &worker->pictures[i];

		/* One that does not answer may still write there. */
		if (status != 0 && status != -ETIMEDOUT && picture->there) {
			gw_surface_unref(picture->there);
		} else if (status == 0 && picture->there) {
			hand_over(picture);
			stayed++;
		} else if (status == 0) {
			copied += copy_picture(worker->batch, picture);
		}
	}
	if (status != 0)
		return status;
	gw_counter_add(&worker->stayed, stayed);
	gw_counter_add(&worker->batches, 1);
	gw_counter_add(&worker->decoded, worker->count);
	gw_counter_add(&worker->copied, copied);
	return 0;
}
