#include "dataplane/stream.h"

#include <stdlib.h>

struct stream *stream_create(struct gw_camera *version, struct gw_camera_slot *slot)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream_set_version(stream, version);
	stream->slot = slot;
	stream->versions = 1;
	for (uint32_t k = 0; k < STREAM_OPEN_FRAMES; k++)
		stream->open[k] = &stream->open_room[k];
	return stream;
}

void stream_release(struct stream *stream)
{
	if (stream && --stream->versions == 0)
		free(stream);
}
