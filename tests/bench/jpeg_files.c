#include "jpeg_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "accel/repository/model.h"
#include "decode/picture.h"
#include "jpeg/probe.h"

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *stream = fopen(path, "rb");
	uint8_t *data = NULL;

	*size = 0;
	if (stream && fseek(stream, 0, SEEK_END) == 0 && ftell(stream) > 0) {
		*size = (size_t)ftell(stream);
		data = malloc(*size);
		rewind(stream);
		if (data && fread(data, 1, *size, stream) != *size)
			*size = 0;
	}
	if (stream)
		fclose(stream);
	return data;
}

int jpeg_files_decode(struct jpeg_files *files, uint32_t index)
{
	return turbo_picture_decode(&files->decoder, &files->want, &files->file[index].frame);
}

static int open_file(struct jpeg_files *files, const char *path)
{
	static const struct jpeg_limits limits = {JPEG_MAX_SIDE, JPEG_MAX_SIDE};
	struct jpeg_file *file = &files->file[files->count++];
	struct gw_surface *surface = &file->surface;
	struct jpeg_info info;
	const char *cause;
	size_t size;

	file->data = read_file(path, &size);
	if (!file->data || jpeg_probe(file->data, size, &limits, &info, &cause) != 0)
		return -EBADMSG;
	surface->device = &files->device;
	surface->refs = 1;
	surface->capacity = picture_bytes(&files->want, info.width, info.height);
	surface->room = aligned_alloc(64, (surface->capacity + 63) / 64 * 64);
	file->frame.surface = surface;
	file->frame.jpeg = (struct gw_jpeg){.data = file->data, .size = info.size};
	file->frame.width = info.width;
	file->frame.height = info.height;
	return surface->room ? jpeg_files_decode(files, files->count - 1) : -ENOMEM;
}

int jpeg_files_open(struct jpeg_files *files, const struct model *model, char *const *paths,
	uint32_t count, struct gw_error *error)
{
	const struct model_input *input = &model->description->input;
	int status;

	files->want = (struct gw_want){
		.width = input->width,
		.height = input->height,
		.fit = input->fit,
		.resize = input->resize,
		.antialias = input->antialias,
		.gray = input->channels == 1,
	};
	gw_device_host(&files->device);
	if (count == 0 || count > JPEG_FILES)
		return gw_error_set(error, -EINVAL, "give 1 to %u pictures", JPEG_FILES);
	status = turbo_picture_open(&files->decoder, JPEG_MAX_SIDE);
	if (status != 0)
		return gw_error_set(error, status, "out of memory");
	for (uint32_t i = 0; i < count && status == 0; i++) {
		status = open_file(files, paths[i]);
		if (status != 0)
			gw_error_set(error, status, "%s: it cannot be decoded", paths[i]);
	}
	return status;
}

void jpeg_files_close(struct jpeg_files *files)
{
	for (uint32_t i = 0; i < files->count; i++) {
		free(files->file[i].surface.room);
		free(files->file[i].data);
	}
	turbo_picture_close(&files->decoder);
}
