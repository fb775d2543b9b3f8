/* Cameras of the receive stage: a stream each, on the camera's lane, and an entry in the table of
 * every lane. */
#include <errno.h>
#include <string.h>

#include "core/config/srtp_key.h"
#include "core/gateway.h"
#include "dataplane/secure.h"
#include "dataplane/stage.h"
#include "dataplane/stream.h"

static bool same_ssrc(const uint32_t *a, const uint32_t *b)
{
	return a && b ? *a == *b : !a && !b;
}

static bool same_type(const uint8_t *a, const uint8_t *b)
{
	return a && b ? *a == *b : !a && !b;
}

/* The same way of protection, and the same key as far as the configuration says: a file that was
 * written anew is not looked at. */
static bool same_srtp(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	if (a->srtp_key.is_set != b->srtp_key.is_set || !a->srtp != !b->srtp)
		return false;
	if (a->srtp_key.is_set)
		return gw_srtp_same_key(&a->srtp_key, &b->srtp_key);
	return !a->srtp ||
		(a->srtp->suite == b->srtp->suite &&
			strcmp(a->srtp->key_file, b->srtp->key_file) == 0);
}

/* The stream of before can go on: its session, its tables and its open frames. */
static bool same_media(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	return a->port == b->port && a->width == b->width && a->height == b->height &&
		a->conceal == b->conceal && a->is_within == b->is_within &&
		same_ssrc(a->ssrc, b->ssrc) && same_type(a->payload_type, b->payload_type) &&
		same_srtp(a, b) &&
		memcmp(&a->source_address, &b->source_address, sizeof(a->source_address)) == 0 &&
		memcmp(&a->destination_address, &b->destination_address,
			sizeof(a->destination_address)) == 0;
}

static int make_stream(struct gw_stage *stage, struct gw_camera *camera, struct stream **stream,
	struct gw_error *error)
{
	struct secure *secure;
	const int status = secure_of_camera(camera->config, &secure, error);

	if (status != 0)
		return status;
	*stream = stream_create(camera, &stage->gw->cameras->slot[camera->id], secure);
	if (*stream)
		return 0;
	secure_destroy(secure);
	return gw_error_set(error, -ENOMEM, "out of memory");
}

int dataplane_camera_prepare(struct gw_stage *stage, struct gw_camera *is,
	const struct gw_camera *was, struct gw_error *error)
{
	struct stream *stream;
	int status = 0;

	if (!gw_camera_has_media(is->config))
		return 0;
	if (was && same_media(is->config, was->config)) {
		stream = was->of[GW_STAGE_RX];
		stream->versions++;
	} else {
		status = make_stream(stage, is, &stream, error);
	}
	if (status != 0)
		return status;
	is->of[GW_STAGE_RX] = stream;
	return 0;
}

void dataplane_camera_publish(
	struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was)
{
	struct rx_lane *rx = lane->state;
	const uint32_t camera = is ? is->id : was->id;
	const bool mine = gw_lane_of(camera, lane->stage->lane_count) == lane->index;
	struct stream *old = was ? was->of[GW_STAGE_RX] : NULL;
	struct stream *new = is ? is->of[GW_STAGE_RX] : NULL;
	struct assembler_done done = {.frames = rx->done};

	if (old != new) {
		if (old)
			stream_table_remove(rx->table, camera, was->config);
		if (old && mine) {
			assembler_detach(rx->receiver.assembler, old, &done);
			rx->receiver.secure_count -= old->secure != NULL;
		}
		if (new)
			stream_table_add(rx->table, camera, is->config);
		if (new &&mine) {
			assembler_attach(rx->receiver.assembler, new);
			rx->receiver.secure_count += new->secure != NULL;
		}
	}
	if (new &&mine)
		stream_set_version(new, (struct gw_camera *)is);
	if (done.count > 0)
		dataplane_give(rx, &done);
}

void dataplane_camera_release(struct gw_stage *stage, struct gw_camera *camera)
{
	if (camera->of[GW_STAGE_RX])
		stream_release(camera->of[GW_STAGE_RX]);
	camera->of[GW_STAGE_RX] = NULL;
}
