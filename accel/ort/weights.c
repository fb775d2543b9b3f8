#include "accel/ort/weights.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_names(struct ort_weights *weights, const char *path, struct gw_error *error)
{
	struct file_bytes model;
	int status = file_bytes_read(path, &model, error);

	if (status != 0)
		return status;
	status = onnx_external_read(model.data, model.size, weights->external, error);
	if (status != 0)
		gw_error_prefix(error, "%s: ", path);
	file_bytes_free(&model);
	return status;
}

int ort_weights_open(struct ort_weights *weights, const char *path, struct gw_error *error)
{
	const char *slash = strrchr(path, '/');
	const int folder = slash ? (int)(slash - path) + 1 : 0;
	char file[PATH_MAX];

	weights->external = calloc(1, sizeof(*weights->external));
	if (!weights->external)
		return gw_error_set(error, -ENOMEM, "%s: out of memory", path);
	int status = read_names(weights, path, error);

	if (status != 0)
		return status;
	weights->files = calloc(weights->external->count + 1, sizeof(weights->files[0]));
	if (!weights->files)
		return gw_error_set(error, -ENOMEM, "%s: out of memory", path);
	for (uint32_t i = 0; i < weights->external->count && status == 0; i++) {
		snprintf(file, sizeof(file), "%.*s%s", folder, path, weights->external->file[i]);
		status = file_bytes_read(file, &weights->files[i], error);
		if (status != 0)
			gw_error_prefix(error, "the model's weights: ");
	}
	return status;
}

OrtStatus *ort_weights_give(const struct ort_weights *weights, const struct ort_library *library,
	OrtSessionOptions *options)
{
	const char *names[ONNX_EXTERNAL_FILES];
	char *bytes[ONNX_EXTERNAL_FILES];
	size_t sizes[ONNX_EXTERNAL_FILES];
	const uint32_t count = weights->external->count;

	for (uint32_t i = 0; i < count; i++) {
		names[i] = weights->external->file[i];
		bytes[i] = (char *)weights->files[i].data;
		sizes[i] = weights->files[i].size;
	}
	return count == 0 ? NULL
			  : library->api->AddExternalInitializersFromFilesInMemory(
				    options, names, bytes, sizes, count);
}

void ort_weights_close(struct ort_weights *weights)
{
	for (uint32_t i = 0; weights->files && i < weights->external->count; i++)
		file_bytes_free(&weights->files[i]);
	free(weights->files);
	free(weights->external);
	*weights = (struct ort_weights){0};
}
