/* Decodes JPEG files as the gateway does for a model, without a gateway: each becomes a binary PPM
 * picture on stdout, of the size that the decoder chose. For tests of models on camera pictures.
 *
 *   decode_run WIDTH HEIGHT stretch|letterbox|crop FILE...
 *
 * WIDTH, HEIGHT and the word are those of the model's input.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/preprocess.h"
#include "core/gateway.h"
#include "decode/picture.h"
#include "decode/turbo_picture.h"
#include "jpeg/probe.h"

#define MAX_SIDE 16384

static bool parse_fit(const char *word, enum gw_fit *fit)
{
	static const char *const words[] = {
		[GW_FIT_STRETCH] = "stretch",
		[GW_FIT_LETTERBOX] = "letterbox",
		[GW_FIT_CROP] = "crop",
	};

	for (int i = GW_FIT_STRETCH; i <= GW_FIT_CROP; i++) {
		if (strcmp(word, words[i]) == 0) {
			*fit = (enum gw_fit)i;
			return true;
		}
	}
	return false;
}

static uint8_t *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;

	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && ftell(file) > 0) {
		*size = (size_t)ftell(file);
		rewind(file);
		data = malloc(*size);
	}
	if (data && fread(data, 1, *size, file) != *size) {
		free(data);
		data = NULL;
	}
	fclose(file);
	return data;
}

/* The surface as it is: an input of bytes, of its own size. */
static int print(const struct gw_surface *surface)
{
	static float mean[MODEL_CHANNELS], scale[MODEL_CHANNELS] = {1, 1, 1};
	const struct model_input input = {
		.width = surface->width,
		.height = surface->height,
		.channels = MODEL_CHANNELS,
		.layout = MODEL_NHWC,
		.type = MODEL_UINT8,
		.mean = mean,
		.scale = scale,
	};
	struct preprocess preprocess = {0};
	struct geometry geometry = {0};
	uint8_t *pixels = malloc(model_picture_size(&input));
	int status = pixels ? preprocess_init(&preprocess, &input) : -ENOMEM;

	if (status == 0)
		status = geometry_init(&geometry, &input);
	if (status == 0)
		status = geometry_update(&geometry, NULL, surface->width, surface->height, surface);
	if (status == 0) {
		preprocess_run(&preprocess, &geometry, surface, pixels);
		printf("P6\n%u %u\n255\n", input.width, input.height);
		fwrite(pixels, 1, model_picture_size(&input), stdout);
	}
	geometry_free(&geometry);
	preprocess_free(&preprocess);
	free(pixels);
	return status;
}

static int decode(struct turbo_picture *picture, const struct gw_want *want, const char *path)
{
	const struct jpeg_limits limits = {MAX_SIDE, MAX_SIDE};
	struct gw_surface surface = {0};
	struct gw_frame frame = {.surface = &surface};
	struct jpeg_info info;
	const char *cause;
	size_t size = 0;
	uint8_t *data = load(path, &size);
	int status = data ? jpeg_probe(data, (uint32_t)size, &limits, &info, &cause) : -ENOENT;

	if (status == 0) {
		frame.jpeg = (struct gw_jpeg){.data = data, .size = info.size};
		surface.capacity = picture_bytes(want, info.width, info.height);
		surface.room = malloc(surface.capacity);
		status = surface.room ? turbo_picture_decode(picture, want, &frame) : -ENOMEM;
	}
	if (status == 0)
		status = print(&surface);
	if (status != 0)
		fprintf(stderr, "decode_run: %s: %s\n", path, strerror(-status));
	free(surface.room);
	free(data);
	return status;
}

int main(int argc, char **argv)
{
	static struct turbo_picture picture;
	struct gw_want want = {.antialias = true};

	if (argc < 5 || !parse_fit(argv[3], &want.fit)) {
		fprintf(stderr, "usage: decode_run WIDTH HEIGHT stretch|letterbox|crop FILE...\n");
		return 2;
	}
	want.width = (uint16_t)atoi(argv[1]);
	want.height = (uint16_t)atoi(argv[2]);
	int status = turbo_picture_open(&picture, MAX_SIDE);

	for (int i = 4; status == 0 && i < argc; i++)
		status = decode(&picture, &want, argv[i]);
	turbo_picture_close(&picture);
	return status == 0 ? 0 : 1;
}
