#include "dataplane/stream.h"

#include <stdlib.h>

#include "dataplane/secure.h"

struct stream *stream_create(
	struct gw_camera *version, struct gw_camera_slot *slot, struct secure *secure)
{
	struct stream *both = calloc(2, sizeof(*both));

	if (!both)
		return NULL;
	for (uint32_t i = 0; i < 2; i++) {
		both[i].other = &both[1 - i];
		both[i].slot = slot;
		both[i].secure = secure;
		both[i].is_candidate = i == 1;
		for (uint32_t k = 0; k < STREAM_OPEN_FRAMES; k++)
			both[i].open[k] = &both[i].open_room[k];
	}
	stream_set_version(both, version);
	if (both->config->payload_type)
		stream_set_payload_type(both, *both->config->payload_type);
	both->versions = 1;
	return both;
}

void stream_release(struct stream *stream)
{
	if (!stream || --stream->versions > 0)
		return;
	secure_destroy(stream->secure);
	free(stream);
}
