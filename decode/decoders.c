#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/gateway.h"
#include "decode/decoder.h"

/* In the order of preference. */
static const struct decoder_ops *const decoders[] = {
	&decoder_turbo,
	&decoder_null,
};

#define DECODERS (sizeof(decoders) / sizeof(decoders[0]))

static int open_one(struct decoder *decoder, const struct decoder_ops *ops, const struct gw *gw,
	struct gw_error *error)
{
	*decoder = (struct decoder){.ops = ops, .gw = gw};
	int status = ops->open(decoder, error);

	if (status != 0)
		decoder_close(decoder);
	return status;
}

static int unknown(const char *name, struct gw_error *error)
{
	char names[256] = "";

	for (size_t i = 0, at = 0; i < DECODERS && at < sizeof(names); i++)
		at += (size_t)snprintf(
			names + at, sizeof(names) - at, "%s%s", i ? ", " : "", decoders[i]->name);
	return gw_error_set(error, -EINVAL, "decode: no back-end is called '%s': choose one of %s",
		name, names);
}

int decoder_open(struct decoder *decoder, const struct gw *gw, struct gw_error *error)
{
	const char *name = gw->config->decode->backend;
	int status = -ENODEV;

	memset(decoder, 0, sizeof(*decoder));
	for (size_t i = 0; i < DECODERS; i++) {
		if (name && strcmp(name, decoders[i]->name) == 0)
			return open_one(decoder, decoders[i], gw, error);
		if (name || decoders[i] == &decoder_null)
			continue;
		status = open_one(decoder, decoders[i], gw, error);
		if (status == 0)
			return 0;
	}
	return name ? unknown(name, error) : status;
}

void decoder_close(struct decoder *decoder)
{
	if (decoder->ops)
		decoder->ops->close(decoder);
	memset(decoder, 0, sizeof(*decoder));
}
