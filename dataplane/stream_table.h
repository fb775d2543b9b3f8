/* Which camera a datagram comes from: by source, destination, port, and the SSRC where cameras
 * share these. Each receive lane has one of its own, and changes it between two turns. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "dataplane/packet.h"

/* What stream_table_find() returns for datagrams that are no camera's. */
#define STREAM_NO_CAMERA UINT32_MAX /* nobody listens at that address and port */
#define STREAM_BAD_SOURCE (UINT32_MAX - 1) /* a camera does, but not from that source */

struct stream_table;

/* An empty one, for GW_CAMERAS cameras; memory is touched by use only. NULL when out of memory. */
struct stream_table *stream_table_create(void);
void stream_table_destroy(struct stream_table *table);

/* Adds a camera that is not in it, or takes out one that is: with the configuration that it was
 * added with. No two may have the same source, destination, port and SSRC: that was checked before.
 */
void stream_table_add(
	struct stream_table *table, uint32_t camera, const struct gw_camera_config *config);
void stream_table_remove(
	struct stream_table *table, uint32_t camera, const struct gw_camera_config *config);

/* The first camera of a flow, or STREAM_NO_CAMERA or STREAM_BAD_SOURCE. */
uint32_t stream_table_find(const struct stream_table *table, const struct packet_flow *flow);

/* Whether any camera sends from that address to that one, by whatever port: for what knows none. */
bool stream_table_has_pair(const struct stream_table *table, const struct packet_flow *flow);

/* Whether other cameras share the flow of `camera` (the first), or might: it has an SSRC. */
bool stream_table_is_shared(const struct stream_table *table, uint32_t camera);

/* Among the cameras that share a flow with `camera` (the first), the one with that SSRC; otherwise
 * the one that takes any. STREAM_NO_CAMERA: none. */
uint32_t stream_table_by_ssrc(const struct stream_table *table, uint32_t camera, uint32_t ssrc);
