#include <errno.h>
#include <string.h>

#include "core/backends.h"
#include "core/gateway.h"
#include "decode/decoder.h"

/* In the order of preference. */
static const struct decoder_ops *const decoders[] = {
	&decoder_turbo,
#if HAVE_OPENCL
	&decoder_opencl,
#endif
#if HAVE_CUDA
	&decoder_nvjpeg,
#endif
	&decoder_null,
};

struct request {
	struct decoder *decoder;
	const struct gw *gw;
	struct gw_device *device;
};

static const char *name_of(uint32_t index)
{
	return decoders[index]->name;
}

static int open_one(void *arg, uint32_t index, struct gw_error *error)
{
	const struct request *request = arg;
	const struct decoder_ops *ops = decoders[index];
	int status = 0;

	*request->decoder = (struct decoder){.ops = ops, .gw = request->gw};
	if (ops->memory != request->device->memory)
		status = gw_error_set(error, -ENOTSUP,
			"decode.backend: \"%s\" writes %s memory, which %s is not: choose another",
			ops->name, gw_memory_name(ops->memory), request->device->name);
	if (status == 0)
		status = ops->open(request->decoder, request->device, error);
	if (status != 0)
		decoder_close(request->decoder);
	return status;
}

static const struct gw_backends backends = {
	.key = "decode.backend",
	.count = sizeof(decoders) / sizeof(decoders[0]),
	.name = name_of,
	.open = open_one,
	.none = "no decoder is built in: name one",
};

int decoder_check(const struct gw_decode_config *config, struct gw_error *error)
{
	const int index = config->backend ? gw_backends_find(&backends, config->backend, error) : 0;

	return index < 0 ? index : 0;
}

int decoder_open(struct decoder *decoder, const struct gw *gw, struct gw_device *device,
	struct gw_error *error)
{
	struct request request = {decoder, gw, device};

	memset(decoder, 0, sizeof(*decoder));
	const int index = gw_backends_open(&backends, gw->config->decode->backend, &request, error);

	return index < 0 ? index : 0;
}

void decoder_close(struct decoder *decoder)
{
	if (decoder->ops)
		decoder->ops->close(decoder);
	memset(decoder, 0, sizeof(*decoder));
}
