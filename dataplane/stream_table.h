/* Which camera a datagram comes from: by source, destination, port, and the SSRC where cameras
 * share these. Built at start, read by the receive threads. */
#pragma once

#include <stdint.h>

#include "core/config/config.h"
#include "dataplane/packet.h"

/* What stream_table_find() returns for datagrams that are no camera's. */
#define STREAM_NO_CAMERA UINT32_MAX /* nobody listens at that address and port */
#define STREAM_BAD_SOURCE (UINT32_MAX - 1) /* a camera does, but not from that source */

struct stream_table;

/* The error says which cameras cannot be told apart. */
struct stream_table *stream_table_create(
	const struct gw_camera_config *cameras, uint32_t count, struct gw_error *error);
void stream_table_destroy(struct stream_table *table);

/* The first camera of a flow, or STREAM_NO_CAMERA or STREAM_BAD_SOURCE. */
uint32_t stream_table_find(const struct stream_table *table, const struct packet_flow *flow);

/* Among the cameras that share a flow with `camera` (the first), the one with that SSRC; otherwise
 * the one that takes any. STREAM_NO_CAMERA: none. */
uint32_t stream_table_by_ssrc(const struct stream_table *table, uint32_t camera, uint32_t ssrc);
